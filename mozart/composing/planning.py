"""From a request to what is fixed before the notes: key, metre, character, tempo and a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mozart.checkpoint.checkpoint import Template
from mozart.checkpoint.excerpts import Opening
from mozart.composing.inheriting import choose_plan
from mozart.composing.request import MAX_LENGTHS, Length, Request, require_playable
from mozart.errors import MozartError
from mozart.model.offsets import FIXED
from mozart.model.plan import Plan
from mozart.model.plan_json import from_json
from mozart.notes import TICKS, Metre
from mozart.notes.keys import Key, estimate_key

# The tonics of Mozart's movements, from which one is drawn if the request names no key.
_TONICS = {"major": (0, 2, 3, 5, 7, 9, 10), "minor": (0, 2, 4, 7, 9)}
MIN_BARS = 3  # a shorter piece has nothing between its beginning and its end


@dataclass(frozen=True)
class Intention:
    """What is fixed before the notes.

    Attributes
    ----------
    plan
        Form and harmony of the bars to compose.
    key
        The home key.
    character
        A character such as ``Menuetto``; empty if it is not known.
    tempo
        Quarter notes a minute.
    harmony
        Whether the network is told the plan's chords.
    notes_a_bar
        The approximate number of notes in a bar.
    remarks
        Sentences for people.
    """

    plan: Plan
    key: Key
    character: str
    tempo: float
    harmony: bool
    notes_a_bar: float
    remarks: tuple[str, ...] = ()


def make_intention(
    request: Request, opening: Opening | None, templates: Sequence[Template], rng: np.random.Generator, bars: int | None = None
) -> Intention:
    """Decide what a piece will be: plan, key, character and tempo.

    Parameters
    ----------
    request
        What to compose.
    opening
        The passage that the piece continues, if any.
    templates
        What the piece can inherit.
    rng
        The random generator of all choices that the request leaves open.
    bars
        The number of bars, instead of one computed from the request's length.

    Raises
    ------
    MozartError
        When there is no such character, or no movement whose plan fits.
    """
    remarks: list[str] = []
    among = _of_character(request.character, templates)
    metre, mode = _metre_and_mode(request, opening, among, rng, remarks)
    among = [template for template in among if _metre_of(template) == metre] or [t for t in templates if _metre_of(t) == metre]
    key = _choose_key(request, opening, mode, rng)
    tempo = request.tempo or (opening.tempo if opening and opening.tempo else 0)
    density = float(np.mean([template.notes_a_bar for template in among]))
    typical = float(np.median([template.tempo for template in among]))
    count = bars or count_bars(request.measure, metre, tempo or typical, density)
    if request.plan:
        plan = from_json(request.plan)
        mode_fits = plan.mode == key.mode or request.key == "any"
        key = key if mode_fits and plan.mode == key.mode else Key(key.tonic, plan.mode)
        template = next((t for t in templates if t.plan.source == plan.source), among[0])
    else:
        plan = choose_plan(
            [template.plan for template in among],
            Metre(0, *metre),
            key.mode,
            count,
            rng,
            beginning=opening is None,
            ending=request.ending,
        )
        template = next(t for t in among if t.plan.source == plan.source)
    _require_possible(request, plan, tempo or template.tempo, template.notes_a_bar)
    if opening is not None:
        plan = replace(plan, start=0)  # after an opening, it begins on a bar line
    if request.form == "free":
        plan = replace(plan, returns=(None,) * len(plan))
    character = request.character if request.character != "any" else (opening.character if opening else template.character)
    return Intention(
        plan, key, character, tempo or template.tempo, request.form == "inherited", template.notes_a_bar, tuple(remarks)
    )


def _require_possible(request: Request, plan: Plan, tempo: float, notes_a_bar: float) -> None:
    """Refuse, before anything is composed, a piece that would be too long."""
    if request.plan and len(plan) > MAX_LENGTHS["bars"]:
        raise MozartError(f"The plan has {len(plan):,} bars: give one of up to {MAX_LENGTHS['bars']}.")
    quarters = plan.metre.bar / TICKS
    if request.offsets in FIXED:
        quarters = notes_a_bar * FIXED[request.offsets] / TICKS / 2  # an estimate: a chord counts once
    require_playable(len(plan) * quarters * 60 / tempo, tempo)


def count_bars(length: Length, metre: tuple[int, int], tempo: float, notes_a_bar: float) -> int:
    """Convert a length to a number of bars."""
    if length.unit == "bars":
        count = length.quantity
    elif length.unit == "s":
        count = length.quantity * tempo / 60 / (4 * metre[0] / metre[1])
    else:
        count = length.quantity / notes_a_bar
    return max(1, round(count))


def bar_seconds(request: Request, templates: Sequence[Template]) -> tuple[float, float]:
    """Estimate the seconds of a bar in quick and in slow movements that a piece can inherit from: the 10 and 90 % quantiles.

    Raises
    ------
    MozartError
        When there is no such character.
    """
    among = _of_character(request.character, templates)
    seconds = [60 / (request.tempo or template.tempo) * template.plan.metre.bar / TICKS for template in among]
    low, high = np.quantile(seconds, (0.1, 0.9))
    return float(low), float(high)


def characters(templates: Sequence[Template]) -> list[str]:
    """List the characters that a request can name."""
    return sorted({template.character for template in templates if template.character})


def _of_character(character: str, templates: Sequence[Template]) -> list[Template]:
    if character == "any":
        return list(templates)
    found = [template for template in templates if template.character.casefold() == character.casefold()]
    if not found:
        known = ", ".join(characters(templates))
        raise MozartError(f"There is no character {character[:40]!r}: choose any{f' or one of {known}' if known else ''}.")
    return found


def _metre_and_mode(
    request: Request, opening: Opening | None, among: Sequence[Template], rng: np.random.Generator, remarks: list[str]
) -> tuple[tuple[int, int], str]:
    mode = request.key.rpartition(" ")[2] if request.key != "any" else None
    fitting = [template for template in among if mode in (None, template.plan.mode)] or list(among)
    drawn = fitting[int(rng.integers(len(fitting)))]
    if opening is None:
        return _metre_of(drawn), mode or drawn.plan.mode
    metre = opening.score.metre_at(opening.score.end)[1:]
    known = {_metre_of(template) for template in among}
    if metre not in known:
        nearest = min(sorted(known), key=lambda other: (abs(np.log2(other[0] / other[1] * metre[1] / metre[0])), other[0] % 3))
        remarks.append(f"No movement is in {metre[0]}/{metre[1]}: the piece continues in {nearest[0]}/{nearest[1]}.")
        metre = nearest
    return metre, mode or estimate_key(opening.score).mode


def _choose_key(request: Request, opening: Opening | None, mode: str, rng: np.random.Generator) -> Key:
    tonic = int(rng.choice(_TONICS[mode]))
    if request.key != "any":
        return Key.parse(request.key)
    return estimate_key(opening.score) if opening is not None else Key(tonic, mode)


def _metre_of(template: Template) -> tuple[int, int]:
    return template.plan.beats, template.plan.unit
