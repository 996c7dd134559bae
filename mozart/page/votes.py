"""The visitors' guesses in the blind test: a passage, a seed, a checkpoint, right or wrong; nothing about a person."""

import sqlite3
import threading
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from mozart.errors import MozartError

_TABLE = """CREATE TABLE IF NOT EXISTS votes (
    passage TEXT NOT NULL, seed INTEGER NOT NULL, checkpoint TEXT NOT NULL, right INTEGER NOT NULL CHECK (right IN (0, 1)))"""
_Z = 1.959964  # the normal distribution's 97.5th percentile: 95 % lie within


class Tally(NamedTuple):
    """How many guesses were right, and how many there are."""

    right: int
    total: int

    def __str__(self) -> str:
        """Write the tally: ``58 % of 1,204 guesses (95 % interval 55 to 61 %)``."""
        low, high = wilson(self.right, self.total)
        guesses = "guess" if self.total == 1 else "guesses"
        share = 100 * self.right / self.total
        return f"{share:.0f} % of {self.total:,} {guesses} (95 % interval {100 * low:.0f} to {100 * high:.0f} %)"


def wilson(right: int, total: int) -> tuple[float, float]:
    """Compute the 95 % score interval of a share (Wilson, Probable inference, 1927); 0 to 1 without any guess."""
    if not total:
        return 0.0, 1.0
    share, spread = right / total, _Z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


class Votes:
    """All guesses, in a SQLite file.

    Parameters
    ----------
    path
        The file, created if it does not exist; None keeps the guesses only while the program runs.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False)
            with self._connection as connection:
                connection.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise MozartError(f"The guesses cannot be kept in {path} ({error}): choose another file.") from error

    def add(self, passage: str, seed: int, checkpoint: str, right: bool) -> None:
        """Count one guess; raise MozartError when it cannot be written."""
        try:
            with self._lock, self._connection as connection:
                connection.execute("INSERT INTO votes VALUES (?, ?, ?, ?)", (passage, seed, checkpoint, int(right)))
        except sqlite3.Error as error:
            raise MozartError(f"The guess could not be kept ({error}).") from error

    def count(self, checkpoint: str) -> Tally:
        """Count the guesses about one checkpoint's pieces."""
        with self._lock:
            right, total = self._connection.execute(
                "SELECT COALESCE(SUM(right), 0), COUNT(*) FROM votes WHERE checkpoint = ?", (checkpoint,)
            ).fetchone()
        return Tally(int(right), int(total))
