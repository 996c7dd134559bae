"""Where the music comes from: the archive of sonatas, what is known of its works, and a reader of MIDI files.

:mod:`~mozart.corpus.archive` finds the files, :mod:`~mozart.corpus.reader` makes a :class:`~mozart.notes.score.Score` of one of
them, :mod:`~mozart.corpus.works` of many, and :mod:`~mozart.corpus.catalogue` knows the sonatas' titles and movements.
"""
