"""Ids become the lab's windows, labels, split and loaders."""

import pytest
import torch

import tiny
from mozart.errors import MozartError
from mozart.score import Work
from mozart.windows import WINDOW, Windows, make_loaders, split_windows, split_works


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
    loaders = make_loaders(ids, split, batch_size=128, evaluation_batch_size=32)
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


def test_whole_works_are_held_out() -> None:
    """Every window lies in one work, works are in one part each, about 15 % validate and test, and the seed decides."""
    works = tiny.works(n_works=20, n_events=130)
    split = split_works(works, seed=1)
    for part, titles in ((split.validation, split.validation_works), (split.test, split.test_works)):
        assert len(titles) == 3
        assert sorted(part.tolist()) == [130 * i + s for i, work in enumerate(works) if work.title in titles for s in range(30)]
    assert not set(split.validation_works) & set(split.test_works)
    assert len(split.train) == 14 * 30
    assert split.train_ranges == [
        (130 * i, 130 * i + 130) for i, work in enumerate(works) if work.title not in split.validation_works + split.test_works
    ]
    assert split_works(works, seed=1).test_works == split.test_works
    assert split_works(works, seed=2).test_works != split.test_works


def test_works_held_out_by_name() -> None:
    """The named work tests, and it alone; the others are drawn without it."""
    works = tiny.works(n_works=6, n_events=130)
    split = split_works(works, 0, test_works=["Work 3"])
    assert split.test_works == ("Work 3",)
    assert "Work 3" not in split.validation_works
    assert split_works(works, 0, ["Work 1", "Work 2"], ["Work 3"]).validation_works == ("Work 1", "Work 2")


@pytest.mark.parametrize("seed", range(8))
def test_works_that_share_a_movement_stay_together(seed: int) -> None:
    """K. 545 and K. 547a are never on two sides."""
    titles = ["A", "B", "C", "D", "K. 545", "K. 547a"]
    works = [Work(title, work.events) for title, work in zip(titles, tiny.works(6, 130), strict=True)]
    split = split_works(works, seed)
    for held_out in (split.validation_works, split.test_works):
        assert ("K. 545" in held_out) == ("K. 547a" in held_out)
    assert "K. 547a" in split_works(works, seed, test_works=["K. 545"]).test_works
    with pytest.raises(MozartError, match="K. 545 and K. 547a would validate and test at once"):
        split_works(works, seed, ["K. 545"], ["K. 547a"])


def test_works_that_cannot_be_held_out() -> None:
    """A work that does not exist, and a split that leaves nothing to train, validate or test on, are said."""
    works = tiny.works(n_works=2, n_events=130)
    with pytest.raises(MozartError, match="no work K. 999 to hold out: choose from Work 0, Work 1"):
        split_works(works, 0, test_works=["K. 999"])
    with pytest.raises(MozartError, match="left to train on"):
        split_works(works, 0)
    with pytest.raises(MozartError, match="left to train on"):
        split_works(works, 0, test_works=["Work 0", "Work 1"])
    short = [*tiny.works(4, 130)[:3], Work("Short", tiny.works(1, 60)[0].events)]
    with pytest.raises(MozartError, match="left to test on"):
        split_works(short, 0, test_works=["Short"])
    with pytest.raises(MozartError, match="left to validate on"):
        split_works(short, 0, validation_works=["Short"])


@pytest.mark.corpus
def test_the_labs_loaders(sonatas: list[Work]) -> None:
    """The three loaders of the real sonatas have 624, 535 and 535 batches."""
    n_ids = sum(len(work.events) for work in sonatas)
    loaders = make_loaders(torch.zeros(n_ids, dtype=torch.int64), split_windows(n_ids, seed=0))
    assert [len(loaders.train), len(loaders.validation), len(loaders.test)] == [624, 535, 535]
