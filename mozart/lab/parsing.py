"""Problem 1 for many files: in parallel, and each file only once in its life.

Parsing takes 4 to 18 seconds a sonata, so what was parsed is remembered in the cache folder, under the file's content,
music21's version and this reader's: whatever changes, the file is parsed again.
"""

import hashlib
import importlib.metadata
import json
import math
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from mozart import atomic
from mozart.corpus.archive import cache_folder
from mozart.corpus.catalogue import title
from mozart.corpus.reading import TooLong, within
from mozart.errors import MozartError
from mozart.lab.pitches import READER_VERSION, Elements, midi_pitches, parse

# Tells backup programs to leave the folder out.
_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n"
_MOST_SECONDS = 180  # of the processor's time for one file


class Work(NamedTuple):
    """One MIDI file as the text reads it.

    Attributes
    ----------
    title : for people, such as ``K. 545``
    tokens : its notes and chords as strings
    offsets : where each begins, in quarter lengths from the start of the file
    """

    title: str
    tokens: tuple[str, ...]
    offsets: tuple[float, ...]


def read_works(
    paths: Sequence[Path], *, skip_unreadable: bool = False, workers: int | None = None, cache: Path | None = None
) -> tuple[list[Work], list[str]]:
    """Parse many MIDI files, in parallel, each only once in its life. (Problem 1.)

    Parameters
    ----------
    paths
        The files; the works come back in this order.
    skip_unreadable
        Go on without files that cannot be read.
    workers
        Processes to parse in; one a core without it.
    cache
        Where parsed files are remembered; ``parsed`` in the cache folder without it.

    Returns
    -------
    works, unreadable
        The works, and one sentence for each file that was skipped.

    Raises
    ------
    MozartError
        When a file cannot be read and `skip_unreadable` is false, or when no file can be read.
    """
    cache = cache or cache_folder() / "parsed"
    remembered: dict[Path, Path] = {}
    problems: dict[Path, str] = {}
    for path in paths:
        try:
            remembered[path] = _cache_path(path, cache)
        except OSError as error:
            _leave_out(problems, path, f"{path} cannot be read ({error.strerror}).", skip_unreadable)
    read = {path: work for path, file in remembered.items() if (work := _recall(file, title(path))) is not None}
    missing = {path: file for path, file in remembered.items() if path not in read}
    if missing:
        atomic.write(cache / "CACHEDIR.TAG", _CACHE_TAG)  # before the long part: a cache that cannot be written says so now
        for path, outcome in _parse_all(sorted(missing, key=lambda path: -path.stat().st_size), workers or os.cpu_count() or 1):
            if isinstance(outcome, MozartError):
                _leave_out(problems, path, str(outcome), skip_unreadable)
            else:
                read[path] = Work(title(path), *outcome)
                atomic.write(missing[path], _sealed(outcome))
    if not read:
        raise MozartError("None of the files could be read: " + " ".join(problems.values()))
    return [read[path] for path in paths if path in read], [problems[path] for path in paths if path in problems]


def _leave_out(problems: dict[Path, str], path: Path, problem: str, skip_unreadable: bool) -> None:
    if not skip_unreadable:
        raise MozartError(f"{problem} Remove the file, or add --skip-unreadable to go on without it.")
    problems[path] = problem


def _parse_all(paths: Sequence[Path], workers: int) -> Iterator[tuple[Path, Elements | MozartError]]:
    """Parse in processes, in the order given (the largest first, or one core is left alone with it at the end)."""
    workers = min(workers, len(paths))
    # spawn: a process forked beside torch's threads may hang.
    try:
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_at_once_on_interrupt)
    except OSError:  # shared memory that cannot be written to, as in some containers
        yield from _parse_here(paths)
        return
    try:
        futures = {pool.submit(_parse_in_time, path): path for path in paths}
        bar = tqdm(as_completed(futures), total=len(paths), desc=f"Parsing on {workers} core{'s' * (workers > 1)}", unit="file")
        for future in bar:
            try:
                yield futures[future], future.result()
            except MozartError as error:
                yield futures[future], error
    except BrokenProcessPool as error:
        time.sleep(0.2)  # after Ctrl-C, which ends the workers too, the interrupt comes now
        raise MozartError("The system ended a process that read files, perhaps because memory ran out: try again.") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _parse_here(paths: Sequence[Path]) -> Iterator[tuple[Path, Elements | MozartError]]:
    for path in tqdm(paths, desc="Parsing in one process", unit="file"):
        try:
            yield path, _parse_in_time(path)
        except MozartError as error:
            yield path, error


def _parse_in_time(path: Path) -> Elements:
    """Parse a file, and give up where music21 does not end: it reads on in damaged files where no other reader does."""
    try:
        with within(_MOST_SECONDS, of_processor=True):
            return parse(path)
    except TooLong as error:
        raise MozartError(f"{path} is damaged, or too much for music21: it has not read it after {_MOST_SECONDS} s.") from error


def _end_at_once_on_interrupt() -> None:
    # Python would turn Ctrl-C into an answer of this one file, and go on with the next.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _cache_path(path: Path, cache: Path) -> Path:
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return cache / f"{content[:32]}-music21-{importlib.metadata.version('music21')}-lab-{READER_VERSION}.json"


def _sealed(elements: Sequence[Any]) -> bytes:
    """Tokens and offsets with a hash of them: music that was lost from the middle would go unnoticed without it."""
    content = [list(part) for part in elements]
    return json.dumps([*content, hashlib.sha256(json.dumps(content).encode()).hexdigest()]).encode()


def _recall(path: Path, name: str) -> Work | None:
    """Read what was remembered; None where nothing was, or it cannot be what this reader wrote: then the file is parsed again."""
    try:
        content = path.read_bytes()
        tokens, offsets = json.loads(content)[:2]
        if not tokens or len(tokens) != len(offsets) or content != _sealed((tokens, offsets)):
            return None
        for token, offset in zip(tokens, offsets, strict=True):
            if not (midi_pitches(token) and isinstance(offset, float) and 0 <= offset < math.inf):
                return None
        return Work(name, tuple(tokens), tuple(offsets))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
