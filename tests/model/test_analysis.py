"""The plan of a movement, found in its notes."""

import numpy as np
import pytest

from mozart.model.analysis import plans_of
from mozart.model.form import Return
from mozart.model.harmony import CHORD_TONES, DOMINANT_SEVENTH, MAJOR
from mozart.model.plan import Close, Plan, roman_line
from mozart.model.plan_json import to_json
from mozart.notes import Note, Score

TONIC, DOMINANT, SUBDOMINANT = (0, MAJOR), (7, DOMINANT_SEVENTH), (5, MAJOR)


def bar(start: int, beats: int, chord: tuple[int, int]) -> list[Note]:
    """A bass on the first beat, the chord in the right hand on each."""
    root, kind = chord
    notes = [Note(start, 2, 48 + root, 480 * beats - 20, 60)]
    return notes + [Note(start + 480 * beat, 0, 60 + root + tone, 460, 70) for beat in range(beats) for tone in CHORD_TONES[kind]]


def waltz(start: int = 0, last: tuple[int, int] = TONIC) -> list[Note]:
    """Eight bars of 3/4, of which four return, and the last is one chord."""
    chords = [TONIC, SUBDOMINANT, DOMINANT, TONIC] * 2
    notes = [note for i, chord in enumerate(chords[:-1]) for note in bar(start + 1440 * i, 3, chord)]
    end = start + 7 * 1440
    return [*notes, *(Note(end, voice, pitch + last[0], 950, 60) for voice, pitch in ((2, 48), (0, 60), (0, 64)))]


def plan_of(movement: Score, source: str = "") -> Plan:
    """Find the only plan of a movement."""
    (plan,) = plans_of(movement, source)
    return plan


def test_a_movements_plan_says_form_chords_and_end() -> None:
    """Everything that a plan knows is found."""
    plan = plan_of(Score(waltz(), [(0, 3, 4)]), "a waltz")
    assert (plan.beats, plan.unit, plan.mode, plan.start, plan.source) == (3, 4, "major", 0, "a waltz")
    assert roman_line(plan) == ["I", "IV", "V7", "I", "I", "IV", "V7", "I –"]
    assert plan.returns[4:7] == (Return(0, 0, 0), Return(1, 0, 0), Return(2, 0, 0))
    assert plan.basses[-2:] == ((7, 7, 7), (0, 0, -1))
    assert plan.melody[-2:] == ((5, 5, 5), (4, -1, -1))
    assert set(plan.basses[:-2]) == {None}
    assert plan.close == Close(0, 960)


def test_plans_know_no_key() -> None:
    """Transposed music has the same plan."""
    score = Score(waltz(), [(0, 3, 4)])
    assert plan_of(score.transpose(-4)) == plan_of(score)


def test_music_that_does_not_end_on_its_tonic_does_not_close() -> None:
    """An open end is no end to inherit."""
    assert plan_of(Score(waltz(last=DOMINANT), [(0, 3, 4)])).close is None
    inverted = [note._replace(pitch=52) if (note.onset, note.voice) == (10080, 2) else note for note in waltz()]
    assert plan_of(Score(inverted, [(0, 3, 4)])).close is None


def test_a_rolled_last_chord_begins_with_its_first_note() -> None:
    """Its bass may have ended when its top begins."""
    notes = waltz()[:-3] + [Note(10080 + 40 * i, 0, pitch, 100, 60) for i, pitch in enumerate((48, 55, 60, 64))]
    assert plan_of(Score(notes, [(0, 3, 4)])).close == Close(0, 220)


@pytest.mark.parametrize(("metres", "shift"), [([(0, 3, 4)], 1440), ([(0, 3, 4), (480, 3, 4)], 480)])
def test_an_upbeat_is_in_a_bar_of_its_own(metres: list[tuple[int, int, int]], shift: int) -> None:
    """Whether silence stands before it or the first bar is short, the plan's first bar is whole."""
    plan = plan_of(Score([Note(shift - 480, 0, 67, 470, 70), *waltz(shift)], metres))
    assert (len(plan), plan.start) == (9, 960)
    assert plan.chords[0][:2] == ((-1, 0), (-1, 0))
    assert roman_line(plan)[1:4] == ["I", "IV", "V7"]


def test_silent_bars_around_the_music_are_left_out() -> None:
    """Sequencers leave a bar for the title."""
    assert len(plan_of(Score(waltz(4320), [(0, 3, 4)]))) == 8


def test_each_metre_has_its_plan() -> None:
    """A movement in two metres has two plans, in order."""
    end = 8 * 1440
    march = [note for i in range(12) for note in bar(end + 1920 * i, 4, TONIC)]
    score = Score([*waltz(), *march], [(0, 3, 4), (end, 4, 4)])
    assert [(plan.beats, len(plan)) for plan in plans_of(score)] == [(3, 8), (4, 12)]


def test_a_short_passage_has_no_plan() -> None:
    """Seven bars are not enough, and nothing is not either."""
    assert plans_of(Score(waltz()[:20], [(0, 3, 4)])) == plans_of(Score([])) == []


@pytest.mark.corpus
def test_the_sonatas_plans_close_and_are_small(works: dict[str, Score]) -> None:
    """Nearly all movements close, and all plans together are a fraction of the checkpoint."""
    plans = [plan for work in list(works.values())[::4] for i in range(len(work.movements)) for plan in plans_of(work.movement(i))]
    assert np.mean([plan.close is not None for plan in plans]) > 0.9
    assert sum(len(to_json(plan).encode()) for plan in plans) / len(plans) < 3_000
