"""Features of small pieces as one counts them by hand, and what must not change them."""

import math

import numpy as np
import pytest

from mozart.errors import MozartError
from mozart.measuring.features import FAMILIES, MEANINGS, features
from mozart.measuring.form import likeness
from mozart.measuring.harmony import roots
from mozart.measuring.passage import Passage, cut_passages
from mozart.notes import TICKS, Note, Score
from sonatina import BAR, sonatina

Q = TICKS
NOT_IN_ANY_KEY = {"register: right hand", "register: left hand", "register: extremes"}


def right(*notes: tuple[int, int, int]) -> list[Note]:
    """Right-hand notes of onset, pitch and duration."""
    return [Note(onset, 0, pitch, duration, 80) for onset, pitch, duration in notes]


def left(*notes: tuple[int, int, int]) -> list[Note]:
    """Left-hand notes of onset, pitch and duration."""
    return [Note(onset, 2, pitch, duration, 80) for onset, pitch, duration in notes]


def chords(*pitches: tuple[int, ...]) -> Score:
    """Chords of a quarter each, one after the other, the lowest note for the left hand."""
    bass = left(*((beat * Q, chord[0], Q) for beat, chord in enumerate(pitches)))
    return Score(bass + right(*((beat * Q, pitch, Q) for beat, chord in enumerate(pitches) for pitch in chord[1:])))


def same(a: dict[str, float], b: dict[str, float]) -> list[str]:
    """The names of the features that differ."""
    return [
        name for name in a if not math.isclose(a[name], b[name], abs_tol=1e-9) and not (math.isnan(a[name]) and math.isnan(b[name]))
    ]


def test_each_feature_has_a_meaning_and_a_unit() -> None:
    """What is measured is what is explained, in the same order."""
    assert list(features(sonatina())) == list(MEANINGS)
    assert {name.split(": ")[0] for name in MEANINGS} == set(FAMILIES)
    assert all("; " in meaning for meaning in MEANINGS.values())


@pytest.mark.parametrize("semitones", [-4, 1, 7])
@pytest.mark.parametrize("seed", [1, 2])
def test_another_key_is_the_same_piece(semitones: int, seed: int) -> None:
    """Moved up or down, only the register changes."""
    piece = sonatina(seed)
    assert set(same(features(piece), features(piece.transpose(semitones)))) <= NOT_IN_ANY_KEY


def test_silence_before_the_piece_changes_nothing() -> None:
    """Two bars of rest before the first note leave all features as they are."""
    piece = sonatina(3)
    later = piece.replace(notes=[note._replace(onset=note.onset + 2 * BAR) for note in piece.notes])
    assert same(features(piece), features(later)) == []


def test_twice_as_slow_in_twice_as_long_bars_has_the_same_harmony_and_form() -> None:
    """In 4/2 with all values doubled the same chords stand on the same beats."""
    piece = sonatina(4)
    slow = Score([note._replace(onset=2 * note.onset, duration=2 * note.duration) for note in piece.notes], [(0, 4, 2)])
    a, b = features(piece), features(slow)
    assert [name for name in same(a, b) if name.startswith(("harmony", "form", "melody"))] == []


@pytest.mark.parametrize(
    "notes", [right((0, 60, Q)), left((0, 60, Q)), right((0, 60, Q), (0, 64, Q)), right((0, 60, Q), (Q, 60, Q))]
)
def test_a_piece_of_a_note_or_two_is_measured_where_it_can_be(notes: list[Note]) -> None:
    """Features that have nothing to look at are NaN; none fails."""
    measured = features(Score(notes))
    assert measured["texture: voices"] == len({note.pitch for note in notes if note.onset == 0})
    assert math.isnan(measured["form: even phrases"])


def test_nothing_cannot_be_measured() -> None:
    """A score without notes is refused in words."""
    with pytest.raises(MozartError, match="no notes"):
        features(Score([]))


