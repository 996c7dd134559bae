"""Loops are found, and known before they close."""

import random

import pytest

from mozart.measuring.loops import LEAST_NOTES, LoopWatch, find_loop
from mozart.notes import TICKS, Note, Score
from sonatina import BAR, sonatina

SIXTEENTH = TICKS // 4


def score(pitches: list[int], wait: int = SIXTEENTH) -> Score:
    return Score([Note(index * wait, 0, pitch, wait, 80) for index, pitch in enumerate(pitches)])


def tune(length: int, seed: int) -> list[int]:
    rng = random.Random(seed)
    return [rng.randrange(48, 84) for _ in range(length)]


@pytest.mark.parametrize("period", [1, 4, 16, 100, 256])
def test_three_cycles_are_a_loop(period: int) -> None:
    """A loop is found with its first note and its period, once it is long enough."""
    cycle = [60] if period == 1 else tune(period, 1)
    repeated = cycle * max(3, LEAST_NOTES // period)
    # The first note's wait is another one, so the loop begins at the second.
    loop = find_loop(score(tune(40, 2) + repeated + cycle))
    assert loop is not None
    assert loop.period == period
    assert loop.start in (40, 41)


def test_two_cycles_are_a_repeat() -> None:
    """Mozart's repeats are no loops, and neither are three cycles that are soon over."""
    assert find_loop(score(tune(100, 1) * 2)) is None
    assert find_loop(score(tune(20, 2) + tune(10, 1) * 3 + tune(20, 3))) is None
    assert find_loop(Score.concatenate([sonatina(1), sonatina(1)])) is None


def test_a_slow_loop_is_one_by_its_time() -> None:
    """A bar of three notes over and over is a loop after four bars, although the notes are few."""
    bars = [(0, 60), (TICKS, 64), (3 * TICKS, 67)]
    slow = Score([Note(bar * BAR + place, 0, pitch, 100, 80) for bar in range(5) for place, pitch in bars])
    assert find_loop(slow) == (1, 3) or find_loop(slow) == (0, 3)
    assert find_loop(slow.bars_slice(0, 3)) is None


def test_another_rhythm_is_no_cycle() -> None:
    """The same pitches, each time in another time, are not a loop."""
    waits = [SIXTEENTH * random.Random(1).choice([1, 2, 3]) for _ in range(100)]
    rng, onset, notes = random.Random(1), 0, []
    for _, pitch in zip(waits, [60, 62, 64, 65] * 25, strict=True):
        notes.append(Note(onset, 0, pitch, SIXTEENTH, 80))
        onset += SIXTEENTH * rng.choice([1, 2, 3])
    assert find_loop(Score(notes)) is None


def test_a_loop_is_known_before_it_closes() -> None:
    """The note that would complete it is told from others, and asking changes nothing."""
    watch = LoopWatch()
    notes = score(tune(10, 2) + tune(16, 1) * 4).notes
    for note in notes:
        assert not watch.would_loop(note._replace(pitch=30))
        closes = watch.would_loop(note)
        watch.take(note)
        assert (watch.loop is not None) == closes
    assert watch.loop is not None
    assert watch.loop.period == 16
