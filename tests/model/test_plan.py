"""Plans: what they are, cannot be, and say of themselves."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mozart.errors import MozartError
from mozart.model.form import Return
from mozart.model.harmony import DOMINANT_SEVENTH, MAJOR, MINOR, SILENT
from mozart.model.plan import Bracket, Close, Plan, roman_line
from mozart.model.plan_json import from_json, to_json

ONE, TWO, FIVE = (0, MAJOR), (2, MINOR), (7, DOMINANT_SEVENTH)
PLAN = Plan(
    beats=3,
    unit=4,
    mode="major",
    chords=((ONE,) * 3, (TWO, TWO, FIVE), (ONE,) * 3, (TWO, TWO, FIVE), (FIVE, (SILENT, 0), FIVE), (ONE,) * 3),
    returns=(None, None, Return(0, 5, -7), Return(1, 5, -7), None, Return(0, 0, 0)),
    basses=(None, None, None, None, (7, SILENT, 5), (0, 0, 0)),
    melody=(None, None, None, None, (2, SILENT, 11), (0, SILENT, SILENT)),
    start=960,
    close=Close(0, 960),
    source="K. 1, movement 1",
)


def test_a_plan_survives_json() -> None:
    """What is written is read, to the last value, and what may be left out is."""
    assert from_json(to_json(PLAN)) == PLAN
    bare = replace(PLAN, start=0, close=None, source="", basses=(None,) * 6, melody=(None,) * 6, returns=(None,) * 6)
    assert from_json(to_json(bare)) == bare
    assert not {"start", "close", "source"} & set(json.loads(to_json(bare)))


def test_json_is_what_a_musician_would_write() -> None:
    """Chords are Roman numerals, passages are runs of bars."""
    value = json.loads(to_json(PLAN))
    assert value["chords"] == ["I", "ii . V7", "I", "ii . V7", "V7 – V7", "I"]
    assert value["returns"] == [[2, 3, 0, 5, -7], [5, 5, 0, 0, 0]]
    assert value["basses"] == {"4": "7 . 5", "5": "0 0 0"}


def test_a_plan_can_be_written_by_hand() -> None:
    """Metre, mode and chords are enough, in ASCII too."""
    plan = from_json('{"metre": "6/8", "mode": "minor", "chords": ["i", "iio viio7/V", "V7 -", "bII V"]}')
    assert roman_line(plan) == ["i", "ii° vii°7/V", "V7 –", "♭II V"]
    assert plan.returns == (None,) * 4


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"metre": "4"}, "4/4 or 6/8"),
        ({"metre": "4/5"}, "4/5"),
        ({"mode": "dorian"}, "major or minor"),
        ({"mode": []}, "major or minor"),
        ({"chords": []}, "one for each"),
        ({"chords": "I"}, "one for each"),
        ({"chords": [3]}, "one for each"),
        ({"chords": ["I V"]}, "Bar 0 of the plan needs one chord, or 3"),
        ({"chords": [". I I"]}, "Bar 0"),
        ({"chords": ["Q7"]}, "'Q7' is no chord in major"),
        ({"chords": ["I"] * 2001}, "2,000 bars"),
        ({"returns": {}}, "list of passages"),
        ({"returns": [[1, 1]]}, "5 whole numbers"),
        ({"returns": [[1, 9, 0, 0, 0]]}, "bars 1 to 9"),
        ({"returns": [[1, 1, 1, 0, 0]]}, "earlier bar"),
        ({"returns": [[1, 1, 0, 99, 0]]}, "60 semitones"),
        ({"returns": [[1, 1, 0, True, 0]]}, "whole numbers"),
        ({"basses": []}, "an object"),
        ({"basses": {"9": "0 0 0"}}, "an object"),
        ({"basses": {"0": "0 0"}}, "needs 3 beats"),
        ({"basses": {"0": "0 0 12"}}, "degrees 0 to 11"),
        ({"melody": {"0": 5}}, "an object"),
        ({"start": 1440}, "first bar"),
        ({"start": "x"}, "a whole number"),
        ({"close": [0]}, "2 whole numbers"),
        ({"close": [0, 0]}, "last chord"),
        ({"source": 3}, "200 characters"),
        ({"tempo": 3}, "JSON object with metre"),
    ],
)
def test_an_impossible_plan_is_refused_in_a_sentence(change: dict[str, Any], problem: str) -> None:
    """Whatever a program edits, it is told what is wrong."""
    value = {"metre": "3/4", "mode": "major", "chords": ["I", "V7"], **change}
    with pytest.raises(MozartError, match=problem):
        from_json(json.dumps(value))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, '{"metre": "3/4"}'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    """Other JSON, and what is no JSON, has no plan."""
    with pytest.raises(MozartError):
        from_json(text)


def test_every_bar_has_the_beats_of_its_metre() -> None:
    """A bar of 6/8 has two, a bar of 3/4 three."""
    assert PLAN.beats_of_bar == 3
    with pytest.raises(MozartError, match="Bar 1 of the plan needs 2 beats"):
        replace(PLAN, beats=6, unit=8)


def test_chords_are_turned_to_a_key() -> None:
    """In G, the fifth degree stands on D, and silence is silence."""
    chords = PLAN.chords_in(7)
    assert chords.shape == (18, 2)
    assert chords[5].tolist() == [2, DOMINANT_SEVENTH]
    assert chords[13, 0] == SILENT


def test_brackets_are_passages() -> None:
    """Successive bars that return from successive bars, moved alike, are one."""
    assert PLAN.brackets == [Bracket(2, 3, 0, 5, -7), Bracket(5, 5, 0, 0, 0)]
    apart = replace(PLAN, returns=(None, None, None, Return(0, 0, 0), None, Return(2, 0, 0)))
    assert apart.brackets == [Bracket(3, 3, 0, 0, 0), Bracket(5, 5, 2, 0, 0)]


def test_numerals_stand_where_chords_change() -> None:
    """Beat by beat, with inversions where the bass is known; a line says a chord again where a bar begins with it."""
    assert PLAN.numerals[:3] == [["I", "", ""], ["ii", "", "V7"], ["I", "", ""]]
    assert PLAN.numerals[4] == ["", "–", "V42"]
    assert roman_line(PLAN) == ["I", "ii V7", "I", "ii V7", "V7 – V42", "I"]
