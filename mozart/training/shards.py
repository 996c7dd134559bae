"""The rows of movements, made once by as many processes as there are cores, and kept in memory-mapped files.

A shard holds the movements of a few works, row after row. Rows are read only when needed, so music may be larger than the
memory: a million notes take 0.8 GB of disk. Existing shards are not made again, so an interrupted making of them continues.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, Self, overload

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from mozart import atomic
from mozart.corpus.reading import available_cores
from mozart.corpus.readings import Works, hash_code
from mozart.errors import MozartError
from mozart.model.rows import Rows
from mozart.model.vocabulary import Vocabulary
from mozart.training.data import MIN_NOTES, rows_of

SHARDS = "rows"  # their folder within the output
_NOTES = 16_384  # a shard ends with the work that reaches this
_BYTES = 1_000  # of a row, roughly, to check the free room first


class Kept(NamedTuple):
    """Where the rows of a movement are: the shard, its columns, the first row and their number, and the movement's quarters."""

    shard: Path
    columns: "np.dtype[Any]"
    first: int
    rows: int
    quarters: float


class Shelf(Sequence[Rows]):
    """The rows of many movements, read from shards when they are needed."""

    def __init__(self, movements: Sequence[Kept]) -> None:
        self._movements = movements

    @classmethod
    def of(cls, shards: Sequence[Path]) -> Self:
        """Open all movements of some shards, each of which has its index beside it."""
        movements = []
        for path in shards:
            index = json.loads(_index(path).read_bytes())
            columns = np.dtype([(name, kind, tuple(shape)) for name, kind, shape in index["columns"]], align=True)
            first = 0
            for rows, quarters in index["movements"]:
                movements.append(Kept(path, columns, first, rows, quarters))
                first += rows
        return cls(movements)

    @property
    def sizes(self) -> list[int]:
        """The number of rows of each movement."""
        return [kept.rows for kept in self._movements]

    def thinned(self, most: int) -> Self:
        """Select movements, evenly over all, of roughly `most` rows together at most."""
        return self[:: max(1, -(-sum(self.sizes) // most))]

    def __len__(self) -> int:
        return len(self._movements)

    @overload
    def __getitem__(self, index: int) -> Rows: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Rows | Self:
        if isinstance(index, slice):
            return type(self)(self._movements[index])
        kept = self._movements[index]
        # Copy on write, because torch has no read-only tensors. It is unmapped when nobody holds it.
        table = np.memmap(kept.shard, kept.columns, "c", kept.first * kept.columns.itemsize, (kept.rows,))
        columns = {name: torch.from_numpy(np.asarray(table[name])) for name in kept.columns.names or ()}
        return Rows(columns, kept.quarters)


def make_shelves(parts: Sequence[tuple[str, Works]], vocabulary: Vocabulary, folder: Path) -> list[Shelf]:
    """Open the rows of each part of the music from shards in `folder`, and make the missing shards.

    Parameters
    ----------
    parts
        The works of each part, with its name.
    vocabulary
        The values of a note's parts.
    folder
        The shards' folder; those of other music, another vocabulary or another version of this program are removed.

    Raises
    ------
    MozartError
        When a part has no movement that is long enough, or the disk has too little room.
    """
    own = folder / _hash([(name, works.keys) for name, works in parts], vocabulary)
    for other in folder.glob("*"):
        if other != own:
            shutil.rmtree(other)
    files = [(own / f"{name}-{number:05}.rows", part) for name, works in parts for number, part in enumerate(_divide(works))]
    missing = [(path, works) for path, works in files if not _index(path).exists()]
    _require_room(folder, sum(sum(works.sizes) for _, works in missing) * _BYTES)
    for _ in tqdm(_make_all(missing, vocabulary), total=len(missing), desc="Looking at the music", unit="shard", delay=1):
        pass
    shelves = [Shelf.of([path for path, _ in files if path.name.startswith(f"{name}-")]) for name, _ in parts]
    if not all(shelves):
        raise MozartError(f"No movement has {MIN_NOTES} notes or more: give longer music.")
    return shelves


def make_shard(path: Path, works: Works, vocabulary: Vocabulary) -> None:
    """Write the rows of all movements of `works` that are long enough, and then their index."""
    rows = rows_of(works, vocabulary)
    columns: list[tuple[str, str, tuple[int, ...]]] = []
    content = b""
    if rows:
        columns = [(name, tensor.numpy().dtype.str, tuple(tensor.shape[1:])) for name, tensor in rows[0].tensors.items()]
        content = b"".join(_table(row, columns).tobytes() for row in rows)
    atomic.write(path, content)
    index = {"columns": columns, "movements": [(len(row.tensors["target"]), row.quarters) for row in rows]}
    atomic.write(_index(path), json.dumps(index).encode())


def _table(row: Rows, columns: list[tuple[str, str, tuple[int, ...]]]) -> NDArray[Any]:
    table = np.empty(len(row.tensors["target"]), np.dtype(columns, align=True))
    for name, tensor in row.tensors.items():
        table[name] = tensor.numpy()
    return table


def _make_all(missing: Sequence[tuple[Path, Works]], vocabulary: Vocabulary) -> Iterator[None]:
    workers = min(available_cores(), sum(sum(works.sizes) for _, works in missing) // _NOTES)
    if workers < 2:
        for path, works in missing:
            make_shard(path, works, vocabulary)
            yield
        return
    # spawn: a process forked beside torch's threads may hang.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield from pool.map(make_shard, *zip(*missing, strict=True), [vocabulary] * len(missing))
    except BrokenProcessPool as error:
        raise MozartError("The system ended a process that read the music, perhaps because memory ran out: start again.") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _divide(works: Works) -> Iterator[Works]:
    """Divide works among shards."""
    first, notes = 0, 0
    for index, size in enumerate(works.sizes):
        notes += size
        if notes >= _NOTES or index == len(works) - 1:
            yield works[first : index + 1]
            first, notes = index + 1, 0


def _require_room(folder: Path, needed: int) -> None:
    place = next(path for path in (folder, *folder.absolute().parents) if os.path.isdir(path))
    free = shutil.disk_usage(place).free
    if needed > free:
        raise MozartError(
            f"The music takes {needed / 1e6:,.1f} MB in {folder}, and {free / 1e6:,.1f} MB are free: make room, or choose another "
            "--output."
        )


def _hash(*what: Any) -> str:
    return hashlib.sha256(repr((*what, hash_code("model", "notes"))).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _index(path: Path) -> Path:
    return path.with_suffix(".json")
