"""The blind test is fair, and counted."""

import json
from typing import Any

import gradio as gr
import numpy as np
import pytest

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.notes import Score
from mozart.page.compare import find_passages
from mozart.page.guess import NAMES, Guess, make_riddle
from mozart.page.passages import VELOCITY, cut_alike, pad_alike
from mozart.page.stop import Visit
from mozart.page.studio import Studio


def test_nothing_but_the_notes_tells(studio: Studio, composer: Any) -> None:
    """Both passages have as many bars, one tempo and one velocity, end together, and go on from the opening that is played."""
    for seed in range(6):
        opening, passages, riddle = make_riddle(studio, seed)
        first, second = passages
        assert len(first.bars) == len(second.bars) == 4
        assert first.tempi == second.tempi == opening.tempi
        assert {*first.velocities.tolist(), *second.velocities.tolist(), *opening.velocities.tolist()} == {VELOCITY}
        assert max(first.end, second.end) <= 4 * 4 * 480
        piece = composer.compose(composer.composed[-1])
        assert piece.opening is not None
        assert piece.opening.continuation is not None
        assert passages[riddle.answer].pitches.tolist() == piece.opening.continuation.pitches.tolist()


def test_the_answer_changes(studio: Studio) -> None:
    """Mozart's passage is now the first, now the second."""
    assert {make_riddle(studio, seed)[2].answer for seed in range(8)} == {0, 1}


def test_notes_end_with_the_last_bar() -> None:
    """A note that rings on is cut where the last common bar ends; a shorter passage sets the number of bars."""
    long = Score([(0, 0, 60, 9000, 80), (1920, 2, 48, 480, 50)])
    short = Score([(0, 0, 62, 480, 20)])
    first, second = cut_alike([long, short], 90)
    assert [note.duration for note in first.notes] == [1920]
    assert (len(first.bars), len(second.bars)) == (1, 1)
    assert first.tempi[0].quarters_per_minute == 90


def test_sounds_are_equally_long() -> None:
    """The shorter sound ends in silence."""
    assert [len(sound) for sound in pad_alike([np.ones(3), np.ones(5)])] == [5, 5]


def test_without_continuations(composer: Any) -> None:
    """A checkpoint that holds no passage of Mozart's says so."""
    composer.movements = ()
    with pytest.raises(MozartError, match="no passage of Mozart's"):
        make_riddle(Studio(composer), 1)


@pytest.mark.usefixtures("_sines")
def test_a_guess_counts_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A right guess is counted for the visitor and for all; a second one at the same test is not; the page holds no answer."""
    monkeypatch.setattr("secrets.randbelow", lambda _: 5)
    with gr.Blocks():
        guess = Guess(studio)
    visit = Visit()
    posed = guess.pose(studio, visit)
    assert visit.riddle is not None
    assert visit.riddle.passage not in json.dumps([str(value) for value in posed.values()])
    right = NAMES[visit.riddle.answer]
    said = guess.judge(studio, visit, right)[guess.said]
    assert said.startswith(f"**Right: {right} is Mozart's**")
    assert "You were right 1 of 1 times. Visitors were right in 100 % of 1 guess" in said
    assert guess.said not in guess.judge(studio, visit, right)
    assert studio.votes.count(studio.composer.identity) == (1, 1)


def test_comparing(studio: Studio) -> None:
    """The opening, Mozart's own way on and the piece's, as many bars each, whether the opening stands in the piece or not."""
    for include in (True, False):
        piece = studio.compose(Request(seed=2, opening="random", include_opening=include))
        assert piece.opening is not None
        (first, opening), (second, real), (third, ours) = find_passages(piece)
        assert first == "The opening: K. 1, movement 1"
        assert (second, third) == ("How Mozart continues", "How the piece continues")
        assert len(real.bars) == len(ours.bars) == 4
        assert opening.pitches.tolist() == piece.opening.score.pitches.tolist()
        alone = studio.compose(Request(seed=2))
        assert ours.pitches.tolist() == alone.score.pitches[: len(ours)].tolist()


def test_nothing_to_compare(studio: Studio) -> None:
    """A piece that begins by itself is compared with nothing, and it is said."""
    with pytest.raises(MozartError, match="has no opening"):
        find_passages(studio.compose(Request(seed=2)))
