"""Readings of MIDI files, kept in one SQLite file of the cache folder, and works that are loaded from it one by one.

A reading's key is a hash of the file's bytes and of the code that read them: when either changes, the file is read again.
A work takes memory only while it is in use, so a corpus may be larger than the memory.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self, overload

import numpy as np

import mozart
from mozart.corpus.archive import cache_folder
from mozart.corpus.reader import Reading
from mozart.errors import MozartError
from mozart.notes import Score

_WAIT_SECONDS = 60.0  # while another process writes
_ROW = 5 * 4  # bytes of a note


@cache
def hash_code(*rooms: str) -> str:
    """Hash the source of these subpackages: when the hash changes, what they make may change too."""
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted((Path(mozart.__file__).parent / room).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Known(NamedTuple):
    """A stored reading, without its notes.

    Attributes
    ----------
    key
        The key that it is stored under.
    notes
        The number of notes.
    music
        A hash of the notes and metres, the same for two files with the same music.
    remarks
        A sentence for each thing in the file that the score leaves out.
    """

    key: bytes
    notes: int
    music: str
    remarks: tuple[str, ...]


class Readings:
    """The stored readings. Another process that gets this object opens the SQLite file anew."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or cache_folder() / "readings.sqlite"
        self._connection: sqlite3.Connection | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "_connection": None}

    @staticmethod
    def key(content: bytes) -> bytes:
        """Return the key of a file with this content."""
        return hashlib.sha256(hash_code("corpus", "notes").encode() + content).digest()

    def find(self, key: bytes) -> Known | None:
        """Look up a reading by its key, without the notes."""
        with self._open() as database:
            row = database.execute("SELECT length(notes), about FROM readings WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        about = json.loads(row[1])
        return Known(key, row[0] // _ROW, about["music"], tuple(about["remarks"]))

    def add(self, readings: Iterable[tuple[bytes, Reading]]) -> list[Known]:
        """Store readings; raise MozartError when there is no room for them."""
        rows = [(key, *_to_row(reading)) for key, reading in readings]
        with self._open() as database, database:
            database.executemany("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", rows)
        found = [self.find(key) for key, _, _ in rows]
        return [known for known in found if known]

    def score(self, key: bytes, title: str) -> Score:
        """Load the score of a key."""
        with self._open() as database:
            notes, about = database.execute("SELECT notes, about FROM readings WHERE key = ?", (key,)).fetchone()
        told = json.loads(about)
        rows = np.frombuffer(notes, "<i4").reshape(-1, 5)
        return Score(rows, [tuple(metre) for metre in told["metres"]], told["tempi"], told["movements"], title)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._connection is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS)
                self._connection.execute("CREATE TABLE IF NOT EXISTS readings (key BLOB PRIMARY KEY, notes BLOB, about TEXT)")
            yield self._connection
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise MozartError(
                f"The cache {self.path} cannot be used ({reason}): make room, delete that file if it is damaged, "
                "or set MOZART_CACHE to another folder."
            ) from error


def _to_row(reading: Reading) -> tuple[bytes, str]:
    score = reading.score
    notes = score.columns.astype("<i4").tobytes()
    metres = [list(metre) for metre in score.metres]
    about = {
        "metres": metres,
        "tempi": [list(tempo) for tempo in score.tempi],
        "movements": list(score.movements),
        "remarks": reading.remarks,
        "music": hashlib.sha256(notes + json.dumps(metres).encode()).hexdigest(),
    }
    return notes, json.dumps(about)


class Works(Sequence[Score]):
    """Stored scores, each loaded when it is asked for.

    Parameters
    ----------
    readings
        Where they are stored.
    entries
        Title, key and number of notes of each.
    """

    def __init__(self, readings: Readings, entries: Sequence[tuple[str, bytes, int]]) -> None:
        self._readings, self._entries = readings, entries

    @property
    def titles(self) -> list[str]:
        """The titles of all works."""
        return [title for title, _, _ in self._entries]

    @property
    def keys(self) -> list[bytes]:
        """The keys of all works; equal keys mean equal notes."""
        return [key for _, key, _ in self._entries]

    @property
    def sizes(self) -> list[int]:
        """The number of notes of each work."""
        return [notes for _, _, notes in self._entries]

    def pick(self, indices: Iterable[int]) -> Self:
        """Select some of the works, in this order."""
        return type(self)(self._readings, [self._entries[index] for index in indices])

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Score: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Score | Self:
        if isinstance(index, slice):
            return type(self)(self._readings, self._entries[index])
        title, key, _ = self._entries[index]
        return self._readings.score(key, title)