def test_harmony_by_hand() -> None:
    """Chords of C, F, G and C: the roots move by fourth, second and fourth, and the last one is a cadence on the bar line."""
    measured = features(
        chords(
            (48, 64, 67),
            (53, 65, 69),
            (55, 62, 71),
            (48, 64, 72),
            (48, 64, 67),
            (55, 62, 71),
            (43, 62, 71),
            (43, 62, 71),
            (48, 64, 72),
        )
    )
    assert measured["harmony: no chord"] == 0
    assert measured["harmony: triads"] == 1
    assert measured["harmony: triads on the bar line"] == 1
    assert measured["harmony: root by fifth"] == 4 / 5
    assert measured["harmony: root by second"] == 1 / 5
    assert measured["harmony: root stays"] == 3 / 8
    assert measured["harmony: bass stays"] == 3 / 8
    assert measured["harmony: cadences"] == 8 / 3
    assert measured["harmony: semitones"] == 0


def test_dissonance_by_hand() -> None:
    """C under D flat for one beat of four, D flat falling to C; and two neighbours that one hand strikes."""
    notes = left((0, 48, 4 * Q)) + right((0, 61, Q), (Q, 60, 3 * Q), (4 * Q, 60, Q), (4 * Q, 62, Q))
    measured = features(Score(notes))
    assert measured["harmony: semitones"] == 1 / 5
    assert measured["harmony: whole tones"] == 1 / 5
    assert measured["harmony: semitones struck"] == 1 / 2
    assert measured["harmony: neighbours struck"] == 1 / 3
    assert measured["harmony: resolved"] == 1 / 2


def test_parallel_fifths_are_seen() -> None:
    """Of three moves of both outer voices, one goes from a fifth to a fifth."""
    measured = features(chords((48, 67), (50, 69), (52, 67), (53, 72)))
    assert measured["harmony: parallel fifths"] == 1 / 3


def test_melody_is_the_top_line() -> None:
    """A note under one that the right hand holds is no melody; the left hand's never are."""
    notes = right((0, 76, 2 * Q), (Q, 72, Q), (2 * Q, 77, Q), (3 * Q, 84, Q), (4 * Q, 83, Q)) + left((0, 90, 4 * Q))
    passage = Passage(Score(notes))
    assert passage.pitches[passage.melody].tolist() == [76, 77, 84, 83]
    measured = features(Score(notes))
    assert measured["melody: steps"] == 2 / 3
    assert measured["melody: leaps"] == 0
    assert measured["melody: leaps answered"] == 1
    assert measured["melody: same direction"] == 1 / 2


