"""Find loops: passages in which a piece repeats itself again and again.

Conventions
-----------
A loop is three or more exact cycles of the same pitches in the same rhythm, of at most :data:`LONGEST_PERIOD` notes each, that
last :data:`LEAST_NOTES` notes or :data:`LEAST_TICKS`. The sonatas have none: what they repeat three times in a row lasts 41
notes (K. 545's finale) and 13 quarters (K. 310) at most. Notes are in the score's order: by onset, then voice, then pitch
from the top.
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
_FAR = 2**40  # no note has this code


class Loop(NamedTuple):
    """A loop.

    Attributes
    ----------
    start
        The index of its first note.
    period
        The number of notes in a cycle.
    """

    start: int
    period: int


class LoopWatch:
    """Follows a piece note by note, and tells whether it is in a loop.

    Attributes
    ----------
    loop
        The loop, of the shortest period, with which the notes so far end; None when there is none.
    """

    def __init__(self) -> None:
        self.loop: Loop | None = None
        self._onsets: list[int] = []
        self._latest = np.full(LONGEST_PERIOD, _FAR, dtype=np.int64)  # codes, the latest first
        self._matches = np.zeros(LONGEST_PERIOD, dtype=np.int64)  # for each period, notes in a row that equal those a period before

    def fork(self) -> Self:
        """Copy the watch, so that both can go on independently."""
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
        """Tell whether this note would complete a loop or continue one."""
        return self._find(note, self._matches_with(self._code(note))) is not None

    def _code(self, note: Note) -> int:
        """Combine a note's pitch and its distance from the previous note into one number."""
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
    """Find the loop of a piece that is complete first; None when it has none."""
    watch = LoopWatch()
    for note in score.notes:
        watch.take(note)
        if watch.loop:
            return watch.loop
    return None
