"""Does a piece go round in circles?

Conventions
-----------
A loop is the same notes over and over, pitch by pitch and in the same time: three exact cycles or more, of at most
:data:`LONGEST_PERIOD` notes each, that last for :data:`LEAST_NOTES` notes or for :data:`LEAST_TICKS`. The sonatas have none:
what they repeat three times on end lasts for 41 notes (K. 545's finale) and 13 quarters (K. 310) at most. Notes are in the
score's order: by onset, then voice, then pitch from the top.
"""

import copy
from typing import NamedTuple, Self

import numpy as np

from mozart.measuring.passage import Ints
from mozart.notes import TICKS, Note, Score

CYCLES = 3
LONGEST_PERIOD = 256
LEAST_NOTES = 48
LEAST_TICKS = 16 * TICKS

_PERIODS = np.arange(1, LONGEST_PERIOD + 1)
_FAR = 2**40  # no note's code


class Loop(NamedTuple):
    """A loop.

    Attributes
    ----------
    start
        The index of its first note.
    period
        How many notes a cycle has.
    """

    start: int
    period: int


class LoopWatch:
    """Knows, while a piece is composed note by note, whether it goes round in a loop.

    Attributes
    ----------
    loop
        The loop that the notes up to now end with, of the shortest period; None when they end with none.
    """

    def __init__(self) -> None:
        self.loop: Loop | None = None
        self._onsets: list[int] = []
        self._latest = np.full(LONGEST_PERIOD, _FAR, dtype=np.int64)  # codes, the latest first
        self._matches = np.zeros(LONGEST_PERIOD, dtype=np.int64)  # for each period, notes in a row that equal those a period before

    def fork(self) -> Self:
        """A copy that goes its own way."""
        other = copy.copy(self)
        other._onsets, other._latest = self._onsets.copy(), self._latest.copy()
        return other

    def take(self, note: Note) -> None:
        """Take the piece's next note, in order."""
        code = self._code(note)
        self._matches = self._matches_with(code)
        self.loop = self._find(note, self._matches)
        self._onsets.append(note.onset)
        self._latest[1:] = self._latest[:-1]
        self._latest[0] = code

    def would_loop(self, note: Note) -> bool:
        """Whether this note, coming next, would complete a loop or go on with one."""
        return self._find(note, self._matches_with(self._code(note))) is not None

    def _code(self, note: Note) -> int:
        """A note's pitch, and how long after the one before it comes."""
        return (note.onset - (self._onsets[-1] if self._onsets else note.onset)) * 128 + note.pitch

    def _matches_with(self, code: int) -> Ints:
        return np.where(self._latest == code, self._matches + 1, 0)

    def _find(self, note: Note, matches: Ints) -> Loop | None:
        for index in np.flatnonzero(matches >= (CYCLES - 1) * _PERIODS).tolist():
            length = int(matches[index]) + index + 1
            start = len(self._onsets) + 1 - length
            if length >= LEAST_NOTES or note.onset - self._onsets[start] >= LEAST_TICKS:
                return Loop(start, index + 1)
        return None


def find_loop(score: Score) -> Loop | None:
    """The loop of a piece that is complete first; None when it has none."""
    watch = LoopWatch()
    for note in score.notes:
        watch.take(note)
        if watch.loop:
            return watch.loop
    return None
