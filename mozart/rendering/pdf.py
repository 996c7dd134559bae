"""Pages of sheet music → a PDF: convert verovio's drawings, which use a small part of SVG.

Music and slurs become areas and lines. Text is set in Times, which every PDF reader has, so this machine needs no font.
"""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from fontTools.pens.basePen import BasePen
from fontTools.svgLib.path import parse_path
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from mozart.rendering.verovio import text_glyph

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
# The text styles of the style sheet that verovio writes into each page.
_STYLES = {"tempo": {"bold": True}, "dir": {"italic": True}, "dynam": {"italic": True}, "mNum": {"italic": True}}
_FONTS = {
    (False, False): "Times-Roman",
    (True, False): "Times-Bold",
    (False, True): "Times-Italic",
    (True, True): "Times-BoldItalic",
}


@dataclass(frozen=True)
class _Text:
    """The style of text: its size, weight and anchor, and its music font's name if it has one."""

    size: float = 0
    bold: bool = False
    italic: bool = False
    music: str = ""
    anchor: str = "start"

    def changed(self, element: ET.Element) -> Self:
        """Copy the style, with the changes of an element's attributes."""
        said = element.attrib
        looks: dict[str, Any] = dict(_STYLES.get(said.get("class", "").partition(" ")[0], {}))
        if "font-size" in said:
            looks["size"] = float(said["font-size"].removesuffix("px"))
        if "font-weight" in said:
            looks["bold"] = said["font-weight"] == "bold"
        if "font-style" in said:
            looks["italic"] = said["font-style"] == "italic"
        if "font-family" in said:
            looks["music"] = "" if "serif" in said["font-family"] else said["font-family"]
        if "text-anchor" in said:
            looks["anchor"] = said["text-anchor"]
        return replace(self, **looks)

    @property
    def font(self) -> str:
        return _FONTS[self.bold, self.italic]


def pdf_bytes(pages: Sequence[str], title: str) -> bytes:
    """Write verovio's pages as the content of a .pdf file, in A4; the same pages give the same bytes."""
    content = io.BytesIO()
    canvas = Canvas(content, pagesize=A4, pageCompression=1, invariant=1, initialFontName="Times-Roman")
    canvas.setTitle(title)
    canvas.setCreator("Mozart")
    for page in pages:
        _draw_page(canvas, ET.fromstring(page))
        canvas.showPage()
    canvas.save()
    return content.getvalue()


def _draw_page(canvas: Canvas, page: ET.Element) -> None:
    glyphs = {glyph.get("id", ""): glyph.find(f"{_SVG}path") for glyph in page.iterfind(f"{_SVG}defs/{_SVG}g")}
    (music,) = page.iterfind(f"{_SVG}svg")
    width = float(music.get("viewBox", "").split()[2])
    canvas.translate(0, A4[1])
    canvas.scale(A4[0] / width, -A4[0] / width)  # verovio's y goes down
    _draw(canvas, music, glyphs, _Text())


def _draw(canvas: Canvas, element: ET.Element, glyphs: dict[str, Any], text: _Text) -> None:
    """Draw an element and all its children."""
    tag = element.tag.removeprefix(_SVG)
    if tag in ("defs", "style", "desc", "title") or "placeholder" in element.get("class", ""):
        return  # invisible
    canvas.saveState()
    _move(canvas, element.get("transform", ""))
    text = text.changed(element)
    if tag == "text":
        _draw_text(canvas, element, text)
    elif tag == "use":
        _draw_glyph(canvas, glyphs[element.get(_LINK, "").removeprefix("#")].get("d"))
    elif tag not in ("g", "svg"):
        _draw_shape(canvas, tag, element)
    else:
        for child in element:
            _draw(canvas, child, glyphs, text)
    canvas.restoreState()


def _move(canvas: Canvas, transform: str) -> None:
    for name, values in re.findall(r"(\w+)\(([^)]*)\)", transform):
        numbers = [float(value) for value in re.split(r"[ ,]+", values.strip())]
        if name == "translate":
            canvas.translate(numbers[0], (*numbers, 0)[1])
        elif name == "scale":
            canvas.scale(numbers[0], numbers[-1])
        elif name == "rotate":
            x, y = numbers[1:] or (0, 0)
            canvas.translate(x, y)
            canvas.rotate(numbers[0])
            canvas.translate(-x, -y)


