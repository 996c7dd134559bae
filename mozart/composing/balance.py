"""Keep a piece in the registers of Mozart's hands, and at the density of its movement, while it is drawn.

A network that reads its own notes drifts: each note is probable after the earlier ones, but the whole ends up where no piece
of Mozart's lies. Two forces pull it back. They tilt the predicted scores by how far the piece is off, and are zero where it is
not. Their strength was chosen on composed pieces beside works held out to validate (docs/experiments.md).
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mozart.model.vocabulary import UNIT
from mozart.notes import Note
from mozart.notes.score import LEFT_VOICES

# How much less probable, in nats, a semitone further away is, for each semitone that the hand is off.
_REGISTER_PULL = 0.01
_REGISTER_NOTES = 24  # a hand's register is a fading mean of about this many notes
# How much less probable, in nats, an IOI of double length is, when the density is half of what it should be.
_DENSITY_PULL = 0.15
_COUNTED_PULL = 1.2  # the same, if the request asks for a number of notes
_DENSITY_BARS = 4

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Balance:
    """The state after a note; immutable.

    Attributes
    ----------
    registers
        The mean MIDI pitches of the right hand and of the left in Mozart's works.
    notes_a_bar
        The density to keep to.
    bar
        The length of a bar, in units of the grid.
    lie
        The hands' mean pitches now.
    dense
        The number of notes in the last bars, fading.
    pull
        The strength of the pull on density.
    time
        The onset of the latest note, in units of the grid; None before the first.
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
        """Return the balance before the first note."""
        return cls(registers, notes_a_bar, bar, registers, notes_a_bar * _DENSITY_BARS)

    def after(self, note: Note) -> Self:
        """Return the balance after the next note."""
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
        """Aim at another number of notes in each bar from here on."""
        return replace(self, notes_a_bar=max(notes_a_bar, 1.0), pull=_COUNTED_PULL)

    def tilt_pitches(self, scores: Floats, voice: int) -> Floats:
        """Tilt the scores of pitches, shape (128,), for a note of `voice`."""
        hand = int(voice in LEFT_VOICES)
        off = self.lie[hand] - self.registers[hand]
        return scores - _REGISTER_PULL * off * np.arange(len(scores))

    def tilt_iois(self, scores: Floats, iois: NDArray[np.int64]) -> Floats:
        """Tilt the scores of inter-onset intervals, which are in units of the grid."""
        too_dense = np.log2(self.dense / (self.notes_a_bar * _DENSITY_BARS))
        tilted: Floats = scores + self.pull * too_dense * np.log2(1 + iois)
        return tilted
