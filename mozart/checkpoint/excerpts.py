"""Beginnings of held-out movements, which pieces can go on from, and how each goes on.

The sonatas may not be republished. So there are at most 24 excerpts, of at most 8 bars and 5 % of a work, as plain pitches
and note values: no velocities, no tempi, nothing of how they were played. They never overlap, as each begins a movement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mozart.errors import MozartError
from mozart.model.offsets import end_before_next_stroke
from mozart.notes import TICKS, Metre, Score

MAX_EXCERPTS, MAX_BARS, MAX_SHARE = 24, 8, 0.05
MIN_BARS = 2
_VELOCITY = 80
_GRID = TICKS // 24  # the sonatas' onsets stand on it, and note values too


@dataclass(frozen=True, eq=False)
class Opening:
    """What a piece goes on from.

    Attributes
    ----------
    name
        For people, and in a request: ``K. 281, movement 1``, or a file's name.
    score
        The passage that the piece goes on from.
    continuation
        How it really goes on; None where that is not known.
    character
        Such as ``Allegro``; empty where it is not known.
    tempo
        Quarter notes a minute.
    """

    name: str
    score: Score
    continuation: Score | None = field(repr=False, default=None)
    character: str = ""
    tempo: float = 120.0


def choose_excerpts(held_out: Sequence[Score]) -> dict[str, Score]:
    """The beginnings of the movements of held-out works, by name; see the module for how much.

    Parameters
    ----------
    held_out
        Whole works, with titles.
    """
    chosen: dict[str, Score] = {}
    for work in held_out:
        share = int(MAX_SHARE * len(work) / len(work.movements))
        for index in range(len(work.movements)):
            movement = work.movement(index)
            # Notes before each bar line; the last bar line that leaves the share whole.
            before = np.searchsorted(movement.onsets, movement.bars[1 : MAX_BARS + 1])
            bars = int((before <= share).sum())
            if bars >= MIN_BARS:
                stop = int(movement.bars[bars])
                chosen[f"{work.title}, movement {index + 1}"] = _plain(movement.cut(0, stop), stop)
    names = sorted(chosen)[:: -(-len(chosen) // MAX_EXCERPTS) or 1] if chosen else []
    return {name: chosen[name] for name in names}


def excerpts_to_json(excerpts: Mapping[str, Score]) -> list[dict[str, Any]]:
    """Plain values, for a file."""
    return [
        {
            "name": name,
            "metres": [list(metre) for metre in score.metres],
            "notes": score.columns[:, :4].tolist(),
        }
        for name, score in excerpts.items()
    ]


def excerpts_from_json(content: Any) -> dict[str, Score]:
    """The same, read back. Raises MozartError, TypeError or KeyError when it is none of ours."""
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
    """Every excerpt's first half as an opening, and its second half as how it really goes on.

    Parameters
    ----------
    describe
        Gives the character and the tempo of the movement of a name.
    """
    openings = []
    for name, score in excerpts.items():
        half = -(-len(score.bars) // 2)
        character, tempo = describe(name)
        opening, continuation = score.bars_slice(0, half), score.bars_slice(half, len(score.bars))
        openings.append(Opening(name, opening, continuation if len(continuation) else None, character, tempo))
    return openings


def _plain(score: Score, stop: int) -> Score:
    """Without what is a performer's: all equally loud, lengths rounded to note values; nothing sounds after `stop`."""
    rows = score.columns.astype(np.int64)
    rows[:, 0] = np.round(rows[:, 0] / _GRID) * _GRID
    # A detached eighth of 9.5/24 is an eighth.
    rows[:, 3] = np.maximum(np.ceil(rows[:, 3] / (2 * _GRID)) * 2 * _GRID, _GRID)
    rows[:, 3] = np.minimum(rows[:, 3], stop - rows[:, 0])
    rows[:, 4] = _VELOCITY
    return Score(end_before_next_stroke(rows), score.metres)
