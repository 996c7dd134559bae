"""Bars of a piece composed once more, and taken back."""

import secrets

from mozart.composing.request import MAX_SEED, Request
from mozart.errors import MozartError


def ask_again(request: Request | None, first: object, last: object, bars: int) -> Request:
    """The request of the same piece with bars composed once more, with a seed of their own.

    Parameters
    ----------
    first, last
        The bars that are marked, counted from 1.
    bars
        How many the piece has.

    Raises
    ------
    MozartError
        When no piece is shown, or it has no such bars.
    """
    if request is None:
        raise MozartError("There is no piece yet: compose one first.")
    if not isinstance(first, int) or not isinstance(last, int):
        raise MozartError("No bars are marked: mark some in the piano roll first.")
    if not 1 <= first <= last <= bars:
        raise MozartError(f"There are no bars {first} to {last}: mark some from 1 to {bars}.")
    part = f"{first}-{last}@{secrets.randbelow(MAX_SEED + 1)}"
    return request.changed(again=f"{request.again},{part}" if request.again else part)


def take_back(request: Request | None) -> Request:
    """The request without the bars that were composed again last. Raises MozartError when there are none."""
    if request is None or not request.again:
        raise MozartError("No bars have been composed again.")
    return request.changed(again=request.again.rpartition(",")[0])


def last_marked(request: Request) -> tuple[int, int] | None:
    """First and last of the bars that were composed again last."""
    return request.bars_again[-1][:2] if request.again else None

