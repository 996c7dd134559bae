"""A line of one bar → the notes and rests that are written, tied where one symbol is not enough.

Conventions
-----------
Symbols are measured in units of a quarter of a tick: a note of a triplet is written half as long again as it sounds, and one of
a quintuplet a quarter as long again, so that all are whole numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mozart.rendering.metre import SHORTEST, Bar
from mozart.rendering.voices import Chord, Line

# Written length in units → type. A dot adds half.
_NAMES = ("breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th")
_TYPES = {15_360 >> power: name for power, name in enumerate(_NAMES)}
_DOTTED = {3 * units // 2: name for units, name in _TYPES.items() if name != "128th"}
_LEAST = min(_TYPES)
# Units to a tick, outside and inside of triplets and quintuplets.
_PLAIN = 4
_INSIDE = {3: 6, 5: 5}
NORMAL_NOTES = {3: 2, 5: 4}  # in the time of which so many are played
_SMALLEST_CELL = 60  # ticks: three 64ths of a triplet


class Cell(NamedTuple):
    """A stretch of time that is divided into 3 or 5, in ticks."""

    start: int
    end: int
    parts: int


@dataclass
class Symbol:
    """One note, chord or rest as it is written.

    Attributes
    ----------
    start, end
        In ticks.
    units
        Its written length.
    pitches
        None in a rest.
    tied_from, tied_to
        The pitches that are tied to the symbol before, and to the next.
    cell
        The stretch of its triplet or quintuplet, or None.
    hidden
        Whether it only takes up time, as a rest below notes that fill the bar.
    bracket
        Where its triplet or quintuplet starts or stops.
    is_rolled
        Whether it is struck from the bottom up.
    beams
        One for each level, as MusicXML calls them.
    names
        Every pitch's step, alteration in semitones, and octave.
    accidentals
        The signs that are shown, by pitch, as MusicXML calls them.
    """

    start: int
    end: int
    units: int
    pitches: frozenset[int]
    tied_from: frozenset[int]
    tied_to: frozenset[int]
    cell: Cell | None = None
    hidden: bool = False
    bracket: str = ""
    is_rolled: bool = False
    beams: list[str] = field(default_factory=list)
    names: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    accidentals: dict[int, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """MusicXML's name for the note value."""
        return _TYPES.get(self.units) or _DOTTED[self.units]

    @property
    def is_dotted(self) -> bool:
        """Whether a dot follows."""
        return self.units not in _TYPES


def write_symbols(line: Line, bar: Bar) -> list[Symbol]:
    """Write the symbols of a line that has notes; they fill the bar exactly."""
    spans = _with_rests(line, bar)
    cells = _uneven_cells(spans, bar)
    symbols = [symbol for span in spans for symbol in _write(span, bar, cells)]
    for cell in cells:
        members = [symbol for symbol in symbols if symbol.cell == cell]
        members[0].bracket, members[-1].bracket = "start", "stop"
    return symbols


def hide_rests(lines: Sequence[Sequence[Symbol]]) -> None:
    """Hide the rests of all lines of a staff but the first, and those over which another line sounds throughout."""
    for number, line in enumerate(lines):
        others = [symbol for other in lines if other is not line for symbol in other if symbol.pitches]
        for rest in (symbol for symbol in line if not symbol.pitches):
            covered = sum(max(0, min(rest.end, note.end) - max(rest.start, note.start)) for note in others)
            rest.hidden = number > 0 or covered >= rest.end - rest.start


def _with_rests(line: Line, bar: Bar) -> list[Chord]:
    spans, at = [], bar.start
    for chord in line:
        if chord.start > at:
            spans.append(Chord(at, chord.start, frozenset()))
        spans.append(chord)
        at = chord.end
    if at < bar.stop:
        spans.append(Chord(at, bar.stop, frozenset()))
    return spans


