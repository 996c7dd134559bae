"""Problem 2: ids become the text's windows, labels, split and loaders."""

import pytest
import torch

from mozart.errors import MozartError
from mozart.lab.parsing import Work
from mozart.lab.windows import WINDOW, Windows, make_loaders, split_windows


def test_a_label_follows_its_window() -> None:
    """Window i is ids i to i + 99, its label id i + 100."""
    windows = Windows(torch.arange(300), torch.tensor([0, 150]))
    x, y = windows[1]
    assert x.tolist() == list(range(150, 250))
    assert y.item() == 250


def test_split_is_a_partition() -> None:
    """Every window is in exactly one part; the shares are 70/15/15; the seed decides."""
    split = split_windows(1100, seed=1)
    parts = [split.train, split.validation, split.test]
    assert [len(part) for part in parts] == [700, 150, 150]
    assert sorted(torch.cat(parts).tolist()) == list(range(1000))
    assert torch.equal(split.train, split_windows(1100, seed=1).train)
    assert not torch.equal(split.train, split_windows(1100, seed=2).train)


def test_loaders() -> None:
    """Training drops the last smaller batch and is shuffled anew; validation keeps all, in order."""
    ids = torch.arange(1100)
    split = split_windows(len(ids), seed=0)
    loaders = make_loaders(ids, split, batch_size=128)
    assert [len(loaders.train), len(loaders.validation), len(loaders.test)] == [5, 5, 5]
    shapes = [(x.shape, y.shape) for x, y in loaders.train]
    assert set(shapes) == {((128, WINDOW), (128,))}
    first, again = (torch.cat([y for _, y in loaders.train]) for _ in range(2))
    assert not torch.equal(first, again)
    assert torch.equal(torch.cat([y for _, y in loaders.validation]), split.validation + WINDOW)


def test_shuffling_follows_the_generator() -> None:
    """The same seed in the loader's generator gives the same order: what resuming stands on."""
    ids = torch.arange(1100)
    loaders = make_loaders(ids, split_windows(len(ids), seed=0))
    orders = []
    for _ in range(2):
        loaders.train.generator.manual_seed(5)
        orders.append(torch.cat([y for _, y in loaders.train]))
    assert torch.equal(*orders)


def test_too_little_music() -> None:
    """100 notes make no window with a label, 103 no three sets, and 150 no batch of 128; all are said with numbers."""
    with pytest.raises(MozartError, match="holds 100 notes.*needs 101"):
        split_windows(100, seed=0)
    with pytest.raises(MozartError, match="too few"):
        split_windows(101, seed=0)
    with pytest.raises(MozartError, match="fewer than a batch of 128"):
        make_loaders(torch.arange(150), split_windows(150, seed=0))


@pytest.mark.corpus
def test_the_labs_loaders(lab_works: list[Work]) -> None:
    """The three loaders of the real sonatas have 624, 535 and 535 batches."""
    n_ids = sum(len(work.tokens) for work in lab_works)
    loaders = make_loaders(torch.zeros(n_ids, dtype=torch.int64), split_windows(n_ids, seed=0))
    assert [len(loaders.train), len(loaders.validation), len(loaders.test)] == [624, 535, 535]
