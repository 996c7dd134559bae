"""Where movements begin."""

import pytest

from mozart.corpus.structure import movement_starts
from mozart.notes import TICKS


@pytest.mark.parametrize(("before", "is_upbeat"), [(0.5, True), (4, True), (4.5, False), (20, False)])
def test_how_long_an_upbeat_can_be(before: float, is_upbeat: bool) -> None:
    """A metre that changes up to four quarters before a marker begins the movement; one that changes earlier has its own reason."""
    marker = 100 * TICKS
    change = marker - round(before * TICKS)
    assert movement_starts([(marker, "(2)")], [0, change]) == [0, change if is_upbeat else marker]
