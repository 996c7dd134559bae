"""Ids → sequences for the ``stream`` recipe: a label at every step, where the lab's windows have one in a hundred.

A pass cuts the music that training may read into sequences, anew each time, and every label of the training windows
stands in exactly one of them. A label that belongs to validation or test is read, as it is in the lab's windows, but is
never one of the chosen steps that the network is asked to predict. (A batch with a single label is left out of its pass:
BatchNorm has nothing to compare in it.)
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mozart.windows import WINDOW, Split


@dataclass(frozen=True)
class Batch:
    """Sequences of one batch, all tensors of int64 on one device.

    Attributes
    ----------
    ids : shape (B, T)
    chosen : shape (N,), the steps to learn from: places in `ids`, its rows one after the other
    labels : shape (N,), the ids that follow the chosen steps
    """

    ids: Tensor
    chosen: Tensor
    labels: Tensor


class Sequences:
    """The training music as sequences.

    Parameters
    ----------
    ids : array of int64, shape (N,)
    split
        Whose training labels are learned, inside the ranges that training may read.
    length
        Steps a sequence.
    batch_size
        Sequences a batch.
    device
        Where batches go.
    """

    def __init__(self, ids: NDArray[np.int64], split: Split, length: int, batch_size: int, device: torch.device) -> None:
        self.ids = ids
        self.ranges = split.train_ranges
        self.length = length
        self.batch_size = batch_size
        self.device = device
        self._is_label = np.zeros(len(ids), dtype=bool)
        self._is_label[split.train.numpy() + WINDOW] = True

    @property
    def most_batches(self) -> int:
        """The largest number of batches that a pass can have."""
        n = sum(-(-(stop - start) // self.length) + 1 for start, stop in self.ranges)
        return -(-n // self.batch_size)

    def one_pass(self, generator: np.random.Generator) -> Iterator[Batch]:
        """Batches with every training label once, in an order and with cuts drawn from `generator`.

        All of a pass is moved to the device at once, so that no step waits for it.
        """
        starts, lengths = self._cut(generator)
        # Past the end of a sequence any id will do: nothing follows that learns from it.
        places = np.minimum(starts[:, None] + np.arange(self.length), len(self.ids) - 2)
        learned = (np.arange(self.length) < lengths[:, None]) & self._is_label[places + 1]
        x, y = self.ids[places], self.ids[places + 1]
        everything = torch.from_numpy(x).to(self.device)
        # Batches of equal size: BatchNorm has nothing to compare in a last one with a single label.
        for rows in np.array_split(np.arange(len(starts)), -(-len(starts) // self.batch_size)):
            part = slice(rows[0], rows[-1] + 1)
            if learned[part].sum() > 1:
                chosen = np.flatnonzero(learned[part])
                yield Batch(everything[part], self._move(chosen), self._move(y[part][learned[part]]))

    def _move(self, values: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(values).to(self.device, non_blocking=True)

    def _cut(self, generator: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where sequences start and how long they are, in random order; a range's first one is shorter by chance."""
        starts, lengths = [], []
        for start, stop in self.ranges:
            cuts = [start, *range(start + int(generator.integers(1, self.length + 1)), stop - 1, self.length), stop - 1]
            starts += cuts[:-1]
            lengths += np.diff(cuts).tolist()
        order = generator.permutation(len(starts))
        return np.array(starts)[order], np.array(lengths)[order]
