"""Rolled chords."""

import numpy as np
import pytest

from mozart.rendering.arpeggios import unroll

Row = tuple[int, int, int, int, int]


def roll(*notes: tuple[int, int, int]) -> tuple[list[tuple[int, int]], list[bool]]:
    """Onsets and ends afterwards, and which are rolled, from onsets, pitches and durations."""
    columns, rolled = unroll(np.array([(onset, 2, pitch, duration, 70) for onset, pitch, duration in notes], dtype=np.int64))
    return [(int(row[0]), int(row[0] + row[3])) for row in columns], rolled.tolist()


def test_what_is_struck_upwards_and_held_is_one_chord() -> None:
    """It stands on the strongest of its onsets, and ends where its notes end."""
    assert roll((1400, 55, 240), (1420, 58, 215), (1440, 63, 205)) == ([(1440, 1640), (1440, 1635), (1440, 1645)], [True] * 3)
    assert roll((0, 55, 480), (24, 58, 456))[0] == [(0, 480), (0, 480)]


def test_short_notes_before_a_silence_are_one_chord() -> None:
    """Three staccato notes in a flash sound together on paper."""
    assert roll((0, 71, 25), (40, 74, 25), (80, 80, 25), (960, 60, 400)) == (
        [(0, 105)] * 3 + [(960, 1360)],
        [True, True, True, False],
    )


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param([(0, 60, 40), (40, 62, 40), (80, 64, 40), (120, 65, 240)], id="a scale"),
        pytest.param([(0, 64, 480), (40, 60, 440)], id="downwards"),
        pytest.param([(0, 60, 480), (60, 64, 420)], id="slower"),
        pytest.param([(0, 60, 480), (0, 64, 480)], id="at once"),
        pytest.param([(0, 60, 25), (40, 64, 25), (960, 60, 400)], id="two short notes"),
    ],
)
def test_what_is_no_rolled_chord(notes: list[tuple[int, int, int]]) -> None:
    """Scales, ornaments and plain chords stay as they are."""
    ends, rolled = roll(*notes)
    assert ends == [(onset, onset + duration) for onset, _, duration in notes]
    assert not any(rolled)
