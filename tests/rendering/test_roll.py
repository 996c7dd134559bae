"""The player's HTML, read again as XML."""

import re
import xml.etree.ElementTree as ET

import pytest

from mozart.player import QUARTER, SEMITONE, head, player_html, roll_svg, score_html
from mozart.vocabulary import pitches

TOKENS = ["C4", "E4.G4", "B-3", "C5"]
OFFSETS = [0.0, 1.0, 2.0, 4.0]
DURATIONS = [1.0, 0.5, 2.0, 0.0]
SVG = "{http://www.w3.org/2000/svg}"
PAGE = '<svg xmlns="http://www.w3.org/2000/svg">\n   <g>\n      <text>a b</text>\n   </g>\n</svg>'


def roll(opening_length: int = 0, stretch: float = 1.0, tempo: float = 120.0) -> ET.Element:
    return ET.fromstring(roll_svg(TOKENS, [stretch * offset for offset in OFFSETS], DURATIONS, opening_length, tempo))


def rects(svg: ET.Element, name: str) -> list[ET.Element]:
    """The notes of the opening, or the new ones."""
    return svg.findall(f".//{SVG}g[@class='mozart-{name}']/{SVG}rect")


def values(elements: list[ET.Element], name: str) -> list[float]:
    return [float(element.get(name, "nan")) for element in elements]


def player(sound: str | None = "sound.wav", name: str = "A piece", opening_length: int = 2) -> ET.Element:
    html = player_html(TOKENS, OFFSETS, DURATIONS, opening_length, 120.0, sound=sound, name=name)
    return ET.fromstring(html.replace("<audio controls", '<audio controls=""'))


@pytest.mark.parametrize(("opening_length", "opening", "new"), [(0, 0, 5), (2, 3, 2), (4, 5, 0)])
def test_a_rect_for_each_note(opening_length: int, opening: int, new: int) -> None:
    """Each note of a chord is drawn, and the opening's tokens have their own colour."""
    svg = roll(opening_length)
    assert len(rects(svg, "opening")) == opening
    assert len(rects(svg, "new")) == new


def test_what_is_shared_is_marked() -> None:
    """Its notes have a colour of their own, and a button says from when to when they sound; none without a sound."""
    shown = ET.fromstring(player_html(TOKENS, OFFSETS, DURATIONS, 0, 60.0, sound=None, name="A", shared=range(1, 3)))
    assert [rect.get("class") for rect in rects(shown, "new")] == [
        None,
        *["mozart-shared"] * 3,
        None,
    ]
    assert shown.find(".//button") is None
    html = player_html(TOKENS, OFFSETS, DURATIONS, 0, 120.0, sound="a.mp3", name="A", shared=range(1, 3))
    assert 'data-from="0.500" data-to="2.000"' in html
    assert "<button" not in player_html(TOKENS, OFFSETS, DURATIONS, 0, 120.0, sound="a.mp3", name="A")


def test_time_goes_to_the_right() -> None:
    """A note stands at its offset and ends with its duration, but for the gap; twice the offset is twice as far."""
    drawn = rects(roll(), "new")
    assert values(drawn, "x") == [QUARTER * offset for offset in (0, 1, 1, 2, 4)]
    assert values(rects(roll(stretch=2), "new"), "x") == [2 * x for x in values(drawn, "x")]
    assert values(drawn, "width")[:4] == [QUARTER * duration - 1 for duration in (1, 0.5, 0.5, 2)]


def test_pitch_goes_upwards() -> None:
    """A semitone is the same height everywhere, and a line lies on the lower edge of each C."""
    svg = roll()
    y = values(rects(svg, "new"), "y")
    assert [(y[0] - other) / SEMITONE for other in y] == [0, 4, 7, -2, 12]
    lines = svg.find(f"{SVG}path")
    assert lines is not None
    octaves = [float(line) for line in re.findall(r"M0 ([\d.]+)h", lines.get("d", ""))]
    assert {y[0] + SEMITONE, y[4] + SEMITONE} <= set(octaves)


def test_all_notes_lie_inside() -> None:
    """No note leaves the drawing, also one of no duration, which is seen all the same."""
    svg = roll()
    width, height = float(svg.get("width", 0)), float(svg.get("height", 0))
    drawn = rects(svg, "new")
    assert svg.get("viewBox") == f"0 0 {width:.0f} {height:.0f}"
    assert all(0 <= x < x + w for x, w in zip(values(drawn, "x"), values(drawn, "width"), strict=True))
    assert max(values(drawn, "x")) <= width
    assert all(0 < y < height - SEMITONE for y in values(drawn, "y"))


def test_the_playhead_knows_its_speed() -> None:
    """Twice the tempo is twice as many pixels a second, and the times below stand closer by half in music."""
    slow, fast = roll(tempo=60), roll(tempo=120)
    assert [float(svg.get("data-speed", 0)) for svg in (slow, fast)] == [QUARTER, 2 * QUARTER]
    long = ET.fromstring(roll_svg(["C4"] * 2, [0.0, 130.0], [1.0, 1.0], 0, 120.0))
    times = {text.text: float(text.get("x", 0)) for text in long.iter(f"{SVG}text")}
    assert times["0:10"] - times["0:05"] == 5 * 2 * QUARTER
    assert "1:05" in times


