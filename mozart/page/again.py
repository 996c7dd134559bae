"""Compose bars of a piece again, and take them back."""

import secrets
from typing import TYPE_CHECKING

from mozart.composing.request import MAX_SEED, Request
from mozart.errors import MozartError

if TYPE_CHECKING:
    from mozart.composing.composition import Composition


def compose_again(piece: "Composition", first: object, last: object) -> "Composition":
    """Compose bars of a piece again, with a random seed.

    Parameters
    ----------
    piece
        The piece.
    first, last
        The bars that are marked, counted from 1.

    Raises
    ------
    MozartError
        When the piece has no such bars.
    """
    if not isinstance(first, int) or not isinstance(last, int):
        raise MozartError("No bars are marked: mark some in the piano roll first.")
    bars = len(piece.score.bars)
    if not 1 <= first <= last <= bars:
        raise MozartError(f"There are no bars {first} to {last}: mark some from 1 to {bars}.")
    return piece.again(bars=(first, last), seed=secrets.randbelow(MAX_SEED + 1))


def take_back(request: Request) -> Request:
    """Remove from a request the bars that were composed again last; raise MozartError when there are none."""
    if not request.again:
        raise MozartError("No bars have been composed again.")
    return request.changed(again=request.again.rpartition(",")[0])


def last_marked(request: Request) -> tuple[int, int] | None:
    """Return the first and last of the bars that were composed again last."""
    return request.bars_again[-1][:2] if request.again else None
