"""Bars as they are written, and where in them notes may begin and end.

Conventions
-----------
Times are ticks of the score. Places inside a bar are counted from the bar's origin: its beginning, or, in a pickup, where the
whole bar would have begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mozart.notes import TICKS, Metre, Score

Ticks = NDArray[np.integer]

SHORTEST = 30  # ticks: a 64th, the shortest note outside triplets
_BAR_LINES = 60  # ticks: a bar ends where 64ths and a triplet of 64ths do
_GRIDS = (SHORTEST, 20, 24)  # a 64th, and a 64th in triplets and in quintuplets
_UPBEAT = 120  # a pickup begins on a sixteenth, or with a triplet


@dataclass(frozen=True)
class Bar:
    """A bar of a score.

    Attributes
    ----------
    start, stop
        Its first tick, and the next bar's.
    metre
        The time signature.
    is_pickup
        Whether it is an upbeat, which has the number 0 and no rests before its first note.
    """

    start: int
    stop: int
    metre: Metre
    is_pickup: bool = False

    @property
    def origin(self) -> int:
        """The tick from which beats are counted."""
        return self.stop - self.metre.bar if self.is_pickup else self.start

    @property
    def is_short(self) -> bool:
        """Whether the bar is shorter than its metre."""
        return self.stop - self.start != self.metre.bar

    @cached_property
    def beat(self) -> int:
        """A quarter; three eighths or three quarters in compound metres."""
        return 3 * self.metre.bar // self.metre.beats if self.metre.is_compound else TICKS

    @property
    def cell(self) -> int:
        """The longest stretch that a triplet fills: a quarter, or an eighth if the metre counts eighths."""
        return TICKS if self.metre.unit <= 4 else TICKS // 2

    @cached_property
    def lines(self) -> list[int]:
        """The distances between the lines at which a long note is cut, the strongest first."""
        if self.metre.is_compound:
            strong = [self.beat, self.beat // 3]
        elif self.metre.bar % (2 * TICKS) == 0:
            strong = [2 * TICKS, TICKS]
        else:
            strong = [TICKS]
        weak = (strong[-1] >> power for power in range(1, 6))
        return [*strong, *(line for line in weak if line % SHORTEST == 0)]

    @property
    def stretch(self) -> int:
        """The stretch that one beam may join if it has only eighths."""
        if not self.metre.is_compound and self.metre.bar == 3 * TICKS:
            return self.metre.bar
        return self.lines[0]

    def reads_well(self, start: int, end: int) -> bool:
        """Tell whether a note, in ticks from the origin, shows the beats when it is written as one symbol."""
        if start // self.beat == (end - 1) // self.beat:
            return True
        on_beats = start % self.beat == 0, end % self.beat == 0
        if self.metre.is_compound:
            return all(on_beats)
        if start // self.lines[0] != (end - 1) // self.lines[0] and self.lines[0] > self.beat:
            return on_beats[0]
        # A quarter from the middle of one beat to the middle of the next is a syncopation, and reads well.
        return any(on_beats) or (start % (self.beat // 2) == 0 and end - start == self.beat)

    def rests_well(self, start: int, end: int) -> bool:
        """Tell whether a rest, in ticks from the origin, shows the beats when it is written as one symbol."""
        length = end - start
        if start // self.beat == (end - 1) // self.beat:
            return start % length == 0 or (self.metre.is_compound and start % self.beat == 0)
        return start % length == 0 and self.lines[0] > self.beat and length <= self.lines[0]


def with_written_bars(score: Score) -> Score:
    """Move metres and movements to the nearest 32nd, so that written notes can fill every bar."""
    metres, starts = (
        _nearest(np.array(ticks), _BAR_LINES).tolist() for ticks in ([m.onset for m in score.metres], score.movements)
    )
    # Of metres that fall together the last one holds.
    held = dict(zip(metres, score.metres, strict=True))
    return score.replace(
        metres=[(onset, metre.beats, metre.unit) for onset, metre in held.items()],
        movements=sorted(set(starts)),
    )


def written_bars(score: Score) -> list[Bar]:
    """List the written bars of a score with notes, whose metres begin where they can be written.

    A first bar that is silent for half its length or more begins with its first note. A first bar that is shorter than the
    next one's metre is a pickup.
    """
    starts = score.bars.tolist()
    bars = []
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        metre = score.metre_at(start)
        bars.append(Bar(start, start + metre.bar if following is None else following, metre))
    first = bars[0]
    metre = bars[1].metre if len(bars) > 1 and first.stop < bars[1].metre.bar else first.metre
    begins = _pickup_start(int(score.onsets[0]), first.stop, metre)
    if 2 * (first.stop - begins) <= metre.bar or metre.bar > first.stop:
        bars[0] = Bar(begins, first.stop, metre, is_pickup=True)
    return bars


def _pickup_start(onset: int, stop: int, metre: Metre) -> int:
    """Find the latest tick from which an upbeat that begins with `onset` can be written."""
    cell = TICKS if onset % _UPBEAT else _UPBEAT
    return max(stop - -(-(stop - onset) // cell) * cell, stop - metre.bar, 0)


def snap(ticks: Ticks, onsets: Ticks, bars: Sequence[Bar]) -> Ticks:
    """Move ticks to a grid that can be written; each cell gets the grid that its `onsets` are nearest to.

    A cell is divided into 64ths, or into thirds or fifths of its parts; one that its bar cuts off has no room for fifths.
    """
    origins, here, _ = _cells(ticks, bars)
    starts, there, is_cut = _cells(onsets, bars)
    size = max(there.max(initial=0), here.max(initial=0)) + 1
    inside = onsets - starts
    away = np.array([np.bincount(there, np.abs(_nearest(inside, grid) - inside), minlength=size) for grid in _GRIDS], dtype=float)
    away[-1, there[is_cut]] = np.inf
    snapped: Ticks = origins + np.choose(np.argmin(away, axis=0)[here], [_nearest(ticks - origins, grid) for grid in _GRIDS])
    return snapped


def _cells(ticks: Ticks, bars: Sequence[Bar]) -> tuple[Ticks, Ticks, NDArray[np.bool_]]:
    """Return for each of the ticks its bar's origin, the number of its cell, and whether the bar cuts the cell off."""
    places = np.clip(np.searchsorted([bar.start for bar in bars], ticks, side="right") - 1, 0, None)
    starts, stops, origins, lengths = (
        np.array([getattr(bar, name) for bar in bars])[places] for name in ("start", "stop", "origin", "cell")
    )
    most = max(bar.metre.bar // bar.cell for bar in bars) + 1  # cells in a bar
    inside = np.minimum((ticks - origins) // lengths, most - 1)
    begins = origins + inside * lengths
    return origins, places * most + inside, (begins < starts) | (begins + lengths > stops)


def _nearest(ticks: Ticks, grid: int) -> Ticks:
    return (ticks + grid // 2) // grid * grid
