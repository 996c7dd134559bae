"""A plan: form and harmony of a piece, fixed before its notes.

A plan tells the metre and mode of a piece, which bars return, the chord of each beat, and how the piece closes. It comes from
a movement, and holds none of its notes: only, for the last two bars, the degrees of bass and melody beat by beat, and when
the last chord begins and how long it is held. Degrees are counted in semitones over the tonic, so a plan fits any key.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.model.degrees import numeral, to_degrees
from mozart.model.form import Return
from mozart.model.harmony import KINDS, SILENT, beat_ticks
from mozart.notes import Metre
from mozart.notes.keys import CLASSES, MODES
from mozart.notes.score import MAX_BEATS, UNITS

Degrees = tuple[int, ...]  # one for each beat of a bar, 0 to 11 over the tonic, or SILENT
Chord = tuple[int, int]  # degree or SILENT, and index in harmony.KINDS

MAX_BARS = 2_000
MAX_MOVE = 60  # semitones


class Close(NamedTuple):
    """The last chord: where in the last bar it begins, and how long it is held, in ticks."""

    place: int
    duration: int


class Bracket(NamedTuple):
    """A passage that returns: its first and last bar, the first bar of its source, and the hands' moves in semitones."""

    first: int
    last: int
    source: int
    right: int
    left: int


@dataclass(frozen=True)
class Plan:
    """Form and harmony of a piece.

    Attributes
    ----------
    beats, unit
        The metre; 3/4 is three beats of a quarter.
    mode
        ``major`` or ``minor``.
    chords
        For each bar, for each beat (as long as `harmony.beat_ticks`), the degree and the kind.
    returns
        For each bar, where it returns from, or None.
    basses, melody
        For each bar None, or for each beat the degree of the lowest note, and of the highest that begins in it.
    start
        Where in the first bar the music begins, in ticks: more than 0 for an upbeat.
    close
        The last chord; None for a piece that need not close.
    source
        The movement that the plan comes from, for people: ``K. 545, movement 1``.

    Raises
    ------
    MozartError
        When a value is not possible, or bars have different numbers of beats.
    """

    beats: int
    unit: int
    mode: str
    chords: tuple[tuple[Chord, ...], ...]
    returns: tuple[Return | None, ...]
    basses: tuple[Degrees | None, ...]
    melody: tuple[Degrees | None, ...]
    start: int = 0
    close: Close | None = None
    source: str = ""

    def __post_init__(self) -> None:
        _check(self)

    def __len__(self) -> int:
        return len(self.chords)

    @cached_property
    def metre(self) -> Metre:
        """The metre of all bars."""
        return Metre(0, self.beats, self.unit)

    @property
    def beats_of_bar(self) -> int:
        """The number of beats in a bar: two in 6/8."""
        return self.metre.bar // beat_ticks(self.metre)

    def chords_in(self, tonic: int) -> NDArray[np.int8]:
        """Return the chord of each beat in a key, in the form of `harmony.find_chords`, shape (bars * beats of a bar, 2)."""
        degrees = np.array(self.chords, np.int8).reshape(-1, 2)
        return to_degrees(degrees, -tonic)

    @cached_property
    def brackets(self) -> list[Bracket]:
        """The passages that return, in order: successive bars that return from successive bars, moved alike."""
        found: list[Bracket] = []
        for bar, way in enumerate(self.returns):
            if way is None:
                continue
            last = found[-1] if found else None
            if last and last.last == bar - 1 and way == (last.source + bar - last.first, last.right, last.left):
                found[-1] = last._replace(last=bar)
            else:
                found.append(Bracket(bar, bar, *way))
        return found

    @cached_property
    def numerals(self) -> list[list[str]]:
        """For each bar, for each beat the Roman numeral of a chord that begins with it, or an empty text where it stays."""
        lines, before = [], ""
        for chords, basses in zip(self.chords, self.basses, strict=True):
            line = []
            for beat, (degree, kind) in enumerate(chords):
                bass = basses[beat] if basses and basses[beat] != SILENT else None
                name = numeral(degree, kind, self.mode, bass)
                line.append("" if name == before else name)
                before = name
            lines.append(line)
        return lines


def roman_line(plan: Plan) -> list[str]:
    """Write each bar's chords as text: ``I``, ``ii6 V7``; a chord that is held over from the bar before is repeated."""
    lines = []
    sounding = "–"
    for bar in plan.numerals:
        names = [name for name in bar if name]
        lines.append(" ".join(names if bar[0] else [sounding, *names]))
        sounding = names[-1] if names else sounding
    return lines


def _check(plan: Plan) -> None:
    if not 1 <= plan.beats <= MAX_BEATS or plan.unit not in UNITS:
        raise MozartError(f"A plan's metre cannot be {plan.beats}/{plan.unit}.")
    if plan.mode not in MODES:
        raise MozartError(f"A plan's mode is major or minor, not {plan.mode!r}.")
    if not 1 <= len(plan) <= MAX_BARS:
        raise MozartError(f"A plan has 1 to {MAX_BARS:,} bars, not {len(plan):,}.")
    if not len(plan) == len(plan.returns) == len(plan.basses) == len(plan.melody):
        raise MozartError("A plan has chords, returns, basses and melody for each bar: these lists must have the same length.")
    for number, (chords, way, *degrees) in enumerate(zip(plan.chords, plan.returns, plan.basses, plan.melody, strict=True)):
        where = f"Bar {number + 1} of the plan"
        lengths = {len(chords), *(len(row) for row in degrees if row is not None)}
        if lengths != {plan.beats_of_bar}:
            raise MozartError(f"{where} needs {plan.beats_of_bar} beats.")
        for degree, kind in chords:
            if not (SILENT <= degree < CLASSES and 0 <= kind < len(KINDS)):
                raise MozartError(f"{where} has a chord of degree {degree} and kind {kind}: degrees are 0 to 11, kinds 0 to 5.")
        if any(not SILENT <= degree < CLASSES for row in degrees if row is not None for degree in row):
            raise MozartError(f"{where} has a bass or a melody outside degrees 0 to 11.")
        if way is not None and not (0 <= way.source < number and max(abs(way.right), abs(way.left)) <= MAX_MOVE):
            raise MozartError(f"{where} can return from an earlier bar only, moved by {MAX_MOVE} semitones at most.")
    if not 0 <= plan.start < plan.metre.bar:
        raise MozartError("The music of a plan begins in its first bar.")
    if plan.close and not (0 <= plan.close.place < plan.metre.bar and 0 < plan.close.duration <= 8 * plan.metre.bar):
        raise MozartError("The last chord of a plan begins in its last bar, and is held for eight bars at most.")
