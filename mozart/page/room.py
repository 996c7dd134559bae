"""Limit what the page keeps on disk: delete the oldest files when there are too many."""

import os
import threading
from pathlib import Path

# Gradio deletes what is older than an hour; pieces of that hour may still be many. A long piece takes 150 MB.
MAX_BYTES = 2_000_000_000
_EVERY = 50_000_000  # bytes that are written between two looks at the folder


class Room:
    """Keeps a folder small.

    Parameters
    ----------
    most
        The most bytes that may be kept.
    every
        The bytes that are written between two checks.
    """

    def __init__(self, most: int = MAX_BYTES, every: int = _EVERY) -> None:
        self._most, self._every, self._written = most, every, every
        self._lock = threading.Lock()

    def make(self, folder: Path, size: int) -> None:
        """Make room in `folder` for a file of `size` bytes: the oldest files are deleted until it fits."""
        with self._lock:
            self._written += size
            if self._written <= self._every:
                return
            self._written = 0
            found = sorted(_files(folder))
            total = size + sum(kept for _, kept, _ in found)
            for _, kept, path in found:
                if total <= self._most:
                    break
                Path(path).unlink(missing_ok=True)
                total -= kept


def _files(folder: Path) -> list[tuple[float, int, str]]:
    """List when each file was changed, its size and its path."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            try:
                about = os.stat(path)
            except OSError:  # it is gone
                continue
            found.append((about.st_mtime, about.st_size, path))
    return found
