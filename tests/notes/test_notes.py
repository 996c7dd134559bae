"""Notes in exact time: what a score is, and what it cannot be."""

import numpy as np
import pytest

from mozart.errors import MozartError
from mozart.notes import LEFT, RIGHT, Metre, Note, Score

MELODY = [Note(0, 0, 72, 480, 80), Note(480, 0, 74, 480, 80), Note(960, 0, 76, 960, 80), Note(0, 2, 48, 1920, 60)]


def test_notes_are_in_order_of_onset_voice_and_pitch_from_the_top() -> None:
    """Whatever order the notes are given in, a score has one."""
    chord = [Note(0, 2, 48, 480, 60), Note(0, 2, 55, 480, 60), *MELODY[:1]]
    assert [note.pitch for note in Score(chord).notes] == [72, 55, 48]
    assert Score(chord) == Score(chord[::-1])


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        ((-1, 0, 60, 1, 1), "onset -1"),
        ((0, 5, 60, 1, 1), "voice 5"),
        ((0, 0, 128, 1, 1), "pitch 128"),
        ((0, 0, 60, 0, 1), "duration 0"),
        ((0, 0, 60, 1, 0), "velocity 0"),
        ((2**40, 0, 60, 1, 1), "onset 1099511627776"),
        ((0, 0, 60, 1), "five whole numbers"),
        ((0, 0, 60.5, 1, 1), "five whole numbers"),
    ],
)
def test_an_impossible_note_is_refused(note: tuple[int, ...], problem: str) -> None:
    """A score of an impossible note cannot be made."""
    with pytest.raises(MozartError, match=problem):
        Score([note])


def test_a_key_that_is_held_is_not_struck_again() -> None:
    """One voice holds a key once at a time; another voice may strike it."""
    held = [Note(0, 0, 60, 480, 80), Note(479, 0, 60, 480, 80)]
    with pytest.raises(MozartError, match="still holds"):
        Score(held)
    assert len(Score([held[0], held[1]._replace(voice=1)])) == 2
    assert len(Score([held[0], held[1]._replace(onset=480)])) == 2


@pytest.mark.parametrize("metre", [(0, 0, 4), (0, 4, 0), (0, 4, 3), (0, 1, 65536), (0, 999999, 1), (1, 4, 4)])
def test_an_impossible_metre_is_refused(metre: tuple[int, int, int]) -> None:
    """0/4, 4/0, 4/3, 1/65536 and 999999/1 are no metres, and the first begins at 0."""
    with pytest.raises(MozartError, match="metre"):
        Score(MELODY, [metre])


@pytest.mark.parametrize("metres", [[], [(0, 4, 4), (0, 3, 4)], [(0, 4, 4), (960, 3, 4), (480, 2, 4)]])
def test_metres_ascend(metres: list[tuple[int, int, int]]) -> None:
    """There is a first metre, and no two stand at one place."""
    with pytest.raises(MozartError, match="first metre"):
        Score(MELODY, metres)


@pytest.mark.parametrize("tempo", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_tempo_is_refused(tempo: float) -> None:
    """A tempo is a number that time can go by."""
    with pytest.raises(MozartError, match="tempo"):
        Score(MELODY, tempi=[(0, tempo)])


def test_too_many_bars_are_refused_before_they_take_memory() -> None:
    """A note that is held for a year makes no year of bars."""
    with pytest.raises(MozartError, match="bars"):
        Score([Note(0, 0, 60, 2**30, 80)], [(0, 1, 32)])


def test_a_score_cannot_be_changed() -> None:
    """Its columns are read-only."""
    with pytest.raises(ValueError, match="read-only"):
        Score(MELODY).pitches[0] = 1


def test_a_metre_begins_a_bar() -> None:
    """An upbeat of a quarter is a bar of its own where the next metre begins after it."""
    score = Score(MELODY, [(0, 1, 4), (480, 3, 4)])
    assert score.bars.tolist() == [0, 480]
    assert score.place_in_bar(np.array([0, 479, 480, 1919])).tolist() == [0, 479, 0, 1439]
    assert score.metre_at(479) == Metre(0, 1, 4)
    assert score.metre_at(480) == Metre(480, 3, 4)


def test_a_metre_that_is_said_twice_is_one() -> None:
    """The same metre at one of its own bar lines changes nothing; elsewhere it begins a bar."""
    assert Score(MELODY, [(0, 2, 4), (960, 2, 4)]) == Score(MELODY, [(0, 2, 4)])
    assert Score(MELODY, [(0, 2, 4), (480, 2, 4)]).bars.tolist() == [0, 480, 1440]


def test_bars_reach_to_the_end_of_the_last_note() -> None:
    """A note that is held over a bar line needs a bar to end in; one that ends on it does not."""
    assert Score([Note(0, 0, 60, 1920, 80)]).bars.tolist() == [0]
    assert Score([Note(0, 0, 60, 1921, 80)]).bars.tolist() == [0, 1920]
    assert Score([]).bars.tolist() == [0]


def test_hands() -> None:
    """The right hand plays voices 0 and 1."""
    assert Score(MELODY).hands.tolist() == [RIGHT, LEFT, RIGHT, RIGHT]


def test_seconds_follow_the_tempi() -> None:
    """Two quarters at 120 a minute, then one at 60."""
    score = Score([Note(0, 0, 60, 1440, 80)], tempi=[(0, 120.0), (960, 60.0)])
    assert score.seconds == pytest.approx(2.0)
    assert score.seconds_at(np.array([0, 480, 960, 1200])).tolist() == pytest.approx([0, 0.5, 1, 1.5])


def test_a_cut_keeps_the_place_in_the_bar() -> None:
    """What is cut out in the middle of a bar begins there, with silence before it."""
    score = Score([*MELODY, Note(1920, 0, 77, 480, 80)], [(0, 2, 4)], tempi=[(0, 100.0), (960, 90.0)])
    cut = score.cut(1200, 9999)
    assert [(note.onset, note.pitch) for note in cut.notes] == [(960, 77)]
    assert [note.onset for note in score.cut(480, 1000).notes] == [480, 960]
    assert score.bars_slice(1, 2).tempi == ((0, 90.0),)
    assert len(score.cut(9999, 9999)) == 0


def test_movements_put_together_are_the_work() -> None:
    """Cut into movements and concatenated again, a work is the same."""
    work = Score(
        [*MELODY, Note(1920, 0, 77, 1440, 80), Note(3360, 1, 60, 960, 80)],
        [(0, 4, 4), (1920, 3, 4), (3360, 2, 4)],
        [(0, 100.0), (1920, 60.0)],
        [0, 1920, 3360],
        "K. 1",
    )
    again = Score.concatenate([work.movement(0), work.movement(1), work.movement(2)])
    assert again == work
    assert (again.movements, again.title) == (work.movements, "K. 1")


def test_transposed_there_and_back() -> None:
    """Transposing moves pitches alone, and not beyond what MIDI knows."""
    score = Score(MELODY)
    assert (score.transpose(5).pitches - score.pitches).tolist() == [5] * 4
    assert score.transpose(5).transpose(-5) == score
    with pytest.raises(MozartError, match="pitch 128"):
        score.transpose(52)


def test_equal_scores_have_equal_hashes() -> None:
    """A title makes no other music; a velocity does."""
    score = Score(MELODY, title="one")
    assert score == score.replace(title="two")
    assert hash(score) == hash(score.replace(title="two"))
    assert score != Score([*MELODY[:3], MELODY[3]._replace(velocity=61)])
