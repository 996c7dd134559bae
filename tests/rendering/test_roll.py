"""The piano roll's SVG, read again as XML."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mozart.notes import Score
from mozart.rendering.roll import QUARTER, SEMITONE, keys_svg, roll_svg

# C4, then G4 over E4 in the two voices of the right hand, B flat 3 in the left, and a very short C5.
SCORE = Score([(0, 0, 60, 480, 70), (480, 0, 67, 240, 70), (480, 1, 64, 240, 70), (960, 2, 58, 960, 70), (1920, 0, 72, 1, 70)])
SVG = "{http://www.w3.org/2000/svg}"


def roll(score: Score = SCORE, opening_notes: int = 0, shared: range = range(0)) -> ET.Element:
    return ET.fromstring(roll_svg(score, opening_notes, shared))


def rects(svg: ET.Element, hand: str = "") -> list[ET.Element]:
    """The notes of one hand, or of both, in order of time and from the top."""
    found = svg.iterfind(f".//{SVG}g[@class='mozart-{hand}']/{SVG}rect" if hand else f".//{SVG}rect")
    return sorted(found, key=lambda rect: (float(rect.get("x", 0)), float(rect.get("y", 0))))


def values(elements: list[ET.Element], name: str) -> list[float]:
    return [float(element.get(name, "nan")) for element in elements]


def lines(svg: ET.Element, name: str) -> str:
    path = svg.find(f"{SVG}path[@class='mozart-{name}']")
    assert path is not None
    return path.get("d", "")


def test_a_rect_for_each_note_in_its_hands_colour() -> None:
    """Voices 0 and 1 are the right hand's."""
    assert (len(rects(roll(), "right")), len(rects(roll(), "left"))) == (4, 1)


def test_the_opening_and_what_is_shared_are_marked() -> None:
    """A note may be both."""
    marked = [rect.get("class") for rect in rects(roll(opening_notes=2, shared=range(1, 4)))]
    assert marked == ["mozart-opening", "mozart-opening mozart-shared", "mozart-shared", "mozart-shared", None]


def test_time_goes_to_the_right() -> None:
    """A note stands at its onset and ends with its duration, but for the gap."""
    assert values(rects(roll()), "x") == [QUARTER * quarters for quarters in (0, 1, 1, 2, 4)]
    assert values(rects(roll()), "width")[:4] == [QUARTER * quarters - 1 for quarters in (1, 0.5, 0.5, 2)]


def test_seconds_have_one_width() -> None:
    """Where the tempo halves, notes are twice as wide, and the playhead's speed stays that of the beginning."""
    svg = roll(SCORE.replace(tempi=[(0, 120.0), (960, 60.0)]))
    assert values(rects(svg), "x") == [QUARTER * quarters for quarters in (0, 1, 1, 2, 6)]
    assert svg.get("data-speed") == roll().get("data-speed") == str(2 * QUARTER)
    assert float(roll(SCORE.replace(tempi=[(0, 60.0)])).get("data-speed", 0)) == QUARTER


def test_it_begins_with_the_first_note() -> None:
    """After rests, the first note stands at the left edge and the first bar line after it where it is due."""
    svg = roll(Score(SCORE.columns + np.array([1440, 0, 0, 0, 0])))
    assert values(rects(svg), "x")[0] == 0
    assert re.findall(r"M([\d.]+) 0v", lines(svg, "bars")) == [f"{QUARTER}.0"]


def test_bar_lines() -> None:
    """Every bar has its line, whatever its metre."""
    svg = roll(SCORE.replace(metres=[(0, 1, 4), (480, 3, 8)]))
    assert [float(x) for x in re.findall(r"M([\d.]+) 0v", lines(svg, "bars"))] == [QUARTER * at for at in (0, 1, 2.5, 4)]


def test_pitch_goes_upwards() -> None:
    """A semitone is the same height everywhere, and the black keys' lanes are where their notes would be."""
    y = values(rects(roll()), "y")
    assert [(y[0] - other) / SEMITONE for other in y] == [0, 7, 4, -2, 12]
    lanes = [float(lane) - SEMITONE / 2 for lane in re.findall(r"M0 ([\d.]+)h", lines(roll(), "lanes"))]
    assert y[3] in lanes
    assert not {y[0], y[1], y[2], y[4]} & set(lanes)


def test_all_notes_lie_inside() -> None:
    """No note leaves the drawing, and the shortest is seen all the same."""
    svg = roll()
    width, height = float(svg.get("width", 0)), float(svg.get("height", 0))
    assert svg.get("viewBox") == f"0 0 {width:.0f} {height:.0f}"
    assert all(0 <= x < x + w for x, w in zip(values(rects(svg), "x"), values(rects(svg), "width"), strict=True))
    assert max(values(rects(svg), "x")) <= width
    assert min(values(rects(svg), "width")) == 2
    assert all(0 < y < height - SEMITONE for y in values(rects(svg), "y"))


def test_times_below() -> None:
    """Every five seconds, where they are."""
    svg = roll(Score([(0, 0, 60, 480, 70), (62_400, 0, 60, 480, 70)]))
    times = {text.text: float(text.get("x", 0)) for text in svg.iter(f"{SVG}text")}
    assert times["0:10"] - times["0:05"] == 5 * 2 * QUARTER
    assert "1:05" in times


@pytest.mark.parametrize(
    ("score", "opening_notes", "words"),
    [
        (SCORE, 0, "Piano roll: 5 notes, 2 seconds, from B♭3 to C5"),
        (SCORE, 3, "Piano roll: 5 notes, 2 seconds, from B♭3 to C5; the first 3 are the opening"),
        (Score([(480, 0, 76, 1920, 70)], tempi=[(0, 60.0)]), 0, "Piano roll: 1 note, 4 seconds, from E5 to E5"),
        (Score([]), 0, "Piano roll without notes"),
    ],
)
def test_a_roll_in_words(score: Score, opening_notes: int, words: str) -> None:
    """Who does not see the roll is told how many notes there are, how long it lasts, its range and how much is the opening's."""
    svg = roll(score, opening_notes)
    assert (svg.get("role"), svg.get("aria-label")) == ("img", words)
    assert float(svg.get("width", 0)) > 0


def test_a_long_piece_stays_small() -> None:
    """1,000 notes at uneven onsets take fewer than 80 kB."""
    assert len(roll_svg(Score([(i * 161, 0, 61 + i % 2, 160, 70) for i in range(1000)]), 100)) < 80_000


def test_the_keyboard_fits_the_roll() -> None:
    """Its black keys lie in the lanes and its names below the lower edges of the Cs, in a drawing as high as the roll."""
    keys = ET.fromstring(keys_svg(SCORE))
    assert keys.get("height") == roll().get("height")
    lanes = [float(lane) - SEMITONE / 2 for lane in re.findall(r"M0 ([\d.]+)h", lines(roll(), "lanes"))]
    assert values(list(keys.iter("rect")), "y") == lanes
    c4, c5 = (y + SEMITONE - 1 for y in (values(rects(roll()), "y")[0], values(rects(roll()), "y")[-1]))
    assert [(text.text, float(text.get("y", 0))) for text in keys.iter("text")] == [("C4", c4), ("C5", c5)]
