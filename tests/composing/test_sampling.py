"""Drawing from what the network predicts."""

import numpy as np
import pytest

from mozart.composing.sampling import draw

SHARES = np.array([0.5, 0.3, 0.15, 0.05])


def count(temperature: float = 1.0, top_p: float = 1.0, shares: np.ndarray = SHARES) -> np.ndarray:
    rng = np.random.default_rng(0)
    with np.errstate(divide="ignore"):
        drawn = [draw(np.log(shares), rng, temperature, top_p) for _ in range(20_000)]
    return np.bincount(drawn, minlength=len(shares)) / len(drawn)


def test_values_are_drawn_as_often_as_they_are_probable() -> None:
    """At temperature 1 the shares are the network's."""
    assert count() == pytest.approx(SHARES, abs=0.015)


def test_temperature() -> None:
    """At one half, shares are as their squares; a high temperature makes them alike."""
    assert count(0.5) == pytest.approx(SHARES**2 / (SHARES**2).sum(), abs=0.015)
    assert count(1e6) == pytest.approx(np.full(4, 0.25), abs=0.015)


def test_top_p() -> None:
    """Only the most probable values that together reach the share are drawn, the last of them whole."""
    assert count(top_p=0.8) == pytest.approx([0.5 / 0.8, 0.3 / 0.8, 0, 0], abs=0.015)
    assert count(top_p=0.81)[2] > 0
    assert count(top_p=1e-9) == pytest.approx([1, 0, 0, 0])


def test_what_is_impossible_is_never_drawn() -> None:
    """A value of probability 0 does not come, however hot it is."""
    assert count(1e6, shares=np.array([0.0, 0.6, 0.4]))[0] == 0


def test_one_number_is_taken() -> None:
    """Whatever is drawn, the next draw starts from the same place."""
    first, second = np.random.default_rng(1), np.random.default_rng(1)
    draw(np.log(SHARES), first, top_p=0.1)
    second.random()
    assert first.random() == second.random()
