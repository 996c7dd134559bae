"""Ids → windows and labels, the splits, the loaders. (Lab, Problem 2.)

A window is 100 consecutive ids; its label is the id that follows. There are two ways to split them:

``windows``, the lab's: the whole corpus is one sequence, so some windows reach from one work into the next, and all are
dealt out at random. Most of a test window's music also stands in training windows, which is why the accuracy under it is
no measure of how the network does on unseen music.

``works``: whole works are held out. Every window lies in one work, and training reads nothing of the others.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, random_split

from mozart.corpus.catalogue import SHARED_MOVEMENTS
from mozart.errors import MozartError
from mozart.score import Work

WINDOW = 100
FRACTIONS = (0.70, 0.15, 0.15)


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """Windows of one long sequence, cut out of it a batch at a time.

    The lab makes a list of [sequence, label] with a tensor each; indexing the one tensor gives the same batches without
    114,115 copies.

    Parameters
    ----------
    ids : Tensor of int64, shape (N,)
    starts : Tensor of int64, shape (M,), each at most N - 101; moved to the device of `ids`, where windows are cut
    """

    def __init__(self, ids: Tensor, starts: Tensor) -> None:
        self.ids = ids
        self.starts = starts.to(ids.device)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """One window (100,) and its label ()."""
        sequences, labels = self.__getitems__([index])
        return sequences[0], labels[0]

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        """Windows (B, 100) and their labels (B,): the loader asks for a whole batch at once."""
        device = self.ids.device
        starts = self.starts[torch.tensor(indices, device=device)]
        sequences = self.ids[starts[:, None] + torch.arange(WINDOW, device=device)]
        return sequences, self.ids[starts + WINDOW]


@dataclass(frozen=True)
class Split:
    """Which windows (by the place of their first id) train, validate and test.

    Attributes
    ----------
    train, validation, test : Tensors of int64, disjoint
    train_ranges : (start, stop) of every stretch of ids that training may read
    validation_works, test_works : names of the works that are held out whole; none under the lab's split
    """

    train: Tensor
    validation: Tensor
    test: Tensor
    train_ranges: list[tuple[int, int]]
    validation_works: tuple[str, ...] = ()
    test_works: tuple[str, ...] = ()


def split_windows(n_ids: int, seed: int) -> Split:
    """Split all windows of a sequence of `n_ids` at random, 70/15/15, as the lab does.

    Raises MozartError when there are too few ids for one window in each part.
    """
    if n_ids <= WINDOW:
        raise MozartError(
            f"The music holds {n_ids} notes and chords, and one window with its label needs {WINDOW + 1}: add more music."
        )
    n_windows = n_ids - WINDOW
    if math.floor(n_windows * min(FRACTIONS)) == 0:
        raise MozartError(f"The music holds {n_ids} notes and chords, too few to train, validate and test on: add more music.")
    parts: list[Any] = random_split(range(n_windows), FRACTIONS, torch.Generator().manual_seed(seed))  # type: ignore[arg-type]
    train, validation, test = (torch.tensor(part.indices, dtype=torch.int64) for part in parts)
    return Split(train, validation, test, train_ranges=[(0, n_ids)])


def split_works(works: Sequence[Work], seed: int, validation_works: Sequence[str] = (), test_works: Sequence[str] = ()) -> Split:
    """Hold out whole works: those that are named, or works drawn at random until they hold 15 % of the music each.

    Works that share a movement are held out together.

    Parameters
    ----------
    works : in the order of the ids
    validation_works, test_works : titles, such as ``K. 545``; none draws them

    Raises
    ------
    MozartError
        When a work does not exist or is to be held out twice, or when a part holds no window.
    """
    groups = _works_together(works)
    # A work that is named brings along those that share a movement with it.
    validating, testing = _find_groups(groups, validation_works), _find_groups(groups, test_works)
    if both := set(validating) & set(testing):
        raise MozartError(
            f"{' and '.join(groups[min(both)])} would validate and test at once (works that share a movement stay together): "
            "name other works for one of the two."
        )
    lengths = {title: sum(len(work.events) for work in works if work.title == title) for group in groups for title in group}
    enough = FRACTIONS[-1] * sum(lengths.values())
    order = np.random.default_rng([seed, len(groups)]).permutation(len(groups)).tolist()
    free = [number for number in order if number not in validating + testing]
    # Test is drawn first, so a validation part that is drawn changes nothing about it.
    for chosen in (testing, validating):
        draw = not chosen
        while draw and free and sum(lengths[title] for number in chosen for title in groups[number]) < enough:
            chosen.append(free.pop(0))
    held_out = [{title for number in chosen for title in groups[number]} for chosen in (validating, testing)]
    trained = {title for group in groups for title in group} - held_out[0] - held_out[1]

    ranges = work_ranges(works)
    parts = [
        [extent for work, extent in zip(works, ranges, strict=True) if work.title in titles] for titles in (trained, *held_out)
    ]
    starts = [torch.tensor([s for start, stop in part for s in range(start, stop - WINDOW)], dtype=torch.int64) for part in parts]
    for name, there in zip(("train", "validate", "test"), starts, strict=True):
        if not len(there):
            raise MozartError(
                f"No window of {WINDOW + 1} notes and chords is left to {name} on: add more works, or hold out others."
            )
    train, validation, test = starts
    return Split(train, validation, test, parts[0], *(tuple(sorted(titles)) for titles in held_out))


def work_ranges(works: Sequence[Work]) -> list[tuple[int, int]]:
    """Where each work's ids start and stop when the works stand one after the other."""
    return list(pairwise(accumulate((len(work.events) for work in works), initial=0)))


