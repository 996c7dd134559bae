"""What the roll shows of a piece's plan: which bars return, and the chords as Roman numerals; and how bars are numbered."""

from typing import TYPE_CHECKING

from mozart.notes import Score
from mozart.page.roll import Bracket
from mozart.rendering.metre import written_bars

if TYPE_CHECKING:
    from mozart.composing.composition import Composition


def find_outline(piece: "Composition") -> tuple[list[Bracket], list[str]]:
    """Find the brackets over the bars that return, and each bar's Roman numerals.

    Both are empty where nothing was planned, and where the plan's bars are not the piece's: in another rhythm. Bars that were
    composed again return from nowhere. Brackets count bars from 1; what they say has the numbers of the sheet music.
    """
    plan = piece.plan
    if plan is None or piece.request.offsets != "composed":
        return [], []
    from mozart.model.plan import roman_line

    number = first_number(piece.score)
    before = len(piece.opening.score.bars) if piece.opening is not None and piece.opening_notes else 0
    there = len(piece.score.bars)
    again = {bar for first, last, _ in piece.request.bars_again for bar in range(first, last + 1)}
    brackets = []
    for way in plan.brackets:
        first, last, source = (before + bar + 1 for bar in (way.first, way.last, way.source))
        sources = range(source, source + last - first + 1)
        if last <= there and not again & {*range(first, last + 1), *sources}:
            brackets.append((first, last, _label(source + number - 1, len(sources), moved=bool(way.right or way.left))))
    return brackets, ([""] * before + [_tidy(line) for line in roman_line(plan)])[:there]


def first_number(score: Score) -> int:
    """Return the number of the first bar in the sheet music, where an upbeat is 0 and silent bars at the beginning are left out."""
    silent = int(score.bar_at(int(score.onsets[0])))
    upbeat = written_bars(score.bars_slice(silent, len(score.bars)))[0].is_pickup
    return 1 - silent - int(upbeat)


def _label(source: int, bars: int, moved: bool) -> str:
    named = f"as bar {source}" if bars == 1 else f"as bars {source} to {source + bars - 1}"
    return f"{named}, moved" if moved else named


def _tidy(line: str) -> str:
    """Write the chords of a bar without repetitions and silent beats."""
    names = [name for name in line.split() if name != "–"]
    return " ".join(name for i, name in enumerate(names) if not i or name != names[i - 1])
