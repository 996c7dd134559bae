"""Excerpts of held-out works: few, short, plain, and valid when they are read back."""

import pytest

from mozart.checkpoint.excerpts import MAX_BARS, choose_excerpts, excerpts_from_json, excerpts_to_json, find_openings
from mozart.errors import MozartError
from mozart.notes import Note, Score


def make_work(bars: int = 200, title: str = "K. 1") -> Score:
    """Two movements of detached quarters."""
    notes = [Note(480 * i, 0, 60 + i % 12, 431, 1 + i % 100) for i in range(4 * bars)]
    return Score(notes, [(0, 4, 4)], [(0, 97.0)], [0, 1920 * (bars // 2)], title)


def test_an_excerpt_is_plain() -> None:
    """It has note values and one loudness: nothing of the performance."""
    excerpts = choose_excerpts([make_work()])
    score = excerpts["K. 1, movement 2"]
    assert set(score.durations.tolist()) == {440}
    assert set(score.velocities.tolist()) == {80}
    assert score.tempi == ((0, 120.0),) or score.tempi == ((0, 97.0),)
    assert "tempi" not in excerpts_to_json(excerpts)[0]


def test_excerpts_are_short() -> None:
    """At most 8 bars, and at most a twentieth of a work in all."""
    assert all(len(score.bars) == 5 for score in choose_excerpts([make_work(200)]).values())
    assert all(len(score.bars) == MAX_BARS for score in choose_excerpts([make_work(1000)]).values())
    work = make_work(130)
    assert sum(map(len, choose_excerpts([work]).values())) <= len(work) / 20


def test_a_work_that_is_too_short_has_none() -> None:
    """Where a twentieth is less than two bars, there is no excerpt."""
    assert choose_excerpts([make_work(40)]) == {}


def test_excerpts_come_back() -> None:
    """What is written is what is read."""
    excerpts = choose_excerpts([make_work()])
    assert excerpts_from_json(excerpts_to_json(excerpts)) == excerpts


@pytest.mark.parametrize(
    "notes",
    [
        [],
        [[0, 0, 200, 1]],
        [[0, 0, 60, -1]],
        [[2**40, 0, 60, 1]],
        [[0, 0, 60]],
        [["a", 0, 60, 1]],
        [[0.5, 0, 60, 1]],
        [[0, 0, 60, 2**30]],
    ],
)
def test_impossible_excerpts_are_refused(notes: list[list[object]]) -> None:
    """No excerpt with impossible notes, none without notes, and none of a million bars."""
    with pytest.raises((MozartError, TypeError, ValueError)):
        excerpts_from_json([{"name": "x", "metres": [[0, 4, 4]], "notes": notes}])


def test_an_opening_and_how_it_goes_on() -> None:
    """The first half is the opening, the second half its continuation, and nothing is lost."""
    excerpts = choose_excerpts([make_work()])
    opening = find_openings(excerpts, lambda _: ("Allegro", 126.0))[0]
    assert opening.continuation is not None
    assert Score.concatenate([opening.score, opening.continuation]) == excerpts[opening.name]
    assert (opening.character, opening.tempo) == ("Allegro", 126.0)