def _works_together(works: Sequence[Work]) -> list[list[str]]:
    """The titles, those of works that share a movement in one list."""
    groups: list[list[str]] = []
    for work in works:
        shared = next((group for group in SHARED_MOVEMENTS if work.title in group), (work.title,))
        group = next((group for group in groups if group[0] in shared), None)
        if group is None:
            groups.append([work.title])
        elif work.title not in group:
            group.append(work.title)
    return groups


def _find_groups(groups: Sequence[Sequence[str]], titles: Sequence[str]) -> list[int]:
    found = []
    for title in titles:
        numbers = [number for number, group in enumerate(groups) if title in group]
        if not numbers:
            known = ", ".join(title for group in groups for title in group)
            raise MozartError(f"There is no work {title} to hold out: choose from {known}.")
        found += numbers
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Loaders:
    """The lab's three DataLoaders; a batch is windows (B, 100) and labels (B,), both int64.

    Attributes
    ----------
    epoch_validation : what an epoch is judged by: all validation windows, or some of them where that would take longer
        than the training
    """

    train: DataLoader[tuple[Tensor, Tensor]]
    epoch_validation: DataLoader[tuple[Tensor, Tensor]]
    validation: DataLoader[tuple[Tensor, Tensor]]
    test: DataLoader[tuple[Tensor, Tensor]]


def make_loaders(
    ids: Tensor, split: Split, batch_size: int = 128, evaluation_batch_size: int = 32, validate_every: int = 1
) -> Loaders:
    """The lab's loaders: training shuffled and without its last, smaller batch; validation and test in order.

    An epoch is judged by every `validate_every`-th validation window.
    Training shuffles with ``loaders.train.generator``, which the trainer seeds anew every epoch.
    Raises MozartError when the training windows do not fill one batch.
    """
    if len(split.train) < batch_size:
        raise MozartError(
            f"There are {len(split.train)} training windows, fewer than a batch of {batch_size}: "
            "add more music or choose a smaller --batch-size."
        )

    def loader(starts: Tensor, size: int, *, training: bool) -> DataLoader[tuple[Tensor, Tensor]]:
        return DataLoader(
            Windows(ids, starts),
            batch_size=size,
            shuffle=training,
            drop_last=training,
            collate_fn=lambda batch: batch,  # Windows already returns whole batches
            generator=torch.Generator(),
        )

    return Loaders(
        train=loader(split.train, batch_size, training=True),
        epoch_validation=loader(split.validation[::validate_every], evaluation_batch_size, training=False),
        validation=loader(split.validation, evaluation_batch_size, training=False),
        test=loader(split.test, evaluation_batch_size, training=False),
    )
