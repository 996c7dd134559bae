"""Problem 2: strings → integers, windows of 100 and their labels, the random split, the loaders.

A window is 100 consecutive ids; its label is the id that follows. The whole corpus is one sequence, so some windows reach from
one work into the next, and all are dealt out at random. Most of a test window's music also stands in training windows: the
accuracy under this split says how well these works are remembered, and nothing of how the network does on unseen music.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, random_split

from mozart.errors import MozartError

WINDOW = 100
FRACTIONS = (0.70, 0.15, 0.15)
BATCH_SIZE, EVALUATION_BATCH_SIZE = 128, 32

Loader = DataLoader[tuple[Tensor, Tensor]]


class Vocabulary:
    """The distinct tokens of a corpus; a token's id is its place in sorted order. (Problem 2: "convert the pitches to integers".)

    Parameters
    ----------
    tokens
        Distinct tokens in id order.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        if len(set(tokens)) != len(tokens):
            raise ValueError("a vocabulary's tokens must be distinct")
        self.tokens = tuple(tokens)
        self._ids = {token: token_id for token_id, token in enumerate(tokens)}

    @classmethod
    def of(cls, tokens: Iterable[str]) -> "Vocabulary":
        """Make the vocabulary of a corpus, from all its tokens in any order and number."""
        return cls(sorted(set(tokens)))

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Tokens → ids. Raises KeyError for a token that is not in the vocabulary."""
        return [self._ids[token] for token in tokens]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Ids → tokens. Raises IndexError for an id that is not in the vocabulary."""
        return [self.tokens[token_id] for token_id in ids]

    def __len__(self) -> int:
        return len(self.tokens)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """Windows of one long sequence, cut out of it a batch at a time. (Problem 2.)

    The text makes a list of [sequence, label] with a tensor each; indexing the one tensor gives the same batches without
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


class Split(NamedTuple):
    """Which windows, by the place of their first id, train, validate and test: disjoint tensors of int64."""

    train: Tensor
    validation: Tensor
    test: Tensor


class Loaders(NamedTuple):
    """The text's three DataLoaders; a batch is windows (B, 100) and labels (B,), both int64."""

    train: Loader
    validation: Loader
    test: Loader


def split_windows(n_ids: int, seed: int) -> Split:
    """Split all windows of a sequence of `n_ids` at random, 70/15/15. (Problem 2.)

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
    return Split(*(torch.tensor(part.indices, dtype=torch.int64) for part in parts))


def make_loaders(ids: Tensor, split: Split, batch_size: int = BATCH_SIZE) -> Loaders:
    """Make the text's loaders: training shuffled and without its last, smaller batch; validation and test in order. (Problem 2.)

    Training shuffles with ``loaders.train.generator``, which the trainer seeds anew every epoch.
    Raises MozartError when the training windows do not fill one batch.
    """
    if len(split.train) < batch_size:
        raise MozartError(
            f"There are {len(split.train)} training windows, fewer than a batch of {batch_size}: "
            "add more music or choose a smaller --batch-size."
        )

    return Loaders(
        make_loader(ids, split.train, batch_size, training=True), make_loader(ids, split.validation), make_loader(ids, split.test)
    )


def make_loader(ids: Tensor, starts: Tensor, batch_size: int = EVALUATION_BATCH_SIZE, *, training: bool = False) -> Loader:
    """Make the loader of some windows, by where they start; training shuffles them."""
    return DataLoader(
        Windows(ids, starts),
        batch_size=batch_size,
        shuffle=training,
        drop_last=training,
        collate_fn=lambda batch: batch,  # Windows already returns whole batches
        generator=torch.Generator(),
    )
