"""Read MIDI files one by one, or in many processes, each file within limits of time and memory.

When a file takes longer, or its process dies, only this file is lost.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any, NamedTuple

from mozart.corpus.catalogue import printable
from mozart.corpus.reader import Reading, read_bytes, read_midi_bytes
from mozart.corpus.readings import Known, Readings
from mozart.errors import MozartError

SECONDS, MEGABYTES = 60, 512  # limits for one file; it takes milliseconds, unless the machine is busy
_FEW = 500  # files; with fewer, starting processes takes longer than reading
_IN_FLIGHT = 4  # files a process at a time; with all at once, memory would grow with the list


class File(NamedTuple):
    """A MIDI file: its name, with its folders, and either its path or its bytes."""

    name: str
    content: Path | bytes


class Outcome(NamedTuple):
    """The outcome for a file: a fresh reading, or what an earlier reading left, or the problem in a sentence."""

    file: File
    key: bytes = b""
    reading: Reading | None = None
    known: Known | None = None
    problem: str = ""


Read = Callable[[File], Outcome]


class TooLong(BaseException):
    """A file took longer than it may; no `except Exception` in a reader takes it for an error of its own."""


def read_files(files: Iterable[File], readings: Readings, count: int | None = None) -> Iterator[tuple[int, Outcome]]:
    """Read files, and yield each with its place in the list as soon as it is read.

    Parameters
    ----------
    files
        The files to read.
    readings
        Earlier readings; files among them are looked up in this process.
    count
        How many files there are, if that is known: this process reads a few by itself.
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
    """Look up the earlier reading of a file, or say why its bytes cannot be read."""
    try:
        key = readings.key(read_bytes(file.content) if isinstance(file.content, Path) else file.content)
    except MozartError as error:
        return Outcome(_named(file), problem=str(error))
    return Outcome(_named(file), key, known=readings.find(key))


def read_one(readings: Readings, file: File) -> Outcome:
    """Read one file, unless an earlier reading is there. Errors of the cache itself are raised: they are not the file's."""
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
    """Read files in processes; when a process dies, try the files that it had once more, one by one.

    Parameters
    ----------
    files
        The files with their places in the list.
    read
        What a process does with a file; it must be picklable.
    seconds
        The limit for one file.
    workers
        The number of processes; one a core by default.
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
    """Count the cores that this process may use."""
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
    # A clean server forks quickly; a process forked beside torch's threads may hang.
    if "forkserver" in get_all_start_methods():
        context: Any = get_context("forkserver")
        context.set_forkserver_preload(["__main__", __name__])
    else:
        context = get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)


def _begin() -> None:
    # Otherwise Python would take Ctrl-C for the outcome of this one file, and go on with the next.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        import resource

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = taken + MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


@contextmanager
def within(seconds: float, *, of_processor: bool = False) -> Iterator[None]:
    """Raise TooLong after so many seconds, of the clock or of the processor; on Windows and in threads, without a timer, never."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TooLong

    timer, number = (signal.ITIMER_PROF, signal.SIGPROF) if of_processor else (signal.ITIMER_REAL, signal.SIGALRM)
    before = signal.signal(number, stop)
    signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(number, before)


def _within_time(read: Read, file: File, seconds: float) -> Outcome:
    """Read a file within `seconds` of the clock."""
    try:
        with within(seconds):
            return read(file)
    except TooLong:
        return Outcome(_named(file), problem=f"{_said(file)} took longer than {seconds:g} seconds to read.")
    except MemoryError:
        return Outcome(_named(file), problem=f"{_said(file)} needs more than {MEGABYTES} MB to be read.")


def _said(file: File) -> str:
    return printable(Path(file.name).name)


def _named(file: File) -> File:
    """Drop a file's bytes, which nobody needs any more."""
    return file if isinstance(file.content, Path) else file._replace(content=b"")
