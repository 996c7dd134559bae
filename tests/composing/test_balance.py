"""What draws a piece back to where Mozart's lie."""

import numpy as np

from mozart.composing.balance import Balance
from mozart.model.vocabulary import UNIT
from mozart.notes import Note

BAR = 96
START = Balance.start((74.0, 58.0), 12.0, BAR)
EVEN = np.zeros(128)
IOIS = np.array([0, 6, 12, 24])


def after(balance: Balance, pitch: int, voice: int, distance: int, count: int = 40) -> Balance:
    """So many notes later, one every `distance` units."""
    for number in range(count):
        balance = balance.after(Note(number * distance * UNIT, voice, pitch, 60, 80))
    return balance


def test_a_hand_that_lies_right_is_left_alone() -> None:
    """Nothing is tilted at the start, nor while notes have the mean pitch."""
    assert (START.tilt_pitches(EVEN, 0) == 0).all()
    assert (after(START, 74, 0, 8).tilt_pitches(EVEN, 1) == 0).all()


def test_a_hand_that_strays_is_drawn_back() -> None:
    """Where the right hand lies low, higher pitches become more probable for it, and none for the left; and the other way round."""
    low = after(START, 60, 0, 8)
    assert (np.diff(low.tilt_pitches(EVEN, 1)) > 0).all()
    assert (low.tilt_pitches(EVEN, 2) == 0).all()
    assert (np.diff(after(START, 70, 4, 8).tilt_pitches(EVEN, 3)) < 0).all()


def test_density_is_drawn_back() -> None:
    """Where there are too many notes longer intervals become more probable, where there are too few shorter ones."""
    assert np.allclose(START.tilt_iois(EVEN[:4], IOIS), 0)
    assert (np.diff(after(START, 74, 0, 4).tilt_iois(EVEN[:4], IOIS)) > 0).all()
    assert (np.diff(after(START, 74, 0, 24).tilt_iois(EVEN[:4], IOIS)) < 0).all()
    right = after(START, 74, 0, BAR // 12, 200).tilt_iois(EVEN[:4], IOIS)
    assert np.abs(right).max() < 0.05


def test_a_number_of_notes_pulls_harder() -> None:
    """Off by as much, a piece that aims at a number of notes is drawn back more strongly than one that keeps a density."""
    dense = after(START, 74, 0, 2)
    free, counted = (balance.tilt_iois(np.zeros(4), IOIS) for balance in (dense, dense.aim(START.notes_a_bar)))
    assert (counted[1:] > 2 * free[1:]).all()
    assert (free[1:] > 0).all()
