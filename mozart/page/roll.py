"""A score → its piano roll: HTML in which time goes to the right and pitch upwards, with a keyboard at the left.

Conventions
-----------
Places are custom properties, and the style makes pixels of them: ``--x`` and ``--w`` are quarters from the beginning,
``--y`` is semitones from the top. So one roll fits a telephone and a wide screen. Bars are counted from 1. The n-th element
of ``.notes`` is the n-th note of the score.
"""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from mozart.notes import TICKS, Score
from mozart.notes.keys import estimate_key
from mozart.notes.spelling import name

HANDS = ("right", "left")
_MARGIN = 2  # semitones above and below the notes
_LEAST = 25  # semitones: a roll of a few notes shows two octaves all the same
_MIDDLE_C = 60
_BLACK = frozenset((1, 3, 6, 8, 10))

Bracket = tuple[int, int, str]


def roll_html(
    score: Score,
    *,
    returns: Sequence[Bracket] = (),
    harmony: Sequence[str] = (),
    shared: range = range(0),
    opening_notes: int = 0,
    first_number: int = 1,
) -> str:
    """Write the roll, ready to be scrolled: keyboard, brackets, bar numbers, harmonies, and the lanes with the notes.

    Parameters
    ----------
    score
        The piece.
    returns
        First bar, last bar and label of passages that return.
    harmony
        A Roman numeral for each bar, from the first on; it may end early.
    shared
        The notes that also occur in the training music.
    opening_notes
        How many notes, from the first on, are the opening's.
    first_number
        The number of the first bar.
    """
    lowest, highest = pitch_range(score)
    starts = quarters(score)
    length = starts[-1]
    head = _brackets(returns, starts) + _ruler(starts, first_number) + _harmony(harmony, starts)
    lanes = "".join(
        f'<i class="lane" style="--y:{highest - pitch}"></i>' for pitch in range(lowest, highest + 1) if pitch % 12 in _BLACK
    )
    octaves = "".join(
        f'<i class="octave" style="--y:{highest - c + 1}"></i>' for c in range(lowest + 1, highest + 1) if c % 12 == 0
    )
    return (
        f'<div class="strip" tabindex="0" role="group" aria-label="{escape(describe(score, opening_notes))}">'
        f'<div class="sheet" style="--length:{length:g};--semitones:{highest - lowest + 1}">'
        f'<div class="corner" aria-hidden="true"></div><div class="head">{head}</div>'
        f'<div class="keys" aria-hidden="true">{_keys(lowest, highest)}</div>'
        f'<div class="lanes" aria-hidden="true">{lanes}{octaves}{_bars(score, starts)}'
        f"{_stretch('opening', score, range(opening_notes))}{_stretch('shared', score, shared)}"
        f'<i class="marked" hidden></i><div class="notes">{_notes(score, highest, shared)}</div><i class="playhead"></i></div>'
        "</div></div>"
    )


