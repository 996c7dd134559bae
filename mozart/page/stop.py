"""What each visitor sees now, and Stop.

The browser counts presses from 1. Stop sends the number of the latest, and ends all presses up to this number: those that
compose, those that still wait in the queue, and those that have not arrived yet.
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

# Visits end when Gradio notices that the visitor has left; of all others the latest are kept.
VISITS = 2_000


@dataclass
class Riddle:
    """A blind test that waits for its guess.

    Attributes
    ----------
    answer
        Which of the two passages is Mozart's, 0 or 1.
    passage
        The movement that it comes from, for people.
    seed, checkpoint
        The seed and the checkpoint's identity of the composed one.
    """

    answer: int
    passage: str
    seed: int
    checkpoint: str


@dataclass
class Visit:
    """The state of one visitor, in one browser tab.

    Attributes
    ----------
    stopped
        The number of the latest press that Stop has ended; 0 before the first.
    gone
        Whether the visitor has closed the page.
    shown
        The piece that is shown, without its renderings.
    sound
        The address of its sound; None without sound.
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
        """Tell whether the visitor still waits for the result of this press."""
        return not self.gone and press > self.stopped

    def stop(self, press: int) -> None:
        """End all presses up to this one, even if it has not arrived yet."""
        with self.lock:
            self.stopped = max(self.stopped, press)

    def show(self, piece: "Composition", sound: str | None) -> None:
        """Remember the piece that is shown, and the address of its sound."""
        with self.lock:
            self.shown, self.sound = piece.changed(), sound

    def what_is_shown(self) -> "tuple[Composition | None, str | None]":
        """Return the piece that is shown, and the address of its sound."""
        with self.lock:
            return self.shown, self.sound

    def latest(self) -> "Composition":
        """Return the piece that is shown, to use it; raise MozartError when there is none."""
        piece, _ = self.what_is_shown()
        if piece is None:
            raise MozartError("There is no piece yet: compose one first.")
        return piece.changed()

    def take_riddle(self) -> Riddle | None:
        """Take the blind test away, so that a second guess at it does not count."""
        with self.lock:
            riddle, self.riddle = self.riddle, None
        return riddle

    def count(self, right: bool) -> Tally:
        """Add a guess to this visitor's tally."""
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
        """End the presses of a visitor who has closed the page."""
        with self._lock:
            visit = self._visits.pop(session or "", None)
        if visit is not None:
            visit.gone = True
