"""Works → what the network is trained on: rows of movements, dealt out as long streams."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from mozart.corpus.catalogue import SHARED_MOVEMENTS
from mozart.errors import MozartError
from mozart.model.degrees import home_key
from mozart.model.hiding import Hidden
from mozart.model.rows import Rows, make_rows
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Score

# Held out whole where the sonatas are trained on.
TEST_WORKS = ("K. 281", "K. 311", "K. 457")
VALIDATION_WORKS = ("K. 280", "K. 333", "K. 545", "K. 547a")
MIN_NOTES = 16  # a movement with fewer is not worth a stream's place
_FORGET = 0.2  # how often a stream starts anew, as a piece does
# Of how many sequences bass and melody are told at the end alone, as composing tells them.
_NO_LINES = 0.7

Batch = dict[str, Tensor]


def split_works(
    works: Sequence[Score], seed: int, validation: Sequence[str] = (), test: Sequence[str] = ()
) -> tuple[list[Score], list[Score], list[Score]]:
    """Works to train on, to validate and to test.

    Without names, those of the sonatas are held out; of other music a sixth each, drawn by `seed`. Works that share a movement
    stay together.

    Raises
    ------
    MozartError
        When there are fewer than three works, a name is unknown or named twice, or nothing is left to train on.
    """
    titles = [work.title for work in works]
    if len(set(titles)) < 3:
        raise MozartError(f"{len(set(titles))} works are too few to hold one out to validate and one to test: give three or more.")
    sonatas = set(TEST_WORKS) | set(VALIDATION_WORKS) <= set(titles)
    if not validation and not test and sonatas:
        validation, test = VALIDATION_WORKS, TEST_WORKS
    _require_known([*validation, *test], titles)
    chosen_test, chosen_validation = _together(test, titles), _together(validation, titles)
    free = sorted(set(titles) - chosen_test - chosen_validation)
    order = [free[index] for index in np.random.default_rng([seed, len(titles)]).permutation(len(free))]
    share = max(1, len(titles) // 6)
    while not test and len(chosen_test) < share and order:
        chosen_test |= _together([order.pop()], titles) - chosen_validation
    order = [title for title in order if title not in chosen_test]
    while not validation and len(chosen_validation) < share and order:
        chosen_validation |= _together([order.pop()], titles) - chosen_test
    if overlap := chosen_test & chosen_validation:
        raise MozartError(f"{sorted(overlap)[0]} cannot both validate and test, and works that share a movement stay together.")
    parts = (
        [work for work in works if work.title not in chosen_test | chosen_validation],
        [work for work in works if work.title in chosen_validation],
        [work for work in works if work.title in chosen_test],
    )
    if not all(parts):
        raise MozartError("No work is left to train on, to validate or to test: hold out fewer.")
    return parts


def rows_of(works: Sequence[Score], vocabulary: Vocabulary, description: str) -> list[Rows]:
    """The rows of all movements of `works`."""
    movements = [work.movement(index) for work in works for index in range(len(work.movements))]
    worth = [movement for movement in movements if len(movement) >= MIN_NOTES]
    if not worth:
        raise MozartError(f"No movement has {MIN_NOTES} notes or more: give longer music.")
    return [make_rows(movement, vocabulary, home_key(movement)) for movement in tqdm(worth, desc=description, unit="movement")]


def hash_works(works: Sequence[Score]) -> str:
    """A hash of the music, so that a run is resumed with what it was started with."""
    digest = hashlib.sha256()
    for work in works:
        digest.update(work.title.encode("utf-8", "backslashreplace") + work.columns.astype("<i4").tobytes())
    return digest.hexdigest()


class Streams:
    """Training movements, in another order every epoch, end to end, cut into as many streams as a batch has sequences.

    Parameters
    ----------
    rows
        Of the training movements.
    batch_size, length
        Sequences a batch, and notes a sequence.
    """

    def __init__(self, rows: Sequence[Rows], batch_size: int, length: int, device: torch.device) -> None:
        self._rows = [{name: tensor.to(device) for name, tensor in row.tensors.items()} for row in rows]
        self._length = length
        total = sum(len(row["target"]) for row in self._rows)
        self._streams = max(1, min(batch_size, total // length))
        self.n_batches = max(1, total // (self._streams * length))

    def epoch(self, rng: np.random.Generator) -> Iterator[tuple[Batch, Tensor]]:
        """Batches, each of shape (B, T, …), and for each stream whether it goes on from the batch before, shape (B,)."""
        order = rng.permutation(len(self._rows))
        joined = {name: torch.cat([self._rows[index][name] for index in order]) for name in self._rows[0]}
        total = len(joined["target"])
        shift, size = int(rng.integers(total)), total // self._streams
        cut = {
            name: torch.roll(tensor, shift, 0)[: size * self._streams].reshape(self._streams, size, *tensor.shape[1:])
            for name, tensor in joined.items()
        }
        for number in range(self.n_batches):
            part = slice(number * self._length, (number + 1) * self._length)
            goes_on = torch.tensor(rng.random(self._streams) >= _FORGET) if number else torch.zeros(self._streams, dtype=torch.bool)
            yield {name: tensor[:, part] for name, tensor in cut.items()}, goes_on


def draw_hidden(rng: np.random.Generator, count: int, share: float) -> Hidden:
    """What is hidden from each of `count` sequences: from a share of them the plan, from half of these key and length too."""
    drawn = rng.random(count)
    return Hidden(*map(torch.from_numpy, (drawn < share, drawn < share / 2, rng.random(count) < _NO_LINES)))


def _require_known(names: Sequence[str], titles: Sequence[str]) -> None:
    for name in names:
        if name not in titles:
            raise MozartError(f"There is no work {name!r} to hold out: choose among {', '.join(titles)}.")


def _together(names: Sequence[str], titles: Sequence[str]) -> set[str]:
    groups = [set(group) for group in SHARED_MOVEMENTS]
    found = set(names)
    for group in groups:
        if group & found:
            found |= group & set(titles)
    return found
