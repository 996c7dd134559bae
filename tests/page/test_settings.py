"""Every setting of a Request has a widget, a flag, a parameter and a place in a link."""

import argparse
from typing import Any

import gradio as gr
import pytest
from pydantic import Field

from mozart.composing import request as requests
from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page import endpoint, settings, share
from mozart.page.sentences import say_length
from mozart.page.settings import OWN, WITHOUT_WIDGET, Settings
from mozart.page.studio import Studio


@pytest.fixture
def form(studio: Studio) -> Settings:
    """The widgets as a visitor finds them."""
    with gr.Blocks():
        return Settings(studio)


def values(form: Settings, /, **chosen: Any) -> dict[Any, Any]:
    """What the widgets hold, but for those that are named."""
    given = {widget: chosen.get(name, widget.value) for name, widget in form.widgets.items()}
    return {**given, form.own: chosen.get("own")}


def test_the_widgets_as_they_are(form: Settings) -> None:
    """Who changes nothing asks for the default, without the opening."""
    assert form.read(values(form)) == Request(include_opening=False)


@pytest.mark.parametrize(
    ("name", "value", "means"),
    [
        ("character", "Menuetto", "Menuetto"),
        ("key", "B-flat major", "B-flat major"),
        ("length", 12, "12bars"),
        ("length", 200.0, "200bars"),
        ("offsets", "sampled", "sampled"),
        ("opening", "random", "random"),
        ("include_opening", True, True),
        ("form", "free", "free"),
        ("ending", False, False),
        ("temperature", 1.5, 1.5),
        ("top_p", 1, 1.0),
        ("tempo", "90.5", 90.5),
        ("seed", "7", 7),
        ("max_copy", "9", 9),
        ("lab", True, True),
    ],
)
def test_every_widget_is_read(form: Settings, name: str, value: Any, means: Any) -> None:
    """What a visitor chooses stands in the request."""
    assert getattr(form.read(values(form, **{name: value})), name) == means


def test_as_in_the_laboratory(form: Settings) -> None:
    """The laboratory's way leaves aside what it does not use, whatever those widgets show."""
    request = form.read(values(form, lab=True, temperature=1.5, key="G major"))
    assert request == Request(lab=True, length="32bars", include_opening=False)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"length": None}, "The length is empty"),
        ({"length": 12.5}, "length of 12.5bars is not possible"),
        ({"seed": "seven"}, "seven for seed is not possible"),
        ({"tempo": "3"}, "from 20 to 400"),
        ({"opening": OWN}, "No MIDI file is chosen yet"),
    ],
)
def test_impossible_wishes(form: Settings, chosen: dict[str, Any], sentence: str) -> None:
    """One sentence says what is possible."""
    with pytest.raises(MozartError, match=sentence):
        form.read(values(form, **chosen))


def test_a_request_is_shown(form: Settings) -> None:
    """The widgets show a link's settings, and leave the seed free: the next piece is a new one."""
    asked = Request(seed=7, key="G major", length="300bars", temperature=9, tempo=90, opening="K. 2, movement 2")
    shown = {name: form.show(asked)[widget] for name, widget in form.widgets.items()}
    assert (shown["seed"], shown["key"], shown["length"], shown["temperature"]) == ("", "G major", 128, 2)
    assert (shown["tempo"], shown["opening"]) == ("90", "K. 2, movement 2")
    assert form.read({**values(form), **form.show(Request(seed=7))}).seed is None


def test_presets(studio: Studio, form: Settings) -> None:
    """Each preset asks for something possible; a composer without minuets offers none."""
    with gr.Blocks():
        presets = Settings.build_presets(list(studio.composer.characters))
        fewer = Settings.build_presets(["Rondo"])
    assert [button.value for button, _ in presets] == ["A minuet in G", "A slow movement", "Surprise me"]
    first, second, _ = (form.wish(wish) for _, wish in presets)
    assert (first.character, first.key, second.character) == ("Menuetto", "G major", "Andante")
    assert len(fewer) == 1


class Swinging(Request):
    """A request with one setting more."""

    swing: bool = Field(False, description="let the eighths swing")

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)


def test_a_setting_is_added(monkeypatch: pytest.MonkeyPatch, composer: Any) -> None:
    """A new field stands in flags, endpoint, examples and link by itself, and the page is not built before it has its widget."""
    for module in (requests, share, settings):
        monkeypatch.setattr(module, "Request", Swinging)
    parser = argparse.ArgumentParser()
    requests.add_flags(parser)
    assert requests.read_flags(parser.parse_args(["--swing"])) == Swinging(swing=True)
    function = endpoint.make_endpoint(Studio(composer), None)
    assert function.__annotations__["swing"] is bool
    assert "let the eighths swing" in str(function.__doc__)
    assert "let the eighths swing" in endpoint.code("http://x/")
    assert share.to_query(Swinging(seed=1, swing=True)) == "seed=1&swing=True"
    assert share.from_query("seed=1&swing=True") == Swinging(seed=1, swing=True)

    with gr.Blocks(), pytest.raises(NotImplementedError, match="no widget: swing"):
        Settings(Studio(composer))
    build = Settings._build_more

    def build_more(self: Settings, studio: Studio) -> None:
        build(self, studio)
        self.widgets["swing"] = gr.Checkbox(False)

    monkeypatch.setattr(Settings, "_build_more", build_more)
    with gr.Blocks():
        form = Settings(Studio(composer))
    assert form.read(values(form, swing=True)) == Swinging(swing=True, include_opening=False)
    assert form.show(Swinging(seed=1, swing=True))[form.widgets["swing"]] is True


def test_what_has_no_widget(form: Settings) -> None:
    """Only what is set by other means has none."""
    assert Request.model_fields.keys() - form.widgets.keys() == set(WITHOUT_WIDGET)


def test_how_long_it_plays(studio: Studio) -> None:
    """The time of the length is a range, or one time where a tempo is given; nothing while it makes no sense."""
    assert say_length(studio, "any", 32) == "<p>32 bars: 48 s to 1 min 20 s.</p>"
    assert say_length(studio, "any", 32, "60") == "<p>32 bars: about 1 min 4 s.</p>"
    assert say_length(studio, "any", None) == say_length(studio, "any", 32, "fast") == ""
