"""Tables of what followed what: in the training music, and in the piece heard so far.

Conventions
-----------
A context is the ids before a label, the latest last. A table of order n looks at contexts of up to n - 1 ids. Its
probabilities are interpolated from the shortest context to the longest that was seen, as Witten and Bell do (The
zero-frequency problem, 1991): the more different ids followed a context, the more is left to the shorter one.

In any key, ids are told apart by shape and by the interval between neighbours' lowest pitches alone, so what was seen in
one key is known in all.
"""

from collections import defaultdict
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from mozart.vocabulary import Vocabulary

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]

# Intervals lie between -127 and 127 semitones.
_INTERVALS = 256
_UNISON = 128


class _InAnyKey:
    """Ids ↔ codes of shape and interval."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.lowest = vocabulary.lowest
        self.shapes = vocabulary.shapes
        self.n_codes = vocabulary.n_shapes * _INTERVALS
        self._ids = np.full((vocabulary.n_shapes, 3 * _INTERVALS), -1, dtype=np.int64)
        self._ids[self.shapes, self.lowest + _INTERVALS] = np.arange(len(vocabulary))

    def codes(self, ids: Ids, beside: Ids) -> Ids:
        """What each id is to the id beside it."""
        codes: Ids = self.shapes[ids] * _INTERVALS + self.lowest[ids] - self.lowest[beside] + _UNISON
        return codes

    def ids(self, codes: Ids, beside: int) -> Ids:
        """The ids that are this to `beside`; -1 where the vocabulary has none."""
        ids: Ids = self._ids[codes // _INTERVALS, codes % _INTERVALS - _UNISON + self.lowest[beside] + _INTERVALS]
        return ids

    def id(self, code: int, beside: int) -> int:
        """The id that is this to `beside`; -1 where the vocabulary has none."""
        return int(self._ids[code // _INTERVALS, code % _INTERVALS - _UNISON + self.lowest[beside] + _INTERVALS])


class NGramTable:
    """What followed each context among the training labels.

    Below all contexts lies the uniform distribution. Order 1 predicts the most common id.

    Parameters
    ----------
    ids : array of int64, shape (N,)
    labels : array of int64, the positions in `ids` that may be learned from, each at least `order` - 1
    vocabulary
        The ids'.
    order
        Longest context and its label together.
    any_key
        Whether to count the music as if it stood in every key.
    """

    def __init__(self, ids: Ids, labels: Ids, vocabulary: Vocabulary, order: int, *, any_key: bool = False) -> None:
        self.order = order
        self._any_key = _InAnyKey(vocabulary) if any_key else None
        n_tokens = len(vocabulary)
        counts = np.bincount(ids[labels], minlength=n_tokens)
        self._unigram = np.full(n_tokens, 1 / n_tokens)
        seen = np.flatnonzero(counts)
        _interpolate(self._unigram, seen, counts[seen])

        # The codes of every id as a label, as the last of a context, and as one further back.
        before, after = np.maximum(np.arange(len(ids)) - 1, 0), np.minimum(np.arange(len(ids)) + 1, len(ids) - 1)
        if self._any_key:
            self._n_codes = self._any_key.n_codes
            as_label = self._any_key.codes(ids, ids[before])
            as_last, as_earlier = self._any_key.codes(ids, ids), self._any_key.codes(ids, ids[after])
        else:
            self._n_codes = n_tokens
            as_label = as_last = as_earlier = ids
        # A level for each length of context: its contexts, ascending, where each one's followers begin, these, and counts.
        self._levels: list[tuple[Ids, Ids, Ids, Ids]] = []
        contexts_now = np.zeros(len(labels), dtype=np.int64)
        for length in range(order):
            pairs, counts = np.unique(contexts_now * self._n_codes + as_label[labels], return_counts=True)
            contexts, first = np.unique(pairs // self._n_codes, return_index=True)
            self._levels.append((contexts, np.append(first, len(pairs)), pairs % self._n_codes, counts))
            # A longer context is named by its shorter one's place in the level, and the id before that.
            older = (as_earlier if length else as_last)[np.maximum(labels - length - 1, 0)]
            contexts_now = np.searchsorted(contexts, contexts_now) * self._n_codes + older

    def distribution(self, context: Ids) -> Floats:
        """The probability of each id after `context`, shape (n_tokens,); at least one id where keys do not matter."""
        probabilities = self._unigram.copy()
        codes = context[::-1]
        if self._any_key:
            codes = self._any_key.codes(codes, np.concatenate([codes[:1], codes[:-1]]))
        name = 0
        for length, (contexts, first, followers, counts) in enumerate(self._levels):
            place = int(np.searchsorted(contexts, name))
            if place == len(contexts) or contexts[place] != name:
                break
            here = slice(first[place], first[place + 1])
            if self._any_key:
                _interpolate(probabilities, self._any_key.ids(followers[here], int(context[-1])), counts[here])
            elif length:  # the unigram is there already
                _interpolate(probabilities, followers[here], counts[here])
            if length == len(codes):
                break
            name = place * self._n_codes + int(codes[length])
        return probabilities


class PieceMemory:
    """What followed each context, in any key, in the piece heard so far.

    The cache of Kuhn and De Mori (A cache-based natural language model for speech recognition, 1990), with contexts.

    Parameters
    ----------
    vocabulary
        The ids'.
    shortest, longest
        Ids in the contexts that it looks at.
    delay
        How many of the latest ids stand in the present context only: what came after a context is not yet known there.
    """

    def __init__(self, vocabulary: Vocabulary, shortest: int = 4, longest: int = 12, delay: int = 0) -> None:
        self.shortest, self.longest, self.delay = shortest, longest, delay
        self._any_key = _InAnyKey(vocabulary)
        self._heard: list[int] = []
        # The codes of every id heard, as a follower, as the last of a context, and, but for the latest, as one further back.
        self._as_follower: list[int] = []
        self._as_last: list[int] = []
        self._as_earlier: list[int] = []
        # Plain dictionaries: a Counter takes longer to make than to use.
        self._followers: defaultdict[tuple[int, ...], dict[int, int]] = defaultdict(dict)

    def hear(self, number: int) -> None:
        """Take in the piece's next id."""
        before = self._heard[-1] if self._heard else number
        codes = self._any_key.codes(np.array([number, number, before]), np.array([before, number, number]))
        as_follower, as_last, as_earlier = codes.tolist()
        self._as_follower.append(as_follower)
        self._as_last.append(as_last)
        if self._heard:
            self._as_earlier.append(as_earlier)
        self._heard.append(number)
        place = len(self._heard) - 1 - self.delay
        if place > 0:
            for context in self._contexts_before(place):
                followers, code = self._followers[context], self._as_follower[place]
                followers[code] = followers.get(code, 0) + 1

    def mix(self, probabilities: Floats) -> Floats:
        """Put what the piece did after contexts like the present one over `probabilities`, shape (n_tokens,)."""
        mixed = probabilities.copy()
        known_contexts = takewhile(self._followers.__contains__, self._contexts_before(len(self._heard)))
        # From the longest context down: each one's followers take their part of what the longer ones left.
        left, added = 1.0, defaultdict[int, float](float)
        for context in reversed(list(known_contexts)):
            counts = self._followers[context].items()
            known = [(number, count) for code, count in counts if (number := self._any_key.id(code, self._heard[-1])) >= 0]
            total = len(known) + sum(count for _, count in known)
            for number, count in known:
                added[number] += left * count / total
            if known:
                left *= len(known) / total
        mixed *= left
        for number, share in added.items():
            mixed[number] += share
        return mixed

    def _contexts_before(self, place: int) -> list[tuple[int, ...]]:
        """The contexts of the id at `place`, shortest first."""
        codes = (*self._as_earlier[max(place - self.longest, 0) : place - 1], *self._as_last[place - 1 : place])
        return [codes[-length:] for length in range(self.shortest, len(codes) + 1)]


def _interpolate(probabilities: Floats, followers: Ids, counts: Ids) -> None:
    """Put a longer context's counts over a shorter one's probabilities, in place; followers of -1 are left out."""
    known = followers >= 0
    followers, counts = followers[known], counts[known]
    total = counts.sum() + len(followers)
    if total:
        probabilities *= len(followers) / total
        probabilities[followers] += counts / total
