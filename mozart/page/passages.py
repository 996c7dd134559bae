"""Make passages comparable by ear: cut them to one length and play them alike, so that only the notes differ."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mozart.notes import Score

VELOCITY = 72  # excerpts carry no velocities of the performer's: none do, so that loudness tells nobody who wrote the notes


def cut_alike(scores: list[Score], tempo: float) -> list[Score]:
    """Cut scores to the number of bars of the shortest, at one tempo, in quarter notes a minute, and one velocity.

    Notes end with the last bar.
    """
    bars = min(len(score.bars) for score in scores)
    return [even_out(_beginning(score, bars), tempo) for score in scores]


def even_out(score: Score, tempo: float) -> Score:
    """Give all notes one tempo, in quarter notes a minute, and one velocity."""
    rows = score.columns.copy()
    rows[:, 4] = VELOCITY
    return score.replace(notes=rows, tempi=[(0, tempo)], title="")


def pad_alike(sounds: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Add silence at the ends of sounds, so that all are as long as the longest and their length tells nothing."""
    longest = max(len(sound) for sound in sounds)
    return [np.pad(sound, (0, longest - len(sound))) for sound in sounds]


def _beginning(score: Score, bars: int) -> Score:
    last = int(score.bars[bars - 1])
    end = last + score.metre_at(last).bar
    cut = score.bars_slice(0, bars)
    rows = cut.columns.copy()
    rows[:, 3] = np.minimum(rows[:, 3], end - rows[:, 0])
    return cut.replace(notes=rows)
