"""Sheet music as PDF."""

import base64
import re
import zlib

from mozart.notes import Metre, Score
from mozart.rendering.musicxml import musicxml
from mozart.rendering.pdf import pdf_bytes
from mozart.rendering.verovio import engrave_for_paper, text_glyph

TITLE = "Menuetto in B♭ major"


def pages(notes: int) -> list[str]:
    score = Score([(i * 480, 2 * (i % 2), 72 - 24 * (i % 2), 480, 70) for i in range(notes)], title=TITLE)
    return engrave_for_paper(musicxml(score, "Andante"))


def drawn(pdf: bytes) -> list[str]:
    """What is drawn on each page, in PDF's own words."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return [zlib.decompress(base64.a85decode(stream.strip(), adobe=False)).decode("latin-1") for stream in _whole(streams)]


def _whole(streams: list[bytes]) -> list[bytes]:
    return [stream.strip().removesuffix(b"~>") for stream in streams]


def test_title_and_tempo_stand_on_the_first_page() -> None:
    """Title, tempo word and metronome mark are text that can be searched for, on the first page; others have their number."""
    first, *others = drawn(pdf_bytes(pages(400), TITLE))
    assert others
    for text in ("Menuetto in B-flat major", "Andante ", "120"):
        assert f"({text}) Tj" in first
        assert all(f"({text}) Tj" not in page for page in others)


def test_every_page_is_a_page() -> None:
    """As many pages as verovio draws, in A4, and the same bytes for the same music."""
    svgs = pages(400)
    pdf = pdf_bytes(svgs, TITLE)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == len(svgs) > 1
    assert re.search(rb"/MediaBox \[ 0 0 595\.\d+ 841\.\d+ \]", pdf)
    assert pdf_bytes(svgs, TITLE) == pdf


def test_every_note_is_drawn() -> None:
    """Each glyph of a page is an area, and what verovio hides is not drawn."""
    few, many = (drawn(pdf_bytes(pages(count), TITLE))[0] for count in (8, 16))
    assert len(re.findall(r"\bf\*?\n?", many)) - len(re.findall(r"\bf\*?\n?", few)) >= 8
    (page,) = pages(8)
    hidden = page.replace('class="note"', 'class="note placeholder"')
    assert len(drawn(pdf_bytes([hidden], TITLE))[0]) < len(drawn(pdf_bytes([page], TITLE))[0])


def test_the_metronomes_note() -> None:
    """The quarter before the metronome's number is drawn as verovio's font has it; a letter that it lacks is nothing."""
    quarter = text_glyph("Leipzig", "\ueca5")
    assert quarter.outline.startswith("M")
    assert 0.2 < quarter.advance < 0.5
    assert text_glyph("Leipzig", "a").outline == ""
    # Between a quarter and its dot stands a space.
    assert text_glyph("Leipzig", " ").outline == ""
    assert text_glyph("Leipzig", " ").advance > 0
    gigue = Score([(i * 240, 0, 72, 240, 70) for i in range(12)], metres=[Metre(0, 6, 8)], title=TITLE)
    assert "(Andante ) Tj" in drawn(pdf_bytes(engrave_for_paper(musicxml(gigue, "Andante")), TITLE))[0]
