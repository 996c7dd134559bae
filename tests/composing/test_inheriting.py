"""A piece's plan, inherited from a movement's."""

from dataclasses import replace

import numpy as np
import pytest

from mozart.composing.inheriting import arrange, choose_plan, in_mode
from mozart.errors import MozartError
from mozart.model.form import Return
from mozart.model.harmony import DOMINANT_SEVENTH, MAJOR, MINOR
from mozart.model.plan import Chord, Close, Plan, roman_line
from mozart.model.plan_json import from_json, to_json
from mozart.notes import Metre

ONE, TWO, FIVE = (0, MAJOR), (2, MINOR), (7, DOMINANT_SEVENTH)
BARS = 40
# Bars of the tonic at the beginning of each phrase of four, the dominant at its end.
MOVEMENT = Plan(
    beats=2,
    unit=4,
    mode="major",
    chords=tuple([(ONE, ONE), (ONE, TWO), (TWO, TWO), (TWO, FIVE)][bar % 4] for bar in range(BARS)),
    returns=tuple(Return(bar - 8, 0, 0) if bar >= 8 else None for bar in range(BARS)),
    basses=(*[None] * (BARS - 2), (5, 7), (0, 0)),
    melody=(*[None] * (BARS - 2), (2, 11), (0, -1)),
    close=Close(0, 960),
    source="one",
)
METRE = Metre(0, 2, 4)


def choose(bars: int, seed: int = 0, plans: tuple[Plan, ...] = (MOVEMENT,), **settings: bool) -> Plan:
    """A plan in 2/4, in major."""
    return choose_plan(plans, METRE, "major", bars, np.random.default_rng(seed), **settings)


@pytest.mark.parametrize("bars", [1, 2, 3, 8, 16, 32, 40, 41, 100, 301])
@pytest.mark.parametrize("ending", [True, False])
@pytest.mark.parametrize("beginning", [True, False])
def test_a_plan_is_as_long_as_wished(bars: int, ending: bool, beginning: bool) -> None:
    """Shorter or longer than the movement, it can be written and read, and closes as the movement does."""
    for seed in range(5):
        plan = choose(bars, seed, beginning=beginning, ending=ending)
        assert len(plan) == bars
        assert from_json(to_json(plan)) == plan
        if ending:
            assert (plan.close, plan.basses[-1], plan.chords[-1]) == (MOVEMENT.close, MOVEMENT.basses[-1], MOVEMENT.chords[-1])


def numbered(chords: tuple[tuple[Chord, Chord], ...]) -> Plan:
    """A movement of these chords without returns, whose basses tell each bar's number."""
    return replace(MOVEMENT, chords=chords, returns=(None,) * BARS, basses=tuple(divmod(bar, 12) for bar in range(BARS)))


def order(plan: Plan) -> list[int]:
    """Which of the movement's bars a plan has, and where parts begin that do not go on from the one before."""
    return [12 * row[0] + row[1] for row in plan.basses if row is not None]


def joins(bars: list[int]) -> list[int]:
    return [place for place in range(1, len(bars)) if bars[place] != bars[place - 1] + 1]


@pytest.mark.parametrize("bars", [8, 24])
def test_parts_set_in_with_a_phrase(bars: int) -> None:
    """Where any bar would do, four, eight or twelve bars and so on stand before each part."""
    for seed in range(20):
        assert all(join % 4 == 0 for join in joins(order(choose(bars, seed, (numbered(((ONE, ONE),) * BARS),)))))


@pytest.mark.parametrize("bars", [8, 24])
def test_the_end_sets_in_on_the_tonic(bars: int) -> None:
    """Where phrases do not say, the last part goes on from the tonic."""
    threes = tuple([(ONE, ONE), (TWO, TWO), (TWO, FIVE)][bar % 3] for bar in range(BARS - 1))
    for seed in range(20):
        plan = choose(bars, seed, (numbered((*threes, (ONE, ONE))),))
        if found := joins(order(plan)):
            assert plan.chords[found[-1]] == (ONE, ONE)


def test_a_piece_has_some_of_the_middle() -> None:
    """Between beginning and end stand bars from elsewhere, of every place in turn."""
    found = [order(choose(24, seed, (numbered(((ONE, ONE),) * BARS),))) for seed in range(40)]
    assert all(bars[:6] == list(range(6)) and bars[-6:] == list(range(BARS - 6, BARS)) for bars in found)
    assert {bar for bars in found for bar in bars} >= set(range(30))


