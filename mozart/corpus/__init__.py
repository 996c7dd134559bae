"""Where the music comes from: the archive of sonatas, a catalogue of its works, and readers of MIDI files.

:mod:`~mozart.corpus.archive` finds the files, :mod:`~mozart.corpus.reader` reads one of them into a
:class:`~mozart.notes.score.Score`, :mod:`~mozart.corpus.works` reads many, and :mod:`~mozart.corpus.catalogue` knows the
sonatas' titles and movements.
"""
