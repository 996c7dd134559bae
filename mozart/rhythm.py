"""Offset strategies and durations. (Lab, Problem 5 and Table 1.1.)

Conventions
-----------
A step is the distance from one event's offset to the next event's, in quarter lengths. Step i leads from event i to event
i + 1. The lab increments the offset by 0.25 or 0.5 every time, or draws the increment from the corpus's distribution.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mozart.score import Event, Work

FIXED = ("0.25", "0.5")
STRATEGIES = (*FIXED, "sampled")
LAB_DURATION = 1.0  # music21's default for a new note, which the lab leaves as it is

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RhythmTable:
    """What a corpus says about time, as counts.

    Attributes
    ----------
    steps : step → how often, in quarter lengths
    durations : step → (duration → how often): how long events last that are followed after such a step
    """

    steps: Mapping[float, int]
    durations: Mapping[float, Mapping[float, int]]

    @classmethod
    def of(cls, works: Sequence[Work]) -> Self:
        """Count a corpus. A step never leads from one work into the next, and never backwards."""
        steps: Counter[float] = Counter()
        durations: dict[float, Counter[float]] = {}
        for work in works:
            for event, step in zip(work.events, event_steps(work.events), strict=False):
                if step >= 0:
                    steps[step] += 1
                    durations.setdefault(step, Counter())[_tidy(event.duration)] += 1
        return cls(steps, durations)

    def most_common(self, n: int = 3) -> list[tuple[float, float]]:
        """The `n` most common steps and their share of all, in [0, 1]. (Lab, Table 1.1.)"""
        total = sum(self.steps.values())
        ranked = sorted(self.steps.items(), key=lambda item: -item[1])
        return [(step, count / total) for step, count in ranked[:n]]

    def draw_steps(self, strategy: str, n: int, generator: np.random.Generator) -> Floats:
        """`n` steps: all 0.25, all 0.5, or ``sampled``: drawn independently from all steps of the corpus, 0 among them."""
        if strategy in FIXED:
            return np.full(n, float(strategy))
        if strategy == "sampled":
            return _draw(self.steps, n, generator)
        raise ValueError(f"unknown strategy {strategy!r}")

    def draw_durations(self, steps: Floats, generator: np.random.Generator) -> Floats:
        """A duration for each step, drawn from the corpus's durations before the nearest step that it knows."""
        known = np.array(sorted(self.durations))
        nearest = known[np.abs(known[None, :] - steps[:, None]).argmin(1)]
        durations = np.empty(len(steps))
        for step in np.unique(nearest):
            here = nearest == step
            durations[here] = _draw(self.durations[step], int(here.sum()), generator)
        return durations

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers; :meth:`from_json` gives an equal table."""
        return {
            "steps": sorted(self.steps.items()),
            "durations": [[step, sorted(counts.items())] for step, counts in sorted(self.durations.items())],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The table that :meth:`to_json` wrote."""
        return cls(dict(content["steps"]), {step: dict(counts) for step, counts in content["durations"]})


def event_steps(events: Sequence[Event]) -> list[float]:
    """The len(events) - 1 steps between consecutive events."""
    return [_tidy(after.offset - before.offset) for before, after in pairwise(events)]


def end_before_next_onset(tokens: Sequence[str], offsets: Floats, durations: Floats) -> Floats:
    """Shorten durations so that a note ends no later than the next onset of one of its pitches.

    A MIDI file has one note-off for each pitch: without this the first of two overlapping notes would cut the second.
    """
    shortened = durations.copy()
    # For each pitch, from the end backwards: its last onset seen, and the onset after that one.
    onsets: dict[str, tuple[float, float]] = {}
    for i in reversed(range(len(tokens))):
        for pitch in tokens[i].split("."):
            onset, later = onsets.get(pitch, (np.inf, np.inf))
            after = onset if onset > offsets[i] else later
            onsets[pitch] = (offsets[i], after)
            shortened[i] = min(shortened[i], after - offsets[i])
    return shortened


def _draw(counts: Mapping[float, int], n: int, generator: np.random.Generator) -> Floats:
    values = np.array(sorted(counts))
    weights = np.array([counts[value] for value in values], dtype=np.float64)
    return generator.choice(values, size=n, p=weights / weights.sum())


def _tidy(quarters: float) -> float:
    """The nearest float to the fraction that was meant: differences of 1/3 and 1/6 carry rounding errors."""
    return float(Fraction(quarters).limit_denominator(960)) if quarters % 0.0625 else quarters
