"""What the roll shows of a piece's plan."""

from types import SimpleNamespace
from typing import Any

from mozart.composing.request import Request
from mozart.model.form import Return
from mozart.model.plan import Plan
from mozart.notes import Metre, Score
from mozart.page.outline import find_outline, first_number

TONIC, DOMINANT, SILENCE = (0, 0), (7, 4), (-1, 0)


def score(bars: int, start: int = 0) -> Score:
    return Score([(start, 0, 72, 480, 70), (bars * 1920 - 480, 0, 72, 480, 70)], metres=[Metre(0, 4, 4)])


def piece(bars: int = 6, opening: int = 0, **settings: Any) -> Any:
    plan = Plan(
        4,
        4,
        "major",
        chords=(((TONIC,) * 2 + (SILENCE,) + (DOMINANT,)), *[(TONIC,) * 4] * 5),
        returns=(None, None, Return(0, 0, 0), Return(1, 0, 0), Return(1, 5, 5), None),
        basses=(None,) * 6,
        melody=(None,) * 6,
    )
    before = SimpleNamespace(score=score(opening)) if opening else None
    return SimpleNamespace(
        plan=plan, request=Request(**settings), score=score(bars + opening), opening=before, opening_notes=2 * bool(opening)
    )


def test_returning_bars_have_brackets() -> None:
    """A passage that returns has a bracket, which says from where, and whether it is moved."""
    brackets, _ = find_outline(piece())
    assert brackets == [(3, 4, "as bars 1 to 2"), (5, 5, "as bar 2, moved")]


def test_chords_are_named_once() -> None:
    """Each bar has its Roman numerals, a chord that stays once, and silence none."""
    _, numerals = find_outline(piece())
    assert numerals == ["I V7", "I", "I", "I", "I", "I"]


def test_an_opening_stands_before_the_plan() -> None:
    """Where the opening is included, the plan's bars come after its bars, which have no numerals."""
    brackets, numerals = find_outline(piece(opening=2))
    assert brackets[0] == (5, 6, "as bars 3 to 4")
    assert numerals[:3] == ["", "", "I V7"]


def test_bars_composed_again_return_from_nowhere() -> None:
    """They are no longer what the plan says, and neither are the bars that return from them."""
    brackets, _ = find_outline(piece(again="2-2@7"))
    assert brackets == []
    assert find_outline(piece(again="6-6@7"))[0] == find_outline(piece())[0]


def test_what_the_plan_does_not_fit() -> None:
    """Another rhythm has no outline, and a piece that was stopped only that of its bars."""
    assert find_outline(piece(offsets="0.5")) == ([], [])
    brackets, numerals = find_outline(piece(bars=4))
    assert brackets == [(3, 4, "as bars 1 to 2")]
    assert len(numerals) == 4


def test_bars_have_the_numbers_of_the_sheet_music() -> None:
    """An upbeat is bar 0, and bars that are silent at the beginning are not counted; labels say the same."""
    assert first_number(score(4)) == 1
    assert first_number(score(4, start=1440)) == 0
    assert first_number(score(4, start=1920)) == 0
    upbeat = piece()
    upbeat.score = score(6, start=1440)
    assert find_outline(upbeat)[0][0] == (3, 4, "as bars 0 to 1")
