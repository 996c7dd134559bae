"""Beginnings of held-out movements, which pieces can continue.

The sonatas may not be republished. So there are at most 24 excerpts, of at most 8 bars and 5 % of a work, as plain pitches
and note values, without velocities, tempi or anything else of the performance. Each begins a movement, so they never overlap.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mozart.errors import MozartError
from mozart.model.offsets import end_before_next_stroke
from mozart.notes import GRID, Metre, Score

MAX_EXCERPTS, MAX_BARS, MAX_SHARE = 24, 8, 0.05
MIN_BARS = 2
_VELOCITY = 80


@dataclass(frozen=True, eq=False)
class Opening:
    """The passage that a piece continues.

    Attributes
    ----------
    name
        The name for people and requests: ``K. 281, movement 1``, or a file's name.
    score
        The passage.
    continuation
        The original continuation; None if it is not known.
    character
        A character such as ``Allegro``; empty if it is not known.
    tempo
        Quarter notes a minute.
    """

    name: str
    score: Score
    continuation: Score | None = field(repr=False, default=None)
    character: str = ""
    tempo: float = 120.0


def choose_excerpts(held_out: Sequence[Score]) -> dict[str, Score]:
    """Cut out the beginnings of the movements of held-out works, by name, within the module's limits."""
    chosen: dict[str, Score] = {}
    for work in held_out:
        share = int(MAX_SHARE * len(work) / len(work.movements))
        for index in range(len(work.movements)):
            movement = work.movement(index)
            # The notes before each bar line; the excerpt ends at the last bar line within the share.
            before = np.searchsorted(movement.onsets, movement.bars[1 : MAX_BARS + 1])
            bars = int((before <= share).sum())
            if bars >= MIN_BARS:
                stop = int(movement.bars[bars])
                chosen[f"{work.title}, movement {index + 1}"] = _plain(movement.cut(0, stop), stop)
    names = sorted(chosen)[:: -(-len(chosen) // MAX_EXCERPTS) or 1] if chosen else []
    return {name: chosen[name] for name in names}


def excerpts_to_json(excerpts: Mapping[str, Score]) -> list[dict[str, Any]]:
    """Convert excerpts to plain values."""
    return [
        {
            "name": name,
            "metres": [list(metre) for metre in score.metres],
            "notes": score.columns[:, :4].tolist(),
        }
        for name, score in excerpts.items()
    ]


def excerpts_from_json(content: Any) -> dict[str, Score]:
    """Read excerpts from plain values; raise MozartError, TypeError or KeyError when they are not possible."""
    if not isinstance(content, list) or len(content) > MAX_EXCERPTS:
        raise MozartError(f"There are more than {MAX_EXCERPTS} excerpts, or none that can be read: train it again.")
    scores = {
        str(part["name"])[:100]: Score([[*note, _VELOCITY] for note in part["notes"]], [Metre(*metre) for metre in part["metres"]])
        for part in content
    }
    if any(not len(score) or not MIN_BARS <= len(score.bars) <= MAX_BARS for score in scores.values()):
        raise MozartError(f"An excerpt has no notes, or other than {MIN_BARS} to {MAX_BARS} bars: train it again.")
    return scores


def find_openings(excerpts: Mapping[str, Score], describe: Callable[[str], tuple[str, float]]) -> list[Opening]:
    """Make an opening of every excerpt's first half, with the second half as its original continuation.

    Parameters
    ----------
    excerpts
        The excerpts, by name.
    describe
        A function from a movement's name to its character and tempo.
    """
    openings = []
    for name, score in excerpts.items():
        half = -(-len(score.bars) // 2)
        character, tempo = describe(name)
        opening, continuation = score.bars_slice(0, half), score.bars_slice(half, len(score.bars))
        openings.append(Opening(name, opening, continuation if len(continuation) else None, character, tempo))
    return openings


def _plain(score: Score, stop: int) -> Score:
    """Remove the performance: equal loudness, durations rounded to note values, nothing after `stop`."""
    rows = score.columns.astype(np.int64)
    rows[:, 0] = np.round(rows[:, 0] / GRID) * GRID
    # A detached eighth of 9.5/24 counts as an eighth.
    rows[:, 3] = np.maximum(np.ceil(rows[:, 3] / (2 * GRID)) * 2 * GRID, GRID)
    rows[:, 3] = np.minimum(rows[:, 3], stop - rows[:, 0])
    rows[:, 4] = _VELOCITY
    return Score(end_before_next_stroke(rows), score.metres)
