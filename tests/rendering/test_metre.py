"""Bars as they are written."""

import numpy as np
import pytest

from mozart.notes import Metre, Score
from mozart.rendering.metre import Bar, snap, with_written_bars, written_bars


def note(onset: int) -> tuple[int, int, int, int, int]:
    return onset, 0, 72, 480, 70


def shapes(score: Score) -> list[tuple[int, int, bool]]:
    return [(bar.start, bar.stop, bar.is_pickup) for bar in written_bars(score)]


@pytest.mark.parametrize(("onset", "start"), [(1440, 1440), (960, 960), (1800, 1800), (1760, 1440), (1810, 1440), (1919, 1440)])
def test_an_upbeat_after_silence_is_a_pickup(onset: int, start: int) -> None:
    """It begins on the sixteenth or quarter before its first note, without the rests before, and beats count as in a whole bar."""
    bars = written_bars(Score([note(onset), note(2400)]))
    assert (bars[0].start, bars[0].stop, bars[0].is_pickup, bars[0].origin) == (start, 1920, True, 0)
    assert not bars[1].is_pickup


def test_a_late_start_is_a_rest() -> None:
    """A piece that begins early in its bar has a whole first bar."""
    assert shapes(Score([note(480), note(1920)])) == [(0, 1920, False), (1920, 3840, False)]


def test_a_short_first_bar_is_a_pickup() -> None:
    """It stands under the metre that follows."""
    score = Score([note(0), note(480)], [(0, 1, 4), (480, 3, 4)])
    assert shapes(score) == [(0, 480, True), (480, 1920, False)]
    assert written_bars(score)[0].metre[1:] == (3, 4)
    assert written_bars(score)[0].origin == -960


def test_a_bar_that_a_metre_cuts_off_is_short() -> None:
    """It has the length that it has, and is no pickup when it is not the first."""
    bars = written_bars(Score([note(0), note(3360)], [(0, 4, 4), (2880, 3, 4)]))
    assert [(bar.start, bar.stop, bar.is_short, bar.is_pickup) for bar in bars] == [
        (0, 1920, False, False),
        (1920, 2880, True, False),
        (2880, 4320, False, False),
    ]


def test_bars_begin_where_they_can_be_written() -> None:
    """Metres and movements move to the nearest 32nd; of those that fall together the last one holds, and notes stay."""
    score = Score([note(0), note(3875)], [(0, 2, 4), (10, 4, 4), (1925, 5, 32), (1945, 3, 4)], movements=[0, 10, 1945])
    written = with_written_bars(score)
    assert [tuple(metre) for metre in written.metres] == [(0, 4, 4), (1920, 3, 4)]
    assert written.movements == (0, 1920)
    assert written.notes == score.notes


def test_a_cell_that_is_cut_off_has_no_quintuplet() -> None:
    """Fifths of a beat that its bar leaves unfinished become thirds or 64ths; in the next bar they count from where it begins."""
    bars = written_bars(Score([note(0), note(5000)], [(0, 4, 4), (180, 4, 4)]))
    onsets = np.array([0, 96, 180, 276, 372, 468, 564])
    assert snap(onsets, onsets, bars).tolist() == [0, 100, 180, 276, 372, 468, 564]


@pytest.mark.parametrize(
    ("beats", "unit", "beat", "cell", "lines"),
    [
        (4, 4, 480, 480, [960, 480, 240, 120, 60, 30]),
        (3, 4, 480, 480, [480, 240, 120, 60, 30]),
        (6, 8, 720, 240, [720, 240, 120, 60, 30]),
        (3, 8, 720, 240, [720, 240, 120, 60, 30]),
        (6, 4, 1440, 480, [1440, 480, 240, 120, 60, 30]),
    ],
)
def test_what_divides_a_bar(beats: int, unit: int, beat: int, cell: int, lines: list[int]) -> None:
    """Beats are quarters, or three parts together in compound time."""
    metre = Metre(0, beats, unit)
    bar = Bar(0, metre.bar, metre)
    assert (bar.beat, bar.cell, bar.lines) == (beat, cell, lines)


def test_onsets_that_can_be_written_stay() -> None:
    """64ths, parts of triplets and of quintuplets lie where they are; anything else goes to the nearest grid of its quarter."""
    bars = written_bars(Score([note(0), note(5000)]))
    for exact in ([0, 30, 60, 450], [0, 20, 40, 160, 320, 460], [0, 96, 192, 288, 384], [0, 24, 48, 72]):
        onsets = np.array(exact)
        for moved in (onsets, onsets + 480, onsets + 4800):
            assert snap(moved, moved, bars).tolist() == moved.tolist()
    loose = np.array([3, 158, 322, 481, 602])
    assert snap(loose, loose, bars).tolist() == [0, 160, 320, 480, 600]
    assert snap(np.array([190]), np.array([0, 160]), bars).tolist() == [200]
