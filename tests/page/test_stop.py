"""Stop ends what it was meant for, whenever it comes."""

import pytest

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page import stop
from mozart.page.stop import Riddle, Visits
from stub import stub_composer


def test_stop_before_the_event_has_begun() -> None:
    """Stop that is there before its press ends the press, and not the next one."""
    visit = Visits()["a"]
    visit.stop(3)
    assert [visit.goes_on(press) for press in (2, 3, 4)] == [False, False, True]


def test_an_older_stop_changes_nothing() -> None:
    """Of two Stops the later press counts, in whatever order they arrive."""
    visit = Visits()["a"]
    visit.stop(5)
    visit.stop(3)
    assert not visit.goes_on(5)


def test_visits_are_apart() -> None:
    """Stop ends nothing of another visitor's."""
    visits = Visits()
    visits["a"].stop(9)
    assert visits["b"].goes_on(1)
    assert visits["a"] is visits["a"]


def test_who_leaves() -> None:
    """What a visitor who has left began is ended, and their visit forgotten."""
    visits = Visits()
    visit = visits["a"]
    visits.leave("a")
    visits.leave("nobody")
    assert not visit.goes_on(1)
    assert visits["a"] is not visit


def test_visits_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest visits are forgotten when nobody says that they ended."""
    monkeypatch.setattr(stop, "VISITS", 2)
    visits = Visits()
    first = visits["a"]
    for name in ("b", "c"):
        _ = visits[name]
    assert visits["a"] is not first


def test_what_is_shown() -> None:
    """Piece and sound are one piece's; before the first there is nothing to make something of."""
    visit = Visits()["a"]
    with pytest.raises(MozartError, match="no piece yet"):
        visit.latest()
    piece = stub_composer().compose(Request(seed=1))
    visit.show(piece, "sound")
    assert visit.latest().score is piece.score
    assert visit.what_is_shown()[1] == "sound"


def test_one_guess_a_riddle() -> None:
    """A blind test is taken once, and guesses are counted."""
    visit = Visits()["a"]
    visit.riddle = Riddle(0, "K. 1", 1, "checkpoint")
    assert visit.take_riddle()
    assert visit.take_riddle() is None
    visit.count(True)
    assert visit.count(False) == (1, 2)