def test_the_middle_leaves_the_key() -> None:
    """Bars with chords that are not the key's own are among those that are chosen from the middle."""
    foreign = (8, MAJOR)
    chords = tuple((foreign, foreign) if 14 <= bar < 24 else (ONE, FIVE) for bar in range(BARS))
    for seed in range(10):
        plan = choose(24, seed, (numbered(chords),))
        assert sum(foreign in bar for bar in plan.chords) >= 6


def test_without_an_ending_it_goes_on() -> None:
    """No last chord is planned."""
    plan = choose(12, ending=False)
    assert plan.close is None
    assert plan.basses == (None,) * 12
    assert plan.chords == MOVEMENT.chords[:12]


def test_returns_follow_their_bars() -> None:
    """Links into bars that are left out go to bars like them, with the moves added up, and are dropped where there are none."""
    returns: list[Return | None] = [None] * BARS
    returns[4], returns[20], returns[30] = Return(0, 5, 5), Return(4, -7, 5), Return(9, 0, 0)
    plan = arrange(replace(MOVEMENT, returns=tuple(returns)), [0, 1, 2, 20, 30])
    assert plan.returns == (None, None, None, Return(0, -2, 10), None)
    cousins: list[Return | None] = [None] * BARS
    cousins[10], cousins[20] = Return(5, 2, 2), Return(5, 7, -5)
    plan = arrange(replace(MOVEMENT, returns=tuple(cousins)), [0, 10, 20])
    assert plan.returns == (None, None, Return(1, 5, -7))


def test_bars_that_come_again_return() -> None:
    """In a plan longer than the movement, the movement's bars are heard again."""
    plan = choose(60)
    assert plan.returns[36:56] == tuple(Return(bar, 0, 0) for bar in range(20))


def test_an_upbeat_stays_at_the_beginning() -> None:
    """It does not come again in a longer piece, and stands in none that begins elsewhere."""
    upbeat = replace(MOVEMENT, start=480, chords=(((-1, 0), FIVE), *MOVEMENT.chords[1:]))
    assert choose(8, plans=(upbeat,)).start == 480
    assert choose(8, plans=(upbeat,), beginning=False).start == 0
    assert all(bar[0] != (-1, 0) for bar in choose(100, plans=(upbeat,)).chords[1:])


def test_movements_of_the_metre_and_mode_are_chosen() -> None:
    """All of them in turn, and only they; movements that do not close only where no ending is wished."""
    others = tuple(
        replace(MOVEMENT, source=source, **changes)  # type: ignore[arg-type]
        for source, changes in {"two": {}, "minor": {"mode": "minor"}, "half": {"unit": 2}, "open": {"close": None}}.items()
    )
    plans = (MOVEMENT, *others)
    assert {choose(16, seed, plans).source for seed in range(30)} == {"one", "two"}
    assert {choose(16, seed, plans, ending=False).source for seed in range(30)} == {"one", "two", "open"}


def test_the_same_seed_chooses_the_same_plan() -> None:
    """And other seeds others."""
    assert choose(20, 4) == choose(20, 4)
    assert len({to_json(choose(20, seed, (replace(MOVEMENT, chords=((ONE, ONE),) * BARS),))) for seed in range(20)}) > 1


def test_a_mode_without_movements_borrows_from_the_other() -> None:
    """Chords do the same in minor."""
    minor = choose_plan([MOVEMENT], METRE, "minor", 8, np.random.default_rng(0))
    assert roman_line(minor)[:4] == ["i", "i ii°", "ii°", "ii° V7"]
    assert in_mode(in_mode(MOVEMENT, "minor"), "major") == MOVEMENT
    assert in_mode(MOVEMENT, "major") is MOVEMENT


@pytest.mark.parametrize("bars", [0, 2001])
def test_impossible_lengths_are_refused(bars: int) -> None:
    """A sentence says which are possible."""
    with pytest.raises(MozartError, match="1 to 2,000"):
        choose(bars)


def test_a_metre_without_movements_is_refused() -> None:
    """A sentence says which there are."""
    with pytest.raises(MozartError, match=r"5/4: there are some in 2/4"):
        choose_plan([MOVEMENT], Metre(0, 5, 4), "major", 8, np.random.default_rng(0))
