"""The player's HTML, read again as XML."""

import re
import xml.etree.ElementTree as ET

from mozart.notes import Score
from mozart.rendering.player import head, player_html, sheet_html

SCORE = Score([(480, 0, 60, 480, 70), (960, 0, 67, 240, 70), (960, 1, 64, 480, 70), (1440, 2, 58, 960, 70), (2400, 0, 72, 480, 70)])
PAGE = '<svg xmlns="http://www.w3.org/2000/svg">\n   <g>\n      <text>a b</text>\n   </g>\n</svg>'


def player(sound: str | None = "sound.wav", name: str = "A piece", opening_notes: int = 2) -> ET.Element:
    html = player_html(SCORE, sound=sound, name=name, opening_notes=opening_notes)
    return ET.fromstring(html.replace("<audio controls", '<audio controls=""'))


def legend(figure: ET.Element) -> list[str | None]:
    return [span.text for span in figure.iterfind("figcaption/span")]


def test_what_is_shared_can_be_played_alone() -> None:
    """A button says from when to when its notes sound, counted from the first note; none without a sound."""
    html = player_html(SCORE, sound="a.mp3", name="A", shared=range(1, 3))
    assert 'data-from="0.500" data-to="1.000"' in html
    assert "<button" not in player_html(SCORE, sound=None, name="A", shared=range(1, 3))
    assert "<button" not in player_html(SCORE, sound="a.mp3", name="A")


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


def test_a_legend() -> None:
    """Both hands' colours are explained, and the opening's where it stands in the piece."""
    assert legend(player(opening_notes=0)) == ["right hand", "left hand"]
    assert legend(player()) == ["right hand", "left hand", "the opening"]


def test_pages_are_turned() -> None:
    """The first of several pages is shown, between buttons of which only the next is of use."""
    score = ET.fromstring(sheet_html([PAGE] * 3))
    pages = [element for element in score.iter("div") if element.get("class") == "mozart-page"]
    assert [page.get("hidden") is None for page in pages] == [True, False, False]
    assert [page.get("aria-label") for page in pages] == ["Page 1 of 3", "Page 2 of 3", "Page 3 of 3"]
    buttons = [(button.get("aria-label"), button.get("data-turn"), button.get("aria-disabled")) for button in score.iter("button")]
    assert buttons == [("Previous page", "-1", "true"), ("Next page", "1", "false")]
    assert [span.text for span in score.iter("span")] == ["page 1 of 3"]


def test_one_page_has_no_buttons() -> None:
    """What cannot be turned has no buttons; the page's drawing is whole, without its indentation."""
    html = sheet_html([PAGE])
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
    html = player_html(SCORE, sound="a", name="A", opening_notes=2, shared=range(1)) + sheet_html([PAGE] * 2)
    made = {name for classes in re.findall(r'class="([^"]*)"', html) for name in classes.split()}
    looked_for = set(re.findall(r"\.(mozart-\w+)", head()))
    assert made == looked_for
