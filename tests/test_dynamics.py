"""Velocities that wander as the corpus's do."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mozart.dynamics import draw_velocities
from mozart.score import Work

Floats = NDArray[np.float64]


def likeness(rows: list[Floats]) -> Floats:
    """Mean, deviation, autocorrelation after 1, 16, 64 and 256 events, correlation with the mean of the last 16."""
    mean, deviation = np.concatenate(rows).mean(), np.concatenate(rows).std()
    numbers = [mean, deviation]
    for lag in (1, 16, 64, 256):
        products = np.concatenate([(row[:-lag] - mean) * (row[lag:] - mean) for row in rows])
        numbers.append(products.mean() / deviation**2)
    latest = np.concatenate([np.convolve(row, np.full(16, 1 / 16), "valid")[:-1] for row in rows])
    return np.array([*numbers, np.corrcoef(latest, np.concatenate([row[16:] for row in rows]))[0, 1]])


def drawn() -> list[Floats]:
    return [draw_velocities(2000, np.random.default_rng(seed)).astype(np.float64) for seed in range(60)]


def test_velocities_are_midis() -> None:
    """Whole numbers from 1 to 127, as many as asked for, down to none."""
    velocities = draw_velocities(5000, np.random.default_rng(0))
    assert velocities.dtype == np.int64
    assert velocities.shape == (5000,)
    assert velocities.min() >= 1
    assert velocities.max() <= 127
    assert draw_velocities(0, np.random.default_rng(0)).shape == (0,)


def test_velocities_stay_in_range_however_far_they_wander() -> None:
    """Where the walks leave MIDI's range, velocities stop at its ends."""

    class Extreme(np.random.Generator):
        def standard_normal(self, size: tuple[int, int]) -> Floats:  # type: ignore[override]
            return np.full(size, 9.0) * [[1], [-9]]

    assert draw_velocities(2, Extreme(np.random.PCG64(0))).tolist() == [127, 1]


def test_more_velocities_begin_with_the_same() -> None:
    """Drawing more does not change the earlier ones, and the seed decides."""
    more = draw_velocities(700, np.random.default_rng(4))
    assert np.array_equal(more[:301], draw_velocities(301, np.random.default_rng(4)))
    assert not np.array_equal(more, draw_velocities(700, np.random.default_rng(5)))


def test_velocities_wander_slowly() -> None:
    """Neighbours are close, distant notes hardly related; a piece's beginning ranges as widely as its end."""
    rows = drawn()
    _, deviation, after_1, after_16, after_64, after_256, latest = likeness(rows)
    assert after_1 > 0.94
    assert 0.5 < after_16 < 0.7
    assert 0.1 < after_64 < 0.35
    assert 0 < after_256 < 0.25
    assert latest > 0.8
    first = np.array([draw_velocities(1, np.random.default_rng(seed))[0] for seed in range(2000)])
    assert abs(first.std() - deviation) < 1


@pytest.mark.corpus
def test_velocities_are_like_the_sonatas(sonatas: list[Work]) -> None:
    """Mean and deviation within one unit of the corpus's, correlations within .05."""
    real = likeness([np.array([event.velocity for event in work.events], dtype=np.float64) for work in sonatas])
    assert (np.abs(likeness(drawn()) - real) < [1, 1, 0.05, 0.05, 0.05, 0.05, 0.05]).all()
