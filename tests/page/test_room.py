"""What the page keeps on disk is bounded."""

import os
from pathlib import Path

from mozart.page.room import Room


def test_the_oldest_go(tmp_path: Path) -> None:
    """When a file would be too much, the oldest are deleted until it fits."""
    for number in range(4):
        path = tmp_path / str(number) / "piece.wav"
        path.parent.mkdir()
        path.write_bytes(bytes(10))
        os.utime(path, (1_000 + number, 1_000 + number))
    Room(most=35, every=0).make(tmp_path, 10)
    assert sorted(path.parent.name for path in tmp_path.rglob("*.wav")) == ["2", "3"]


def test_it_is_not_looked_at_for_every_file(tmp_path: Path) -> None:
    """The folder is gone through only after so many bytes."""
    (tmp_path / "a").write_bytes(bytes(10))
    room = Room(most=5, every=100)
    room.make(tmp_path, 1)
    assert not (tmp_path / "a").exists()  # at first it is, because nobody knows what is there
    (tmp_path / "a").write_bytes(bytes(10))
    room.make(tmp_path, 99)
    assert (tmp_path / "a").exists()
    room.make(tmp_path, 2)
    assert not (tmp_path / "a").exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Nothing to delete is no trouble."""
    Room(most=1, every=0).make(tmp_path / "none", 10)
