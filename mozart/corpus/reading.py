"""MIDI files read one by one, or by many processes, each file within bounds of time and memory.

A file that takes longer, or a process that dies over it, costs this file alone.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any, NamedTuple

from mozart.corpus.catalogue import printable
from mozart.corpus.reader import Reading, read_bytes, read_midi_bytes
from mozart.corpus.readings import Known, Readings
from mozart.errors import MozartError

SECONDS, MEGABYTES = 60, 512  # that one file may take; it takes milliseconds, but on a machine that is busy
_FEW = 500  # files, for which starting processes takes longer than reading
_IN_FLIGHT = 4  # files a process, or the memory would grow with the list


class File(NamedTuple):
    """A MIDI file: its name, with its folders, and where its bytes are, or the bytes."""

    name: str
    content: Path | bytes


class Outcome(NamedTuple):
    """What came of a file: a fresh reading, or what is known of it from before, or the problem in a sentence."""

    file: File
    key: bytes = b""
    reading: Reading | None = None
    known: Known | None = None
    problem: str = ""


Read = Callable[[File], Outcome]


class _TooLong(Exception):
    """The time of a file is over."""


def read_files(files: Iterable[File], readings: Readings, count: int | None = None) -> Iterator[tuple[int, Outcome]]:
    """Read files; each comes with its place in the list, as soon as it is read.

    Parameters
    ----------
    count
        How many they are, where that is known: few are read in this process, and so is what is known, of however many.
    """
    here = read_one if count is not None and count < _FEW else look_up
    done: list[tuple[int, Outcome]] = []

    def others() -> Iterator[tuple[int, File]]:
        for index, file in enumerate(files):
            outcome = _within_time(partial(here, readings), file, SECONDS)
            if outcome.reading or outcome.known or outcome.problem:
                done.append((index, outcome))
            else:
                yield index, file

    for item in in_processes(others(), partial(read_one, readings)):
        yield item
        yield from done
        done.clear()
    yield from done


def look_up(readings: Readings, file: File) -> Outcome:
    """What is known of a file, or why its bytes cannot be had."""
    try:
        key = readings.key(read_bytes(file.content) if isinstance(file.content, Path) else file.content)
    except MozartError as error:
        return Outcome(_named(file), problem=str(error))
    return Outcome(_named(file), key, known=readings.find(key))


def read_one(readings: Readings, file: File) -> Outcome:
    """Read one file, unless it is known. What it raises about the memory of readings is no fault of the file."""
    try:
        content = read_bytes(file.content) if isinstance(file.content, Path) else file.content
        key = readings.key(content)
    except MozartError as error:
        return Outcome(_named(file), problem=str(error))
    if known := readings.find(key):
        return Outcome(_named(file), key, known=known)
    try:
        return Outcome(_named(file), key, reading=read_midi_bytes(content, printable(Path(file.name).name)))
    except MozartError as error:
        return Outcome(_named(file), key, problem=str(error))


def in_processes(
    files: Iterable[tuple[int, File]], read: Read, *, seconds: float = SECONDS, workers: int | None = None
) -> Iterator[tuple[int, Outcome]]:
    """Read files in processes, one a core; of a process that dies, the files that it had are tried once more, alone.

    Parameters
    ----------
    files
        With their places.
    read
        What a process does with a file; it can be pickled.
    seconds
        That one file may take.
    """
    workers = workers or available_cores()
    waiting = iter(files)
    item = next(waiting, None)
    in_flight: dict[Future[Outcome], tuple[int, File]] = {}
    while item or in_flight:
        pool = _pool(workers)
        try:
            while item or in_flight:
                while item and len(in_flight) < workers * _IN_FLIGHT:
                    in_flight[pool.submit(_within_time, read, item[1], seconds)] = item
                    item = next(waiting, None)
                for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    yield in_flight.pop(future)[0], outcome
        except BrokenProcessPool:
            suspects = [*in_flight.values()]
            in_flight.clear()
            yield from _one_by_one(suspects, read, seconds)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _one_by_one(files: list[tuple[int, File]], read: Read, seconds: float) -> Iterator[tuple[int, Outcome]]:
    pool = _pool(1)
    for index, file in files:
        try:
            yield index, pool.submit(_within_time, read, file, seconds).result()
        except BrokenProcessPool:
            reason = "the process that read it was ended by the system"
            yield index, Outcome(_named(file), problem=f"{_said(file)} cannot be read: {reason}.")
            pool = _pool(1)
    pool.shutdown()


def _pool(workers: int) -> ProcessPoolExecutor:
    # A server that is clean forks quickly; a process forked beside torch's threads may hang.
    if "forkserver" in get_all_start_methods():
        context: Any = get_context("forkserver")
        context.set_forkserver_preload(["__main__", __name__])
    else:
        context = get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)


def _begin() -> None:
    # Python would turn Ctrl-C into an answer of this one file, and go on with the next.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        import resource

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = taken + MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _within_time(read: Read, file: File, seconds: float) -> Outcome:
    """Windows, and threads, have no timer: there nothing is bounded."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return read(file)

    def stop(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return read(file)
    except _TooLong:
        return Outcome(_named(file), problem=f"{_said(file)} took longer than {seconds:g} seconds to read.")
    except MemoryError:
        return Outcome(_named(file), problem=f"{_said(file)} needs more than {MEGABYTES} MB to be read.")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _said(file: File) -> str:
    return printable(Path(file.name).name)


def _named(file: File) -> File:
    """The file without its bytes, which nobody needs any more."""
    return file if isinstance(file.content, Path) else file._replace(content=b"")
