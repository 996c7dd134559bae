"""Where in a piece a moment is: its place in bar and beat, how much has passed and is left, and the harmony there."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.model.harmony import SILENT, beat_ticks, beats, find_chords
from mozart.model.vocabulary import UNITS_A_QUARTER, Vocabulary, to_units
from mozart.notes import Metre, Score
from mozart.notes.keys import CLASSES, MODES, Key

KINDS = 6
# A chord is its root over the tonic and its kind; or there is none, or it is not told.
NO_CHORD, UNKNOWN_CHORD = CLASSES * KINDS, CLASSES * KINDS + 1
N_CHORDS = UNKNOWN_CHORD + 1
QUARTERS = 16  # a bar has no more that are told apart

# Bars left, and bars passed, are told in these steps: 0, 1, 2, 3, 4-5, …
_LEFT = (1, 2, 3, 4, 6, 8, 12, 16)
_PASSED = (1, 2, 4, 8, 16)


class Place(NamedTuple):
    """A moment, as ids that the network reads."""

    in_quarter: int
    quarter: int
    metre: int
    left: int
    passed: int
    chord: int
    next_chord: int


def place_sizes(vocabulary: Vocabulary) -> list[int]:
    """How many values each field of a Place has."""
    return [UNITS_A_QUARTER, QUARTERS, len(vocabulary.metres), len(_LEFT) + 1, len(_PASSED) + 1, N_CHORDS, N_CHORDS]


@dataclass(frozen=True)
class Setting:
    """What stands before a piece's notes. Times are in units of the grid.

    Attributes
    ----------
    vocabulary : of the ids
    key : the home key
    bars : where bars begin, ascending
    bar_lengths, beat_lengths : of every bar
    metres : the id of every bar's metre
    beats : where beats begin, ascending
    chords : the id of the chord of every beat; None where none is told
    """

    vocabulary: Vocabulary
    key: Key
    bars: Sequence[int]
    bar_lengths: Sequence[int]
    beat_lengths: Sequence[int]
    metres: Sequence[int]
    beats: Sequence[int]
    chords: Sequence[int] | None

    @classmethod
    def make(
        cls, vocabulary: Vocabulary, key: Key, bars: Sequence[int], metres: Sequence[Metre], chords: NDArray[np.int8] | None
    ) -> "Setting":
        """The setting of bars in ticks, each with its metre, and of chords for each beat as `harmony.find_chords` gives them."""
        starts: list[int] = []
        for bar, metre in zip(bars, metres, strict=True):
            starts += range(bar, bar + metre.bar, beat_ticks(metre))
        return cls(
            vocabulary,
            key,
            to_units(np.array(bars)).tolist(),
            [int(to_units(metre.bar)) for metre in metres],
            [int(to_units(beat_ticks(metre))) for metre in metres],
            [vocabulary.metre_id(metre) for metre in metres],
            to_units(np.array(starts)).tolist(),
            None if chords is None else chord_ids(chords, key),
        )

    @classmethod
    def of(cls, vocabulary: Vocabulary, movement: Score, key: Key) -> "Setting":
        """The setting of a movement that is there, with the harmony that its own notes have."""
        metres = [movement.metre_at(bar) for bar in movement.bars.tolist()]
        made = cls.make(vocabulary, key, movement.bars.tolist(), metres, None)
        starts = to_units(beats(movement)).tolist()
        return replace(made, beats=starts, chords=chord_ids(find_chords(movement), key))

    def with_chords(self, chords: NDArray[np.int8]) -> "Setting":
        """The same with a chord for each beat, as `harmony.find_chords` gives them."""
        return replace(self, chords=chord_ids(chords, self.key))

    @property
    def shift(self) -> int:
        """How far, in semitones, the tonic is from the nearest C: pitches are read from there, so that all keys are one."""
        return (self.key.tonic + 5) % CLASSES - 5

    @property
    def mode(self) -> int:
        """0 for major, 1 for minor."""
        return MODES.index(self.key.mode)

    def bar_at(self, time: int) -> int:
        """The index of the bar that holds `time`."""
        return max(bisect_right(self.bars, time) - 1, 0)

    def lags(self, time: int) -> tuple[int, int, int]:
        """A beat, a bar, and two bars, as long as they are at `time`."""
        bar = self.bar_at(time)
        return self.beat_lengths[bar], self.bar_lengths[bar], 2 * self.bar_lengths[bar]

    def place(self, time: int) -> Place:
        """Where `time` is."""
        bar = self.bar_at(time)
        into = time - self.bars[bar]
        chord = following = UNKNOWN_CHORD
        if self.chords is not None:
            beat = max(bisect_right(self.beats, time) - 1, 0)
            chord, following = (*self.chords[beat : beat + 2], NO_CHORD, NO_CHORD)[:2]
        return Place(
            into % UNITS_A_QUARTER,
            min(into // UNITS_A_QUARTER, QUARTERS - 1),
            self.metres[bar],
            bisect_right(_LEFT, len(self.bars) - 1 - bar),
            bisect_right(_PASSED, bar),
            chord,
            following,
        )


def chord_ids(chords: NDArray[np.int8], key: Key) -> list[int]:
    """Ids of chords, shape (B, 2), by their roots over the tonic."""
    roots, kinds = chords.astype(int).T
    return np.where(roots == SILENT, NO_CHORD, (roots - key.tonic) % CLASSES * KINDS + kinds).tolist()
