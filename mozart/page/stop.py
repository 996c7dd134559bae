"""What each visitor has before them, and Stop.

Presses are counted in the browser, from 1. Stop sends the number of the latest, and whatever carries this number or a lower
one ends: what is composing, what still waits in the queue, and what has left the browser but not arrived yet.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page.votes import Tally

if TYPE_CHECKING:
    from mozart.composing.composition import Composition

# Gradio forgets visitors who have left; of those that it was not told of, the latest are kept.
VISITS = 2_000


@dataclass
class Riddle:
    """A blind test that waits for its guess.

    Attributes
    ----------
    answer
        Which of the two passages is Mozart's, 0 or 1.
    passage
        Where it comes from, in words.
    seed, checkpoint
        What the other one was composed with.
    """

    answer: int
    passage: str
    seed: int
    checkpoint: str


@dataclass
class Visit:
    """One visitor's, in one browser tab.

    Attributes
    ----------
    stopped
        The number of the latest press that Stop has ended; 0 before the first.
    gone
        The visitor has closed the page.
    shown
        The piece that is shown; nothing is kept that was made of it.
    sound
        The address of its sound; None where there is none.
    drafts
        The requests of the drafts that are offered.
    riddle
        The blind test that waits for a guess.
    tally
        This visitor's guesses.
    """

    stopped: int = 0
    gone: bool = False
    shown: "Composition | None" = None
    sound: str | None = None
    drafts: tuple[Request, ...] = ()
    riddle: Riddle | None = None
    tally: Tally = Tally(0, 0)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def goes_on(self, press: int) -> bool:
        """Whether anybody still waits for what this press began."""
        return not self.gone and press > self.stopped

    def stop(self, press: int) -> None:
        """End all up to this press, whether it has begun or not."""
        with self.lock:
            self.stopped = max(self.stopped, press)

    def show(self, piece: "Composition", sound: str | None) -> None:
        """Remember which piece is shown, and where its sound is."""
        with self.lock:
            self.shown, self.sound = piece.changed(), sound

    def what_is_shown(self) -> "tuple[Composition | None, str | None]":
        """The piece and its sound."""
        with self.lock:
            return self.shown, self.sound

    def latest(self) -> "Composition":
        """The piece that is shown, to make something of. Raises MozartError where there is none."""
        piece, _ = self.what_is_shown()
        if piece is None:
            raise MozartError("There is no piece yet: compose one first.")
        return piece.changed()

    def take_riddle(self) -> Riddle | None:
        """The blind test, once: a second guess at the same one does not count."""
        with self.lock:
            riddle, self.riddle = self.riddle, None
        return riddle

    def count(self, right: bool) -> Tally:
        """Add a guess to this visitor's."""
        with self.lock:
            self.tally = Tally(self.tally.right + right, self.tally.total + 1)
        return self.tally


class Visits:
    """All visits, by Gradio's session hash."""

    def __init__(self) -> None:
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, session: str | None) -> Visit:
        with self._lock:
            visit = self._visits.setdefault(session or "", Visit())
            self._visits.move_to_end(session or "")
            while len(self._visits) > VISITS:
                self._visits.popitem(last=False)
        return visit

    def leave(self, session: str | None) -> None:
        """The visitor has closed the page: end what they began."""
        with self._lock:
            visit = self._visits.pop(session or "", None)
        if visit is not None:
            visit.gone = True