def test_rhythm_by_hand() -> None:
    """Eighths and a syncopation over the second beat in the right hand, quarters on the first beats in the left."""
    bar = right((0, 72, Q // 2), (Q // 2, 74, Q), (3 * Q // 2, 76, Q // 2), (2 * Q, 77, 2 * Q)) + left((0, 48, Q))
    notes = [note._replace(onset=note.onset + index * BAR) for index in range(4) for note in bar]
    measured = features(Score(notes))
    assert measured["rhythm: both hands"] == 1 / 4
    assert measured["rhythm: on a beat"] == 1 / 2
    assert measured["rhythm: bar lines by both hands"] == 1
    assert measured["rhythm: syncopation"] == 1 / 2
    assert measured["rhythm: onsets again"] == 1
    assert measured["rhythm: bar patterns"] == 1 / 2
    assert measured["rhythm: easily written"] == 0
    assert measured["rhythm: IOI of an eighth"] == 8 / 15
    assert measured["rhythm: density"] == 15 / 14


def test_triplets_against_eighths_are_not_easily_written() -> None:
    """A hand may divide a beat by two or by three; one that does both in one beat cannot be read."""
    thirds = right(*((BAR + third * Q // 3, 72, Q // 3) for third in range(3)), (0, 72, Q), (2 * BAR, 72, Q))
    assert features(Score(thirds))["rhythm: easily written"] == 1
    assert features(Score(thirds + left((BAR + Q // 2, 48, Q // 2))))["rhythm: easily written"] == 1
    assert features(Score([*thirds, Note(BAR + Q // 4, 1, 60, Q // 4, 80)]))["rhythm: easily written"] == 0


def test_a_beat_that_the_hand_strikes_is_not_passed_over() -> None:
    """An offbeat note that is held over the beat is no syncopation when its hand strikes on that beat."""
    held = right((0, 72, Q // 2), (Q // 2, 74, Q), (2 * Q, 76, 2 * Q))
    assert features(Score(held))["rhythm: syncopation"] == 1
    assert features(Score([*held, Note(Q, 1, 60, Q, 80)]))["rhythm: syncopation"] == 0
    assert features(Score(held + left((Q, 48, Q))))["rhythm: syncopation"] == 1


def test_six_eighths_are_two_beats() -> None:
    """A quarter and an eighth twice a bar tie nothing over a beat in 6/8; in 3/4 they do."""
    notes = right(*((bar * 3 * Q + place, 72, Q // 2) for bar in range(4) for place in (0, Q, 3 * Q // 2, 5 * Q // 2)))
    assert features(Score(notes, [(0, 6, 8)]))["rhythm: easily written"] == 1
    assert features(Score(notes, [(0, 3, 4)]))["rhythm: easily written"] == 0


def test_roots_of_beats() -> None:
    """A sixth chord and a seventh chord over its third have the root that they are built on; one pitch has none."""
    bass = [64, 59, 48]
    sound = np.zeros((3, 12))
    sound[0, [4, 7, 0]] = sound[1, [11, 2, 5, 7]] = sound[2, 0] = 1
    found, covered = roots(sound, np.array(bass))
    assert found.tolist() == [0, 7, -1]
    assert covered.tolist() == [1, 0.75, 1]


def test_left_hand_figures_by_hand() -> None:
    """A broken chord on another chord is the same figure, and Alberti's; turned round it is another one."""

    def figure(start: int, *pitches: int) -> list[Note]:
        return left(*((start + place * Q // 4, pitch, Q // 4) for place, pitch in enumerate(pitches)))

    notes = figure(0, 48, 55, 52, 55) + figure(Q, 47, 55, 50, 55) + figure(2 * Q, 55, 48, 52, 48)
    measured = features(Score(notes))
    assert measured["texture: left onsets again"] == 1
    assert measured["texture: left figure again"] == 1 / 2
    assert measured["texture: Alberti"] == 2 / 9


def test_durations_by_hand() -> None:
    """Legato ends at the next onset; what is held further is held over; a detached note is neither."""
    measured = features(Score(right((0, 72, Q), (Q, 74, 2 * Q), (2 * Q, 76, Q // 2), (3 * Q, 77, Q), (3 * Q, 69, Q))))
    assert measured["durations: right legato"] == 1 / 3
    assert measured["durations: right held over"] == 1 / 3
    assert measured["durations: end together"] == 1
    assert measured["durations: mean"] == 5.5 / 5


def test_bars_alike_by_hand() -> None:
    """The same bar, the bar a fourth higher, and the bar a step of the scale higher."""
    bar = [(0, 60), (480, 64), (960, 67), (1440, 72)]
    assert likeness(bar, bar) == (1, 1, 0)
    assert likeness(bar, [(place, pitch + 5) for place, pitch in bar])[:2] == (0, 1)
    step = [(0, 62), (480, 65), (960, 69), (1440, 74)]
    assert likeness(bar, step) == (0, 0.75, 1)
    assert likeness(bar, [(place + 60, pitch) for place, pitch in bar]) == (0, 0, 0)


def test_bars_that_come_back_are_counted() -> None:
    """The sonatina's phrase of four bars comes back after four others; a piece of new bars has nothing to return to."""
    measured = features(sonatina(5, bars=13))
    assert measured["form: heard exactly"] >= 4 / 9
    assert measured["form: back after 8"] >= 4 / 5
    rng = np.random.default_rng(0)
    notes = [(int(index) * Q // 4, int(pitch), Q // 4) for index, pitch in enumerate(rng.integers(48, 84, 16 * 12))]
    assert features(Score(right(*notes)))["form: heard before"] == 0


def test_passages_keep_to_one_movement_and_one_metre() -> None:
    """What is left over of a movement or a metre is dropped, and no passage goes on into the next."""
    work = Score.concatenate([sonatina(1, bars=10), sonatina(2, bars=8)])
    work = work.replace(metres=[(0, 4, 4), (14 * BAR, 2, 2)])
    passages = cut_passages(work, 4)
    assert [len(passage.bars) for passage in passages] == [4, 4, 4, 4]
    assert passages[2].notes[0] == work.movement(1).notes[0]
    assert [passage.metres[0].unit for passage in passages] == [4, 4, 4, 2]
