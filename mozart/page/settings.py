"""The settings that a visitor can choose: one widget for every field of a Request, and the Request that they make."""

import secrets
from collections.abc import Mapping
from typing import Any

import gradio as gr

from mozart.composing.request import TEMPERATURE, TOP_P, UNUSED_BY_LAB, Request
from mozart.errors import MozartError
from mozart.notes.keys import MODES, Key
from mozart.page.bars import Bars
from mozart.page.sentences import say_length
from mozart.page.studio import Studio

SHORTEST, LONGEST, USUAL = 4, 128, 32  # bars
OWN = "own"
OFFSETS = [
    ("composed with the notes", "composed"),
    ("sampled from the sonatas' offsets", "sampled"),
    ("every 0.25 quarters", "0.25"),
    ("every 0.5 quarters", "0.5"),
]
LABORATORY = (
    "The university exercise that this page began with. Its network of three LSTM layers continues 100 notes and chords of "
    "Mozart's with the most probable one each time, all of them a quarter long. It was taught in five keys, which the exercise "
    "does not ask for."
)
# These settings have no widget: plans, and bars that a visitor marks in the piece.
WITHOUT_WIDGET = ("plan", "again")
_SLOW = ("Adagio", "Andante", "Largo")
_MINUET = ("Menuetto", "Minuet", "Tempo di Menuetto")

Updates = dict[Any, Any]


