"""Whether a piece is its own: what of it stands in the training corpus and where, and whether it goes round in a loop.

Conventions
-----------
A place is the index of an event in the works that were trained on, one after the other. A gram is eight successive
tokens, `GRAM`. A run stands in the corpus at place p when its successive grams stand at p, p + 1, …; shorter runs are
not looked for, and no run goes on from one work into the next. In any key, tokens are told apart by shape and by the
interval between neighbours' lowest pitches alone, so what stands there exactly stands there in any key too.

The index keeps hashes, from which the music cannot be played: 32 bits of each gram. That leaves a chance of about 1 % in
each of the two ways of looking that one gram of a piece of 500 is found that is not there; a run of nine or more that is
not there would need a second such chance at the very next place.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import groupby, pairwise
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mozart.corpus.catalogue import SHARED_MOVEMENTS
from mozart.score import Work
from mozart.vocabulary import Vocabulary, pitches
from mozart.windows import work_ranges

GRAM = 8
SHARES = (8, 12, 16)
PASSAGE = 500

# A loop: three exact cycles of any period up to 128, over at least 48 tokens. The sonatas have none.
CYCLES, LONGEST_PERIOD, SHORTEST_LOOP = 3, 128, 48
# No token of the sonatas is struck more often in a row.
MOST_IN_A_ROW = 8
# So near to a loop are 27 of the sonatas' 114,215 events, and none is nearer than three tokens.
NEAR = 8

Ids = NDArray[np.int64]
Hashes = NDArray[np.int32]
_Codes = NDArray[np.uint64]

# For each period from 1, how many ids in a row must be the id a period before.
_PERIODS = np.arange(1, LONGEST_PERIOD + 1)
_NEEDED = np.maximum((CYCLES - 1) * _PERIODS, SHORTEST_LOOP - _PERIODS)

_ODD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_NO_GRAM = 0


class Stretch(NamedTuple):
    """Successive places in one movement of one work, from the place `first`."""

    work: str
    movement: int
    first: int


@dataclass(frozen=True)
class Copy:
    """A run that stands in the corpus.

    Attributes
    ----------
    length : how many tokens
    start : the index of its first token in the piece
    place : where it begins in the corpus
    work, movement : what begins there
    """

    length: int
    start: int
    place: int
    work: str
    movement: int


@dataclass(frozen=True)
class Originality:
    """How much of a piece stands in the corpus.

    Attributes
    ----------
    longest_exact : the longest run with the same tokens; None when there is none
    longest : the longest run in any key; the exact one when no other is longer
    shares_exact, shares : n → the share of the piece's runs of n tokens that stand in the corpus, exactly and in any key,
        in [0, 1]; 0 when the piece is shorter
    """

    longest_exact: Copy | None
    longest: Copy | None
    shares_exact: Mapping[int, float]
    shares: Mapping[int, float]

    def sentence(self) -> str:
        """In plain words: the longest run, and where it stands."""
        if not self.longest:
            return f"No {GRAM} notes in a row stand in the sonatas it has learned from, in any key."
        key = "" if self.longest is self.longest_exact else ", in another key"
        return (
            f"The longest passage shared with the sonatas it has learned from: {self.longest.length} notes, "
            f"{self.longest.work}, movement {self.longest.movement}{key}."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values; the lengths are strings there."""
        return {
            "longest_exact": self.longest_exact and asdict(self.longest_exact),
            "longest": self.longest and asdict(self.longest),
            "shares_exact": {str(length): share for length, share in self.shares_exact.items()},
            "shares": {str(length): share for length, share in self.shares.items()},
        }


