"""What works keep to, counted in their notes."""

import json
from typing import Any

import pytest

from mozart.errors import MozartError
from mozart.model.habits import LEAST, Habits
from mozart.notes import TICKS, Metre, Note, Score


def score(onsets: list[int], metres: tuple[Metre, ...] = (Metre(0, 4, 4),)) -> Score:
    """The right hand plays c2 at each onset, the left c below it."""
    notes = [Note(onset, voice, pitch, 20, 80) for onset in onsets for voice, pitch in ((0, 72), (2, 48))]
    return Score(notes, metres)


def test_steps_are_counted_by_their_places() -> None:
    """An eighth goes on from the beat and from the half of it; what comes less than three times is no habit."""
    eighths = [TICKS // 2 * place for place in range(LEAST + 3)]
    habits = Habits.of([score([*eighths, eighths[-1] + 20, eighths[-1] + TICKS])])
    assert habits.steps == {0: {12}}
    habits = Habits.of([score(eighths), score(eighths)])
    assert habits.steps == {0: {12}, 12: {12}}


def test_an_upbeat_is_counted_from_its_end() -> None:
    """A short first bar's places are those before the bar line that it leads to."""
    upbeat = (Metre(0, 1, 8), Metre(TICKS // 2, 2, 4))
    works = [score([0, TICKS // 2, TICKS], upbeat)] * LEAST
    assert Habits.of(works).steps == {12: {12}, 0: {12}}


def test_registers_are_means() -> None:
    """Each hand's mean pitch; a hand that plays nothing lies where all does."""
    assert Habits.of([score([0, TICKS])]).registers == (72, 48)
    assert Habits.of([Score([Note(0, 0, 60, 60, 80)])]).registers == (60, 60)


def test_habits_are_read_back() -> None:
    """From JSON come the same."""
    habits = Habits.of([score([0, TICKS, 2 * TICKS, 3 * TICKS])])
    assert Habits.from_json(json.loads(json.dumps(habits.to_json()))) == habits


@pytest.mark.parametrize(
    "change", [{"registers": [74.0, 5.0]}, {"registers": [float("nan"), 58.0]}, {"steps": {"24": [1]}}, {"steps": {"0": [0]}}]
)
def test_impossible_habits(change: dict[str, Any]) -> None:
    """Pitches off the piano, places beyond a quarter and steps that lead nowhere are refused."""
    with pytest.raises(MozartError, match="not possible"):
        Habits.from_json({"registers": [74.0, 58.0], "steps": {"0": [12]}, **change})
