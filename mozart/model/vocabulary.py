"""What a note's parts can be: the distances, note lengths and metres that the training music has.

Conventions
-----------
Onsets stand on a grid of 1/24 quarter, on which sixteenths, triplets and 32nds lie exactly. An inter-onset interval (IOI) is
a number of such units; one value more means that the movement has ended. Note lengths are in ticks, as they are played: a
detached eighth is shorter than a held one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.notes import TICKS, Metre, Score
from mozart.notes.score import MAX_TICKS

UNITS_A_QUARTER = 24
UNIT = TICKS // UNITS_A_QUARTER  # ticks
# The keys of a piano, and the lowest one's pitch; what lies outside is moved in by octaves.
FIRST_KEY, KEYS = 21, 88
LOUDNESSES = 16  # velocities, in classes of eight
_LONGEST_IOI = 12 * UNITS_A_QUARTER
_RARE = 4  # what comes less often is not worth a value of its own
_DURATIONS = 80
_RARE_METRE = 20  # bars


def to_units(ticks: NDArray[np.integer] | int) -> NDArray[np.int64]:
    """Ticks as the nearest units of the grid."""
    return np.floor(np.asarray(ticks) / UNIT + 0.5).astype(np.int64)


@dataclass(frozen=True)
class Vocabulary:
    """The values of a note's parts.

    Attributes
    ----------
    iois
        In units of the grid, ascending, the first 0.
    durations
        In ticks, ascending.
    metres
        Beats and unit of each.
    """

    iois: tuple[int, ...]
    durations: tuple[int, ...]
    metres: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, scores: Sequence[Score]) -> "Vocabulary":
        """The vocabulary of training music."""
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
        """What JSON has kept, looked at. Raises MozartError when it makes no sense."""
        made = cls(
            tuple(int(ioi) for ioi in content["iois"]),
            tuple(int(duration) for duration in content["durations"]),
            tuple((int(beats), int(unit)) for beats, unit in content["metres"]),
        )
        ascending = all(list(values) == sorted(set(values)) for values in (made.iois, made.durations))
        possible = made.iois[:1] == (0,) and made.durations and made.durations[0] > 0 and made.metres
        if not (ascending and possible) or max(made.iois[-1] * UNIT, made.durations[-1]) > MAX_TICKS:
            raise MozartError("Its distances, note lengths or metres are not possible.")
        if max(len(made.iois), len(made.durations), len(made.metres)) > 1_000:
            raise MozartError("It has more values than any music needs.")
        for metre in made.metres:
            Score([], [(0, *metre)])
        return made

    @property
    def end(self) -> int:
        """The IOI that means: the movement has ended."""
        return len(self.iois)

    @property
    def n_iois(self) -> int:
        """How many IOIs there are, the end among them."""
        return len(self.iois) + 1

    def ioi_id(self, units: int) -> int:
        """The nearest IOI."""
        return _nearest(self.iois, units)

    def exact_ioi_id(self, units: int) -> int:
        """The IOI that is exactly so long, or -1."""
        nearest = self.ioi_id(units)
        return nearest if self.iois[nearest] == units else -1

    def duration_id(self, ticks: int) -> int:
        """The nearest note length, by ratio."""
        return _nearest_ratio(self.durations, ticks)

    def metre_id(self, metre: Metre) -> int:
        """The metre, or the nearest one: as long a bar, divided alike."""
        if metre[1:] in self.metres:
            return self.metres.index(metre[1:])
        return min(range(len(self.metres)), key=lambda i: _apart(self.metres[i], metre[1:]))

    def knows(self, metre: Metre) -> bool:
        """Whether the training music has this metre."""
        return metre[1:] in self.metres


def on_keyboard(pitch: int) -> int:
    """A pitch, moved by octaves onto the piano where it lies outside."""
    while pitch < FIRST_KEY:
        pitch += 12
    while pitch >= FIRST_KEY + KEYS:
        pitch -= 12
    return pitch


def loudness_id(velocity: int) -> int:
    """The class of a velocity."""
    return velocity * LOUDNESSES // 128


def velocity_of(loudness: int) -> int:
    """The velocity in the middle of a class."""
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
