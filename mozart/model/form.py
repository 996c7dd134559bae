"""Form: which bars of a movement return, and transposed by how much."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.notes import GRID, LEFT, RIGHT, Score

ALIKE = 0.7  # a bar returns when the two bars share this much of their notes
_LEAST_NOTES = 4  # a bar with fewer returns only inside a passage that returns
_OCTAVES = 11  # a hand moves by fewer octaves


Bar = tuple[NDArray[np.int64], NDArray[np.int64]]  # the right and the left hand's notes: place in the bar and pitch, (N, 2)


class Return(NamedTuple):
    """Where a bar returns from.

    Attributes
    ----------
    source
        The earlier bar, counted from 0.
    right, left
        Semitones by which each hand's notes move up; the two differ by whole octaves only.
    """

    source: int
    right: int
    left: int


def find_form(score: Score, alike: float = ALIKE) -> list[Return | None]:
    """Find for each bar the earlier bar that returns in it, or None.

    Bars are compared by their notes: place in the bar, hand, and pitch after transposition. When several earlier bars share
    at least `alike` of their notes, the longest passage wins, then the most similar bar, then the latest.
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
    """Collect the notes of each bar, with their places on a grid."""
    places = np.round(score.place_in_bar(score.onsets) / GRID).astype(np.int64)
    rows = np.stack([places, score.pitches.astype(np.int64)], axis=1)
    bar_of_note, hands = score.bar_at(score.onsets), score.hands
    notes = []
    for bar in range(len(score.bars)):
        here = bar_of_note == bar
        notes.append((np.unique(rows[here & (hands == RIGHT)], axis=0), np.unique(rows[here & (hands == LEFT)], axis=0)))
    return notes


def _candidates(bars: list[Bar], alike: float) -> list[dict[Return, float]]:
    """Find for each bar the earlier ones that are similar enough, with the moves of their hands, and how similar they are."""
    patterns = _rhythms(bars)
    sizes = patterns.sum(1)
    candidates: list[dict[Return, float]] = []
    for bar, (pattern, size) in enumerate(zip(patterns, sizes, strict=True)):
        # Only notes at equal places can be shared.
        least = alike * np.maximum(np.maximum(sizes[:bar], size), 1)
        sources = np.flatnonzero(np.minimum(patterns[:bar], pattern).sum(1) >= least)
        found: dict[Return, float] = {}
        for source in sources.tolist():
            found |= _ways(bars[source], bars[bar], source, alike)
        candidates.append(found)
    return candidates


def _rhythms(bars: list[Bar]) -> NDArray[np.int64]:
    """Count the notes of each hand that begin at each place of each bar, shape (bars, 2 * places)."""
    places = 1 + max((int(hand[:, 0].max()) for bar in bars for hand in bar if len(hand)), default=0)
    rows = [np.concatenate([np.bincount(hand[:, 0], minlength=places) for hand in bar]) for bar in bars]
    return np.array(rows)


def _ways(source: Bar, target: Bar, index: int, least: float) -> dict[Return, float]:
    """Find the moves of the hands that make one bar similar enough to the other, and how similar."""
    right, left = (_matches(source[hand], target[hand]) for hand in (RIGHT, LEFT))
    most = max(sum(map(len, source)), sum(map(len, target)))
    alike = (right.max(0) + left.max(0)) / most
    found: dict[Return, float] = {}
    for pitch_class in np.flatnonzero(alike >= least).tolist():
        # The best move of each hand; a hand that shares nothing moves with the other.
        moves = [_best_move(hand[:, pitch_class], pitch_class) for hand in (right, left)]
        first, second = (move if move is not None else other for move, other in (moves, moves[::-1]))
        if first is not None and second is not None:
            found[Return(index, first, second)] = float(alike[pitch_class])
    return found


def _matches(source: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the notes of a hand that each move brings onto notes of the other bar, shape (octaves, 12)."""
    same_place = source[:, None, 0] == target[None, :, 0]
    moves = (target[None, :, 1] - source[:, None, 1])[same_place]
    return np.bincount(moves + 12 * _OCTAVES, minlength=24 * _OCTAVES).reshape(-1, 12)


def _best_move(counts: NDArray[np.int64], pitch_class: int) -> int | None:
    """Choose among moves by a pitch class and octaves the one that fits most notes, then the smallest; None if none fits."""
    moves = 12 * np.flatnonzero(counts == counts.max()) + pitch_class - 12 * _OCTAVES
    return int(min(moves, key=abs)) if counts.any() else None


def _lengths_of_passages(candidates: list[dict[Return, float]]) -> dict[tuple[int, Return], int]:
    """Count for each bar and candidate the bars for which the passage goes on returning."""
    lengths: dict[tuple[int, Return], int] = defaultdict(int)
    for bar in range(len(candidates) - 1, -1, -1):
        for way in candidates[bar]:
            lengths[bar, way] = 1 + lengths[bar + 1, Return(way.source + 1, way.right, way.left)]
    return lengths
