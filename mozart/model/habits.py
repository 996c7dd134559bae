"""Habits of the training works: the hands' registers, and which IOIs follow from which place in a quarter.

The network predicts both well, note by note. But while composing it reads its own notes, and small errors add up: a register
sinks, or one odd IOI moves all that follows off the beat. Drawing therefore keeps to these habits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mozart.errors import MozartError
from mozart.model.vocabulary import FIRST_KEY, KEYS, UNITS_A_QUARTER, to_units
from mozart.notes import LEFT, RIGHT, Score

LEAST = 3  # an IOI that occurs less often at its place is no habit
LONGEST_STEP = 64 * UNITS_A_QUARTER


@dataclass(frozen=True)
class Habits:
    """Limits that drawing keeps to.

    Attributes
    ----------
    registers
        The mean MIDI pitch of the right hand and of the left.
    steps
        For each place in a quarter, in units of the grid from 0 to 23, the inter-onset intervals that start there.
    """

    registers: tuple[float, float]
    steps: Mapping[int, frozenset[int]]

    @classmethod
    def of(cls, works: Sequence[Score]) -> "Habits":
        """Count the habits of works that have at least one note."""
        counts: Counter[tuple[int, int]] = Counter()
        for work in works:
            for number in range(len(work.movements)):
                counts.update(_steps(work.movement(number)))
        steps: dict[int, set[int]] = {}
        for (place, ioi), count in counts.items():
            if count >= LEAST:
                steps.setdefault(place, set()).add(ioi)
        pitches = np.concatenate([work.pitches for work in works])
        hands = np.concatenate([work.hands for work in works])
        means = [float(pitches[hands == hand].mean()) if (hands == hand).any() else float(pitches.mean()) for hand in (RIGHT, LEFT)]
        kept = {place: frozenset(iois) for place, iois in sorted(steps.items())}
        return cls((round(means[0], 2), round(means[1], 2)), kept)

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values."""
        return {
            "registers": list(self.registers),
            "steps": {str(place): sorted(iois) for place, iois in self.steps.items()},
        }

    @classmethod
    def from_json(cls, content: Any) -> "Habits":
        """Read habits from JSON values; raise MozartError when they are not possible."""
        right, left = (float(pitch) for pitch in content["registers"])
        steps = {int(place): frozenset(map(int, iois)) for place, iois in content["steps"].items()}
        possible = all(FIRST_KEY <= pitch < FIRST_KEY + KEYS for pitch in (right, left)) and all(
            0 <= place < UNITS_A_QUARTER and all(0 < ioi <= LONGEST_STEP for ioi in iois) for place, iois in steps.items()
        )
        if not possible:
            raise MozartError("Its registers or inter-onset intervals are not possible: train it again.")
        return cls((right, left), steps)


def _steps(movement: Score) -> list[tuple[int, int]]:
    """List the places of a movement's onsets in their quarters, each with the distance to the next onset."""
    times = np.unique(to_units(movement.onsets))
    starts = to_units(movement.bars)
    bar = np.searchsorted(starts, times, side="right") - 1
    # A short first bar is counted from its end.
    origins = np.append(starts, starts[-1])[np.where(bar == 0, min(1, len(starts) - 1), bar)]
    places = (times - origins) % UNITS_A_QUARTER
    return list(zip(places[:-1].tolist(), np.diff(times).tolist(), strict=True))
