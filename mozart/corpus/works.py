"""Many MIDI files → works: each file is read once, the same music is kept once, and unreadable files are listed with the reason."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from mozart.corpus.catalogue import printable, title
from mozart.corpus.reading import File, Outcome, read_files
from mozart.corpus.readings import Readings, Works
from mozart.errors import MozartError

_AT_ONCE = 200  # files that are stored together; after an interruption so many are read again


class Skipped(NamedTuple):
    """A file whose music is not among the works, and the reason in a sentence."""

    file: str
    reason: str


class Music(NamedTuple):
    """The music of many files.

    Attributes
    ----------
    scores
        The scores of the files that could be read, in their order.
    remarks
        A sentence for each thing in a file that its score leaves out.
    skipped
        The files that could not be read, and those with the same music as another.
    paths
        The files of the scores; empty if they come from the Hub.
    """

    scores: Works
    remarks: list[str]
    skipped: list[Skipped]
    paths: list[Path]


def read_works(paths: Sequence[Path], *, skip_unreadable: bool = False, folder: Path | None = None) -> Music:
    """Read the MIDI files at these paths, as :func:`read_music` does.

    A work's title begins with the folders between `folder`, which holds all files, and the file: ``Bach: Prelude``.
    """
    files = (File(_name(path, folder), path) for path in paths)
    return read_music(files, len(paths), skip_unreadable=skip_unreadable)


def read_music(files: Iterable[File], count: int | None, *, skip_unreadable: bool = False) -> Music:
    """Read MIDI files that were not read before, with a progress bar if that takes a while.

    Parameters
    ----------
    files
        The files, in the order of the scores.
    count
        How many there are, if known, for the progress bar.
    skip_unreadable
        Go on without files that cannot be read.

    Raises
    ------
    MozartError
        When a file cannot be read and `skip_unreadable` is false, when none can be read, or the readings cannot be stored.
    """
    readings = Readings()
    read: list[tuple[int, Outcome]] = []
    bar = tqdm(read_files(files, readings, count), total=count, desc="Reading", unit="file", delay=1)
    for batch in _batches(bar, _AT_ONCE):
        fresh = [(outcome.key, outcome.reading) for _, outcome in batch if outcome.reading]
        known = {found.key: found for found in readings.add(fresh)} if fresh else {}
        for index, outcome in batch:
            read.append((index, outcome._replace(reading=None, known=outcome.known or known.get(outcome.key))))
    # Workers return the files in the order in which they finish.
    outcomes = [outcome for _, outcome in sorted(read, key=lambda pair: pair[0])]
    problems = [outcome for outcome in outcomes if not outcome.known]
    if problems and not skip_unreadable:
        others = f" And {len(problems) - 1:,} more cannot be read." if len(problems) > 1 else ""
        those = "the file" if len(problems) == 1 else "those files"
        them = "it" if len(problems) == 1 else "them"
        raise MozartError(f"{problems[0].problem}{others} Remove {those}, or add --skip-unreadable to go on without {them}.")
    if problems and len(problems) == len(outcomes):
        raise MozartError("None of the files could be read: " + " ".join(outcome.problem for outcome in problems[:10]))
    return _without_doubles(outcomes, readings)


def to_csv(skipped: Sequence[Skipped]) -> bytes:
    """Write a table of the files that were skipped."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([Skipped._fields, *skipped])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _without_doubles(outcomes: Sequence[Outcome], readings: Readings) -> Music:
    first: dict[str, str] = {}  # music → the file that has it
    music = Music(Works(readings, []), [], [], [])
    entries: list[tuple[str, bytes, int]] = []
    for outcome in outcomes:
        name, known = printable(outcome.file.name), outcome.known
        if known is None:
            music.skipped.append(Skipped(name, outcome.problem))
        elif known.music in first:
            music.skipped.append(Skipped(name, f"It has the same notes as {first[known.music]}."))
        else:
            first[known.music] = name
            entries.append((_title(outcome.file.name), known.key, known.notes))
            music.remarks.extend(f"{name}: {remark}" for remark in known.remarks)
            if isinstance(outcome.file.content, Path):
                music.paths.append(outcome.file.content)
    return music._replace(scores=Works(readings, entries))


def _name(path: Path, folder: Path | None) -> str:
    return path.relative_to(folder).as_posix() if folder else path.name


def _title(name: str) -> str:
    path = Path(name)
    return title(path) if len(path.parts) == 1 else f"{printable(path.parent.as_posix())}: {title(path)}"


def _batches(items: Iterable[tuple[int, Outcome]], size: int) -> Iterator[list[tuple[int, Outcome]]]:
    batch: list[tuple[int, Outcome]] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch
