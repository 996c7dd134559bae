"""The request: one declaration of all settings of a piece. Command line, endpoint, link and MIDI text are made from it.

To add a setting, add one field here, and one widget on the page.
"""

import argparse
import inspect
import math
import re
import reprlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mozart.errors import MozartError
from mozart.notes.keys import Key
from mozart.rendering.sound import MAX_SECONDS

# The longest length is that of a long sonata movement.
MAX_LENGTHS = {"notes": 6_000, "s": 900, "bars": 500}
# Limits on bars composed again: each bar costs several drafts, each part a reading of all notes before it.
MAX_AGAIN_PARTS, MAX_AGAIN_BARS = 32, 128
MAX_SEED = 2**32 - 1
TEMPI = (20.0, 400.0)
MAX_TEMPERATURE = 10.0
MIN_MAX_COPY = 7
TEMPERATURE, TOP_P = 1.0, 0.97
_LENGTH = re.compile(r"(\d+(?:\.\d+)?) ?(s|bars|notes)?")
_AGAIN = re.compile(r"(\d+)-(\d+)@(\d+)")
UNUSED_BY_LAB = ("key", "character", "form", "ending", "temperature", "top_p", "max_copy", "plan", "again")
_LAB_DEFAULTS = {"length": "500", "opening": "random", "offsets": "0.25"}

Offsets = Literal["composed", "sampled", "0.25", "0.5"]


class Length(NamedTuple):
    """How much to compose: a quantity of ``notes``, ``s`` (seconds) or ``bars``."""

    quantity: float
    unit: str


class Request(BaseModel):
    """What to compose. Equal requests compose equal pieces.

    People read each field's description in the command line's help, in error messages and at the endpoint.

    Raises
    ------
    MozartError
        When a value is not possible; the sentence says which are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    length: str = Field("32bars", description="how much to compose: 32bars, 60s, or a number of notes such as 500 (with lab 500)")
    opening: str = Field(
        "none",
        description="the passage that the piece continues: none, random (the beginning of a held-out movement), a movement such as "
        '"K. 281, movement 1", or your own MIDI file (with lab random)',
    )
    include_opening: bool = Field(True, description="include the opening in the result")
    key: str = Field("any", description="any, or a key such as G major")
    character: str = Field("any", description="any, or one such as Allegro, Andante or Menuetto, which sets metre and tempo")
    form: Literal["inherited", "free"] = Field(
        "inherited", description="inherited: bars return and chords change as in one of Mozart's movements; free: without a plan"
    )
    ending: bool = Field(True, description="end the piece with a cadence")
    offsets: Offsets = Field(
        "composed", description="the rhythm: composed with the notes; or as in the laboratory: sampled, 0.25 or 0.5 (with lab 0.25)"
    )
    temperature: float = Field(TEMPERATURE, gt=0, le=MAX_TEMPERATURE, description="below 1 more predictable, above 1 wilder")
    top_p: float = Field(
        TOP_P, gt=0, le=1, description="draw only from the most probable values whose probabilities add up to this"
    )
    seed: int | None = Field(
        None, ge=0, le=MAX_SEED, description="the same seed gives the same piece; without one, a random seed is used and shown"
    )
    tempo: float | None = Field(
        None, ge=TEMPI[0], le=TEMPI[1], description="quarter notes a minute, 20 to 400; without it the character's tempo"
    )
    max_copy: int | None = Field(
        None, ge=MIN_MAX_COPY, le=1_000, description="the longest run of notes, 7 or more, that the piece may share with a sonata"
    )
    plan: str = Field("", max_length=200_000, description="form and harmony as JSON, instead of an inherited plan")
    again: str = Field("", max_length=2_000, description="bars to compose again, each part with a seed: 9-12@7,17-18@3")
    lab: bool = Field(False, description="compose as in the laboratory: its network, and the most probable note each time")

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except ValidationError as error:
            raise _refusal(error) from None

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, settings: Any) -> Any:
        if not isinstance(settings, dict):
            return settings
        given = {name: value for name, value in settings.items() if value is not None}
        if str(given.get("lab")).lower() in ("true", "1"):
            unused = [name for name in UNUSED_BY_LAB if name in given and given[name] != cls.model_fields[name].default]
            if unused:
                raise MozartError(f"The laboratory's network does not use {_spoken(unused[0])}: leave it out, or leave lab out.")
            given = {**_LAB_DEFAULTS, **given}
            if given["offsets"] == "composed":
                *others, last = get_args(Offsets)[1:]
                raise MozartError(f"The laboratory's network composes no rhythm: choose the offsets {', '.join(others)} or {last}.")
            if given["opening"] == "none":
                raise MozartError("The laboratory's network needs an opening: choose random.")
        return given

    @field_validator("length", mode="before")
    @classmethod
    def _read_length(cls, value: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = f"{value:.12g}"  # a page sends 500.0 for 500
        quantity, unit = parse_length(value)
        return f"{quantity:.12g}{unit if unit != 'notes' else ''}"

    @field_validator("key")
    @classmethod
    def _read_key(cls, value: str) -> str:
        return "any" if value.strip().lower() in ("any", "") else str(Key.parse(value))

    @field_validator("opening")
    @classmethod
    def _read_opening(cls, value: str) -> str:
        if not value.strip() or len(value) > 4_096 or "\0" in value:
            raise ValueError
        return value

    @field_validator("character")
    @classmethod
    def _read_character(cls, value: str) -> str:
        return value.strip()[:60] or "any"

    @field_validator("again")
    @classmethod
    def _read_again(cls, value: str) -> str:
        return ",".join(f"{first}-{last}@{seed}" for first, last, seed in parse_again(value))

    @field_validator("include_opening", "ending", "lab", mode="before")
    @classmethod
    def _be_strict(cls, value: Any, info: Any) -> Any:
        if not isinstance(value, bool) and not (info.mode != "json" and str(value).lower() in ("true", "false")):
            raise ValueError
        return value

    @property
    def has_own_opening(self) -> bool:
        """Whether the opening is a person's own MIDI file."""
        return self.opening.lower().endswith((".mid", ".midi", ".kar", ".rmi"))

    @property
    def measure(self) -> Length:
        """The length, as a quantity and a unit."""
        return parse_length(self.length)

    @property
    def bars_again(self) -> list[tuple[int, int, int]]:
        """The first bar, last bar (both counted from 1) and seed of every part to compose again."""
        return parse_again(self.again)

    def changed(self, **settings: Any) -> Self:
        """Copy the request with other `settings`."""
        return type(self)(**{**self.model_dump(), **settings})

    def settings(self) -> dict[str, Any]:
        """Return the settings that differ from the default, as plain values, for links and MIDI files."""
        usual = type(self)(lab=self.lab)
        return {name: value for name, value in self if value != getattr(usual, name) or (name == "lab" and value)}

    @classmethod
    def from_text(cls, settings: Mapping[str, str]) -> Self:
        """Make a request from settings that are all text, as in a link or a command line, and ignore unknown names."""
        return cls(**{name: text for name, text in settings.items() if name in cls.model_fields})


def parse_length(text: object) -> Length:
    """Read a length's quantity and unit; raise MozartError when the text is not a length."""
    parsed = _LENGTH.fullmatch(text.strip()) if isinstance(text, str) else None
    quantity, unit = (float(parsed[1]), parsed[2] or "notes") if parsed else (0.0, "notes")
    most = MAX_LENGTHS[unit]
    if not 1 <= quantity <= most or (unit != "s" and not quantity.is_integer()):
        nearest = f"{most}{unit}" if quantity > most else "32bars"
        raise MozartError(
            f"A length of {_short(text)} is not possible: choose bars up to {MAX_LENGTHS['bars']}, seconds up to "
            f"{MAX_LENGTHS['s']:,} or notes up to {MAX_LENGTHS['notes']:,}, such as {nearest}."
        )
    return Length(quantity, unit)


