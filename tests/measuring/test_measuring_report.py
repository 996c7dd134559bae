"""The whole measurement of small pieces, as plain values and as a table."""

import json

import pytest

from mozart.errors import MozartError
from mozart.measuring import classifiers
from mozart.measuring.ends import ENDS
from mozart.measuring.features import FAMILIES
from mozart.measuring.report import markdown, measure
from mozart.notes import Score
from sonatina import sonatina


@pytest.fixture(autouse=True)
def _few_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The classifiers have tests of their own."""
    monkeypatch.setattr(classifiers, "FOLDS", 2)
    monkeypatch.setattr(classifiers, "_RESAMPLED", 20)


def work(number: int) -> Score:
    return Score.concatenate([sonatina(10 * number + part, title=f"K. {number}") for part in range(3)])


PIECES = [sonatina(1000 + seed, bars=8) for seed in range(12)]
TRAINING, HELD_OUT = [work(number) for number in range(6)], [work(number) for number in (6, 7)]


def test_a_report_says_everything_of_both_sides() -> None:
    """Pieces and Mozart's held-out works have the same numbers beside each other; JSON can hold them, a table shows them."""
    measured = measure(PIECES, TRAINING, HELD_OUT)
    assert json.loads(json.dumps(measured, allow_nan=False)) == measured
    assert measured["bars"] == 8
    assert set(measured["pieces"]) == set(measured["mozart"])
    assert (measured["pieces"]["passages"], measured["mozart"]["passages"]) == (12, 12)
    for side in ("pieces", "mozart"):
        assert set(measured[side]["distance"]) == {"together", *FAMILIES}
        assert measured[side]["ends"]["closes"] == 1
        assert measured[side]["loops"] == 0
    table = markdown(measured)
    assert f"| **Distance, all families** | **{measured['pieces']['distance']['together']:.2f}** |" in table
    assert all(name in table or name.capitalize() in table for name in ENDS)
    assert all(row["feature"] in table for row in measured["giveaways"])


def test_quotations_and_loops_stand_in_the_report() -> None:
    """Pieces that are Mozart's own, or go round, are found out."""
    looping = Score.concatenate([sonatina(5, bars=2).bars_slice(0, 1)] * 12)
    measured = measure([TRAINING[0].bars_slice(0, 12), TRAINING[1].bars_slice(0, 12), looping], TRAINING, HELD_OUT)
    copies = measured["pieces"]["copies"]["notes"]
    assert copies["max"] > 100
    assert copies["longest"]["work"] in ("K. 0", "K. 1")
    assert measured["pieces"]["loops"] == 1


@pytest.mark.parametrize(
    ("pieces", "training", "held_out", "problem"),
    [
        (PIECES[:1], TRAINING, HELD_OUT, "at least two pieces"),
        (PIECES, TRAINING[:2], HELD_OUT, "three works trained on"),
        (PIECES, TRAINING, HELD_OUT[:1], "two works held out"),
        ([piece.bars_slice(0, 3) for piece in PIECES], TRAINING, HELD_OUT, "Most pieces have 3 bars"),
        ([work(9), work(9)], [sonatina(seed, bars=8) for seed in range(4)], HELD_OUT, "passages of 48 bars"),
    ],
)
def test_too_little_is_refused_in_words(pieces: list[Score], training: list[Score], held_out: list[Score], problem: str) -> None:
    """Too few pieces or works, or too short ones."""
    with pytest.raises(MozartError, match=problem):
        measure(pieces, training, held_out)
