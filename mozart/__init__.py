"""Compose Mozart-like piano pieces with an LSTM trained on Mozart's piano sonatas.

Training: :mod:`~mozart.corpus` reads MIDI files as Scores (:mod:`~mozart.notes`), :mod:`~mozart.training` fits the network of
:mod:`~mozart.model` to them, and :mod:`~mozart.checkpoint` keeps in one folder all that composing needs. Composing:
:mod:`~mozart.composing` makes a piece from a request, :mod:`~mozart.rendering` writes its MIDI file, sheet music and sound,
:mod:`~mozart.measuring` compares it with Mozart, and :mod:`~mozart.page` shows it. :mod:`~mozart.lab` is the laboratory,
separate from all this.

Importing this package loads neither torch nor music21.
"""

import logging

# Where the user's folders cannot be written, matplotlib says at length that its own cache goes elsewhere.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