def parse_again(text: str) -> list[tuple[int, int, int]]:
    """Read first bar, last bar and seed of each part in ``9-12@7,17-18@3``; raise MozartError for any other text."""
    parts = [_AGAIN.fullmatch(part.strip()) for part in text.split(",")] if text.strip() else []
    found = [(int(part[1]), int(part[2]), int(part[3])) for part in parts if part]
    if len(found) < len(parts) or any(not 1 <= first <= last or seed > MAX_SEED for first, last, seed in found):
        raise MozartError(f"Bars to compose again cannot be {_short(text)}: write them as 9-12@7, bars 9 to 12 with seed 7.")
    if len(found) > MAX_AGAIN_PARTS or sum(last - first + 1 for first, last, _ in found) > MAX_AGAIN_BARS:
        raise MozartError(
            f"These are too many bars to compose again: choose up to {MAX_AGAIN_PARTS} parts of {MAX_AGAIN_BARS} bars in all, "
            "or another seed for the piece."
        )
    return found


def require_playable(seconds: float, tempo: float) -> None:
    """Raise MozartError if a piece would last longer than MAX_SECONDS, with a length or tempo that is possible.

    Parameters
    ----------
    seconds
        The piece's duration, or an estimate of it.
    tempo
        Quarter notes a minute.
    """
    if seconds <= MAX_SECONDS:
        return
    enough = math.ceil(tempo * seconds / MAX_SECONDS)
    faster = f"a tempo of {enough}, or " if enough <= TEMPI[1] else ""
    raise MozartError(
        f"The piece would last {seconds / 60:,.0f} minutes, and {MAX_SECONDS // 60} are possible: choose {faster}a length of "
        f"{_percent(MAX_SECONDS / seconds)} of it."
    )


def _percent(share: float) -> str:
    return f"{max(math.floor(100 * share), 1)} %"


def add_flags(parser: Any) -> None:
    """Add one flag for every setting to a command line."""
    for name, field in Request.model_fields.items():
        flag = name.replace("_", "-")
        if field.annotation is bool:
            word = f"--no-{flag.removeprefix('include-')}" if field.default else f"--{flag}"
            said = f"do not {field.description}" if field.default else field.description
            parser.add_argument(word, dest=name, action="store_const", const=str(not field.default), help=said)
        else:
            default = "" if field.default in (None, "") else f" (default {field.default})"
            parser.add_argument(f"--{flag}", help=f"{field.description}{default}".replace("%", "%%"))


def read_flags(options: argparse.Namespace) -> Request:
    """Make a request from the flags of :func:`add_flags`."""
    given = {name: getattr(options, name) for name in Request.model_fields}
    return Request.from_text({name: text for name, text in given.items() if text is not None})


def parameters() -> list[inspect.Parameter]:
    """List one parameter for every setting, for a function that programs call."""
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.annotation)
        for name, field in Request.model_fields.items()
    ]


def describe_parameters() -> str:
    """Write a line for every setting, for ``Args:`` of a docstring."""
    return "\n".join(f"    {name}: {field.description}" for name, field in Request.model_fields.items())


def _refusal(error: ValidationError) -> MozartError:
    """Describe the first wrong value in one sentence."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else "request"
    if name not in Request.model_fields:
        return MozartError(f"There is no setting {_short(name)}: choose among {', '.join(Request.model_fields)}.")
    field = Request.model_fields[name]
    choices = ", ".join(getattr(field.annotation, "__args__", ())) if first["type"] == "literal_error" else ""
    bounds = [getattr(limit, side) for limit in field.metadata for side in ("gt", "ge", "le") if hasattr(limit, side)]
    whole = "whole " if "int" in str(field.annotation) else ""
    if choices:
        possible = f"choose one of {choices}"
    elif field.annotation is bool:
        possible = "choose true or false"
    elif len(bounds) == 2:
        possible = f"choose a {whole}number from {bounds[0]:g} to {bounds[1]:.12g}"
    else:
        possible = f"it says {field.description}"
    return MozartError(f"A value of {_short(first['input'])} for {_spoken(name)} is not possible: {possible}.")


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _short(value: object) -> str:
    """Write any value as one short line."""
    short = reprlib.repr(value)
    return short[1:-1] if isinstance(value, str) else short
