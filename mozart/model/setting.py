"""A moment's place in a piece: in bar and beat, how much has passed and is left, and what the plan has there.

Whatever is not told is 0, so that the same network composes with a plan and without one.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.model.harmony import CHORD_TONES, SILENT, beat_ticks, beats, find_chords, lowest_pitches
from mozart.model.vocabulary import Vocabulary, to_units
from mozart.notes import Metre, Score
from mozart.notes.keys import CLASSES, MODES, Key

N_KINDS = len(CHORD_TONES)
# A chord's id is made of its root over the tonic and its kind; two more ids mean not told, and no chord.
UNKNOWN_CHORD, NO_CHORD, _FIRST_CHORD = 0, 1, 2
N_CHORDS = _FIRST_CHORD + CLASSES * N_KINDS
# A degree in semitones over the tonic, from 1; 0 for one that is not told.
N_DEGREES = CLASSES + 1
LONGEST_BEAT = 96  # units; later places in a beat share one id
_BAR_STEP, _BAR_STEPS = 3, 64  # places in a bar have an id for each 1/8 quarter, up to 8 quarters

# Bars left and bars passed are told as: 0, 1, 2, 3, 4 to 7, 8 to 15, 16 and more.
_COUNTS = (1, 2, 3, 4, 8, 16)

LAGS = ("beat", "bar", "two bars", "four bars", "eight bars")


class Place(NamedTuple):
    """A moment, as ids for the network; `place_sizes` says how many values each has."""

    in_beat: int
    in_bar: int
    metre: int
    passed: int
    left: int
    chord: int
    next_chord: int
    bass: int
    melody: int


def place_sizes(vocabulary: Vocabulary) -> dict[str, int]:
    """Return how many values each field of a Place has."""
    counts = len(_COUNTS) + 2
    sizes = (LONGEST_BEAT, _BAR_STEPS, len(vocabulary.metres), counts, counts, N_CHORDS, N_CHORDS, N_DEGREES, N_DEGREES)
    return dict(zip(Place._fields, sizes, strict=True))


@dataclass(frozen=True)
class Setting:
    """What is fixed before a piece's notes. Times are in units of the grid.

    Attributes
    ----------
    vocabulary
        The vocabulary of the ids.
    key
        The home key.
    bars
        Where bars begin, ascending; the piece ends with the last one.
    bar_lengths, beat_lengths
        The lengths of every bar and its beats; an upbeat has those of the bar that it leads to.
    metres
        The id of every bar's metre.
    upbeat
        How much of the first bar is missing.
    beats
        Where beats begin, ascending.
    chords
        The id of the chord of every beat; None if no chords are told.
    basses, melody
        For every beat the degree of the lowest note, and of the highest that begins in it, from 1; 0 if not told.
    """

    vocabulary: Vocabulary
    key: Key
    bars: Sequence[int]
    bar_lengths: Sequence[int]
    beat_lengths: Sequence[int]
    metres: Sequence[int]
    upbeat: int
    beats: Sequence[int]
    chords: Sequence[int] | None = None
    basses: Sequence[int] = ()
    melody: Sequence[int] = ()

    @classmethod
    def make(
        cls, vocabulary: Vocabulary, key: Key, bars: Sequence[int], metres: Sequence[Metre], chords: NDArray[np.int8] | None
    ) -> "Setting":
        """Make a setting from bars in ticks, each with its metre, and from the chords of `harmony.find_chords`.

        A first bar that is shorter than its metre's is an upbeat.
        """
        metres = list(metres)
        missing = 0
        if len(bars) > 1 and bars[1] - bars[0] < metres[1].bar:
            metres[0] = metres[1]
            missing = metres[0].bar - (bars[1] - bars[0])
        starts: list[int] = []
        for number, (bar, metre) in enumerate(zip(bars, metres, strict=True)):
            beat = beat_ticks(metre)
            if number == 0 and missing:
                starts += sorted({bar, *range(bars[1] - beat, bar, -beat)})
            else:
                starts += range(bar, bars[number + 1] if number + 1 < len(bars) else bar + metre.bar, beat)
        return cls(
            vocabulary,
            key,
            to_units(np.array(bars)).tolist(),
            [int(to_units(metre.bar)) for metre in metres],
            [int(to_units(beat_ticks(metre))) for metre in metres],
            [vocabulary.metre_id(metre) for metre in metres],
            int(to_units(missing)),
            to_units(np.array(starts)).tolist(),
            None if chords is None else chord_ids(chords, key),
        )

    @classmethod
    def of(cls, vocabulary: Vocabulary, movement: Score, key: Key) -> "Setting":
        """Find the setting of an existing movement, with the harmony, bass and melody of its own notes.

        It ends with the bar in which the last note begins.
        """
        bars = movement.bars[: int(movement.bar_at(int(movement.onsets.max(initial=0)))) + 1].tolist()
        made = cls.make(vocabulary, key, bars, [movement.metre_at(bar) for bar in bars], None)
        starts = beats(movement)
        highest = np.full(len(starts), -1, np.int16)
        np.maximum.at(highest, np.searchsorted(starts, movement.onsets, side="right") - 1, movement.pitches.astype(np.int16))
        lowest = lowest_pitches(movement)
        made = replace(made, beats=to_units(starts).tolist(), chords=chord_ids(find_chords(movement), key))
        return made.with_lines(
            [pitch % CLASSES if pitch >= 0 else SILENT for pitch in lowest.tolist()],
            [pitch % CLASSES if pitch >= 0 else SILENT for pitch in highest.tolist()],
        )

    def with_chords(self, chords: NDArray[np.int8]) -> "Setting":
        """Copy the setting with a chord for each beat, in the form of `harmony.find_chords`."""
        return replace(self, chords=chord_ids(chords, self.key))

    def with_lines(self, basses: Sequence[int], melody: Sequence[int]) -> "Setting":
        """Copy the setting with the pitch classes of each beat's lowest and highest note, `SILENT` where one is not told."""
        lines = [
            [0 if pitch_class == SILENT else 1 + (pitch_class - self.key.tonic) % CLASSES for pitch_class in line]
            for line in (basses, melody)
        ]
        return replace(self, basses=lines[0], melody=lines[1])

    @property
    def shift(self) -> int:
        """The tonic's distance above the nearest C, -5 to 6 semitones."""
        return (self.key.tonic + 5) % CLASSES - 5

    @property
    def mode(self) -> int:
        """0 for major, 1 for minor."""
        return MODES.index(self.key.mode)

    def bar_at(self, time: int) -> int:
        """Return the index of the bar that holds `time`."""
        return max(bisect_right(self.bars, time) - 1, 0)

    def place_in_bar(self, time: int) -> int:
        """Return how far `time` is into its bar; in an upbeat, counted as if the bar were whole."""
        bar = self.bar_at(time)
        return time - self.bars[bar] + (self.upbeat if bar == 0 else 0)

    def lags(self, time: int) -> tuple[int, ...]:
        """Return how far back each of `LAGS` is, with the bar and beat lengths at `time`."""
        bar = self.bar_at(time)
        length = self.bar_lengths[bar]
        return self.beat_lengths[bar], length, 2 * length, 4 * length, 8 * length

    def place(self, time: int) -> Place:
        """Look up the place of `time`."""
        places = self._places
        if time not in places:
            places[time] = self._find_place(time)
        return places[time]

    def roots(self, time: int) -> tuple[int, int, int]:
        """Return the pitch classes of the tonic and of this and the next beat's roots; -1 where none is told."""
        place = self.place(time)
        chords = (place.chord, place.next_chord)
        now, following = ((chord - _FIRST_CHORD) // N_KINDS if chord >= _FIRST_CHORD else -1 for chord in chords)
        tonic = self.key.tonic
        return tonic, (now + tonic) % CLASSES if now >= 0 else -1, (following + tonic) % CLASSES if following >= 0 else -1

    def chord_tones(self, time: int) -> list[int]:
        """List the pitch classes of this beat's chord; none if no chord is told."""
        chord = self.place(time).chord - _FIRST_CHORD
        if chord < 0:
            return []
        root, kind = divmod(chord, N_KINDS)
        return [(self.key.tonic + root + step) % CLASSES for step in CHORD_TONES[kind]]

    @cached_property
    def _places(self) -> dict[int, Place]:
        return {}

    def _find_place(self, time: int) -> Place:
        bar = self.bar_at(time)
        into = self.place_in_bar(time)
        beat = max(bisect_right(self.beats, time) - 1, 0)
        return Place(
            min(into % self.beat_lengths[bar], LONGEST_BEAT - 1),
            min(into // _BAR_STEP, _BAR_STEPS - 1),
            self.metres[bar],
            1 + bisect_right(_COUNTS, bar),
            1 + bisect_right(_COUNTS, len(self.bars) - 1 - bar),
            self._chord(beat),
            self._chord(beat + 1),
            self.basses[beat] if beat < len(self.basses) else 0,
            self.melody[beat] if beat < len(self.melody) else 0,
        )

    def _chord(self, beat: int) -> int:
        if self.chords is None:
            return UNKNOWN_CHORD
        return self.chords[beat] if beat < len(self.chords) else NO_CHORD


def chord_ids(chords: NDArray[np.int8], key: Key) -> list[int]:
    """Return the ids of chords, shape (B, 2), with their roots counted from the tonic."""
    roots, kinds = chords.astype(int).T
    ids: list[int] = np.where(roots == SILENT, NO_CHORD, _FIRST_CHORD + (roots - key.tonic) % CLASSES * N_KINDS + kinds).tolist()
    return ids


def tone_id(degree: int, chord: int) -> int:
    """Return the id of a pitch, in semitones over the tonic, within a chord: 1 to 72, and 0 if no chord is told."""
    if chord < _FIRST_CHORD:
        return 0
    root, kind = divmod(chord - _FIRST_CHORD, N_KINDS)
    return 1 + kind * CLASSES + (degree - root) % CLASSES


N_TONES = 1 + CLASSES * N_KINDS