def pitch_range(score: Score) -> tuple[int, int]:
    """Return the lowest and the highest pitch that the roll has a lane for, both within 0 to 127."""
    sounding = score.pitches if len(score) else [_MIDDLE_C]
    lowest, highest = int(min(sounding)) - _MARGIN, int(max(sounding)) + _MARGIN
    missing = max(0, _LEAST - (highest - lowest + 1))
    lowest = min(max(lowest - missing // 2, 0), 128 - _LEAST)
    return lowest, min(max(highest + missing - missing // 2, lowest + _LEAST - 1), 127)


def quarters(score: Score) -> list[float]:
    """Return where bars begin, and where the last one ends, in quarters."""
    last = int(score.bars[-1])
    return [*(score.bars / TICKS).tolist(), (last + score.metre_at(last).bar) / TICKS]


def describe(score: Score, opening_notes: int = 0) -> str:
    """Describe the roll in a sentence, for people who do not see it."""
    if not len(score):
        return "Piano roll without notes"
    key = estimate_key(score)
    count, bars = len(score), len(score.bars)
    said = (
        f"Piano roll: {count} note{'s' * (count > 1)} in {bars} bar{'s' * (bars > 1)}, {score.seconds:.0f} seconds, "
        f"from {name(int(score.pitches.min()), key)} to {name(int(score.pitches.max()), key)}"
    )
    return f"{said}; the first {opening_notes} are the opening" if opening_notes else said


def _place(x: float, width: float) -> str:
    return f"--x:{round(x, 4):g};--w:{round(width, 4):g}"


def _ruler(starts: Sequence[float], first_number: int) -> str:
    """Write the bars' numbers, which a visitor can mark with the pointer or the keyboard."""
    options = "".join(
        f'<span role="option" aria-selected="false" aria-label="Bar {bar}" tabindex="{-1 if start else 0}" '
        f'style="{_place(start, stop - start)}">{bar}</span>'
        for bar, (start, stop) in enumerate(pairwise(starts), start=first_number)
    )
    listbox = 'role="listbox" aria-multiselectable="true" aria-orientation="horizontal" aria-label="Bars"'
    return f'<div class="ruler" {listbox}>{options}</div>'


def _brackets(returns: Sequence[Bracket], starts: Sequence[float]) -> str:
    """Write a bracket for each passage that returns, on as many lines as needed to avoid overlaps."""
    if not returns:
        return ""
    ends: list[int] = []  # the last bar of each line so far
    drawn = []
    for first, last, label in sorted(returns, key=lambda bracket: (bracket[0], -bracket[1])):
        line = next((i for i, end in enumerate(ends) if end < first), len(ends))
        ends[line:] = [last, *ends[line + 1 :]]
        place = _place(starts[first - 1], starts[last] - starts[first - 1])
        drawn.append(f'<span style="{place};--line:{line}" title="Bars {first} to {last}"><b>{escape(label)}</b></span>')
    return f'<div class="brackets" style="--lines:{len(ends)}">{"".join(drawn)}</div>'


def _harmony(numerals: Sequence[str], starts: Sequence[float]) -> str:
    spans = "".join(
        f'<span style="{_place(start, stop - start)}">{escape(numeral)}</span>'
        for numeral, (start, stop) in zip(numerals, pairwise(starts), strict=False)
    )
    return f'<div class="harmony">{spans}</div>' if spans else ""


def _keys(lowest: int, highest: int) -> str:
    """Write a piano's keys from the top down, one in each lane."""
    return "".join(
        f'<i class="{"black" if pitch % 12 in _BLACK else "white"}" data-pitch="{pitch}">'
        f"{f'C{pitch // 12 - 1}' if pitch % 12 == 0 else ''}</i>"
        for pitch in range(highest, lowest - 1, -1)
    )


def _bars(score: Score, starts: Sequence[float]) -> str:
    """Write a line at the beginning of each bar, and fainter ones at its beats."""
    return "".join(
        f'<i class="bar" style="{_place(start, stop - start)};--beat:{4 / score.metre_at(int(tick)).unit:g}"></i>'
        for tick, (start, stop) in zip(score.bars, pairwise(starts), strict=True)
    )


def _stretch(kind: str, score: Score, notes: range) -> str:
    """Write a background for some notes, from the first one's beginning to the end of the last."""
    if not notes:
        return ""
    start, stop = span(score, notes)
    return f'<i class="{kind}" style="{_place(start / TICKS, (stop - start) / TICKS)}"></i>'


def span(score: Score, notes: range) -> tuple[int, int]:
    """Return when some notes, at least one, begin and end, in ticks."""
    those = slice(notes.start, notes.stop)
    return int(score.onsets[those].min()), int((score.onsets[those] + score.durations[those]).max())


def _notes(score: Score, highest: int, shared: range) -> str:
    return "".join(
        f'<i class="{HANDS[hand]}{" common" if i in shared else ""}" '
        f'style="{_place(note.onset / TICKS, note.duration / TICKS)};--y:{highest - note.pitch}"></i>'
        for i, (note, hand) in enumerate(zip(score.notes, score.hands, strict=True))
    )
