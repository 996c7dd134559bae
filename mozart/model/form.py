"""Form: which bars of a movement come back, and moved by how much."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.notes import LEFT, RIGHT, TICKS, Score

ALIKE = 0.7  # two bars are one that returns when they share so much of their notes
_LEAST_NOTES = 4  # with fewer in a bar, likeness is no return; inside a passage that returns, it is
_OCTAVES = 11  # a hand moves by fewer
_GRID = TICKS // 24  # what the sonatas' onsets lie on; played a little beside it is played there


Bar = tuple[NDArray[np.int64], NDArray[np.int64]]  # the right and the left hand's notes: place in the bar and pitch, (N, 2)


class Return(NamedTuple):
    """What a bar returns from.

    Attributes
    ----------
    source
        The earlier bar, from 0.
    right, left
        By how many semitones each hand's notes are moved up; they differ by octaves at most.
    """

    source: int
    right: int
    left: int


def find_form(score: Score, alike: float = ALIKE) -> list[Return | None]:
    """For each bar, the earlier one that returns in it, at least so much alike, or None.

    Alike are bars by their notes: place in the bar, hand, and pitch, moved. Where several bars fit, the passage that returns
    for the longest time is chosen, then the bar most alike, then the latest.
    """
    bars = _notes_of_bars(score)
    candidates = _candidates(bars, alike)
    lengths = _lengths_of_passages(candidates)
    form: list[Return | None] = []
    for bar, found in enumerate(candidates):
        before = form[-1] if form else None
        on = before and Return(before.source + 1, before.right, before.left)
        if on in found:
            form.append(on)
            continue
        enough = len(bars[bar][0]) + len(bars[bar][1]) >= _LEAST_NOTES
        best = max(found, key=lambda way: (lengths[bar, way], found[way], way.source), default=None)
        form.append(best if enough else None)
    return form


def _notes_of_bars(score: Score) -> list[Bar]:
    """The notes of each bar, their places on a grid."""
    places = np.round(score.place_in_bar(score.onsets) / _GRID).astype(np.int64)
    rows = np.stack([places, score.pitches.astype(np.int64)], axis=1)
    bar_of_note, hands = score.bar_at(score.onsets), score.hands
    notes = []
    for bar in range(len(score.bars)):
        here = bar_of_note == bar
        notes.append((np.unique(rows[here & (hands == RIGHT)], axis=0), np.unique(rows[here & (hands == LEFT)], axis=0)))
    return notes


def _candidates(bars: list[Bar], alike: float) -> list[dict[Return, float]]:
    """For each bar the earlier ones that are alike enough, with how their hands are moved, and how alike they are."""
    patterns = _rhythms(bars)
    sizes = patterns.sum(1)
    candidates: list[dict[Return, float]] = []
    for bar, (pattern, size) in enumerate(zip(patterns, sizes, strict=True)):
        # No more notes can be alike than begin at the same places.
        least = alike * np.maximum(np.maximum(sizes[:bar], size), 1)
        sources = np.flatnonzero(np.minimum(patterns[:bar], pattern).sum(1) >= least)
        found: dict[Return, float] = {}
        for source in sources.tolist():
            found |= _ways(bars[source], bars[bar], source, alike)
        candidates.append(found)
    return candidates


def _rhythms(bars: list[Bar]) -> NDArray[np.int64]:
    """How many notes of each hand begin at each place of each bar, shape (bars, 2 * places)."""
    places = 1 + max((int(hand[:, 0].max()) for bar in bars for hand in bar if len(hand)), default=0)
    rows = [np.concatenate([np.bincount(hand[:, 0], minlength=places) for hand in bar]) for bar in bars]
    return np.array(rows)


def _ways(source: Bar, target: Bar, index: int, least: float) -> dict[Return, float]:
    """The ways to move the hands of one bar that make it alike enough to the other, and how alike."""
    right, left = (_matches(source[hand], target[hand]) for hand in (RIGHT, LEFT))
    most = max(sum(map(len, source)), sum(map(len, target)))
    alike = (right.max(0) + left.max(0)) / most
    found: dict[Return, float] = {}
    for pitch_class in np.flatnonzero(alike >= least).tolist():
        # The best move of each hand; a hand that shares nothing goes where the other goes.
        moves = [_best_move(hand[:, pitch_class], pitch_class) for hand in (right, left)]
        first, second = (move if move is not None else other for move, other in (moves, moves[::-1]))
        if first is not None and second is not None:
            found[Return(index, first, second)] = float(alike[pitch_class])
    return found


def _matches(source: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many notes of a hand each move brings to places and pitches of the other bar, shape (octaves, 12)."""
    same_place = source[:, None, 0] == target[None, :, 0]
    moves = (target[None, :, 1] - source[:, None, 1])[same_place]
    return np.bincount(moves + 12 * _OCTAVES, minlength=24 * _OCTAVES).reshape(-1, 12)


def _best_move(counts: NDArray[np.int64], pitch_class: int) -> int | None:
    """Of the moves by octaves and a pitch class the one that brings most notes, then the smallest; None when none does."""
    moves = 12 * np.flatnonzero(counts == counts.max()) + pitch_class - 12 * _OCTAVES
    return int(min(moves, key=abs)) if counts.any() else None


def _lengths_of_passages(candidates: list[dict[Return, float]]) -> dict[tuple[int, Return], int]:
    """For how many bars a passage that returns at a bar goes on, for each of the bar's candidates."""
    lengths: dict[tuple[int, Return], int] = defaultdict(int)
    for bar in range(len(candidates) - 1, -1, -1):
        for way in candidates[bar]:
            lengths[bar, way] = 1 + lengths[bar + 1, Return(way.source + 1, way.right, way.left)]
    return lengths
