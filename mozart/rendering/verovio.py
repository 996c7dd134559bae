"""MusicXML → pages of sheet music, by verovio: the only place that touches the library."""

import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from mozart.errors import MozartError

# Page sizes in verovio's units: on a telephone 1,000 of them fill the screen's width; on paper one is a tenth of a millimetre.
_MARGINS = ("pageMarginTop", "pageMarginRight", "pageMarginBottom", "pageMarginLeft")
_WIDE = {"pageWidth": 2100, "pageHeight": 2970, "adjustPageHeight": True, **dict.fromkeys(_MARGINS, 50)}
_NARROW = {**_WIDE, "pageWidth": 1000, "pageHeight": 1800}
_PAPER = {**_WIDE, "adjustPageHeight": False, **dict.fromkeys(_MARGINS, 150)}
# verovio makes room for a tempo mark as wide as in Times; where a browser has only a wider font it would run into the notes.
_TEMPO = 'class="tempo" style="transform: scale(0.85); transform-box: fill-box; transform-origin: 0 100%"'

# verovio's log is global, and a toolkit serves one caller at a time.
_turn = threading.Lock()
Made = TypeVar("Made")


def engrave(musicxml: str, narrow: bool = False) -> list[str]:
    """Draw pages of sheet music, each an SVG in the colour of the text around it.

    Parameters
    ----------
    musicxml
        The score.
    narrow
        Make the notes large enough for a telephone, with a bar or two on a line.

    Raises
    ------
    MozartError
        When verovio is not installed, or cannot read the MusicXML.
    """
    pages, _ = engrave_with(musicxml, narrow, lambda _: None)
    return [_plain(page) for page in pages]


def engrave_for_paper(musicxml: str) -> list[str]:
    """Draw pages of sheet music for print, in A4; raise MozartError as :func:`engrave` does."""
    pages, _ = _engrave(musicxml, _PAPER, lambda _: None)
    return pages


def engrave_with(musicxml: str, narrow: bool, read: Callable[[Any], Made]) -> tuple[list[str], Made]:
    """Draw pages of sheet music with verovio's names of elements; also return what `read` finds in the toolkit."""
    return _engrave(musicxml, _NARROW if narrow else _WIDE, read)


class Glyph(NamedTuple):
    """A glyph of a music font.

    Attributes
    ----------
    outline
        The ``d`` of an SVG path, upwards.
    units
        The font's size in the outline's units.
    advance
        The distance to the next glyph, in sizes of the font.
    """

    outline: str
    units: float
    advance: float


@cache
def text_glyph(font: str, letter: str) -> Glyph:
    """Look up the glyph of a letter in a music font; an empty one if the font has no such letter."""
    data = Path(str(_verovio().__file__)).parent / "data"
    code = f"{ord(letter):04X}"
    path = data / font / f"{code}.xml"
    if not path.is_file():
        return Glyph("", 1, 0)
    fonts = ET.parse(data / f"{font}.xml").getroot()
    units = float(fonts.get("units-per-em", 1000))
    (size,) = (float(glyph.get("h-a-x", 0)) for glyph in fonts.iterfind("g") if glyph.get("c") == code)
    outline = ET.parse(path).getroot().find("path")  # a space has none
    return Glyph("" if outline is None else outline.get("d", ""), units, size / units)


def _engrave(musicxml: str, page: dict[str, Any], read: Callable[[Any], Made]) -> tuple[list[str], Made]:
    with _turn:
        toolkit = _toolkit()
        toolkit.resetXmlIdSeed(1)
        toolkit.setOptions(page)
        if not toolkit.loadData(musicxml):
            raise MozartError("The sheet music cannot be drawn: verovio does not understand this MusicXML.")
        # verovio draws lines in black, and areas in the default, which is black too.
        colour = 'color="currentColor" fill="currentColor"'
        drawn = (toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1))
        pages = [page.replace('color="black"', colour).replace('class="tempo"', _TEMPO) for page in drawn]
        return pages, read(toolkit)


def _plain(page: str) -> str:
    """Remove from a page the random names that verovio gives its elements."""
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
    # Without this, verovio would log that it compresses long bars to fit the page.
    _verovio().enableLog(_verovio().LOG_ERROR)
    toolkit = _verovio().toolkit()
    toolkit.setOptions(
        {
            "scale": 40,
            "breaks": "auto",
            "footer": "none",
            "header": "auto",
            # Keeps the tempo mark away from stems and beams, also those further right where a browser's font is wider than Times.
            "defaultBottomMargin": 3,
            "svgViewBox": True,
            "smuflTextFont": "embedded",
        }
    )
    return toolkit
