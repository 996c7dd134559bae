"""The laboratory's rhythms for a composed piece: the same notes in order, with other distances between them.

The laboratory's offset is the distance from one note or chord to the next: always 0.25 or 0.5 quarters, or drawn from how
often each distance occurs in the sonatas (laboratory, Problem 5).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.notes import GRID, TICKS, Score
from mozart.notes.score import MAX_TICKS

# The strategies that always take the same distance, in ticks.
FIXED = {"0.25": TICKS // 4, "0.5": TICKS // 2}
MAX_OFFSET = 16 * TICKS  # a longer distance is a pause between movements


def find_events(score: Score) -> NDArray[np.intp]:
    """Find the notes and chords of the voices; return for each note the index of its own, in the score's order, shape (N,)."""
    begins = (np.diff(score.onsets) != 0) | (np.diff(score.voices) != 0)
    return np.concatenate([[0], np.cumsum(begins)]).astype(np.intp)[: len(score)]


def count_offsets(scores: Sequence[Score]) -> Counter[int]:
    """Count how often each distance, in ticks on the grid of 1/24 quarter, occurs between successive notes or chords."""
    counts: Counter[int] = Counter()
    for score in scores:
        starts = score.onsets[np.unique(find_events(score), return_index=True)[1]]
        distances = np.round(np.diff(starts) / GRID).astype(int) * GRID
        counts.update(distances[distances <= MAX_OFFSET].tolist())
    return counts


def offsets_from_json(content: Any) -> dict[int, int]:
    """Read counts from JSON values, with texts as keys; raise MozartError when they make no sense."""
    counts = {int(ticks): int(count) for ticks, count in content.items()}
    if not counts or any(not 0 <= ticks <= MAX_OFFSET or not 0 < count < MAX_TICKS for ticks, count in counts.items()):
        raise MozartError("Its distances between notes are not possible: train it again.")
    return counts


def retime(score: Score, strategy: str, counts: Mapping[int, int], rng: np.random.Generator) -> Score:
    """Give the notes another rhythm, in the same order and from the first note's onset.

    A note keeps its duration, unless its voice strikes the same key before it ends.

    Parameters
    ----------
    score
        The piece.
    strategy
        ``0.25``, ``0.5`` or ``sampled``.
    counts
        The distances' counts, of :func:`count_offsets`; for ``sampled``.
    rng
        The random generator of the draws; for ``sampled``.
    """
    if not len(score):
        return score
    events = find_events(score)
    n_steps = int(events[-1])
    if strategy in FIXED:
        steps = np.full(n_steps, FIXED[strategy])
    else:
        steps = _draw(counts, n_steps, rng)
        # Only a lower voice may begin at the same moment, so that the order of the notes stays.
        voices = score.voices[np.unique(events, return_index=True)[1]]
        other = _draw({ticks: count for ticks, count in counts.items() if ticks} or {FIXED["0.25"]: 1}, n_steps, rng)
        steps = np.where((steps == 0) & (np.diff(voices) <= 0), other, steps)
    onsets = int(score.onsets[0]) + np.concatenate([[0], np.cumsum(steps)])
    rows = score.columns.astype(np.int64)
    rows[:, 0] = onsets[events]
    return score.replace(notes=end_before_next_stroke(rows))


def _draw(counts: Mapping[int, int], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    distances, weights = np.array(sorted(counts.items())).T
    drawn: NDArray[np.int64] = rng.choice(distances, size=size, p=weights / weights.sum())
    return drawn


def end_before_next_stroke(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """End every note before its voice strikes the same key again, and keep one of two notes at one tick.

    Parameters
    ----------
    rows
        Onset, voice, pitch, duration and velocity, shape (N, 5).
    """
    rows = rows[np.lexsort((rows[:, 0], rows[:, 2], rows[:, 1]))]
    again = (rows[1:, 1:3] == rows[:-1, 1:3]).all(1)
    room = np.where(again, rows[1:, 0] - rows[:-1, 0], MAX_TICKS)
    rows[:-1, 3] = np.minimum(rows[:-1, 3], room)
    return rows[rows[:, 3] > 0]
