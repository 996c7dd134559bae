"""What drawing keeps to, whatever an untrained network finds probable."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from mozart.composing import drawing
from mozart.composing.balance import Balance
from mozart.composing.composer import Composer
from mozart.composing.drawing import HEATS, REACH, Draft
from mozart.composing.planning import make_intention
from mozart.composing.request import Request
from mozart.measuring.loops import find_loop
from mozart.model.habits import Habits
from mozart.model.setting import Setting
from mozart.model.stepper import Moment
from mozart.model.vocabulary import Vocabulary
from mozart.notes import TICKS, Note
from mozart.notes.keys import Key

REQUEST = Request(key="C major", seed=1, length="8bars", temperature=3, top_p=1)


def composer_with(composer: Composer, habits: Habits) -> Composer:
    assert composer.checkpoint is not None
    return Composer(replace(composer.checkpoint, habits=habits), composer.name)


def empty_draft(composer: Composer) -> Draft:
    """A draft of eight bars without a note."""
    from mozart.composing.frame import make_setting

    assert composer.checkpoint is not None
    intention = make_intention(REQUEST, None, composer.checkpoint.templates, np.random.default_rng(0))
    setting, _ = make_setting(composer.vocabulary, None, intention)
    return composer.start(setting, intention, REQUEST, np.random.SeedSequence(0).spawn(2))


class Undecided:
    """A moment at a place in the first bar of 4/4 that finds every distance equally probable."""

    def __init__(self, time: int, upbeat: int = 0) -> None:
        vocabulary = Vocabulary((0, 3, 6, 12, 24), (120,), ((4, 4),))
        setting = Setting(vocabulary, Key(0, "major"), (0, 96), (96, 96), (24, 24), (0, 0), upbeat, (0,))
        self.history = SimpleNamespace(setting=setting, vocabulary=vocabulary, time=time)

    def iois(self) -> NDArray[np.float32]:
        return np.zeros(6, np.float32)


def distances(moment: Undecided) -> set[int]:
    """How far on time is drawn from a moment, in works that go on from beats by fourths and halves, and from halves by halves."""
    balance = Balance.start((74.0, 58.0), 12.0, 96)
    steps = {0: frozenset({6, 12}), 12: frozenset({12})}
    found = set()
    for seed in range(40):
        draft = Draft(cast(Moment, moment), np.random.default_rng(seed), np.random.default_rng(0), steps, balance)
        found.add(draft.draw_time(moment.history.time) - moment.history.time)
    return found


def test_time_goes_on_as_in_the_works() -> None:
    """From each place of a quarter as it does there, or not at all; an upbeat's places are those before its bar line."""
    assert distances(Undecided(24)) == {0, 6, 12}
    assert distances(Undecided(12)) == {0, 12}
    assert distances(Undecided(0, upbeat=84)) == {0, 12}


def test_a_register_is_kept(composer: Composer) -> None:
    """After the same notes, a hand goes on higher where it lies lower than the works' hands, and lower where higher."""
    means = []
    for register in (60.0, 80.0):
        draft = empty_draft(composer_with(composer, Habits((register, 48.0), {})))
        for number in range(60):
            draft.add(Note(number * 120, 0, 70 + number % 3, 120, 80))
        drawn = [draft.fork(seed).draw_note(60 * 6, [0]) for seed in range(60)]
        means.append(np.mean([note.pitch for note in drawn if note]))
    assert means[1] > means[0] + 1


def test_hands_strike_what_they_reach(composer: Composer) -> None:
    """Beside what a hand holds it strikes no key beyond a tenth, and no key that sounds already."""
    draft = empty_draft(composer)
    draft.add(Note(0, 2, 48, 4 * TICKS, 80))
    while draft.draw_note(24, [2, 3, 4]):
        pass
    keys = [note.pitch for note in draft.notes]
    assert len(keys) > 1
    assert max(keys) - min(keys) <= REACH
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("overlap", "is_held"), [(TICKS // 8, False), (TICKS // 8 + 1, True)])
def test_a_note_that_overlaps_a_little_holds_no_hand(composer: Composer, overlap: int, is_held: bool) -> None:
    """What ends within a 32nd is let go in time: the hand may strike its key again, or leap away."""
    draft = empty_draft(composer)
    draft.add(Note(0, 2, 48, TICKS + overlap, 80))
    drawn = [draft.fork(seed).draw_note(24, [2]) for seed in range(60)]
    assert all(note and abs(note.pitch - 48) <= REACH for note in drawn) == is_held


def test_no_loop_is_completed(composer: Composer) -> None:
    """A note that would go round a third time is another one."""
    draft = empty_draft(composer)
    for number in range(48):
        draft.add(Note(number * 120, 0, 72, 120, 80))
    assert draft.loops.would_loop(Note(48 * 120, 0, 72, 120, 80))
    assert not draft.loops.would_loop(Note(48 * 120, 0, 74, 120, 80))
    assert all((note := draft.fork(seed).draw_note(48 * 6, [0])) and note.pitch != 72 for seed in range(20))


def test_each_part_has_its_own_heat(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time, voice, pitch, duration and loudness are drawn at the request's temperature times their own factor."""
    used = []

    def first(scores: NDArray[np.floating], _: np.random.Generator, temperature: float, __: float) -> int:
        used.append(temperature)
        return int(np.isfinite(scores).argmax())

    monkeypatch.setattr(drawing, "draw", first)
    draft = empty_draft(composer)
    draft.draw_note(draft.draw_time(0))
    assert used == [REQUEST.temperature * HEATS[part] for part in ("ioi", "voice", "pitch", "duration", "loudness")]
    assert len(set(used)) > 1


def test_a_fork_goes_its_own_way(composer: Composer) -> None:
    """What is added to a copy changes nothing of the draft: notes, loops, balance."""
    draft = empty_draft(composer)
    draft.add(Note(0, 0, 72, 120, 80))
    before = draft.balance
    other = draft.fork(1)
    for number in range(1, 50):
        other.add(Note(number * 120, 0, 72, 120, 80))
    assert len(draft.notes) == 1
    assert draft.loops.loop is None
    assert draft.balance == before
    draft.adopt(other)
    assert draft.loops.loop is not None
    assert draft.balance != before


@pytest.mark.parametrize("seed", range(3))
def test_pieces_have_no_loops(composer: Composer, seed: int) -> None:
    """Not even those of an untrained network that draws the most probable note only, with bars that return."""
    piece = composer.compose(Request(length="32bars", seed=seed, temperature=0.1, top_p=0.1))
    assert find_loop(piece.score) is None


def test_the_balance_starts_where_the_works_lie(composer: Composer) -> None:
    """With the works' registers, and the movement's density."""
    draft = empty_draft(composer)
    assert composer.checkpoint is not None
    assert isinstance(draft.balance, Balance)
    assert draft.balance.registers == composer.checkpoint.habits.registers
