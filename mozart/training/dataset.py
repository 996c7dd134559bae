"""Music as a dataset on the Hub: MIDI files in Parquet, one in each row, which `datasets` and pyarrow can read.

To publish music, a person must name the licence that allows it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mozart.checkpoint import hub, hub_datasets
from mozart.corpus import archive
from mozart.corpus.catalogue import printable
from mozart.corpus.reading import File
from mozart.corpus.works import Music, read_music, read_works
from mozart.errors import MozartError

_NAME, _MIDI = "name", "midi"
_SEQUENCER = b"Bunji Hisamori"  # whom all files of the archive name
_ROWS = 2_000  # MIDI files in a file of Parquet
_AT_ONCE = 100  # rows in memory at a time

_CARD = """---
license: {licence}
tags: [music, midi]
configs: [{{config_name: default, data_files: "data/*.parquet"}}]
---
# {title}

{files:,} MIDI files with {notes:,} notes. A row is a file: `name` with its folders, `notes`, and `midi`, the file's bytes.

    python train.py --midi-hub {repo}

```python
from datasets import load_dataset

load_dataset("{repo}", split="train", streaming=True)
```
"""


def push(folder: Path, repo_id: str, licence: str, *, private: bool = False) -> tuple[str, Music]:
    """Publish the readable MIDI files of a folder, each piece of music once.

    Parameters
    ----------
    folder
        The folder with the MIDI files.
    repo_id
        The dataset: ``user/name``.
    licence
        The licence that allows to publish them, as the Hub writes it, such as ``cc0-1.0``.
    private
        Make the dataset private.

    Returns
    -------
    revision, music
        The commit's hash, and the music.

    Raises
    ------
    MozartError
        When the sonatas are among the files, which nobody may publish, or nothing could be read or published.
    """
    _import_parquet()
    if not hub.is_repo_id(repo_id):
        raise MozartError(f"{repo_id} is not the name of a repository: write it as user/name.")
    paths = archive.midi_files(folder)
    music = read_works(paths, skip_unreadable=True, folder=folder)
    with tempfile.TemporaryDirectory() as place:
        files: dict[str, Path | bytes] = dict(_write_parquet(music, folder, Path(place)))
        card = _CARD.format(
            licence=licence, title=repo_id.partition("/")[2], files=len(music.scores), notes=sum(music.scores.sizes), repo=repo_id
        )
        return hub_datasets.push_dataset({**files, "README.md": card.encode()}, repo_id, private), music


def require(repo_id: str) -> None:
    """Raise MozartError when there is no such dataset, or it cannot be read here."""
    _import_parquet()
    hub_datasets.require_dataset(repo_id)


def read(repo_id: str, *, skip_unreadable: bool) -> Music:
    """Read the music of a dataset, with only a few rows in memory at a time.

    Raises
    ------
    MozartError
        When it cannot be downloaded, has no MIDI files, or they cannot be read.
    """
    parquet = _import_parquet()
    shards = hub_datasets.pull_dataset(repo_id, ".parquet")
    tables = [parquet.ParquetFile(path) for path in shards]
    if not tables or not all(_MIDI in table.schema_arrow.names for table in tables):
        raise MozartError(f"{repo_id} has no column {_MIDI} with MIDI files in it: make such a dataset with `mozart corpus push`.")
    count = sum(table.metadata.num_rows for table in tables)
    if not count:
        raise MozartError(f"{repo_id} holds no MIDI file: choose a dataset that does.")
    return read_music(_rows(tables), count, skip_unreadable=skip_unreadable)


def _rows(tables: Sequence[Any]) -> Iterator[File]:
    number = 0
    for table in tables:
        names = [name for name in (_NAME, _MIDI) if name in table.schema_arrow.names]
        for batch in table.iter_batches(_AT_ONCE, columns=names):
            for row in batch.to_pylist():
                number += 1
                content = row[_MIDI]
                yield File(str(row.get(_NAME) or f"{number}.mid"), content if isinstance(content, bytes) else b"")


def _write_parquet(music: Music, folder: Path, place: Path) -> Iterator[tuple[str, Path]]:
    import pyarrow

    parquet = _import_parquet()
    count = -(-len(music.paths) // _ROWS)
    for number in tqdm(range(count), desc="Packing", unit="file of Parquet", delay=1):
        part = slice(number * _ROWS, (number + 1) * _ROWS)
        paths = music.paths[part]
        table = pyarrow.table(
            {
                _NAME: [printable(path.relative_to(folder).as_posix()) for path in paths],
                "notes": pyarrow.array(music.scores.sizes[part], pyarrow.int32()),
                _MIDI: pyarrow.array([_publishable(path) for path in paths], pyarrow.binary()),
            }
        )
        path = place / f"{number}.parquet"
        parquet.write_table(table, path, row_group_size=_AT_ONCE)
        yield f"data/train-{number:05}-of-{count:05}.parquet", path


def _publishable(path: Path) -> bytes:
    content = path.read_bytes()
    if _SEQUENCER in content:
        raise MozartError(
            f"{printable(path)} is one of the sonatas' files, which may not be republished: take it out of the folder."
        )
    return content


def _import_parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MozartError("Datasets need pyarrow, which is not installed: pip install pyarrow, then try again.") from error
    return pyarrow.parquet
