"""Find what a piece copies from the works that were trained on, and where.

Conventions
-----------
A run is a number of successive notes with the same intervals in semitones and the same inter-onset intervals: the same music
in any key, in exact time. Durations, loudness and the place in the bar do not matter. Two lines are searched for runs:

- ``melody``: the highest note of voice 0 at each of its onsets;
- ``notes``: all notes, in the score's order: by onset, then voice, then pitch from the top.

A gram is a run of :data:`GRAM` notes, the shortest that is searched for. The index keeps 32 bits of a hash of each, from which
the music cannot be played. In a piece of 500 notes, the probability that one gram is found wrongly is about 1 %; a longer
false run would need another such match at the very next place. Inter-onset intervals are rounded to 1/24 quarter, the grid
on which all but 100 of the sonatas' onsets lie. A run never crosses from one movement into the next.
"""

import copy
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.measuring.passage import Ints
from mozart.notes import GRID, Note, Score

GRAM = 8
SHARES = (8, 12, 16)
LINES = ("melody", "notes")

_LONGEST = 2**12 - 1  # all inter-onset intervals from here on, 42 bars of 4/4, count as one
_NO_GRAM = 0  # at the end of a movement
# Multilinear hashing: the upper bits of a sum of products with random factors (Lemire and Kaser, Strongly universal string
# hashing is fast, 2014). The factors are arbitrary, but the index of every checkpoint depends on them.
_FACTORS = np.random.Generator(np.random.PCG64(1756)).integers(1, 2**63, size=GRAM - 1, dtype=np.uint64)
_FACTOR_LIST: list[int] = _FACTORS.tolist()

Hashes = NDArray[np.int32]


class Movement(NamedTuple):
    """One movement of one work, and the place of its first note in each line's hashes."""

    work: str
    number: int
    melody: int
    notes: int


@dataclass(frozen=True)
class Copy:
    """A run that also occurs in the training works.

    Attributes
    ----------
    length
        The number of notes.
    start
        The index of its first note in the piece's line.
    work, movement
        Where it occurs; movements are counted from 1.
    note
        The index of its first note in that movement's line.
    """

    length: int
    start: int
    work: str
    movement: int
    note: int


@dataclass(frozen=True)
class Copies:
    """How much of one line of a piece also occurs in the training works.

    Attributes
    ----------
    longest
        The longest run, of :data:`GRAM` notes or more; the first of equally long ones.
    shares
        For each n of `SHARES`, the share of the line's runs of n notes that also occur there.
    """

    longest: Copy | None
    shares: Mapping[int, float]

    @property
    def length(self) -> int:
        """The number of notes of the longest run; 0 when there is none."""
        return self.longest.length if self.longest else 0

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values, with strings for the lengths."""
        longest = asdict(self.longest) if self.longest else None
        return {"longest": longest, "shares": {str(length): share for length, share in self.shares.items()}}


class CopyIndex:
    """The grams of the works that were trained on.

    Parameters
    ----------
    hashes
        ``melody`` and ``notes`` → array of int32, with the hash of the gram that begins with each note of the line, or 0.
    movements
        The movements, in the order of their places.

    Raises
    ------
    MozartError
        When the two do not fit each other.
    """

    def __init__(self, hashes: Mapping[str, Hashes], movements: Sequence[Movement]) -> None:
        if set(hashes) != set(LINES) or not movements:
            raise MozartError(f"The index of copies needs the lines {' and '.join(LINES)}, and at least one movement.")
        for line in LINES:
            firsts = [getattr(movement, line) for movement in movements]
            if firsts[0] != 0 or firsts != sorted(firsts) or firsts[-1] > len(hashes[line]):
                raise MozartError(f"The index of copies is damaged: its movements do not lie within its {len(hashes[line])} notes.")
        self.hashes, self.movements = dict(hashes), tuple(movements)
        # A dictionary of lists finds a gram in a microsecond, and costs a tenth of a second once.
        self._places: dict[str, dict[int, list[int]]] = {line: {} for line in LINES}
        for line in LINES:
            for place, gram in enumerate(hashes[line].tolist()):
                if gram != _NO_GRAM:
                    self._places[line].setdefault(gram, []).append(place)

    @classmethod
    def of(cls, works: Sequence[Score]) -> Self:
        """Make the index of `works`, under their titles."""
        hashes: dict[str, list[Hashes]] = {line: [] for line in LINES}
        movements, firsts = [], dict.fromkeys(LINES, 0)
        for work in works:
            for number in range(len(work.movements)):
                movement = work.movement(number)
                movements.append(Movement(work.title, number + 1, firsts["melody"], firsts["notes"]))
                for line in LINES:
                    grams = hash_grams(*line_of(movement, line))
                    hashes[line].append(grams)
                    firsts[line] += len(grams)
        return cls({line: np.concatenate(parts) for line, parts in hashes.items()}, movements)

    def places(self) -> list[list[str | int]]:
        """List each movement's work, number and first places, as JSON can hold them."""
        return [list(movement) for movement in self.movements]

    @classmethod
    def load(cls, hashes: Mapping[str, Hashes], places: Sequence[Sequence[Any]]) -> Self:
        """Make an index from its ``hashes`` and :meth:`places`; raise MozartError when they are not possible."""
        types = (str, int, int, int)
        for place in places:
            if len(place) != len(types) or not all(isinstance(value, kind) for value, kind in zip(place, types, strict=True)):
                raise MozartError("The index of copies is damaged: a movement is a work, a number and two places.")
        return cls(hashes, [Movement(*place) for place in places])

    def look_up(self, piece: Score, line: str = "notes") -> Copies:
        """Find how much of one line of a piece also occurs in the training works."""
        follower = Follower(self, line)
        lengths = [follower.take(note) for note in _notes_of(piece, line)]
        counts = np.array(lengths, dtype=np.int64)
        shares = {n: float((counts >= n).sum() / max(len(counts) - n + 1, 1)) for n in SHARES}
        best = int(counts.argmax()) if len(counts) else 0
        if not len(counts) or not counts[best]:
            return Copies(None, shares)
        length = int(counts[best])
        place = follower.firsts[best]
        movement = self.movements[bisect_right([getattr(movement, line) for movement in self.movements], place) - 1]
        note = place - int(getattr(movement, line))
        return Copies(Copy(length, best - length + 1, movement.work, movement.number, note), shares)

    def find(self, line: str, gram: int) -> Sequence[int]:
        """Find the places at which a gram begins, ascending."""
        return self._places[line].get(gram, ())