def test_a_roll_in_words() -> None:
    """Who does not see the roll is told how many notes there are, how long it lasts, its range and how much is the opening's."""
    assert roll().get("role") == "img"
    assert roll().get("aria-label") == "Piano roll: 5 notes, 2 seconds, from B♭3 to C5"
    assert "1 note, 2 seconds, from E♭5 to E♭5" in roll_svg(["E-5"], [0.0], [4.0], 0, 120.0)
    assert roll(2, tempo=60).get("aria-label") == "Piano roll: 5 notes, 4 seconds, from B♭3 to C5; the first 3 are the opening"


def test_a_piece_without_notes() -> None:
    """An empty piece is an empty roll that says so."""
    svg = ET.fromstring(roll_svg([], [], [], 0, 120.0))
    assert not rects(svg, "new")
    assert float(svg.get("width", 0)) > 0
    assert "without notes" in svg.get("aria-label", "")


def test_a_long_piece_stays_small() -> None:
    """1,000 notes at uneven offsets take fewer than 80 kB; a note far away has its place to the tenth of a pixel."""
    n = 1000
    svg = roll_svg(["C#4", "E-5"] * (n // 2), [i / 3 for i in range(n)], [1 / 3] * n, 100, 97.3)
    assert len(svg) < 80_000
    far = ET.fromstring(roll_svg(["C4"], [40_000.125 + 1 / 3], [1.0], 0, 120.0))
    assert values(rects(far, "new"), "x") == [1_280_014.7]


def test_the_labels_fit_the_roll() -> None:
    """The names of the octaves stand at their lines, in a drawing as high as the roll."""
    keys, drawn = player().findall(".//div/*")
    keys_height, labels = keys.get("height"), [(text.text, float(text.get("y", 0))) for text in keys]
    assert keys_height == drawn.get("height")
    notes = dict(zip(["C4", "E4", "G4", "B-3", "C5"], values([*drawn.iter(f"{SVG}rect")], "y"), strict=True))
    assert labels == [(name, notes[name] + SEMITONE - 1) for name in ("C4", "C5")]
    assert pitches("C4") == (60,)


def test_the_sound() -> None:
    """The controls play the URL; without a sound there are none."""
    assert [audio.get("src") for audio in player("a?b=1&c=2").iter("audio")] == ["a?b=1&c=2"]
    assert not [*player(None).iter("audio")]


def test_names_are_escaped() -> None:
    """A name may hold any characters."""
    name = """<b onclick="x()">'&"""
    found = player(name=name)
    assert found.get("aria-label") == name
    assert not [*found.iter("b")]


def test_a_legend_where_there_are_two_colours() -> None:
    """The colours are explained when the opening stands in the piece."""
    assert player().find("figcaption") is not None
    assert player(opening_length=0).find("figcaption") is None


def test_pages_are_turned() -> None:
    """The first of several pages is shown, between buttons of which only the next is of use."""
    score = ET.fromstring(score_html([PAGE] * 3))
    pages = [element for element in score.iter("div") if element.get("class") == "mozart-page"]
    assert [page.get("hidden") is None for page in pages] == [True, False, False]
    assert [page.get("aria-label") for page in pages] == ["Page 1 of 3", "Page 2 of 3", "Page 3 of 3"]
    buttons = [(button.get("aria-label"), button.get("data-turn"), button.get("aria-disabled")) for button in score.iter("button")]
    assert buttons == [("Previous page", "-1", "true"), ("Next page", "1", "false")]
    assert [span.text for span in score.iter("span")] == ["page 1 of 3"]


def test_one_page_has_no_buttons() -> None:
    """What cannot be turned has no buttons; the page's drawing is whole, without its indentation."""
    html = score_html([PAGE])
    assert "button" not in html
    assert '<svg xmlns="http://www.w3.org/2000/svg"><g><text>a b</text></g></svg>' in html


def test_the_head_loads_nothing_from_elsewhere() -> None:
    """Style and script stand in the page's head, and name no other server and no file."""
    content = head()
    assert re.fullmatch(r"<style>.*</style>\n<script>.*</script>\n", content, re.DOTALL)
    assert not re.search(r"https?:|url\(|@import|import\(|fetch\(|src=", content)
    assert content.count("</") == 2


def test_the_script_and_the_html_agree() -> None:
    """Every class that the script and the style look for is one that the HTML has."""
    html = player_html(TOKENS, OFFSETS, DURATIONS, 2, 120.0, sound="a", name="A", shared=range(1)) + score_html([PAGE] * 2)
    made = {name for classes in re.findall(r'class="([^"]*)"', html) for name in classes.split()}
    looked_for = set(re.findall(r"\.(mozart-\w+)", head()))
    assert made == looked_for