class CorpusIndex:
    """The grams of the works that were trained on, as hashes with their places.

    Hashes are of pitches, not of ids: under another vocabulary the same music is found.

    Parameters
    ----------
    exact, any_key : arrays of int32, shape (n_places,): the hash of the gram that begins at each place; 0 where none does
    stretches : in the order of their places
    vocabulary
        Of the ids that are looked up.
    """

    def __init__(self, exact: Hashes, any_key: Hashes, stretches: Sequence[Stretch], vocabulary: Vocabulary) -> None:
        self.exact, self.any_key, self.stretches, self.vocabulary = exact, any_key, tuple(stretches), vocabulary
        self._lowest = vocabulary.lowest
        self._shapes = np.array([_hash_shape(token) for token in vocabulary.tokens], dtype=np.uint64)

    @classmethod
    def of(cls, works: Sequence[Work], vocabulary: Vocabulary) -> Self:
        """The index of the works that were trained on."""
        ranges = work_ranges(works)
        n_places = ranges[-1][1]
        index = cls(np.full(n_places, _NO_GRAM, np.int32), np.full(n_places, _NO_GRAM, np.int32), _stretches(works), vocabulary)
        for work, (start, _) in zip(works, ranges, strict=True):
            exact, any_key = index.hash_grams(np.array(vocabulary.encode(event.token for event in work.events), dtype=np.int64))
            index.exact[start : start + len(exact)] = exact
            index.any_key[start : start + len(any_key)] = any_key
        return index

    def tensors(self) -> dict[str, Tensor]:
        """The hashes: ``exact`` and ``any_key``, int32, shape (n_places,)."""
        return {"exact": torch.from_numpy(self.exact), "any_key": torch.from_numpy(self.any_key)}

    def places(self) -> list[list[str | int]]:
        """For each stretch its work, its movement and its first place."""
        return [list(stretch) for stretch in self.stretches]

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], places: Sequence[Sequence[Any]], vocabulary: Vocabulary) -> Self:
        """The index that :meth:`tensors` and :meth:`places` came from. Raises ValueError when they do not fit each other."""
        exact, any_key = tensors["exact"].numpy(), tensors["any_key"].numpy()
        if len(exact) != len(any_key):
            raise ValueError(f"there are {len(exact)} exact hashes and {len(any_key)} in any key")
        stretches = [Stretch(*place) for place in places]
        firsts = [stretch.first for stretch in stretches] + [len(exact)]
        if firsts[0] != 0 or any(first >= after for first, after in pairwise(firsts)):
            raise ValueError(f"the movements do not begin at ascending places from 0 to below {len(exact)}")
        return cls(exact, any_key, stretches, vocabulary)

    def look_up(self, ids: Ids, *, ignoring: Collection[str] = ()) -> Originality:
        """How much of a piece stands in the corpus.

        Parameters
        ----------
        ids : array of int64, shape (N,): the new events alone, for an opening is a quotation
        ignoring : titles of works to leave out, as if they had not been trained on
        """
        hashes_exact, hashes = self.hash_grams(ids)
        longest_exact, shares_exact = self._find_runs(self.finder_exact, hashes_exact, ignoring)
        longest, shares = self._find_runs(self.finder, hashes, ignoring)
        if longest_exact and longest and longest.length == longest_exact.length:
            longest = longest_exact
        return Originality(longest_exact, longest, shares_exact, shares)

    def follow(self) -> "Follower":
        """A follower for a piece that is being composed."""
        return Follower(self)

    def hash_grams(self, ids: Ids) -> tuple[Hashes, Hashes]:
        """The hash of each gram, exactly and in any key, shapes (max(N - 7, 0),); never 0. The same on every machine."""
        n_grams = max(len(ids) - GRAM + 1, 0)
        lowest, codes = self._lowest[ids], self._shapes[ids]
        codes[1:] += np.diff(lowest).astype(np.uint64)
        state = _mix(np.zeros(n_grams, dtype=np.uint64), self._shapes[ids[:n_grams]])
        for later in range(1, GRAM):
            state = _mix(state, codes[later : later + n_grams])
        return _fold(_mix(state, lowest[:n_grams].astype(np.uint64))), _fold(state)

    @cached_property
    def finder_exact(self) -> "Finder":
        """Finds exact grams."""
        return Finder(self.exact)

    @cached_property
    def finder(self) -> "Finder":
        """Finds grams in any key."""
        return Finder(self.any_key)

    def _find_runs(self, finder: "Finder", hashes: Hashes, ignoring: Collection[str]) -> tuple[Copy | None, dict[int, float]]:
        starts, places = finder.find(hashes)
        if ignoring:
            kept = np.array([stretch.work not in ignoring for stretch in self.stretches])[self._stretch_at(places)]
            starts, places = starts[kept], places[kept]
        starts, places, lengths = _join(starts, places)
        longest = np.zeros(len(hashes), dtype=np.int64)
        np.maximum.at(longest, starts, lengths)
        shares = {n: int((longest >= n).sum()) / max(len(hashes) + GRAM - n, 1) for n in SHARES}
        if not len(lengths):
            return None, shares
        start, place = min((int(starts[i]), int(places[i])) for i in np.flatnonzero(lengths == lengths.max()))
        stretch = self.stretches[int(self._stretch_at(np.array([place]))[0])]
        return Copy(int(lengths.max()), start, place, stretch.work, stretch.movement), shares

    def _stretch_at(self, places: Ids) -> Ids:
        """The number of each place's stretch."""
        numbers: Ids = np.searchsorted([stretch.first for stretch in self.stretches], places, side="right") - 1
        return numbers


