"""Ids → windows and labels, the lab's random split, the loaders. (Lab, Problem 2.)

A window is 100 consecutive ids; its label is the id that follows. The whole corpus is one sequence, as in the lab, so some
windows reach from one work into the next. The split is random over overlapping windows: most of a test window's music
also stands in training windows, which is why the accuracy under it is no measure of how the network does on unseen music.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, random_split

from mozart.errors import MozartError

WINDOW = 100
FRACTIONS = (0.70, 0.15, 0.15)


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """Windows of one long sequence, cut out of it a batch at a time.

    The lab makes a list of [sequence, label] with a tensor each; indexing the one tensor gives the same batches without
    114,115 copies.

    Parameters
    ----------
    ids : Tensor of int64, shape (N,)
    starts : Tensor of int64, shape (M,), each at most N - 101
    """

    def __init__(self, ids: Tensor, starts: Tensor) -> None:
        self.ids = ids
        self.starts = starts

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """One window (100,) and its label ()."""
        sequences, labels = self.__getitems__([index])
        return sequences[0], labels[0]

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        """Windows (B, 100) and their labels (B,): the loader asks for a whole batch at once."""
        starts = self.starts[torch.tensor(indices)]
        sequences = self.ids[starts[:, None] + torch.arange(WINDOW)]
        return sequences, self.ids[starts + WINDOW]


@dataclass(frozen=True)
class Split:
    """Which windows (by the place of their first id) train, validate and test; int64 tensors, disjoint."""

    train: Tensor
    validation: Tensor
    test: Tensor


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
    return Split(train, validation, test)


@dataclass(frozen=True)
class Loaders:
    """The lab's three DataLoaders; a batch is windows (B, 100) and labels (B,), both int64."""

    train: DataLoader[tuple[Tensor, Tensor]]
    validation: DataLoader[tuple[Tensor, Tensor]]
    test: DataLoader[tuple[Tensor, Tensor]]


def make_loaders(ids: Tensor, split: Split, batch_size: int = 128, evaluation_batch_size: int = 32) -> Loaders:
    """The lab's loaders: training shuffled and without its last, smaller batch; validation and test in order.

    Training shuffles with ``loaders.train.generator``, which the trainer seeds anew every epoch.
    Raises MozartError when the training windows do not fill one batch.
    """
    if len(split.train) < batch_size:
        raise MozartError(
            f"There are {len(split.train)} training windows, fewer than one batch of {batch_size}: "
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
        validation=loader(split.validation, evaluation_batch_size, training=False),
        test=loader(split.test, evaluation_batch_size, training=False),
    )
