"""Compose Mozart-like piano pieces with an LSTM trained on 20 Mozart sonatas.

The pipeline is a straight line. :mod:`~mozart.corpus` finds the archive of sonatas and unpacks it, :mod:`~mozart.score`
reads every MIDI file into events (one note or chord each) with music21, :mod:`~mozart.vocabulary` turns their tokens into
integers, :mod:`~mozart.windows` cuts those into windows of 100 and the label that follows, :mod:`~mozart.training` fits
the network of :mod:`~mozart.model` to them, and :mod:`~mozart.checkpoint` keeps all that composing needs in one folder.
From that folder :mod:`~mozart.composer` makes a piece: :mod:`~mozart.sampling` predicts ids, :mod:`~mozart.rhythm` places
them in time, :mod:`~mozart.midi` writes the file, and :mod:`~mozart.audio` lets one hear it.

Importing this package loads neither torch nor music21.
"""
