"""Guesses are counted, and said with how sure one can be."""

import sqlite3
import threading
from pathlib import Path

import pytest

from mozart.errors import MozartError
from mozart.page.votes import Tally, Votes, wilson


def test_guesses_stay(tmp_path: Path) -> None:
    """Guesses are there after a restart, by checkpoint; of a person nothing is kept."""
    path = tmp_path / "folder" / "votes.sqlite"
    for right in (True, False, True):
        Votes(path).add("K. 281", 7, "one", right)
    Votes(path).add("K. 281", 7, "other", False)
    assert Votes(path).count("one") == (2, 3)
    assert Votes(path).count("none") == (0, 0)
    columns = [row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(votes)")]
    assert columns == ["passage", "seed", "checkpoint", "right"]


def test_visitors_guess_at_once(tmp_path: Path) -> None:
    """No guess is lost when many come together."""
    votes = Votes(tmp_path / "votes.sqlite")
    threads = [threading.Thread(target=votes.add, args=("K. 281", seed, "one", True)) for seed in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert votes.count("one") == (20, 20)


def test_wilson() -> None:
    """The interval of 58 % of 1,204 is that of the textbook, and never leaves 0 to 1."""
    assert wilson(698, 1204) == pytest.approx((0.5517, 0.6073), abs=1e-4)
    assert wilson(0, 0) == (0, 1)
    assert wilson(0, 3)[0] == 0
    assert wilson(3, 3)[1] == pytest.approx(1)


def test_what_is_said() -> None:
    """Share, number and interval, in words."""
    assert str(Tally(698, 1204)) == "58 % of 1,204 guesses (95 % interval 55 to 61 %)"
    assert str(Tally(1, 1)).startswith("100 % of 1 guess (")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A place that is no file is refused in a sentence."""
    with pytest.raises(MozartError, match="cannot be kept"):
        Votes(tmp_path)
