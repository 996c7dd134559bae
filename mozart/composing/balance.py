"""Where a piece that is drawn is held: by the registers of the hands, and by how dense its movement is.

A network that reads its own notes strays: each is probable after those before it, and the whole ends up where no piece of
Mozart's lies. Two forces draw it back, both nothing where the piece lies right: they tilt what is predicted, and leave its
shape alone. How strong they are was chosen on pieces beside works held out to validate (docs/experiments.md).
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mozart.model.vocabulary import UNIT
from mozart.notes import Note
from mozart.notes.score import LEFT_VOICES

# How much less probable, in nats, each semitone is that leads a hand away, for each semitone that it lies off.
_REGISTER_PULL = 0.01
_REGISTER_NOTES = 24  # that a hand's register is the fading mean of
# How much less probable, in nats, an interval twice as long is, when there are half as many notes as there should be.
_DENSITY_PULL = 0.15
_COUNTED_PULL = 1.2  # where a piece is to have a number of notes
_DENSITY_BARS = 4

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Balance:
    """A moment of a piece; notes make new ones of it.

    Attributes
    ----------
    registers
        Where the right hand and the left lie in Mozart, MIDI pitches.
    notes_a_bar
        How many there should be.
    bar
        How long a bar is, in units of the grid.
    lie
        Where the hands lie now.
    dense
        How many notes there are, of the last bars, fading.
    pull
        How strongly density is drawn back.
    time
        Of the latest note, in units of the grid; None before the first.
    """

    registers: tuple[float, float]
    notes_a_bar: float
    bar: int
    lie: tuple[float, float]
    dense: float
    time: int | None = None
    pull: float = _DENSITY_PULL

    @classmethod
    def start(cls, registers: tuple[float, float], notes_a_bar: float, bar: int) -> Self:
        """The balance before the first note."""
        return cls(registers, notes_a_bar, bar, registers, notes_a_bar * _DENSITY_BARS)

    def after(self, note: Note) -> Self:
        """The balance after the next note."""
        time = note.onset // UNIT
        passed = time - self.time if self.time is not None else 0
        dense = self.dense * float(np.exp(-passed / (_DENSITY_BARS * self.bar))) + 1
        right, left = self.lie
        if note.voice in LEFT_VOICES:
            left += (note.pitch - left) / _REGISTER_NOTES
        else:
            right += (note.pitch - right) / _REGISTER_NOTES
        return replace(self, lie=(right, left), dense=dense, time=time)

    def aim(self, notes_a_bar: float) -> Self:
        """The same, aimed at so many notes in each bar from here on."""
        return replace(self, notes_a_bar=max(notes_a_bar, 1.0), pull=_COUNTED_PULL)

    def tilt_pitches(self, scores: Floats, voice: int) -> Floats:
        """The scores of pitches, shape (128,), for a note of `voice`."""
        hand = int(voice in LEFT_VOICES)
        off = self.lie[hand] - self.registers[hand]
        return scores - _REGISTER_PULL * off * np.arange(len(scores))

    def tilt_iois(self, scores: Floats, iois: NDArray[np.int64]) -> Floats:
        """The scores of inter-onset intervals, which are in units of the grid."""
        too_dense = np.log2(self.dense / (self.notes_a_bar * _DENSITY_BARS))
        tilted: Floats = scores + self.pull * too_dense * np.log2(1 + iois)
        return tilted
