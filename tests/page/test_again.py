"""Bars are composed again, and taken back."""

import pytest

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page.again import ask_again, last_marked, take_back
from mozart.page.studio import Studio


def bars(studio: Studio, request: Request) -> list[list[tuple[int, ...]]]:
    score = studio.compose(request).score
    return [score.columns[score.bar_at(score.onsets) == bar].tolist() for bar in range(len(score.bars))]


def test_other_bars_stay(studio: Studio) -> None:
    """The marked bars are composed with a seed of their own, and all others stay as they are."""
    first = Request(seed=1, length="8bars")
    second = ask_again(first, 3, 4, 8)
    third = ask_again(second, 6, 6, 8)
    one, two, three = (bars(studio, request) for request in (first, second, third))
    assert [i + 1 for i in range(8) if one[i] != two[i]] == [3, 4]
    assert [i + 1 for i in range(8) if two[i] != three[i]] == [6]
    assert (last_marked(second), last_marked(third), last_marked(first)) == ((3, 4), (6, 6), None)


def test_taking_back(studio: Studio) -> None:
    """The latest bars are taken back first, and then there is nothing to take back."""
    first = Request(seed=1, length="8bars")
    second = ask_again(first, 3, 4, 8)
    assert take_back(ask_again(second, 6, 6, 8)) == second
    assert take_back(second) == first
    with pytest.raises(MozartError, match="No bars"):
        take_back(first)


@pytest.mark.parametrize(
    ("request_", "first", "last"),
    [(None, 1, 2), (Request(seed=1), None, None), (Request(seed=1), 0, 2), (Request(seed=1), 3, 9), (Request(seed=1), "1", "2")],
)
def test_impossible_bars(request_: Request | None, first: object, last: object) -> None:
    """No piece, no marks, or bars that the piece does not have: a sentence."""
    with pytest.raises(MozartError):
        ask_again(request_, first, last, 8)
