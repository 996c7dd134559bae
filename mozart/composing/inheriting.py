"""Inherit a piece's plan from a movement: its beginning, some of its middle and its end, joined where the harmony allows it.

A movement leaves its key and comes back. A short piece with only its beginning and its end would never leave the key.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mozart.errors import MozartError
from mozart.model.form import Return
from mozart.model.harmony import DIMINISHED, DIMINISHED_SEVENTH, DOMINANT_SEVENTH, MAJOR, MINOR, MINOR_SEVENTH
from mozart.model.plan import MAX_BARS, Chord, Plan
from mozart.notes import Metre

_PHRASE = 4  # bars
_LEAST_WITH_EXCURSION = 3 * _PHRASE
_AWAY = 2.5  # weight of chords outside the key; without it pieces would have fewer of them than Mozart's movements
_ORDERS = 60  # how many of the very many orders are tried
_TONIC, _DOMINANT, _LEADING = 0, 7, 11
# The chords of major, and those with the same function in minor; all others stay the same.
_IN_MINOR: dict[Chord, Chord] = {
    (0, MAJOR): (0, MINOR),
    (2, MINOR): (2, DIMINISHED),
    (2, MINOR_SEVENTH): (2, DIMINISHED_SEVENTH),
    (4, MINOR): (3, MAJOR),
    (4, MAJOR): (3, MAJOR),
    (4, DOMINANT_SEVENTH): (3, DOMINANT_SEVENTH),
    (5, MAJOR): (5, MINOR),
    (9, MINOR): (8, MAJOR),
    (9, MINOR_SEVENTH): (8, MAJOR),
}
# The diatonic chords of the key.
_AT_HOME: dict[str, set[Chord]] = {
    "major": {
        *((0, MAJOR), (2, MINOR), (2, MINOR_SEVENTH), (4, MINOR), (5, MAJOR), (7, MAJOR), (7, DOMINANT_SEVENTH)),
        *((9, MINOR), (9, MINOR_SEVENTH), (11, DIMINISHED), (11, DIMINISHED_SEVENTH)),
    },
    "minor": {
        *((0, MINOR), (2, DIMINISHED), (2, DIMINISHED_SEVENTH), (3, MAJOR), (5, MINOR), (7, MAJOR), (7, DOMINANT_SEVENTH)),
        *((8, MAJOR), (10, MAJOR), (10, DOMINANT_SEVENTH), (11, DIMINISHED), (11, DIMINISHED_SEVENTH)),
    },
}
_IN_MAJOR = {chord: found for found, chord in reversed(_IN_MINOR.items())}
_DEGREES_IN_MINOR, _DEGREES_IN_MAJOR = {4: 3, 9: 8}, {3: 4, 8: 9}


def choose_plan(
    plans: Sequence[Plan],
    metre: Metre,
    mode: str,
    bars: int,
    generator: np.random.Generator,
    *,
    beginning: bool = True,
    ending: bool = True,
) -> Plan:
    """Make a plan of `bars` bars from one of `plans` of this metre and mode.

    If no movement is long enough, bars from its beginning return before its end. If none has this mode, one of the other mode
    is converted.

    Parameters
    ----------
    plans
        The plans to choose from.
    metre, mode
        The metre and mode of the piece.
    bars
        The number of bars.
    generator
        The random generator of the choice.
    beginning
        Begin with the movement's beginning, not in its middle.
    ending
        End with the movement's end, not in its middle.

    Raises
    ------
    MozartError
        When no plan has this metre, or the number of bars is not possible.
    """
    if not 1 <= bars <= MAX_BARS:
        raise MozartError(f"A plan of {bars:,} bars cannot be made: choose 1 to {MAX_BARS:,}.")
    fitting = [plan for plan in plans if (plan.beats, plan.unit) == (metre.beats, metre.unit) and (plan.close or not ending)]
    if not fitting:
        known = ", ".join(sorted({f"{plan.beats}/{plan.unit}" for plan in plans if plan.close or not ending}))
        raise MozartError(f"No movement to inherit a plan from is in {metre}: there are some in {known or 'no metre'}.")
    fitting = [plan for plan in fitting if plan.mode == mode] or [in_mode(plan, mode) for plan in fitting]
    fitting = [plan for plan in fitting if len(plan) >= bars] or [max(fitting, key=len)]
    plan = fitting[int(generator.integers(len(fitting)))]
    return arrange(plan, _order(plan, bars, generator, beginning, ending))


def in_mode(plan: Plan, mode: str) -> Plan:
    """Convert a plan to major or minor: chords and degrees are replaced by those with the same function."""
    if plan.mode == mode:
        return plan
    chords, degrees = (_IN_MINOR, _DEGREES_IN_MINOR) if mode == "minor" else (_IN_MAJOR, _DEGREES_IN_MAJOR)
    basses, melody = (
        tuple(row and tuple(degrees.get(degree, degree) for degree in row) for row in rows) for rows in (plan.basses, plan.melody)
    )
    turned = tuple(tuple(chords.get(chord, chord) for chord in bar) for bar in plan.chords)
    return replace(plan, mode=mode, chords=turned, basses=basses, melody=melody)


def arrange(plan: Plan, order: Sequence[int]) -> Plan:
    """Put the plan's bars into another order, some left out, some repeated: a repeated bar returns.

    A bar whose source is left out returns from an earlier bar with the same origin, if there is one.
    """
    origins = _origins(plan)
    first: dict[int, tuple[int, Return]] = {}  # for each origin, the first place of a bar with it, and how that one is moved
    places: dict[int, int] = {}  # the latest place of each old bar
    returns: list[Return | None] = []
    for place, bar in enumerate(order):
        way, origin = plan.returns[bar], origins[bar]
        if bar in places:
            returns.append(Return(places[bar], 0, 0))
        elif way and way.source in places:
            returns.append(way._replace(source=places[way.source]))
        elif origin.source in first:
            source, moved = first[origin.source]
            returns.append(Return(source, origin.right - moved.right, origin.left - moved.left))
        else:
            returns.append(None)
        first.setdefault(origin.source, (place, origin))
        places[bar] = place
    whole = order[-1] == len(plan) - 1
    return replace(
        plan,
        chords=tuple(plan.chords[bar] for bar in order),
        returns=tuple(returns),
        basses=tuple(plan.basses[bar] for bar in order),
        melody=tuple(plan.melody[bar] for bar in order),
        start=plan.start if order[0] == 0 else 0,
        close=plan.close if whole else None,
    )


def _origins(plan: Plan) -> list[Return]:
    """Follow each bar's returns back to their origin, the first bar of the chain; also how far the bar is moved from it."""
    origins: list[Return] = []
    for bar, way in enumerate(plan.returns):
        before = origins[way.source] if way else Return(bar, 0, 0)
        origins.append(Return(before.source, before.right + way.right, before.left + way.left) if way else before)
    return origins


