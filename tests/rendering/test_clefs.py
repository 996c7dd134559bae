"""Clefs change instead of many ledger lines."""

import pytest

from mozart.notes import Metre
from mozart.rendering.clefs import BASS, TREBLE, choose_clefs, ledger_lines
from mozart.rendering.metre import Bar
from mozart.rendering.spelling import name_pitches
from mozart.rendering.symbols import write_symbols
from mozart.rendering.voices import Chord

C_MAJOR = tuple(place - 1 for place in (1, 8, 3, -2, 5, 0, 7, 2, 9, 4, -1, 6))


def clefs(*bars: str | list[int], home: str = BASS) -> list[tuple[float, str]]:
    """Where clefs change, in quarters, when each bar of 4/4 has these notes of equal length, 0 for a rest."""
    metre = Metre(0, 4, 4)
    shapes = [Bar(1920 * i, 1920 * i + 1920, metre) for i in range(len(bars))]
    staff = []
    for bar, pitches in zip(shapes, bars, strict=True):
        step = 1920 // len(pitches)
        starts = [(bar.start + step * i, pitch) for i, pitch in enumerate(map(int, pitches)) if pitch]
        staff.append([write_symbols([Chord(at, at + step, frozenset([pitch])) for at, pitch in starts], bar)] if starts else [])
    name_pitches(staff, [C_MAJOR] * len(bars))
    return [(tick / 480, clef) for tick, clef in choose_clefs(staff, shapes, home)]


@pytest.mark.parametrize(
    ("pitch", "clef", "lines"),
    [
        (60, TREBLE, 1),
        (62, TREBLE, 0),
        (57, TREBLE, 2),
        (53, TREBLE, 3),
        (84, TREBLE, 2),
        (60, BASS, 1),
        (67, BASS, 3),
        (36, BASS, 2),
    ],
)
def test_ledger_lines(pitch: int, clef: str, lines: int) -> None:
    """Middle C has one in both clefs."""
    octave, step = divmod(pitch, 12)
    assert ledger_lines(7 * (octave - 1) + [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6][step], clef) == lines


def test_home_is_kept() -> None:
    """What stands well in a staff's own clef stays there."""
    assert clefs([48, 52, 55, 60], [43, 47, 50, 55]) == [(0, BASS)]
    assert clefs([60, 64, 67, 72], [57, 60, 64, 67], home=TREBLE) == [(0, TREBLE)]


def test_a_high_passage_has_the_other_clef() -> None:
    """And only that passage."""
    assert clefs([48] * 4, [76, 79, 77, 74], [48] * 4) == [(0, BASS), (4, TREBLE), (8, BASS)]
    assert clefs([76, 79, 77, 74], [48] * 4) == [(0, TREBLE), (4, BASS)]


def test_a_change_within_a_bar_stands_at_a_beat_before_the_notes_that_need_it() -> None:
    """Not earlier, also where rests come before."""
    assert clefs([48, 0, 0, 79], [79] * 4) == [(0, BASS), (3, TREBLE)]
    assert clefs([48] * 8, [79] * 8) == [(0, BASS), (4, TREBLE)]


def test_one_note_on_two_ledger_lines_changes_nothing() -> None:
    """A clef change is dearer than a high note or two."""
    assert clefs([48, 52, 64, 52], [48] * 4) == [(0, BASS)]
