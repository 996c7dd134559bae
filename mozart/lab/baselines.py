"""What counting gets, without any network: tables of what followed what.

Conventions
-----------
A table of order n looks at contexts of up to n - 1 ids. Its probabilities are interpolated from the shortest context to the
longest that was seen, as Witten and Bell do (The zero-frequency problem, 1991): the more different ids followed a context, the
more is left to the shorter one. In any key, tokens are told apart by the intervals above their lowest pitch and by the
interval between neighbours' lowest pitches alone, so that what was seen in one key is known in all.
"""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mozart.lab.pitches import midi_pitches
from mozart.lab.windows import Vocabulary

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]

# The longest context and its label together; chosen on the validation windows.
ORDER = 8


class Table:
    """What followed each context among the training labels.

    Parameters
    ----------
    ids : shape (N,)
    labels : the places in `ids` that may be learned from, each at least `order` - 1
    vocabulary : the ids'
    order : 1 predicts the most common id
    any_key : count the music as if it stood in every key
    """

    def __init__(self, ids: Ids, labels: Ids, vocabulary: Vocabulary, order: int = ORDER, *, any_key: bool = False) -> None:
        self.order = order
        self.any_key = any_key
        pitches = [midi_pitches(token) for token in vocabulary.tokens]
        self._lowest = [token[0] for token in pitches]
        shapes = [tuple(pitch - token[0] for pitch in token) for token in pitches]
        self._names = [shapes.index(shape) for shape in shapes] if any_key else list(range(len(pitches)))
        # (name, lowest pitch) → id; where keys matter, a name is an id.
        self._ids = {(name, lowest): i for i, (name, lowest) in enumerate(zip(self._names, self._lowest, strict=True))}
        counts = np.bincount(ids[labels], minlength=len(vocabulary)).astype(np.float64)
        seen = np.count_nonzero(counts)
        self._unigram: Floats = (counts + seen / len(vocabulary)) / (counts.sum() + seen)
        self._followers: defaultdict[tuple[int, ...], Counter[tuple[int, int]]] = defaultdict(Counter)
        music = ids.tolist()
        for place in labels.tolist():
            label, last = music[place], music[place - 1]
            follower = (self._names[label], self._interval(label, last))
            for context in self._contexts(music[place - order + 1 : place]):
                self._followers[context][follower] += 1

    def distribution(self, window: Ids) -> Floats:
        """Compute the probability of each id after `window`, shape (n_notes,)."""
        probabilities = self._unigram.copy()
        last = int(window[-1])
        for context in self._contexts(window[len(window) - self.order + 1 :].tolist()):
            followers = self._followers.get(context)
            if followers is None:
                break
            # A token that the vocabulary lacks in this key is left out.
            known = {self._move(follower, last): count for follower, count in followers.items()}
            known.pop(-1, None)
            total = sum(known.values()) + len(known)
            if total:
                probabilities *= len(known) / total
                for token_id, count in known.items():
                    probabilities[token_id] += count / total
        return probabilities

    def _contexts(self, ids: list[int]) -> list[tuple[int, ...]]:
        """List the contexts that end with the last of `ids`, the shortest first."""
        names = [self._names[i] for i in ids]
        if not self.any_key:
            return [tuple(names[-length:]) for length in range(1, len(ids) + 1)]
        # n tokens have n - 1 intervals between them. In any key even no context at all says something: the interval to come.
        intervals = [self._interval(after, before) for before, after in pairwise(ids)]
        starts = range(len(ids), -1, -1)
        return [(*names[start:], *intervals[start:]) for start in starts]

    def _interval(self, after: int, before: int) -> int:
        return self._lowest[after] - self._lowest[before] if self.any_key else 0

    def _move(self, follower: tuple[int, int], last: int) -> int:
        """Find the id of a follower after `last`; -1 where there is none."""
        name, interval = follower
        return self._ids.get((name, self._lowest[last] + interval), -1) if self.any_key else name
