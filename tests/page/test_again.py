"""Bars are composed again, and taken back."""

from typing import Any

import pytest

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page.again import compose_again, last_marked, take_back
from mozart.page.studio import Studio


def bars(piece: Any) -> list[list[list[int]]]:
    score = piece.score
    return [score.columns[score.bar_at(score.onsets) == bar].tolist() for bar in range(len(score.bars))]


def test_other_bars_stay(studio: Studio) -> None:
    """The marked bars are composed with a seed of their own, all others stay as they are, and the request says all of it."""
    first = studio.compose(Request(seed=1, length="8bars"))
    second = compose_again(first, 3, 4)
    third = compose_again(second, 6, 6)
    one, two, three = map(bars, (first, second, third))
    assert [i + 1 for i in range(8) if one[i] != two[i]] == [3, 4]
    assert [i + 1 for i in range(8) if two[i] != three[i]] == [6]
    assert [last_marked(piece.request) for piece in (first, second, third)] == [None, (3, 4), (6, 6)]
    assert studio.compose(third.request).score == third.score


def test_taking_back(studio: Studio) -> None:
    """The latest bars are taken back first, and then there is nothing to take back."""
    first = studio.compose(Request(seed=1, length="8bars"))
    second = compose_again(first, 3, 4)
    assert take_back(compose_again(second, 6, 6).request) == second.request
    assert take_back(second.request) == first.request
    with pytest.raises(MozartError, match="No bars"):
        take_back(first.request)


@pytest.mark.parametrize(("first", "last"), [(None, None), (0, 2), (3, 9), ("1", "2"), (4, 3)])
def test_impossible_bars(studio: Studio, first: object, last: object) -> None:
    """No marks, or bars that the piece does not have: a sentence."""
    with pytest.raises(MozartError):
        compose_again(studio.compose(Request(seed=1, length="8bars")), first, last)