def _uneven_cells(spans: Sequence[Chord], bar: Bar) -> list[Cell]:
    """Find the stretches of a bar that are divided into three or five, each as short as possible."""
    marks = {span.start - bar.origin for span in spans}
    notes = [(span.start - bar.origin, span.end - bar.origin) for span in spans if span.pitches]

    def search(start: int, end: int) -> list[Cell]:
        uneven = [mark for mark in marks if start < mark < end and mark % SHORTEST]
        if not uneven:
            return []
        parts = 3 if all(mark % (2 * SHORTEST // 3) == 0 for mark in uneven) else 5
        part, middle = (end - start) // parts, (start + end) // 2
        if middle in marks:
            # Three eighths of which one is two sixteenths; but six sixteenths are three and three.
            whole = parts == 3 and {start + part, end - part} <= marks and not {start + part // 2, end - part // 2} <= marks
        else:
            # A note over the middle that begins or ends on a third or a fifth.
            sounds = any(begins < middle < ends and {begins, ends} & {*uneven} for begins, ends in notes)
            whole = sounds or all((mark - start) % part == 0 for mark in uneven)
        fits = bar.origin + end <= bar.stop and bar.origin + start >= bar.start
        if end - start > _SMALLEST_CELL * (1 + (parts == 5)) and not (whole and fits):
            return search(start, middle) + search(middle, end)
        return [Cell(bar.origin + start, bar.origin + end, parts)]

    length = bar.stop - bar.origin
    return [cell for start in range(0, length, bar.cell) for cell in search(start, start + bar.cell)]


def _write(span: Chord, bar: Bar, cells: Sequence[Cell]) -> list[Symbol]:
    """Write a span in as many symbols as needed, tied together."""
    parts = _parts(span, bar, cells)
    return [
        Symbol(
            start,
            end,
            (end - start) * (_INSIDE[cell.parts] if cell else _PLAIN),
            span.pitches,
            span.pitches if number else span.tied_from,
            span.pitches if number < len(parts) - 1 else span.tied_to,
            cell,
            is_rolled=span.is_rolled and not number,
        )
        for number, (start, end, cell) in enumerate(parts)
    ]


def _parts(span: Chord, bar: Bar, cells: Sequence[Cell]) -> list[tuple[int, int, Cell | None]]:
    """Find where a span is cut, and the triplet's stretch that holds each part."""
    parts: list[tuple[int, int, Cell | None]] = []
    start = span.start
    good = bar.reads_well if span.pitches else bar.rests_well
    while start < span.end:
        cell = next((cell for cell in cells if cell.start <= start < cell.end), None)
        if cell:
            origin, stop, scale = cell.start, min(span.end, cell.end), _INSIDE[cell.parts]
            # A part of the cell, its halves and theirs; in a triplet two parts too.
            part = scale * (cell.end - cell.start) // cell.parts
            lines = [part >> power for power in range(5) if part >> power >= _LEAST]
            cuts = _cut(scale * (start - origin), scale * (stop - origin), lines, lambda _a, _b: True)
        else:
            stop = min([span.end, *(cell.start for cell in cells if cell.start > start)])
            origin, scale = bar.origin, _PLAIN
            lines = [scale * line for line in bar.lines]
            cuts = _cut(scale * (start - origin), scale * (stop - origin), lines, lambda a, b: good(a // _PLAIN, b // _PLAIN))
        parts += [(origin + a // scale, origin + b // scale, cell) for a, b in cuts]
        start = stop
    return parts


def _cut(start: int, end: int, lines: Sequence[int], reads_well: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """Cut a span, in units, at the strongest lines inside it, until every part is one written length that reads well."""
    if (end - start in _TYPES or end - start in _DOTTED) and reads_well(start, end):
        return [(start, end)]
    for line in lines:
        # From a line, as far as the last; from anywhere else, to the first.
        at = (end - 1) // line * line if start % line == 0 else -(-start // line) * line
        if start < at < end:
            return _cut(start, at, lines, reads_well) + _cut(at, end, lines, reads_well)
    raise AssertionError(f"no line between {start} and {end}")