class Settings:
    """The widgets.

    Attributes
    ----------
    widgets
        The widgets, by the name of the setting.
    own
        The upload of a visitor's own MIDI file.
    """

    def __init__(self, studio: Studio) -> None:
        self.widgets: dict[str, Any] = {}
        self._characters = list(studio.composer.characters)
        self._build_in_sight(studio)
        with gr.Accordion("More", open=False, elem_id="more_settings"):
            self._build_more(studio)
        missing = Request.model_fields.keys() - self.widgets.keys() - set(WITHOUT_WIDGET)
        if missing:
            raise NotImplementedError(f"These settings have no widget: {', '.join(sorted(missing))}.")
        quick: dict[str, Any] = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
        opening, lab = self.widgets["opening"], self.widgets["lab"]
        opening.change(lambda chosen: gr.update(visible=chosen == OWN), opening, self.own, **quick)
        said = [self.widgets["character"], self.widgets["length"], self.widgets["tempo"]]
        for part in said:
            part.change(lambda *values: say_length(studio, *values), said, self.hint, **quick)
        unused = [self.widgets[name] for name in UNUSED_BY_LAB if name in self.widgets]
        lab.change(lambda chosen: [gr.update(interactive=not chosen)] * len(unused), lab, unused, **quick)

    @staticmethod
    def build_presets(characters: list[str]) -> list[tuple[gr.Button, dict[str, str] | None]]:
        """Build buttons that ask for a piece with one tap, each with its settings; None means random ones."""
        wishes: list[tuple[str, dict[str, str] | None]] = []
        if minuet := _first(_MINUET, characters):
            wishes.append(("A minuet in G", {"character": minuet, "key": "G major"}))
        if slow := _first(_SLOW, characters):
            wishes.append(("A slow movement", {"character": slow}))
        wishes.append(("Surprise me", None))
        return [
            (gr.Button(label, size="sm", min_width=90, elem_classes="preset", elem_id=f"preset_{number}"), wish)
            for number, (label, wish) in enumerate(wishes)
        ]

    def wish(self, wish: dict[str, str] | None) -> Request:
        """Make the request of a preset."""
        if wish is None:
            wish = {"character": secrets.choice(["any", *self._characters]), "key": secrets.choice(_keys())}
        return Request(include_opening=False, **wish)

    @property
    def inputs(self) -> set[Any]:
        """The widgets that :meth:`read` looks at."""
        return {*self.widgets.values(), self.own}

    def read(self, given: Mapping[Any, Any]) -> Request:
        """Make the Request of the widgets' values; raise MozartError when it is not possible."""
        chosen = {name: given[widget] for name, widget in self.widgets.items()}
        if not chosen["length"]:
            raise MozartError("The length is empty or not a number: choose how many bars.")
        chosen["length"] = f"{chosen['length']:g}bars"
        if chosen["opening"] == OWN:
            if not given[self.own]:
                raise MozartError("No MIDI file is chosen yet: choose one below Opening, or another opening.")
            chosen["opening"] = given[self.own]
        if chosen["lab"]:
            # These widgets are greyed out, whatever they show.
            chosen = {name: value for name, value in chosen.items() if name not in UNUSED_BY_LAB}
            chosen = {name: value for name, value in chosen.items() if value not in ("composed", "none")}
        return Request(**{name: value for name, value in chosen.items() if value not in (None, "")})

    def show(self, request: Request) -> Updates:
        """Set the widgets to the values of a Request whose piece is shown, without its seed, so that the next piece is new."""
        updates: Updates = {self.widgets[name]: value for name, value in request if name in self.widgets}
        for name in ("temperature", "top_p"):
            slider = self.widgets[name]
            updates[slider] = min(max(updates[slider], slider.minimum), slider.maximum)
        for name in ("tempo", "max_copy"):
            number = getattr(request, name)
            updates[self.widgets[name]] = "" if number is None else f"{number:g}"
        for name in ("opening", "character"):
            # A value that a list does not have changes nothing.
            if getattr(request, name) not in {value for _, value in self.widgets[name].choices}:
                updates[self.widgets[name]] = gr.skip()
        quantity, unit = request.measure
        updates[self.widgets["length"]] = min(max(quantity, SHORTEST), LONGEST) if unit == "bars" else gr.skip()
        return {**updates, self.widgets["seed"]: ""}

    def _build_in_sight(self, studio: Studio) -> None:
        with gr.Row():
            self.widgets["character"] = gr.Dropdown(
                [("any", "any"), *((name, name) for name in self._characters)],
                value="any",
                label="Character",
                elem_id="character",
                min_width=140,
            )
            self.widgets["key"] = gr.Dropdown(
                [("any", "any"), *((name, name) for name in _keys())], value="any", label="Key", elem_id="key", min_width=140
            )
        self.widgets["length"] = Bars(SHORTEST, LONGEST, value=USUAL, step=1, label="Length in bars", elem_id="length")
        self.hint = gr.HTML(say_length(studio, "any", USUAL), elem_id="hint", apply_default_css=False)
        self.widgets["offsets"] = gr.Radio(OFFSETS, value="composed", label="Rhythm", elem_id="offsets")

    def _build_more(self, studio: Studio) -> None:
        openings = [("none", "none"), ("the beginning of a random movement", "random")]
        openings += [(label, name) for label, name in studio.composer.movements]
        self.widgets["opening"] = gr.Dropdown(
            [*openings, ("my own MIDI file", OWN)],
            value="none",
            label="Opening",
            info="The passage that the piece continues.",
            elem_id="opening",
        )
        self.own = gr.File(label="Your MIDI file", file_types=[".mid", ".midi"], visible=False, elem_id="own")
        self.widgets["include_opening"] = _tick("include_opening", False, "Include the opening in the piece")
        self.widgets["form"] = gr.Radio(
            [("as in a movement of Mozart's", "inherited"), ("free", "free")],
            value="inherited",
            label="Form",
            info="Which bars return, and which chords follow each other.",
            elem_id="form",
        )
        self.widgets["ending"] = _tick("ending", True, "End the piece with a cadence")
        self.widgets["temperature"] = gr.Slider(
            0.1, 2, TEMPERATURE, step=0.05, label="Wildness", info="Low is more predictable.", elem_id="temperature"
        )
        self.widgets["top_p"] = gr.Slider(
            0.05, 1, TOP_P, step=0.01, label="Choice", info="Low leaves out improbable notes.", elem_id="top_p"
        )
        # Gradio's Number turns an empty field into 0 when it is first shown.
        with gr.Row():
            self.widgets["tempo"] = _field("tempo", "Tempo", "Quarter notes a minute; empty: the character's.")
            self.widgets["seed"] = _field("seed", "Seed", "One seed, one piece; empty: a new one each time.")
            self.widgets["max_copy"] = _field("max_copy", "Longest copy", "Notes in a row from a sonata, 7 or more.")
        self.widgets["lab"] = gr.Checkbox(False, label="As in the laboratory", info=LABORATORY, elem_id="lab")


def _tick(name: str, value: bool, label: str) -> gr.Checkbox:
    return gr.Checkbox(value, label=label, elem_id=name)


def _field(name: str, label: str, info: str) -> gr.Textbox:
    return gr.Textbox("", label=label, info=info, elem_id=name, max_length=40, min_width=110)


def _keys() -> list[str]:
    """List all 24 keys, as a Request writes them: major before minor, from C up."""
    return [str(Key(tonic, mode)) for mode in MODES for tonic in range(12)]


def _first(wanted: tuple[str, ...], there: list[str]) -> str | None:
    return next((name for name in wanted if name in there), None)
