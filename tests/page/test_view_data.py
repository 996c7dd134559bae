"""What Python hands to the view of a piece."""

import json
import re

import numpy as np

from mozart.notes import Score
from mozart.page.view import PieceView, describe_piece, view_data
from tune import piece


def test_the_view_knows_the_times_of_the_notes() -> None:
    """In seconds, at the tempi of the score, whose bars and end it has too."""
    score = piece()
    data = view_data(score, title="A", sound_url="a.wav")
    times = [score.seconds_at(ticks) for ticks in (score.onsets, score.onsets + score.durations)]
    assert [note[:2] for note in data["notes"]] == np.round(np.stack(times, 1), 3).tolist()
    assert data["clock"] == [[0, 0], [42, 21], [48, 27]]
    assert data["bars"][0] == [0, 0]
    assert data["bars"][13:] == [[39, 19.5], [42, 21], [45, 24], [48, 27]]


def test_a_piece_in_a_line() -> None:
    """Metre, tempo, bars and length."""
    assert describe_piece(piece()) == "3/4 · ♩ = 120 · 16 bars · 0:27"
    assert describe_piece(piece().bars_slice(0, 1)) == "3/4 · ♩ = 120 · 1 bar · 0:02"


def test_the_component_can_be_published() -> None:
    """Script, style and template name no other server, and a template language finds nothing of its own in them."""
    view = PieceView(render=False)
    for source in (view.html_template, view.css_template, str(view.js_on_load)):
        assert not re.search(r"https?:|url\(|@import|import\(|fetch\(", source)
    for template in (view.html_template, view.css_template):
        assert not re.search(r"\{\{|\$\{|[`\\]", template)
    assert view.api_info()["type"] == "object"
    assert json.dumps(view.get_config())


def test_script_and_markup_agree() -> None:
    """Every class that the script looks for is in the template, in the roll, or in what verovio draws."""
    view = PieceView(render=False)
    markup = view.html_template + view_data(piece(), title="A", sound_url=None, shared=range(3), opening_notes=2)["roll"]
    made = {name for classes in re.findall(r'class="([^"]*)"', markup) for name in classes.split()} | {"notehead", "page-of"}
    looked_for = set(re.findall(r'["` ]\.([a-z][a-z-]*)["`, ]', str(view.js_on_load)))
    assert looked_for
    assert looked_for <= made


def test_the_sound_begins_with_the_first_note() -> None:
    """Silence before an upbeat is not heard, so its times lie before 0."""
    score = Score([(960, 0, 60, 480, 64), (1440, 0, 62, 480, 64)], [(0, 3, 4)])
    data = view_data(score, title="A", sound_url="a.wav", first_number=0)
    assert [note[:2] for note in data["notes"]] == [[0, 0.5], [0.5, 1]]
    assert data["bars"][:2] == [[0, -1], [3, 0.5]]
    assert ">0</span>" in data["roll"]
