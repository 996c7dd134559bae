"""One composer for many visitors, which remembers the latest pieces."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mozart.composing.request import MAX_SEED, Request
from mozart.errors import MozartError
from mozart.page.votes import Votes

if TYPE_CHECKING:
    from mozart.composing.composer import Composer
    from mozart.composing.composition import Composition

# The number of pieces that are kept, so that going back to one does not compose it again.
KEPT = 48
OnProgress = Callable[[int, int], bool]
OnBeginning = Callable[["Composition"], object]


def go_on(_done: int, _total: int) -> bool:
    """Ignore the progress, and never stop."""
    return True


class Studio:
    """One composer for many visitors.

    Attributes
    ----------
    composer
        Composes every visitor's piece.
    notice
        A sentence for all visitors, such as why another checkpoint is in use; may be empty.
    votes
        The visitors' guesses.

    Notes
    -----
    A piece is stored under its request and the identity of the checkpoint that composed it. So a piece that was still being
    composed when another checkpoint was adopted never passes for the new one's.
    """

    def __init__(self, composer: "Composer", notice: str = "", votes: Votes | None = None) -> None:
        self.composer, self.notice = composer, notice
        self.votes = votes or Votes()
        self._kept: OrderedDict[tuple[str, Request], Composition] = OrderedDict()
        self._lock = threading.Lock()

    def adopt(self, composer: "Composer") -> None:
        """Compose with another composer from now on: the late checkpoint has arrived."""
        with self._lock:
            self.composer, self.notice = composer, ""

    def compose(self, request: Request, on_progress: OnProgress = go_on, on_beginning: OnBeginning | None = None) -> "Composition":
        """Compose the piece of a request, or find it among the stored ones; `on_beginning` gets the beginning of a new one.

        Raises
        ------
        MozartError
            When the request is not possible, or its own opening has been deleted.
        """
        composer = self.composer
        with self._lock:
            kept = self._kept.get((composer.identity, request)) if request.seed is not None else None
        if kept is not None:
            return kept.changed()
        if request.has_own_opening and not Path(request.opening).is_file():
            raise MozartError(f"{Path(request.opening).name} is no longer here: choose it again, as your opening.")
        ended = False

        def watch(done: int, total: int) -> bool:
            nonlocal ended
            ended = ended or not on_progress(done, total)
            return not ended

        piece = composer.compose(request, watch, on_beginning)
        # A piece that was ended early is not the one that its request describes.
        return piece if ended else self.keep(piece)

    def keep(self, piece: "Composition") -> "Composition":
        """Store a piece under its request, without its renderings, because sounds take megabytes."""
        with self._lock:
            self._kept[piece.composer.identity, piece.request] = piece.changed()
            self._kept.move_to_end((piece.composer.identity, piece.request))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return piece

    @staticmethod
    def drafts(piece: "Composition", count: int) -> list[Request]:
        """Make requests like a piece's, with other seeds and with the same opening, even if that was chosen at random."""
        settled = piece.request.changed(again=None)
        if settled.opening == "random" and piece.opening is not None:
            settled = settled.changed(opening=piece.opening.name)
        return [settled.changed(seed=(piece.seed + k) % (MAX_SEED + 1)) for k in range(1, count + 1)]

    def warm_up(self) -> None:
        """Load what the first piece needs: the sound font and verovio."""
        with suppress(MozartError):
            piece = self.composer.compose(Request(length="4bars", seed=1))
            piece.audio()
            piece.sheet_music()
            piece.originality()
