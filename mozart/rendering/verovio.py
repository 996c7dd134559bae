"""MusicXML → pages of sheet music, by verovio: the only place that touches the library."""

import re
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from mozart.errors import MozartError

# A page, in verovio's units. On a telephone 1,000 of them are as wide as the screen.
_WIDE = {"pageWidth": 2100, "pageHeight": 2970}
_NARROW = {"pageWidth": 1000, "pageHeight": 1800}

# verovio's log is the process's, and one toolkit serves one caller at a time.
_turn = threading.Lock()
Made = TypeVar("Made")


def engrave(musicxml: str, narrow: bool = False) -> list[str]:
    """The pages of sheet music, each an SVG in the colour of the text around it.

    Parameters
    ----------
    narrow
        Whether the notes shall be large enough to be read on a telephone: a bar or two a line.

    Raises
    ------
    MozartError
        When verovio is not installed, or cannot read the MusicXML.
    """
    pages, _ = engrave_with(musicxml, narrow, lambda _: None)
    return [_plain(page) for page in pages]


def engrave_with(musicxml: str, narrow: bool, read: Callable[[Any], Made]) -> tuple[list[str], Made]:
    """The same pages, with verovio's names of their elements, and what `read` finds in the toolkit that has drawn them."""
    with _turn:
        toolkit = _toolkit()
        toolkit.resetXmlIdSeed(1)
        toolkit.setOptions(_NARROW if narrow else _WIDE)
        if not toolkit.loadData(musicxml):
            raise MozartError("The sheet music cannot be drawn: verovio does not understand this MusicXML.")
        # verovio gives lines a colour of their own, black, and leaves areas to the default, black too.
        colour = 'color="currentColor" fill="currentColor"'
        drawn = (toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1))
        pages = [page.replace('color="black"', colour) for page in drawn]
        return pages, read(toolkit)


def _plain(page: str) -> str:
    """A page without the names that verovio draws at random for its elements."""
    page = re.sub(r'<(g|tspan) id="[^"]*" class=', r"<\1 class=", page)
    return re.sub(r'MilestoneEnd [^"]*"', 'MilestoneEnd"', page)


def _verovio() -> Any:
    try:
        import verovio
    except ImportError as error:
        raise MozartError("Sheet music needs verovio, which is not installed: pip install verovio.") from error
    return verovio


@cache
def _toolkit() -> Any:
    # A long bar is compressed to fit the page, and verovio would say so.
    _verovio().enableLog(_verovio().LOG_ERROR)
    toolkit = _verovio().toolkit()
    toolkit.setOptions(
        {
            "scale": 40,
            "adjustPageHeight": True,
            "breaks": "auto",
            "footer": "none",
            "header": "auto",
            # Keeps the tempo mark away from stems.
            "defaultBottomMargin": 1.5,
            "svgViewBox": True,
            "smuflTextFont": "embedded",
        }
    )
    return toolkit
