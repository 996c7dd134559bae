"""Where a moment is, and what is known of it."""

import numpy as np
import pytest

from mozart.model.harmony import MAJOR, SILENT, beats
from mozart.model.setting import NO_CHORD, UNKNOWN_CHORD, Setting, tone_id
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Metre, Note, Score
from mozart.notes.keys import Key

VOCABULARY = Vocabulary((0, 6, 12, 24), (120, 240, 480), ((3, 4), (4, 4), (6, 8)))
BAR = 96


COMMON = Metre(0, 4, 4)


def make_setting(bars: int = 8, metre: Metre = COMMON, tonic: int = 0) -> Setting:
    starts = [metre.bar * bar for bar in range(bars)]
    return Setting.make(VOCABULARY, Key(tonic, "major"), starts, [metre] * bars, None)


def test_bars_are_counted_down_to_the_end() -> None:
    """The last bar has none left, and so each bar before it one more, in steps."""
    setting = make_setting(20)
    left = [setting.place(BAR * bar).left for bar in range(20)]
    assert left[-4:] == [4, 3, 2, 1]
    assert left == sorted(left, reverse=True)
    assert setting.place(0).passed == 1
    assert setting.place(BAR).passed == 2


def test_what_is_not_told_is_zero() -> None:
    """Without a plan there is no chord, bass or melody: not even that there is none."""
    place = make_setting().place(30)
    assert (place.chord, place.next_chord, place.bass, place.melody) == (UNKNOWN_CHORD, UNKNOWN_CHORD, 0, 0)


def test_chords_are_told_of_this_beat_and_the_next() -> None:
    """Beat by beat, over the tonic; after the last one there is none."""
    setting = make_setting(1, tonic=7).with_chords(np.array([(7, MAJOR), (2, MAJOR), (SILENT, 0), (7, MAJOR)], np.int8))
    places = [setting.place(24 * beat) for beat in range(4)]
    assert [place.chord for place in places[1:]] == [place.next_chord for place in places[:-1]]
    assert places[2].chord == NO_CHORD
    assert places[3].next_chord == NO_CHORD
    assert setting.roots(0) == (7, 7, 2)
    assert setting.roots(24) == (7, 2, -1)


@pytest.mark.parametrize("tonic", range(12))
def test_a_plan_is_the_same_in_every_key(tonic: int) -> None:
    """Chords, bass and melody are counted from the tonic."""
    told = make_setting(1, tonic=tonic).with_chords(np.array([((tonic + 7) % 12, MAJOR)] * 4, np.int8))
    told = told.with_lines([(tonic + 4) % 12] * 4, [tonic, SILENT, tonic, tonic])
    assert told.place(0)[-4:] == (2 + 7 * 6, 2 + 7 * 6, 5, 1)
    assert told.place(24).melody == 0
    assert -5 <= told.shift <= 6
    assert (told.shift - tonic) % 12 == 0


def test_an_upbeat_is_the_end_of_a_bar() -> None:
    """In a short first bar places are counted as in the bar that is missing, and beats from the bar line back."""
    upbeat = Setting.make(VOCABULARY, Key(0, "major"), [0, 480, 2400], [Metre(0, 1, 4), Metre(480, 4, 4), Metre(480, 4, 4)], None)
    assert upbeat.place(0).in_bar == upbeat.place(24 + 72).in_bar
    assert upbeat.place(0).metre == upbeat.place(24).metre
    assert upbeat.lags(0) == upbeat.lags(24)
    score = Score([Note(0, 0, 60, 240, 64), Note(480, 0, 60, 240, 64), Note(4000, 0, 60, 240, 64)], [(0, 1, 4), (480, 4, 4)])
    whole = Setting.make(VOCABULARY, Key(0, "major"), score.bars.tolist(), [score.metre_at(int(bar)) for bar in score.bars], None)
    assert [beat * 20 for beat in whole.beats][: len(beats(score))] == beats(score).tolist()


def test_lags_are_as_long_as_bars_and_beats() -> None:
    """A beat of 6/8 is a dotted quarter."""
    assert make_setting().lags(0) == (24, 96, 192, 384, 768)
    assert make_setting(metre=Metre(0, 6, 8)).lags(0) == (36, 72, 144, 288, 576)


def test_a_movement_ends_with_its_last_onset() -> None:
    """A last note that is held for three bars begins in the last one."""
    movement = Score([Note(0, 0, 60, 480, 64), Note(1920, 0, 60, 1920 * 3, 64)])
    setting = Setting.of(VOCABULARY, movement, Key(0, "major"))
    assert [setting.place(time).left for time in (0, BAR)] == [2, 1]
    assert setting.place(0).bass == setting.place(0).melody == 1


def test_tones_are_seen_from_the_chord() -> None:
    """The third of any major chord is one tone; without a chord there is none."""
    tonic, dominant = (2 + root * 6 + MAJOR for root in (0, 7))
    assert tone_id(4, tonic) == tone_id(11, dominant) > 0
    assert tone_id(4, UNKNOWN_CHORD) == tone_id(4, NO_CHORD) == 0
