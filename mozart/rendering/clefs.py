"""Choose the clefs of each staff, so that few notes need more than three ledger lines.

Conventions
-----------
A note's place is diatonic: 7 times its octave, plus 0 for C to 6 for B, as it is spelled.
"""

from collections.abc import Sequence

from mozart.rendering.metre import Bar
from mozart.rendering.symbols import Symbol

TREBLE, BASS = "G", "F"
CLEFS = (TREBLE, BASS)
_LOWEST_LINE = {TREBLE: 7 * 4 + 2, BASS: 7 * 2 + 4}  # E4, G2
_STAFF = 8  # places from the lowest line to the highest
_COSTS = (0, 0, 4, 15)  # of a note, by its number of ledger lines
_EXPENSIVE = 120  # of every further ledger line
_CHANGE, _WITHIN_BAR = 80, 10  # of a change of clef, and the extra cost of one within a bar
_AWAY = 2  # of notes in the other hand's clef

Stretch = tuple[int, set[int]]


def choose_clefs(staff: Sequence[Sequence[Sequence[Symbol]]], bars: Sequence[Bar], home: str) -> list[tuple[int, str]]:
    """Choose the clefs of one staff, each with the tick from which it holds.

    Parameters
    ----------
    staff
        For every bar its lines of symbols.
    bars
        The bars.
    home
        The clef that the staff prefers.
    """
    stretches = [stretch for lines, bar in zip(staff, bars, strict=True) for stretch in _stretches(lines, bar)]
    # The cheapest path (Viterbi, 1967): the cost of each clef up to here, and the clef before it.
    costs = {clef: _CHANGE * (clef != home) for clef in CLEFS}
    came_from: list[dict[str, str]] = []
    bar_lines = {bar.start for bar in bars}
    for start, notes in stretches:
        change = _CHANGE + _WITHIN_BAR * (start not in bar_lines)
        # Among paths of equal cost, the one that changes late, just before the note that needs it.
        ways = {clef: min((costs[old] + change * (old != clef), old == clef, old) for old in CLEFS) for clef in CLEFS}
        came_from.append({clef: old for clef, (_, _, old) in ways.items()})
        costs = {clef: ways[clef][0] + _cost(notes, clef) + _AWAY * (clef != home and bool(notes)) for clef in CLEFS}
    way = [min(CLEFS, key=costs.__getitem__)]
    for best in reversed(came_from[1:]):
        way.append(best[way[-1]])
    way.reverse()
    changes: list[tuple[int, str]] = []
    for (start, _), clef in zip(stretches, way, strict=True):
        if not changes or changes[-1][1] != clef:
            changes.append((start, clef))
    return changes


def ledger_lines(place: int, clef: str) -> int:
    """Count the ledger lines that a note needs."""
    lowest = _LOWEST_LINE[clef]
    return max(0, (place - lowest - _STAFF) // 2, (lowest - place) // 2)


def _stretches(lines: Sequence[Sequence[Symbol]], bar: Bar) -> list[Stretch]:
    """Collect the notes' places between possible changes of clef: bar lines, and beats over which no line holds a note."""
    beats = range(bar.start + (bar.origin - bar.start) % bar.beat, bar.stop, bar.beat)
    free = [
        beat for beat in beats if beat > bar.start and lines and all(any(symbol.start == beat for symbol in line) for line in lines)
    ]
    stretches: list[Stretch] = [(start, set()) for start in [bar.start, *free]]
    for line in lines:
        for symbol in line:
            notes = next(notes for start, notes in reversed(stretches) if start <= symbol.start)
            notes.update(_place(*name) for name in symbol.names.values())
    return stretches


def _place(step: str, _: int, octave: int) -> int:
    return 7 * octave + "CDEFGAB".index(step)


def _cost(notes: set[int], clef: str) -> int:
    lines = [ledger_lines(note, clef) for note in notes]
    return sum(_COSTS[n] if n < len(_COSTS) else _EXPENSIVE * (n - len(_COSTS) + 1) for n in lines)
