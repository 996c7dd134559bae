"""Single attempts, with a bound on time and memory, and what became of them."""

import json
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mozart.errors import MozartError

# More than this for one attempt is a loss.
MAX_SECONDS, MAX_BYTES = 10, 1_000_000_000


class Hung(BaseException):
    """An attempt took too long; no `except Exception` catches it."""


class Lost(Exception):
    """What came out is wrong, though nothing was raised."""


class Trial:
    """Counts attempts of one kind until the time is over.

    Parameters
    ----------
    seconds
        How long to go on.
    seed
        The only source of random numbers, beside the clock.
    """

    def __init__(self, seconds: float, seed: int) -> None:
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.finds: list[str] = []
        self.seen: set[str] = set()
        self._seconds = seconds

    def rounds(self) -> Iterator[int]:
        """Numbers from 0, until the time is over, which begins here."""
        number, end = 0, time.monotonic() + self._seconds
        while time.monotonic() < end:
            yield number
            number += 1

    def attempt(self, what: object, act: Callable[[], object], seconds: int = MAX_SECONDS) -> bool:
        """Try once; a MozartError is a refusal, anything else that is raised a loss. Whether something new was seen."""
        self.counts["tried"] += 1
        memory = _peak()
        started = time.monotonic()
        try:
            with _bounded(seconds):
                act()
            kind, said = "accepted", ""
        except MozartError as error:
            kind, said = "refused", str(error)
            if "\n" in said or len(said) > 1_000:
                kind, said = "lost", f"no sentence: {said[:80]!r}"
        except (Hung, Exception) as error:  # that is what is looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind, said = "lost", f"{type(error).__name__}: {str(error)[:120]} in {where.name}, {where.filename.rpartition('/')[2]}"
        if kind != "lost" and _peak() - memory > MAX_BYTES:
            kind, said = "lost", f"took {(_peak() - memory) / 1e9:.1f} GB"
        self.counts[kind] += 1
        if kind == "lost":
            self.find(f"{what!r:.300}: {said} ({time.monotonic() - started:.1f} s)")
        sign = kind + "".join(letter for letter in said if letter.isalpha())[:120]
        is_new = sign not in self.seen
        self.seen.add(sign)
        return is_new

    def count(self, kind: str, what: object = "") -> None:
        """Count an attempt whose outcome is known: ``accepted``, ``refused`` or ``lost``."""
        self.counts["tried"] += 1
        self.counts[kind] += 1
        if kind == "lost":
            self.find(f"{what:.400}" if isinstance(what, str) else f"{what!r:.400}")

    def find(self, text: str) -> None:
        """Keep, and print, what was lost."""
        self.finds.append(text)
        print(text, file=sys.stderr, flush=True)

    def to_json(self) -> str:
        """For the table's process."""
        return json.dumps({"counts": dict(self.counts), "finds": self.finds[:50]})


@contextmanager
def _bounded(seconds: int) -> Iterator[None]:
    """Raise Hung after so many seconds of the processor's time, or, where it only waits, after thirty times as many of the clock.

    On a busy machine an attempt that works waits too, for the processor.
    """

    def ring(*_: Any) -> None:
        raise Hung(f"more than {seconds} s")

    signal.signal(signal.SIGPROF, ring)
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 30 * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
