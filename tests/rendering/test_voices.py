"""What is written for what is played: lengths, and lines of a staff."""

from itertools import pairwise

import numpy as np
import pytest

from mozart.notes import LEFT, RIGHT, Score
from mozart.rendering.metre import written_bars
from mozart.rendering.voices import Line, staff_lines

Shown = list[list[tuple[int, int, list[int]]]]


def show(lines: list[Line]) -> Shown:
    return [[(chord.start, chord.end, sorted(chord.pitches)) for chord in line] for line in lines]


def first_bar(*notes: tuple[int, int, int, int], hand: int = RIGHT) -> Shown:
    """The lines of the first bar, from onsets, voices, pitches and durations."""
    score = Score([(*note, 70) for note in notes])
    return show(staff_lines(score, hand, written_bars(score))[0])


def lengths(*durations: int, step: int = 240) -> list[int]:
    """What is written for notes that are `step` apart and sound so long, without the last."""
    notes = [(step * i, 0, 72 + i % 2, duration) for i, duration in enumerate(durations)]
    (line,) = first_bar(*notes, (step * len(notes), 0, 76, 480))
    return [end - start for start, end, _ in line][:-1]


@pytest.mark.parametrize(("step", "sounds"), [(240, 190), (120, 95), (480, 385), (240, 155), (240, 120), (160, 128), (480, 240)])
def test_a_detached_note_reaches_to_the_next(step: int, sounds: int) -> None:
    """Whether it sounds for four fifths of the way, as the sonatas' eighths do, or for half of it, staccato."""
    assert lengths(sounds, sounds, sounds, step=step) == [step] * 3


@pytest.mark.parametrize(("step", "sounds", "written"), [(480, 190, 240), (960, 385, 480), (960, 480, 480), (240, 95, 120)])
def test_a_short_note_is_followed_by_a_rest(step: int, sounds: int, written: int) -> None:
    """It has the shortest length that it fits into."""
    assert lengths(sounds, step=step) == [written]


def test_a_note_that_sounds_into_the_next_is_cut_off() -> None:
    """Legato is no second line."""
    assert lengths(250, 300, 360) == [240] * 3


def test_a_note_that_outlasts_the_next_is_held() -> None:
    """Then there are two lines, the upper first, also when one voice plays both."""
    upper, lower = first_bar((0, 0, 60, 950), (240, 0, 72, 240), (480, 0, 74, 480), (960, 0, 76, 960))
    assert upper == [(240, 480, [72]), (480, 960, [74]), (960, 1920, [76])]
    assert lower == [(0, 960, [60])]


def test_voices_that_take_turns_are_one_line() -> None:
    """A broken chord whose bass has a voice of its own is written as eighths, not as notes that wait for their voice."""
    bass = [(960 * i, 4, 48, 190) for i in range(2)]
    above = [(960 * i + 240 * j, 3, pitch, 190) for i in range(2) for j, pitch in ((1, 55), (2, 52), (3, 55))]
    assert first_bar(*bass, *above, hand=LEFT) == [
        [(240 * i, 240 * i + 240, [pitch]) for i, pitch in enumerate([48, 55, 52, 55] * 2)]
    ]


def test_voices_of_one_rhythm_are_chords() -> None:
    """Notes that are struck together and sound about as long are written equally long, whatever their voices do next."""
    assert first_bar((0, 0, 76, 385), (0, 1, 72, 370), (480, 0, 74, 480), (1440, 1, 71, 480)) == [
        [(0, 480, [72, 76]), (480, 960, [74]), (1440, 1920, [71])]
    ]


def test_voices_of_two_rhythms_are_two_lines() -> None:
    """The upper is the first."""
    assert first_bar((0, 1, 60, 1900), *[(480 * i, 0, 72, 400) for i in range(4)]) == [
        [(480 * i, 480 * i + 480, [72]) for i in range(4)],
        [(0, 1920, [60])],
    ]


def test_three_voices_stand_in_two_lines_where_that_can_be() -> None:
    """A third voice joins that of the others which rests when it sounds."""
    notes = [(0, 2, 64, 960), (0, 3, 60, 1920), (960, 4, 48, 960)]
    assert len(first_bar(*notes, hand=LEFT)) == 2
    assert len(first_bar(*notes, (960, 2, 67, 480), hand=LEFT)) == 3


def test_a_note_over_a_bar_line_is_tied() -> None:
    """Each bar has its part, and only what goes on is tied."""
    score = Score([(960, 0, 72, 1900, 70), (960, 0, 76, 900, 70), (0, 0, 71, 960, 70)])
    before, after = staff_lines(score, RIGHT, written_bars(score))
    held = next(chord for line in before for chord in line if 72 in chord.pitches)
    assert (held.start, held.end, [*held.tied_to], [*held.tied_from]) == (960, 1920, [72], [])
    ((rest,),) = after
    assert (rest.start, rest.end, [*rest.tied_to], [*rest.tied_from]) == (1920, 2880, [], [72])
    assert 76 in held.pitches


@pytest.mark.parametrize("seed", range(10))
def test_no_note_is_lost_and_no_line_overlaps_itself(seed: int) -> None:
    """Whatever is played: every onset on the grid is written once, in its hand."""
    generator = np.random.default_rng(seed)
    rows = {}
    for _ in range(200):
        onset, voice = 40 * int(generator.integers(0, 200)), int(generator.integers(0, 5))
        rows[onset, voice] = (onset, voice, 40 + 8 * voice + onset // 40 % 8, int(generator.choice([20, 95, 240, 700])), 70)
    kept = [row for key, row in sorted(rows.items()) if not any(
        other[1:3] == row[1:3] and other[0] < row[0] < other[0] + other[3] for other in rows.values()
    )]  # fmt: skip
    score = Score(kept)
    for hand in (RIGHT, LEFT):
        found = []
        for bar, lines in zip(written_bars(score), staff_lines(score, hand, written_bars(score)), strict=True):
            for line in lines:
                assert all(bar.start <= chord.start < chord.end <= bar.stop for chord in line)
                assert all(one.end <= other.start for one, other in pairwise(line))
                found += [
                    (chord.start, pitch) for chord in line if not chord.is_rolled for pitch in chord.pitches - chord.tied_from
                ]
        own = [(note.onset, note.pitch) for note in score.notes if (note.voice < 2) == (hand == RIGHT)]
        assert len(set(found) - set(own)) == 0
        assert len(found) == len(set(found))