class Finder:
    """Finds the places of hashes: sorted once, then searched."""

    def __init__(self, hashes: Hashes) -> None:
        # stable: the places of one hash ascend
        self._places = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._places]

    def find(self, hashes: Hashes) -> tuple[Ids, Ids]:
        """All pairs of an index in `hashes` and a place with this hash, shape (n_pairs,) each, both ascending."""
        first = np.searchsorted(self._hashes, hashes, side="left")
        counts = np.searchsorted(self._hashes, hashes, side="right") - first
        before = np.cumsum(counts) - counts
        places: Ids = self._places[np.repeat(first - before, counts) + np.arange(counts.sum())]
        return np.repeat(np.arange(len(hashes)), counts), places


class Follower:
    """Knows, while a piece is composed, how long the run is that stands in the corpus in any key.

    Parameters
    ----------
    index
        Of the corpus.
    """

    def __init__(self, index: CorpusIndex) -> None:
        self._index = index
        self._latest: list[int] = []
        # Where the latest gram stands, ascending, and how long the run is that ends with it.
        self._places = self._lengths = np.empty(0, dtype=np.int64)

    def hear(self, number: int) -> None:
        """Take in the piece's next id."""
        self._places, self._lengths = self._runs_with(number)
        self._latest = [*self._latest, number][-(GRAM - 1) :]

    def length_with(self, number: int) -> int:
        """How long the run that stands in the corpus would be if this id came next: 0, or `GRAM` and more."""
        _, lengths = self._runs_with(number)
        return int(lengths.max(initial=0))

    def _runs_with(self, number: int) -> tuple[Ids, Ids]:
        _, hashes = self._index.hash_grams(np.array([*self._latest, number], dtype=np.int64))
        _, places = self._index.finder.find(hashes)
        lengths = np.full(len(places), GRAM)
        if len(self._places):
            at = np.minimum(np.searchsorted(self._places, places - 1), len(self._places) - 1)
            goes_on = self._places[at] == places - 1
            lengths[goes_on] = self._lengths[at[goes_on]] + 1
        return places, lengths


def describe_held_out(works: Sequence[Work], index: CorpusIndex) -> dict[str, Any]:
    """How much of real music stands in the corpus: a composed piece of `PASSAGE` events should do no worse.

    Every work is cut into passages; what remains at its end is left out, and a work that is shorter is one. They are looked
    up among the other works: in an index that holds the work itself, it is ignored, together with the works that share a
    movement with it.

    Parameters
    ----------
    works : at least one

    Returns
    -------
    dict
        The number of ``passages``; ``longest_exact`` and ``longest``, in any key, each as ``median`` and ``max``; the means
        ``shares_exact`` and ``shares``.
    """
    found = []
    for work in works:
        ids = np.array(index.vocabulary.encode(event.token for event in work.events), dtype=np.int64)
        together = next((group for group in SHARED_MOVEMENTS if work.title in group), (work.title,))
        starts = range(0, max(len(ids) - PASSAGE, 0) + 1, PASSAGE)
        found += [index.look_up(ids[start : start + PASSAGE], ignoring=together) for start in starts]
    return {
        "passages": len(found),
        "longest_exact": _summarize([each.longest_exact for each in found]),
        "longest": _summarize([each.longest for each in found]),
        "shares_exact": {str(n): float(np.mean([each.shares_exact[n] for each in found])) for n in SHARES},
        "shares": {str(n): float(np.mean([each.shares[n] for each in found])) for n in SHARES},
    }


