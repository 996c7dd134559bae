"""Which bars come back."""

from collections.abc import Sequence

import numpy as np
import pytest

from mozart.model.form import Return, find_form
from mozart.notes import Note, Score

Row = Sequence[tuple[int, int, int]]  # eighth of the bar, voice, pitch

A: Row = [(0, 0, 72), (2, 0, 76), (4, 0, 79), (6, 0, 76), (0, 2, 48), (4, 2, 55)]
B: Row = [(0, 0, 74), (3, 0, 77), (4, 0, 71), (5, 0, 74), (1, 2, 47), (5, 2, 43)]
C: Row = [(0, 0, 69), (1, 0, 72), (2, 0, 77), (7, 0, 72), (3, 2, 41), (6, 2, 45)]


def piece(*bars: Row) -> Score:
    """Bars of 4/4."""
    return Score(
        [Note(1920 * i + 240 * eighth, voice, pitch, 240, 70) for i, bar in enumerate(bars) for eighth, voice, pitch in bar]
    )


def moved(bar: Row, right: int, left: int) -> Row:
    """The bar with its hands moved."""
    return [(eighth, voice, pitch + (left if voice >= 2 else right)) for eighth, voice, pitch in bar]


def test_a_bar_that_comes_back_is_found_with_how_its_hands_are_moved() -> None:
    """Moved alike, or by octaves apart; not when the hands go to different keys."""
    form = find_form(piece(A, B, moved(A, 7, -5), moved(B, 0, 0), moved(A, 2, 3)))
    assert form == [None, None, Return(0, 7, -5), Return(1, 0, 0), None]


def test_seven_notes_of_ten_are_enough() -> None:
    """Four of six notes are too few, five are enough."""
    changed = [(eighth, voice, pitch + (1 if i < 2 else 0)) for i, (eighth, voice, pitch) in enumerate(A)]
    once = [*A[:5], (4, 2, 53)]
    assert find_form(piece(A, changed)) == [None, None]
    assert find_form(piece(A, once)) == [None, Return(0, 0, 0)]


def test_the_longer_passage_is_preferred_to_the_nearer_bar() -> None:
    """A bar that stands twice before returns from where the next bars return too."""
    form = find_form(piece(A, B, C, moved(A, 0, 0), moved(C, 5, 5), A, B, C))
    assert form[5:] == [Return(0, 0, 0), Return(1, 0, 0), Return(2, 0, 0)]


def test_length_counts_before_likeness_and_likeness_before_nearness() -> None:
    """A bar returns from where more bars return with it; of single bars from the most similar, then from the latest."""
    similar = [*A[:5], (4, 2, 53)]
    assert find_form(piece(similar, C, B, A, [], A, C))[5:] == [Return(0, 0, 0), Return(1, 0, 0)]
    assert find_form(piece(A, similar, C, A))[3] == Return(0, 0, 0)
    assert find_form(piece(A, B, A, C, A))[4] == Return(2, 0, 0)


def test_a_bar_of_few_notes_returns_only_inside_a_passage() -> None:
    """One held note is no return; between bars that return it is."""
    held: Row = [(0, 0, 72)]
    assert find_form(piece(held, held, A)) == [None, None, None]
    assert find_form(piece(A, held, B, A, held, B))[3:] == [Return(0, 0, 0), Return(1, 0, 0), Return(2, 0, 0)]


def test_silence_does_not_return() -> None:
    """Empty bars are nothing that comes back, and an empty score has no form."""
    assert find_form(piece(A, [], [], B)) == [None] * 4
    assert find_form(Score([])) == [None]


def test_form_is_the_same_in_any_key() -> None:
    """Transposing a score changes nothing."""
    generator = np.random.default_rng(3)
    bars = [[(int(e), 0, int(generator.choice([60, 62, 64, 67]))) for e in generator.integers(8, size=5)] for _ in range(40)]
    score = piece(*[[*dict.fromkeys(bar)] for bar in bars])
    assert any(find_form(score))
    assert find_form(score) == find_form(score.transpose(5))


@pytest.mark.corpus
def test_a_recapitulation_in_the_subdominant_is_found(works: dict[str, Score]) -> None:
    """In K. 545 the first theme returns a fourth higher, and the second in the tonic."""
    form = find_form(works["K. 545"].movement(0))
    assert form[42:50] == [Return(bar, 5, 5) for bar in range(1, 9)]
    assert form[59:65] == [Return(14 + bar, *((-7, 5) if bar < 4 else (-7, -7))) for bar in range(6)]


@pytest.mark.corpus
def test_half_of_all_bars_return(works: dict[str, Score]) -> None:
    """Repeats are written out in the files, where they are played."""
    forms = [find_form(works[name].movement(0)) for name in ("K. 279", "K. 333", "K. 545", "K. 570")]
    returning = [way is not None for form in forms for way in form]
    assert np.mean(returning) == pytest.approx(0.47, abs=0.05)