def _order(plan: Plan, bars: int, generator: np.random.Generator, beginning: bool, ending: bool) -> list[int]:
    size = len(plan)
    if bars >= size:
        return _longer(plan, bars, generator, beginning, ending)
    if beginning and ending and bars > 1:
        short = bars < _LEAST_WITH_EXCURSION or size < bars + 2
        orders = _without_excursion(size, bars) if short else _with_excursion(size, bars, generator)
        # A random part decides among orders that are about equally good.
        worth = [_worth(plan, order) + 0.25 * generator.random() for order in orders]
        return orders[int(np.argmax(worth))]
    if beginning or ending:
        return list(range(size - bars, size)) if ending else list(range(bars))
    start = int(generator.integers(size - bars + 1))
    return list(range(start, start + bars))


def _longer(plan: Plan, bars: int, generator: np.random.Generator, beginning: bool, ending: bool) -> list[int]:
    """Order the whole movement, and repeat its bars before its last phrase until there are enough."""
    size = len(plan)
    first = 1 if plan.start else 0  # an upbeat does not come again
    last = max(size - _PHRASE, first + 1) if ending else size
    start = 0 if beginning else int(generator.integers(first, last))
    order = list(range(start, last))
    while len(order) < bars - (size - last):
        order += range(first, last)
    return [*order[: bars - (size - last)], *range(last, size)]


def _without_excursion(size: int, bars: int) -> list[list[int]]:
    """Order the beginning, and then the end, which has a fourth to a half of the bars."""
    tails = range(max(1, bars // 4), max(1, bars // 2) + 1)
    return [[*range(bars - tail), *range(size - tail, size)] for tail in tails]


def _with_excursion(size: int, bars: int, generator: np.random.Generator) -> list[list[int]]:
    """Draw orders of the beginning, some of the middle, and the end, each with a fourth to a half of the bars."""
    orders = []
    for _ in range(_ORDERS):
        head, tail = (int(generator.integers(bars // 4, bars * 3 // 8 + 1)) for _ in range(2))
        middle = bars - head - tail
        start = int(generator.integers(head + 1, size - tail - middle))
        orders.append([*range(head), *range(start, start + middle), *range(size - tail, size)])
    return orders


def _worth(plan: Plan, order: Sequence[int]) -> float:
    """Rate an order: how well its parts join, how far the middle leaves the key, and how many returns of the end keep a source."""
    joins = [place for place in range(1, len(order)) if order[place] != order[place - 1] + 1]
    tail = [bar for bar in order[joins[-1] :] if plan.returns[bar]] if joins else []
    kept = sum(way is not None and way.source in order for way in (plan.returns[bar] for bar in tail))
    middle = [chord for bar in order[joins[0] : joins[-1]] for chord in plan.chords[bar]] if joins else []
    away = sum(chord not in _AT_HOME[plan.mode] for chord in middle) / max(len(middle), 1)
    total = sum(_join(plan, order, place, last=place == joins[-1]) for place in joins)
    return _AWAY * away + total / max(len(joins), 1) + 2.0 * kept / (len(order) - joins[-1] if joins else 1)


def _join(plan: Plan, order: Sequence[int], place: int, last: bool) -> float:
    """Rate how well the bar at a place of an order continues the one before it; the last part should begin in the tonic."""
    (before, kind), after = plan.chords[order[place - 1]][-1], plan.chords[order[place]][0]
    real = plan.chords[order[place] - 1][-1]
    tonic = after[0] == _TONIC and after[1] in (MAJOR, MINOR)
    leads = before in (_DOMINANT, _LEADING) and kind != MINOR
    upbeat = 1 if plan.start else 0
    return (
        2.0 * (tonic and last)
        + 1.0 * (tonic and last and (leads or before == _TONIC))
        + 1.5 * ((before, kind) == real)
        + 1.0 * ((place - upbeat) % _PHRASE == 0)
    )