class LoopWatch:
    """Knows, while a piece is composed, whether it goes round in a loop, or is about to."""

    def __init__(self) -> None:
        self._latest = np.full(LONGEST_PERIOD, -1, dtype=np.int64)  # the latest first
        # For each period, how many ids in a row up to now were the id a period before.
        self._matches = np.zeros(LONGEST_PERIOD, dtype=np.int64)

    def hear(self, number: int) -> None:
        """Take in the piece's next id."""
        self._matches = self._matches_with(number)
        self._latest[1:] = self._latest[:-1]
        self._latest[0] = number

    def would_loop(self, number: int) -> bool:
        """Whether this id, coming next, would complete a loop or go on with one."""
        return bool((self._matches_with(number) >= _NEEDED).any())

    def would_hammer(self, number: int) -> bool:
        """Whether this id would come more often in a row than any does in the sonatas."""
        return bool(self._latest[0] == number and self._matches[0] + 2 > MOST_IN_A_ROW)

    @property
    def near(self) -> bool:
        """Whether a loop is beginning: `NEAR` more ids, or fewer, could complete it."""
        return bool((self._matches >= _NEEDED - NEAR).any())

    @property
    def period(self) -> int | None:
        """The shortest period of the loops that the ids up to now end with."""
        loops = np.flatnonzero(self._matches >= _NEEDED)
        return int(_PERIODS[loops[0]]) if len(loops) else None

    def _matches_with(self, number: int) -> Ids:
        return np.where(self._latest == number, self._matches + 1, 0)


def find_loop(ids: Iterable[int]) -> tuple[int, int] | None:
    """Where the loop begins that is complete first, and its period; None when a piece has none."""
    watch = LoopWatch()
    for end, number in enumerate(ids, start=1):
        watch.hear(number)
        if period := watch.period:
            return end - max(CYCLES * period, SHORTEST_LOOP), period
    return None


def _stretches(works: Sequence[Work]) -> list[Stretch]:
    named = [(number, event.movement) for number, work in enumerate(works) for event in work.events]
    groups = groupby(enumerate(named), key=lambda item: item[1])
    return [Stretch(works[number].title, movement, next(events)[0]) for (number, movement), events in groups]


def _join(starts: Ids, places: Ids) -> tuple[Ids, Ids, Ids]:
    """The same grams in another order, and for each how many tokens long the run is that begins with it."""
    # A run's grams stand together once sorted by how far the piece is from the corpus.
    order = np.lexsort((starts, places - starts))
    starts, places = starts[order], places[order]
    run_ends = np.append(np.flatnonzero((np.diff(starts) != 1) | (np.diff(places) != 1)), len(starts) - 1)
    here = np.arange(len(starts))
    return starts, places, run_ends[np.searchsorted(run_ends, here)] - here + GRAM


def _hash_shape(token: str) -> int:
    numbers = pitches(token)
    return int.from_bytes(blake2b(bytes(number - numbers[0] for number in numbers), digest_size=8).digest(), "little")


def _mix(state: _Codes, codes: _Codes) -> _Codes:
    state = (state ^ codes) * _ODD
    return state ^ (state >> _HALF)


def _fold(state: _Codes) -> Hashes:
    return np.maximum(state.astype(np.uint32), 1).view(np.int32)


def _summarize(copies: Sequence[Copy | None]) -> dict[str, float]:
    lengths = [copy.length if copy else 0 for copy in copies]
    return {"median": float(np.median(lengths)), "max": max(lengths)}