def _draw_shape(canvas: Canvas, tag: str, element: ET.Element) -> None:
    said = element.attrib
    canvas.setLineWidth(float(said.get("stroke-width", 1)))
    canvas.setLineCap(1 if said.get("stroke-linecap") == "round" else 0)
    canvas.setLineJoin(1 if said.get("stroke-linejoin") == "round" else 0)
    path = canvas.beginPath()
    if tag == "path":
        parse_path(said["d"], _Pen(path))
    elif tag in ("polygon", "polyline"):
        corners = [tuple(map(float, corner.split(","))) for corner in said["points"].split()]
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        if tag == "polygon":
            path.close()
    elif tag == "rect":
        path.rect(*(float(said[name]) for name in ("x", "y", "width", "height")))
    elif tag == "ellipse":
        x, y, rx, ry = (float(said[name]) for name in ("cx", "cy", "rx", "ry"))
        path.ellipse(x - rx, y - ry, 2 * rx, 2 * ry)
    canvas.drawPath(path, stroke=1, fill=said.get("fill") != "none")


def _draw_glyph(canvas: Canvas, outline: str) -> None:
    canvas.scale(1, -1)  # verovio's glyphs go upwards
    path = canvas.beginPath()
    parse_path(outline, _Pen(path))
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_text(canvas: Canvas, element: ET.Element, text: _Text) -> None:
    """Draw runs of text one after the other; a run with its own place begins a new line."""
    lines: list[tuple[float, float, list[tuple[str, _Text]]]] = []

    def collect(part: ET.Element, looks: _Text) -> None:
        if part.tag == f"{_SVG}title":
            return
        looks = looks.changed(part)
        if "x" in part.attrib or "y" in part.attrib or not lines:
            lines.append((float(part.get("x", 0)), float(part.get("y", 0)), []))
        if part.text and part.text.strip():
            lines[-1][2].append((part.text, looks))
        for child in part:
            collect(child, looks)

    collect(element, text)
    for x, y, runs in lines:
        if not runs:
            continue
        width = sum(_width(*run) for run in runs)
        x -= {"middle": width / 2, "end": width}.get(runs[0][1].anchor, 0)
        for run in runs:
            canvas.saveState()
            canvas.translate(x, y)
            _draw_run(canvas, *run)
            canvas.restoreState()
            x += _width(*run)


def _width(run: str, looks: _Text) -> float:
    if looks.music:
        return sum(text_glyph(looks.music, letter).advance for letter in run) * looks.size
    return float(stringWidth(_latin(run), looks.font, looks.size))


def _draw_run(canvas: Canvas, run: str, looks: _Text) -> None:
    if not looks.music:
        canvas.scale(1, -1)
        canvas.setFont(looks.font, looks.size)
        canvas.drawString(0, 0, _latin(run))
        return
    canvas.scale(looks.size, looks.size)
    for letter in run:
        glyph = text_glyph(looks.music, letter)
        canvas.saveState()
        canvas.scale(1 / glyph.units, 1 / glyph.units)
        _draw_glyph(canvas, glyph.outline)
        canvas.restoreState()
        canvas.translate(glyph.advance, 0)


def _latin(text: str) -> str:
    """Replace the characters that Times has no glyph for."""
    spelled = text.replace("♭", "-flat").replace("♯", "-sharp")
    return spelled.encode("cp1252", "replace").decode("cp1252")


class _Pen(BasePen):  # type: ignore[misc]  # it carries no types
    """Draws an outline into a path of reportlab's."""

    def __init__(self, path: Any) -> None:
        super().__init__(None)
        self._path = path

    def _moveTo(self, point: tuple[float, float]) -> None:
        self._path.moveTo(*point)

    def _lineTo(self, point: tuple[float, float]) -> None:
        self._path.lineTo(*point)

    def _curveToOne(self, *points: tuple[float, float]) -> None:
        self._path.curveTo(*(number for point in points for number in point))

    def _closePath(self) -> None:
        self._path.close()
