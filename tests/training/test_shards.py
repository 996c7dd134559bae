"""Rows are kept in memory-mapped shards, made once, and are those that were made in memory."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import tiny
from mozart.corpus.reader import Reading
from mozart.corpus.readings import Readings, Works
from mozart.errors import MozartError
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Score
from mozart.training import shards
from mozart.training.data import Streams, rows_of
from mozart.training.shards import Shelf, make_shelves

CPU = torch.device("cpu")


def remember(scores: list[Score], folder: Path) -> Works:
    readings = Readings(folder / "readings.sqlite")
    known = readings.add((bytes([number]), Reading(score, ())) for number, score in enumerate(scores))
    return Works(readings, [(score.title, found.key, found.notes) for score, found in zip(scores, known, strict=True)])


@pytest.fixture
def works(tmp_path: Path) -> Works:
    return remember(tiny.works(4), tmp_path)


@pytest.fixture
def make(works: Works, vocabulary: Vocabulary, tmp_path: Path) -> Callable[[], list[Shelf]]:
    parts = [("training", works[:3]), ("validation", works[3:])]
    return lambda: make_shelves(parts, vocabulary, tmp_path / "rows")


@pytest.mark.parametrize("notes", [1, 10**6])
def test_rows_come_back(
    notes: int, works: Works, make: Callable[[], list[Shelf]], vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the shards, and by however many processes they are made, each movement's rows are what they were."""
    monkeypatch.setattr(shards, "_NOTES", notes)
    made = [rows for shelf in make() for rows in shelf]
    expected = rows_of(works, vocabulary)
    assert [rows.quarters for rows in made] == [rows.quarters for rows in expected]
    for rows, other in zip(made, expected, strict=True):
        assert rows.tensors.keys() == other.tensors.keys()
        assert all(torch.equal(rows.tensors[name], other.tensors[name]) for name in rows.tensors)


def test_batches_from_shards(make: Callable[[], list[Shelf]], works: Works, vocabulary: Vocabulary) -> None:
    """What is dealt from shards is what is dealt from memory."""
    (shelf, _), kept = make(), rows_of(works[:3], vocabulary)
    dealt = [
        [deal(range(4)) for deal, _ in Streams(rows, shelf.sizes, 4, 24, CPU).epoch(np.random.default_rng(0))]
        for rows in (shelf, kept)
    ]
    for batch, other in zip(*dealt, strict=True):
        assert all(torch.equal(batch[name], other[name]) for name in batch)


def test_shards_are_made_once(make: Callable[[], list[Shelf]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second time, and after an interruption, only what is missing is made; shards of other music are removed."""
    monkeypatch.setattr(shards, "_NOTES", 500)
    monkeypatch.setattr(shards, "available_cores", lambda: 1)
    (tmp_path / "rows" / "of others").mkdir(parents=True)
    make()
    (own,) = (tmp_path / "rows").iterdir()
    made = []
    monkeypatch.setattr(shards, "make_shard", lambda path, *_: made.append(path.name))
    make()
    assert made == []
    (own / "training-00001.rows").with_suffix(".json").unlink()
    with pytest.raises(FileNotFoundError):
        make()
    assert made == ["training-00001.rows"]


def test_thinned(make: Callable[[], list[Shelf]]) -> None:
    """A part of the movements, evenly over all."""
    shelf = make()[0]
    assert shelf.thinned(sum(shelf.sizes)).sizes == shelf.sizes
    assert shelf.thinned(sum(shelf.sizes) // 2).sizes == shelf.sizes[::2]


def test_no_movement_is_long_enough(works: Works, vocabulary: Vocabulary, tmp_path: Path) -> None:
    """It is said in words."""
    short = remember([work.bars_slice(0, 1) for work in works], tmp_path)
    with pytest.raises(MozartError, match="No movement has 16 notes or more"):
        make_shelves([("training", short)], vocabulary, tmp_path / "rows")


def test_too_little_room(make: Callable[[], list[Shelf]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is seen before anything is made."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 12_345))
    with pytest.raises(MozartError, match=r"The music takes [\d.]*[1-9][\d.]* MB in .* and 0\.0 MB are free: make room"):
        make()
    assert not (tmp_path / "rows").exists()
