"""A short piece for the view's tests: a tune over broken chords, sixteen bars in 3/4, with its sheet music and a sound."""

import io
import wave
import xml.etree.ElementTree as ET

import numpy as np

from mozart.notes import TICKS, Score
from mozart.rendering.timemap import Timemap, read_timemap
from mozart.rendering.verovio import _WIDE, _toolkit

BAR = 3 * TICKS
_RATE = 8_000
# Degrees of C major, 0 being C; a length in eighths each.
_TUNE = (
    [(9, 2), (7, 2), (4, 2)], [(5, 1), (6, 1), (7, 4)], [(8, 2), (6, 2), (4, 2)], [(7, 1), (5, 1), (4, 4)],
    [(4, 2), (7, 2), (9, 2)], [(10, 1), (9, 1), (8, 2), (5, 2)], [(7, 2), (6, 1), (5, 1), (6, 2)], [(7, 6)],
)  # fmt: skip
_CHORDS = ((0, 4, 2), (0, 4, 2), (-1, 4, 3), (0, 4, 2), (0, 4, 2), (1, 5, 3), (-1, 4, 3), (0, 4, 2))
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_TYPES = {1: "eighth", 2: "quarter", 4: "half", 6: "half"}


def piece(tempo: float = 120.0) -> Score:
    """96 notes of the left hand, 48 of the right; the last two bars are half as fast."""
    rows = []
    for bar in range(16):
        at = bar * BAR
        for degree, eighths in _TUNE[bar % 8]:
            rows.append((at, 0, _pitch(degree, 5), eighths * TICKS // 2, 80))
            at += eighths * TICKS // 2
        low, high, middle = _CHORDS[bar % 8]
        rows += [
            (bar * BAR + i * TICKS // 2, 2, _pitch(d, 4), TICKS // 2, 60)
            for i, d in enumerate((low, high, middle, high, middle, high))
        ]
    return Score(rows, [(0, 3, 4)], [(0, tempo), (14 * BAR, tempo / 2)], title="A tune")


def musicxml(score: Score) -> str:
    """Sheet music of music in which each hand plays one note at a time, without a rest."""
    root = ET.Element("score-partwise", version="4.0")
    ET.SubElement(ET.SubElement(ET.SubElement(root, "part-list"), "score-part", id="P1"), "part-name").text = ""
    part = ET.SubElement(root, "part", id="P1")
    for number in range(len(score.bars)):
        bar = ET.SubElement(part, "measure", number=str(number + 1))
        if not number:
            bar.append(ET.fromstring(
                "<attributes><divisions>2</divisions><key><fifths>0</fifths></key><time><beats>3</beats><beat-type>4</beat-type></time>"
                '<staves>2</staves><clef number="1"><sign>G</sign><line>2</line></clef>'
                '<clef number="2"><sign>F</sign><line>4</line></clef></attributes>'
            ))  # fmt: skip
        for staff, voice in ((1, 0), (2, 2)):
            if staff == 2:
                ET.SubElement(ET.SubElement(bar, "backup"), "duration").text = "6"
            for note in score.notes:
                if note.voice == voice and note.onset // BAR == number:
                    bar.append(_element(note.pitch, 2 * note.duration // TICKS, staff))
    return ET.tostring(root, encoding="unicode")


def wav(score: Score) -> bytes:
    """A sine of 440 Hz, as long as the score."""
    samples = (8_000 * np.sin(np.arange(int(score.seconds * _RATE)) * (2 * np.pi * 440 / _RATE))).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(samples.tobytes())
    return file.getvalue()


def _pitch(degree: int, octave: int) -> int:
    """A degree of C major above the C of an octave below."""
    return 12 * octave + 12 * (degree // 7) + _MAJOR[degree % 7]


def _element(pitch: int, eighths: int, staff: int) -> ET.Element:
    dot = "<dot/>" if eighths == 6 else ""
    return ET.fromstring(
        f"<note><pitch><step>{'CDEFGAB'[_MAJOR.index(pitch % 12)]}</step><octave>{pitch // 12 - 1}</octave></pitch>"
        f"<duration>{eighths}</duration><voice>{staff}</voice><type>{_TYPES[eighths]}</type>{dot}<staff>{staff}</staff></note>"
    )


def engrave(score: Score, narrow: bool = False) -> tuple[list[str], Timemap]:
    """Two lines of it a page, or as for a telephone."""
    # The product's own: a second toolkit beside it reads nothing.
    toolkit = _toolkit()
    size = {"pageWidth": 1000, "pageHeight": 1350} if narrow else {"pageWidth": 2300, "pageHeight": 1050}
    toolkit.setOptions({**_WIDE, "header": "none", **size})
    assert toolkit.loadData(musicxml(score))
    pages = [toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1)]
    timemap = read_timemap(toolkit)
    toolkit.setOptions({"header": "auto"})
    return pages, timemap
