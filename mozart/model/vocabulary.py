"""The possible values of a note's parts: the IOIs, durations and metres of the training music.

Conventions
-----------
Onsets lie on a grid of 1/24 quarter, which holds sixteenths, triplets and 32nds exactly. An inter-onset interval (IOI) is
a number of such units; one extra value means that the movement has ended. Durations are in ticks, as played: a detached
eighth is shorter than a held one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.notes import GRID, TICKS, Metre, Score
from mozart.notes.score import MAX_TICKS

UNIT = GRID  # ticks
UNITS_A_QUARTER = TICKS // UNIT
# A piano's lowest pitch and number of keys; pitches outside are moved in by octaves.
FIRST_KEY, KEYS = 21, 88
LOUDNESSES = 16  # velocities, in classes of eight
_LONGEST_IOI = 12 * UNITS_A_QUARTER
_RARE = 4  # IOIs that occur less often get no value of their own
_DURATIONS = 80
_RARE_METRE = 20  # bars


def to_units(ticks: NDArray[np.integer] | int) -> NDArray[np.int64]:
    """Convert ticks to the nearest units of the grid."""
    return np.floor(np.asarray(ticks) / UNIT + 0.5).astype(np.int64)


@dataclass(frozen=True)
class Vocabulary:
    """The values of a note's parts.

    Attributes
    ----------
    iois
        IOIs in units of the grid, ascending, the first 0.
    durations
        Durations in ticks, ascending.
    metres
        Beats and unit of each metre.
    """

    iois: tuple[int, ...]
    durations: tuple[int, ...]
    metres: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, scores: Sequence[Score]) -> "Vocabulary":
        """Collect the vocabulary of training music."""
        iois: Counter[int] = Counter({0: _RARE})
        durations: Counter[int] = Counter()
        metres: Counter[tuple[int, int]] = Counter()
        for score in scores:
            iois.update(np.diff(to_units(score.onsets)).tolist())
            durations.update(score.durations.tolist())
            metres.update(score.metre_at(bar)[1:] for bar in score.bars.tolist())
        frequent = {metre for metre, count in metres.items() if count >= _RARE_METRE} or {
            metre for metre, _ in metres.most_common(1)
        }
        return cls(
            tuple(sorted(ioi for ioi, count in iois.items() if count >= _RARE and ioi <= _LONGEST_IOI)),
            tuple(sorted(duration for duration, _ in durations.most_common(_DURATIONS))),
            tuple(sorted(frequent)),
        )

    @classmethod
    def from_json(cls, content: Any) -> "Vocabulary":
        """Read and check JSON values; raise MozartError when they make no sense."""
        made = cls(
            tuple(int(ioi) for ioi in content["iois"]),
            tuple(int(duration) for duration in content["durations"]),
            tuple((int(beats), int(unit)) for beats, unit in content["metres"]),
        )
        ascending = all(list(values) == sorted(set(values)) for values in (made.iois, made.durations))
        possible = made.iois[:1] == (0,) and made.durations and made.durations[0] > 0 and made.metres
        if not (ascending and possible) or max(made.iois[-1] * UNIT, made.durations[-1]) > MAX_TICKS:
            raise MozartError("Its distances, durations or metres are not possible.")
        if max(len(made.iois), len(made.durations), len(made.metres)) > 1_000:
            raise MozartError("It has more values than any music needs.")
        for metre in made.metres:
            Score([], [(0, *metre)])
        return made

    @property
    def end(self) -> int:
        """The id of the IOI that means that the movement has ended."""
        return len(self.iois)

    @property
    def n_iois(self) -> int:
        """The number of IOIs, with the end."""
        return len(self.iois) + 1

    def ioi_id(self, units: int) -> int:
        """Return the id of the nearest IOI."""
        return _nearest(self.iois, units)

    def exact_ioi_id(self, units: int) -> int:
        """Return the id of the IOI of exactly this length, or -1."""
        nearest = self.ioi_id(units)
        return nearest if self.iois[nearest] == units else -1

    def duration_id(self, ticks: int) -> int:
        """Return the id of the duration whose ratio to `ticks` is nearest to 1."""
        return _nearest_ratio(self.durations, ticks)

    def metre_id(self, metre: Metre) -> int:
        """Return the id of the metre, or of the nearest one: as long a bar, divided alike."""
        if metre[1:] in self.metres:
            return self.metres.index(metre[1:])
        return min(range(len(self.metres)), key=lambda i: _apart(self.metres[i], metre[1:]))


def on_keyboard(pitch: int) -> int:
    """Move a pitch by octaves onto the piano if it lies outside."""
    while pitch < FIRST_KEY:
        pitch += 12
    while pitch >= FIRST_KEY + KEYS:
        pitch -= 12
    return pitch


def loudness_id(velocity: int) -> int:
    """Return the class of a velocity."""
    return velocity * LOUDNESSES // 128


def velocity_of(loudness: int) -> int:
    """Return the velocity in the middle of a class."""
    return loudness * 128 // LOUDNESSES + 64 // LOUDNESSES


@cache
def _nearest(values: tuple[int, ...], wanted: int) -> int:
    return min(range(len(values)), key=lambda i: abs(values[i] - wanted))


@cache
def _nearest_ratio(values: tuple[int, ...], wanted: int) -> int:
    return min(range(len(values)), key=lambda i: abs(np.log(values[i] / wanted)))


def _apart(known: tuple[int, int], metre: tuple[int, int]) -> float:
    ratio = abs(np.log2((known[0] / known[1]) / (metre[0] / metre[1])))
    return float(ratio + 2 * ((known[0] % 3 == 0) != (metre[0] % 3 == 0)))
