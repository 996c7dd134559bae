"""Rolled chords: their notes are struck shortly after each other, and written as one chord with a wavy line."""

import numpy as np
from numpy.typing import NDArray

_GAP = 40  # ticks from one note to the next at most: a third of a 32nd triplet
_APART = 240  # ticks of silence that must follow a rolled chord of short notes
_LEAST_SHORT, _SHORT = 3, 60  # the least number of notes of such a chord, and their greatest duration
_STRONG = (480, 240, 120)  # a chord is written on the strongest of its onsets

Columns = NDArray[np.int64]


def unroll(columns: Columns) -> tuple[Columns, NDArray[np.bool_]]:
    """Strike every rolled chord of one hand at once, and tell which notes belong to one.

    The notes of a rolled chord go upwards, each at most a third of a 32nd triplet after the one below. Either all still sound
    when the last one begins, or three and more short ones are followed by silence.

    Parameters
    ----------
    columns
        Onset, voice, pitch, duration and velocity, in order of onset, shape (N, 5).
    """
    columns, rolled = columns.copy(), np.zeros(len(columns), dtype=bool)
    onsets, pitches = columns[:, 0], columns[:, 2]
    ends = onsets + columns[:, 3]
    goes_on = (np.diff(onsets) > 0) & (np.diff(onsets) <= _GAP) & (np.diff(pitches) > 0)
    starts = np.flatnonzero(~np.concatenate([[False], goes_on]))
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(columns)], strict=True):
        if stop - start < 2 or not (_are_held(onsets, ends, start, stop) or _stand_alone(onsets, ends, start, stop)):
            continue
        own = onsets[start:stop].copy()
        at = next((int(onset) for line in _STRONG for onset in own if onset % line == 0), int(own[-1]))
        columns[start:stop, 0] = at
        columns[start:stop, 3] = np.maximum(ends[start:stop] - at, 1)
        if not _are_held(own, ends[start:stop], 0, stop - start):
            columns[start:stop, 3] = ends[start:stop].max() - at
        rolled[start:stop] = True
    return columns, rolled


def _are_held(onsets: NDArray[np.int64], ends: NDArray[np.int64], start: int, stop: int) -> bool:
    return bool((ends[start:stop] > onsets[stop - 1] + _GAP).all())


def _stand_alone(onsets: NDArray[np.int64], ends: NDArray[np.int64], start: int, stop: int) -> bool:
    after = onsets[stop] if stop < len(onsets) else ends[stop - 1] + _APART
    short = ends[start:stop] - onsets[start:stop] <= _SHORT
    return stop - start >= _LEAST_SHORT and bool(short.all()) and after >= ends[start:stop].max() + _APART
