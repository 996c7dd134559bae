"""Files are written whole or not at all, and a folder is for one process."""

import os
from pathlib import Path

import pytest

from mozart import atomic
from mozart.errors import MozartError


def test_writes_and_replaces(tmp_path: Path) -> None:
    """The new content stands where the old one was, and nothing else is left in the folder."""
    path = tmp_path / "folder" / "piece.mid"
    atomic.write(path, b"old")
    atomic.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_failure_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails in the middle leaves the old file whole and no part of the new one."""
    path = tmp_path / "piece.mid"
    atomic.write(path, b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(MozartError, match=r"piece\.mid cannot be written \(No space left on device\)"):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_is_not_disturbed(tmp_path: Path) -> None:
    """Who has the old file open reads it to its end, although the new one is there."""
    path = tmp_path / "piece.mid"
    atomic.write(path, b"old")
    with path.open("rb") as reader:
        atomic.write(path, b"new")
        assert reader.read() == b"old"


def test_a_folder_is_locked_once(tmp_path: Path) -> None:
    """A second lock is refused until the first one is let go."""
    first = atomic.lock(tmp_path)
    assert first is not None
    with pytest.raises(BlockingIOError):
        atomic.lock(tmp_path)
    os.close(first)
    second = atomic.lock(tmp_path)
    assert second is not None
    os.close(second)


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives no lock, and no error."""

    def fail(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", fail)
    assert atomic.lock(tmp_path) is None