class Follower:
    """Follows a piece note by note, and tells how long a run it is just copying from the training works.

    Parameters
    ----------
    index
        The index of the training works.
    line
        ``notes``, or ``melody`` to follow a melody's notes alone.

    Attributes
    ----------
    firsts
        For each note that was taken, where the longest run that ends with it begins in the index; -1 for none.
    """

    def __init__(self, index: CopyIndex, line: str = "notes") -> None:
        self.firsts: list[int] = []
        self._index, self._line = index, line
        self._last: Note | None = None
        self._codes: list[int] = []
        self._runs: dict[int, int] = {}  # where the latest gram begins → the length of the run that ends with it

    def fork(self) -> Self:
        """Copy the follower, so that both can go on independently."""
        other = copy.copy(self)
        other.firsts, other._codes, other._runs = [*self.firsts], [*self._codes], dict(self._runs)
        return other

    def take(self, note: Note) -> int:
        """Take the piece's next note, and return the length of the longest run that ends with it: 0, or `GRAM` and more."""
        self._codes, self._runs = self._with(note)
        self._last = note
        length = max(self._runs.values(), default=0)
        self.firsts.append(min((place - length + GRAM for place, run in self._runs.items() if run == length), default=-1))
        return length

    def length_with(self, note: Note) -> int:
        """Return what :meth:`take` would return, without taking the note."""
        return max(self._with(note)[1].values(), default=0)

    def _with(self, note: Note) -> tuple[list[int], dict[int, int]]:
        if self._last is None:
            return [], {}
        codes = [*self._codes, _code(note.pitch - self._last.pitch, note.onset - self._last.onset)][-(GRAM - 1) :]
        if len(codes) < GRAM - 1:
            return codes, {}
        gram = _fold(sum(code * factor for code, factor in zip(codes, _FACTOR_LIST, strict=True)))
        return codes, {place: self._runs.get(place - 1, GRAM - 1) + 1 for place in self._index.find(self._line, gram)}


def line_of(score: Score, line: str) -> tuple[Ints, Ints]:
    """Return the onsets, in ticks, and the pitches of a line, shape (n,) each."""
    chosen = np.arange(len(score))
    if line == "melody":
        chosen = np.flatnonzero(score.voices == 0)
        chosen = chosen[np.append(True, np.diff(score.onsets[chosen]) > 0)] if len(chosen) else chosen
    return score.onsets[chosen].astype(np.int64), score.pitches[chosen].astype(np.int64)


def hash_grams(onsets: Ints, pitches: Ints) -> Hashes:
    """Hash the gram that begins with each note, 0 for the last seven, alike on every machine; shape (n,)."""
    grams = np.full(len(onsets), _NO_GRAM, dtype=np.int32)
    if len(onsets) >= GRAM:
        waits = np.minimum((np.diff(onsets) + GRID // 2) // GRID, _LONGEST)
        codes = ((np.diff(pitches) + 128) * (_LONGEST + 1) + waits).astype(np.uint64)
        sums = (np.lib.stride_tricks.sliding_window_view(codes, GRAM - 1) * _FACTORS).sum(1, dtype=np.uint64)
        grams[: len(sums)] = np.maximum(sums >> np.uint64(32), 1).astype(np.uint32).view(np.int32)
    return grams


def _code(interval: int, wait: int) -> int:
    """Combine an interval in semitones and an inter-onset interval in ticks into one number."""
    return (interval + 128) * (_LONGEST + 1) + min((wait + GRID // 2) // GRID, _LONGEST)


def _fold(total: int) -> int:
    """Take the upper half of 64 bits as a signed number, as :func:`hash_grams` does."""
    upper = max((total & (2**64 - 1)) >> 32, 1)
    return upper - 2**32 if upper >= 2**31 else upper


def _notes_of(score: Score, line: str) -> list[Note]:
    onsets, pitches = line_of(score, line)
    return [Note(onset, 0, pitch, 1, 1) for onset, pitch in zip(onsets.tolist(), pitches.tolist(), strict=True)]
