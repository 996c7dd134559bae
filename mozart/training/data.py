"""Works → training data: the split, and rows of movements as long streams."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mozart.corpus.catalogue import SHARED_MOVEMENTS
from mozart.errors import MozartError
from mozart.model.degrees import home_key
from mozart.model.hiding import Hidden
from mozart.model.rows import Rows, make_rows
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Score

# The sonatas that are held out by default.
TEST_WORKS = ("K. 281", "K. 311", "K. 457")
VALIDATION_WORKS = ("K. 280", "K. 333", "K. 545", "K. 547a")
MOST_HELD_OUT = 100  # works to validate and works to test, if nobody names any: more would make every epoch long
MIN_NOTES = 16  # shorter movements are left out
_FORGET = 0.2  # how often a stream starts with a fresh state, as a piece does
_NO_LINES = 0.7  # share of sequences in which bass and melody are told at the end only, as in composing

Batch = dict[str, Tensor]
Deal = Callable[[range], Batch]


def split_works(
    titles: Sequence[str], seed: int, validation: Sequence[str] = (), test: Sequence[str] = ()
) -> tuple[list[int], list[int], list[int]]:
    """Choose the works to train on, to validate and to test, as indices of all works.

    Without names, the default sonatas are held out. Of other music a random sixth each is held out, at most 100, in proportion
    from every composer's folder. Works that share a movement stay together.

    Parameters
    ----------
    titles
        The titles of all works; ``Bach: Prelude`` is in the folder Bach.
    seed
        The random seed of the choice.
    validation, test
        Titles, or folders for all works in them.

    Raises
    ------
    MozartError
        When there are fewer than three works, a name is unknown or named twice, or nothing is left to train on.
    """
    if (count := len(set(titles))) < 3:
        works = "1 work is" if count == 1 else f"{count} works are"
        raise MozartError(f"{works} too few to hold one out to validate and one to test: give three or more.")
    sonatas = set(TEST_WORKS) | set(VALIDATION_WORKS) <= set(titles)
    if not validation and not test and sonatas:
        validation, test = VALIDATION_WORKS, TEST_WORKS
    chosen_test, chosen_validation = (_together(_named(names, titles), titles) for names in (test, validation))
    order = _in_turn(sorted(set(titles) - chosen_test - chosen_validation), seed, len(titles))
    share = min(max(1, len(titles) // 6), MOST_HELD_OUT)
    while not test and len(chosen_test) < share and order:
        chosen_test |= _together([order.pop()], titles) - chosen_validation
    order = [title for title in order if title not in chosen_test]
    while not validation and len(chosen_validation) < share and order:
        chosen_validation |= _together([order.pop()], titles) - chosen_test
    if overlap := chosen_test & chosen_validation:
        raise MozartError(f"{sorted(overlap)[0]} cannot both validate and test, and works that share a movement stay together.")
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for index, title in enumerate(titles):
        parts[1 if title in chosen_validation else 2 if title in chosen_test else 0].append(index)
    if not all(parts):
        raise MozartError("No work is left to train on, to validate or to test: hold out fewer.")
    return parts


def rows_of(works: Sequence[Score], vocabulary: Vocabulary) -> list[Rows]:
    """Make the rows of all movements of `works` that have enough notes."""
    movements = (work.movement(index) for work in works for index in range(len(work.movements)))
    return [make_rows(movement, vocabulary, home_key(movement)) for movement in movements if len(movement) >= MIN_NOTES]


def hash_works(works: Sequence[Score]) -> str:
    """Hash the music, so that a run is resumed with the music that it was started with."""
    digest = hashlib.sha256()
    for work in works:
        digest.update(work.title.encode("utf-8", "backslashreplace") + work.columns.astype("<i4").tobytes())
    return digest.hexdigest()


class Streams:
    """Training movements, in another order every epoch, end to end, cut into as many streams as a batch has sequences.

    Parameters
    ----------
    rows
        The rows of the training movements; they are read when a batch needs them.
    sizes
        The number of rows of each movement.
    batch_size, length
        Sequences in a batch, and notes in a sequence.
    device
        The device of the batches.

    Attributes
    ----------
    count
        The number of streams.
    n_batches
        The number of batches in an epoch.
    """

    def __init__(self, rows: Sequence[Rows], sizes: Sequence[int], batch_size: int, length: int, device: torch.device) -> None:
        self._rows, self._sizes, self._length, self._device = rows, np.array(sizes), length, device
        self._total = int(self._sizes.sum())
        self.count = max(1, min(batch_size, self._total // length))
        self.n_batches = max(1, self._total // (self.count * length))

    def epoch(self, rng: np.random.Generator) -> Iterator[tuple[Deal, Tensor]]:
        """Yield batches, and for each stream whether it continues the batch before, shape (`count`,).

        A batch is a function that returns the sequences of some of the streams, each tensor of shape (B, T, …).
        """
        order = rng.permutation(len(self._rows))
        firsts = np.cumsum(self._sizes[order]) - self._sizes[order]
        shift, size = int(rng.integers(self._total)), self._total // self.count

        def deal(number: int, streams: range) -> Batch:
            start = number * self._length
            stop = min(start + self._length, size)
            cut = [self._read(order, firsts, stream * size + start - shift, stop - start) for stream in streams]
            return {name: torch.stack([part[name] for part in cut]).to(self._device) for name in cut[0]}

        for number in range(self.n_batches):
            goes_on = torch.tensor(rng.random(self.count) >= _FORGET) if number else torch.zeros(self.count, dtype=torch.bool)
            yield partial(deal, number), goes_on

    def _read(self, order: NDArray[np.int64], firsts: NDArray[np.int64], start: int, count: int) -> Batch:
        """Read `count` rows of the movements, end to end in this order, and again from the first after the last."""
        parts = []
        while count > 0:
            start %= self._total
            place = int(np.searchsorted(firsts, start, side="right")) - 1
            movement, skipped = order[place], start - int(firsts[place])
            taken = min(count, int(self._sizes[movement]) - skipped)
            parts.append({name: tensor[skipped : skipped + taken] for name, tensor in self._rows[movement].tensors.items()})
            start, count = start + taken, count - taken
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def draw_hidden(rng: np.random.Generator, count: int, share: float) -> Hidden:
    """Draw what is hidden from each of `count` sequences: the plan from a share of them, key and length from half of these."""
    drawn = rng.random(count)
    return Hidden(*map(torch.from_numpy, (drawn < share, drawn < share / 2, rng.random(count) < _NO_LINES)))


def _named(names: Sequence[str], titles: Sequence[str]) -> list[str]:
    """List the titles that are named, or are in named folders."""
    found = []
    for name in names:
        inside = [title for title in titles if title == name or title.startswith((f"{name}: ", f"{name}/"))]
        if not inside:
            known = ", ".join(titles[:20]) + (f" and {len(titles) - 20:,} more" if len(titles) > 20 else "")
            raise MozartError(f"There is no work {name!r} to hold out: choose among {known}.")
        found += inside
    return found


def _in_turn(titles: Sequence[str], seed: int, count: int) -> list[str]:
    """Shuffle the titles so that the last ones, however many, have every composer in proportion."""
    rng = np.random.default_rng([seed, count])
    mixed = [titles[index] for index in rng.permutation(len(titles))]
    sizes = Counter(map(_composer, mixed))
    seen: Counter[str] = Counter()
    places = []
    for title in mixed:
        seen[_composer(title)] += 1
        places.append((seen[_composer(title)] - 0.5) / sizes[_composer(title)])
    return [mixed[index] for index in np.argsort(places, kind="stable")]


def _composer(title: str) -> str:
    folder, separator, _ = title.partition(": ")
    return folder.partition("/")[0] if separator else ""


def _together(names: Sequence[str], titles: Sequence[str]) -> set[str]:
    found = set(names)
    for group in SHARED_MOVEMENTS:
        sharing = {title for title in titles if title.rpartition(": ")[2] in group}
        if found & sharing:
            found |= sharing
    return found
