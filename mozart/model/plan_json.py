"""A plan as JSON, for storing, sending and editing.

The fields of the object:

==========  ===========================================================================================================
metre       ``"3/4"``
mode        ``"major"`` or ``"minor"``
chords      for each bar a text of Roman numerals, one for each beat, a point where the chord stays; or one for the whole bar
returns     passages that return: first bar, last bar, first bar of the source, semitones of the right and of the left hand
basses      ``{"30": "7 7 0 0"}``: of a bar, for each beat the degree of the lowest note over the tonic, a point for silence
melody      the same of the highest note that begins in each beat
start       where in the first bar the music begins, in ticks of 1/480 quarter; 0 by default
close       where in the last bar the last chord begins, and how long it is held, in ticks; optional
source      the movement that the plan comes from, for people
==========  ===========================================================================================================

Bars are counted from 0.
"""

import json
from typing import Any

from mozart.errors import MozartError
from mozart.model.degrees import numeral, parse_numeral
from mozart.model.form import Return
from mozart.model.harmony import SILENT, beat_ticks
from mozart.model.plan import MAX_BARS, Chord, Close, Degrees, Plan
from mozart.notes import Metre
from mozart.notes.keys import MODES
from mozart.notes.score import UNITS

_FIELDS = ("metre", "mode", "chords", "returns", "basses", "melody", "start", "close", "source")
_STAYS = "."


def to_json(plan: Plan) -> str:
    """Write a plan as one line of JSON; `from_json` makes an equal plan of it."""
    value: dict[str, Any] = {
        "metre": f"{plan.beats}/{plan.unit}",
        "mode": plan.mode,
        "chords": [_write_chords(bar, plan.mode) for bar in plan.chords],
        "returns": [list(bracket) for bracket in plan.brackets],
        "basses": _write_degrees(plan.basses),
        "melody": _write_degrees(plan.melody),
    }
    value |= {"start": plan.start} if plan.start else {}
    value |= {"close": list(plan.close)} if plan.close else {}
    value |= {"source": plan.source} if plan.source else {}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Plan:
    """Read a plan that `to_json` or a person wrote; raise MozartError when it is not a plan."""
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise MozartError("The plan is not JSON: write it in the form of a composition's own plan.") from None
    if not isinstance(value, dict) or not {"metre", "mode", "chords"} <= set(value) <= set(_FIELDS):
        raise MozartError(f"A plan is a JSON object with metre, mode and chords; it may have {', '.join(_FIELDS[3:])}.")
    metre, mode = _read_metre(value["metre"]), value["mode"]
    if mode not in MODES:
        raise MozartError("A plan's mode is major or minor.")
    bars = value["chords"]
    if not isinstance(bars, list) or not 1 <= len(bars) <= MAX_BARS or not all(isinstance(bar, str) for bar in bars):
        raise MozartError(f"A plan's chords are a list of texts, one for each of 1 to {MAX_BARS:,} bars.")
    beats = metre.bar // beat_ticks(metre)
    close = _read_whole_numbers(value.get("close") or [], "close", 2)
    source = value.get("source", "")
    if not isinstance(source, str) or len(source) > 200:
        raise MozartError("A plan's source is a text of 200 characters at most.")
    return Plan(
        beats=metre.beats,
        unit=metre.unit,
        mode=mode,
        chords=_read_chords(bars, beats, mode),
        returns=_read_returns(value.get("returns", []), len(bars)),
        basses=_read_degrees(value.get("basses", {}), len(bars), "basses"),
        melody=_read_degrees(value.get("melody", {}), len(bars), "melody"),
        start=_read_whole_numbers([value.get("start", 0)], "start", 1)[0],
        close=Close(*close) if close else None,
        source=source,
    )


def _write_chords(bar: tuple[Chord, ...], mode: str) -> str:
    names = [numeral(*chord, mode) for chord in bar]
    if len(set(names)) == 1:
        return names[0]
    return " ".join(_STAYS if beat and name == names[beat - 1] else name for beat, name in enumerate(names))


def _read_chords(bars: list[str], beats: int, mode: str) -> tuple[tuple[Chord, ...], ...]:
    chords = []
    for number, bar in enumerate(bars):
        names = bar.split()
        names += [_STAYS] * (beats - 1) if len(names) == 1 else []
        if len(names) != beats or names[0] == _STAYS:
            raise MozartError(f"Bar {number} of the plan needs one chord, or {beats} of which each but the first may be a point.")
        row: list[Chord] = []
        for name in names:
            row.append(row[-1] if name == _STAYS else parse_numeral(name, mode))
        chords.append(tuple(row))
    return tuple(chords)


def _read_returns(passages: Any, bars: int) -> tuple[Return | None, ...]:
    returns: list[Return | None] = [None] * bars
    if not isinstance(passages, list):
        raise MozartError("A plan's returns are a list of passages.")
    for passage in passages:
        first, last, source, right, left = _read_whole_numbers(passage, "returns", 5)
        if not 0 <= first <= last < bars:
            raise MozartError(f"A passage cannot return in bars {first} to {last}: the plan has bars 0 to {bars - 1}.")
        for bar in range(first, last + 1):
            returns[bar] = Return(source + bar - first, right, left)
    return tuple(returns)


def _write_degrees(rows: tuple[Degrees | None, ...]) -> dict[str, str]:
    return {
        str(bar): " ".join(_STAYS if degree == SILENT else str(degree) for degree in row)
        for bar, row in enumerate(rows)
        if row is not None
    }


def _read_degrees(texts: Any, bars: int, name: str) -> tuple[Degrees | None, ...]:
    rows: list[Degrees | None] = [None] * bars
    wrong = MozartError(f'A plan\'s {name} are an object such as {{"0": "0 7 . 0"}}: bar, and the degree of each beat or a point.')
    if not isinstance(texts, dict):
        raise wrong
    for bar, text in texts.items():
        parts = text.split() if isinstance(text, str) else [""]
        if not all(part == _STAYS or (part.isascii() and part.isdigit() and len(part) < 3) for part in parts):
            raise wrong
        if not (bar.isascii() and bar.isdigit() and len(bar) < 6 and int(bar) < bars):
            raise wrong
        rows[int(bar)] = tuple(SILENT if part == _STAYS else int(part) for part in parts)
    return tuple(rows)


def _read_metre(text: Any) -> Metre:
    beats, _, unit = text.partition("/") if isinstance(text, str) else ("", "", "")
    if not all(part.isascii() and part.isdigit() and len(part) < 3 and int(part) for part in (beats, unit)):
        raise MozartError("A plan's metre is a text such as 4/4 or 6/8.")
    if int(unit) not in UNITS:
        raise MozartError(f"A plan's metre cannot be {text}.")
    return Metre(0, int(beats), int(unit))


def _read_whole_numbers(values: Any, name: str, count: int) -> list[int]:
    if values == [] and name == "close":
        return []
    if not isinstance(values, list) or len(values) != count or not all(type(value) is int for value in values):
        raise MozartError(f"A plan's {name} must be {'a whole number' if count == 1 else f'lists of {count} whole numbers'}.")
    return values
