"""Offset strategies and durations. (Lab, Problem 5 and Table 1.1.)

Conventions
-----------
A step is the distance from one event's offset to the next event's, in quarter lengths. Step i leads from event i to event
i + 1. The lab increments the offset by 0.25 or 0.5 every time, or draws the increment from the corpus's distribution.
The contextual strategy draws it from what followed in the corpus the same phase and the same latest four steps. A phase
is an onset's place in its quarter, 0 up to 1.

Tables count in 48ths of a quarter, whole numbers: music21 puts MIDI notes on fourths and thirds of a quarter, so nothing
of theirs is lost, and a phase that runs for thousands of steps gathers no rounding error.
"""

import math
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import count, islice, pairwise, repeat
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mozart.score import Event, Work
from mozart.vocabulary import pitches

FIXED = ("0.25", "0.5")
STRATEGIES = (*FIXED, "sampled", "contextual")
LAB_DURATION = 1.0  # music21's default for a new note, which the lab leaves as it is

_GRID = 48
_MEMORY = 4
# Witten and Bell weigh each different follower as one, which trusts a context too much: a work repeats its rhythms, so what
# it counts is not independent. Chosen on held-out works.
_DOUBT = 30

Floats = NDArray[np.float64]
Context = tuple[int, ...]
Counts = Mapping[Context, Mapping[int, int]]


@dataclass(frozen=True)
class RhythmTable:
    """What a corpus says about time, as counts; all times in 48ths of a quarter.

    Attributes
    ----------
    contexts : (phase, latest step, the step before it, …) → (step → how often); four steps, fewer where a work begins
    durations : (step, octave of the lowest pitch, 5 from C4 up) → (duration → how often): how long events last that are
        followed after such a step
    """

    contexts: Counts
    durations: Counts

    @classmethod
    def of(cls, works: Sequence[Work]) -> Self:
        """Count a corpus. A step never leads from one work into the next, and never backwards.

        A tied note is counted once, as long as it sounds.
        """
        contexts: defaultdict[Context, Counter[int]] = defaultdict(Counter)
        durations: defaultdict[Context, Counter[int]] = defaultdict(Counter)
        for work in works:
            for context, step in _contexts(work.events):
                contexts[context][step] += 1
            sounding = _sounding_durations(work.events)
            for event, quarters, duration in zip(work.events, event_steps(work.events), sounding, strict=False):
                if quarters >= 0 and duration > 0:
                    durations[_on_grid(quarters), _octave(event.token)][max(1, _on_grid(duration))] += 1
        return cls(contexts, durations)

    @cached_property
    def step_counts(self) -> dict[float, int]:
        """Step → how often, in quarter lengths, ascending."""
        total: Counter[int] = Counter()
        for followers in self.contexts.values():
            total.update(followers)
        return {step / _GRID: total[step] for step in sorted(total)}

    def most_common(self, n: int = 3) -> list[tuple[float, float]]:
        """The `n` most common steps and their share of all, in [0, 1]. (Lab, Table 1.1.)"""
        total = sum(self.step_counts.values())
        ranked = sorted(self.step_counts.items(), key=lambda item: -item[1])
        return [(step, count / total) for step, count in ranked[:n]]

    def steps(
        self, strategy: str, generator: np.random.Generator, phase: float = 0.0, recent: Sequence[float] = ()
    ) -> Iterator[float]:
        """Steps without end, in quarter lengths, for one draw from `generator` each.

        Parameters
        ----------
        strategy : all ``0.25``, all ``0.5``, ``sampled``: drawn independently from all steps of the corpus, 0 among them,
            or ``contextual``
        phase : of the onset from which the first step leads; only ``contextual`` looks at it
        recent : the steps before, in quarter lengths, the latest last; only ``contextual`` looks at up to four of them
        """
        if strategy in FIXED:
            return repeat(float(strategy))
        if strategy == "sampled":
            return (self._step_chances.draw((), generator.random()) / _GRID for _ in count())
        if strategy == "contextual":
            return self._contextual_steps(generator, _on_grid(phase) % _GRID, [_on_grid(step) for step in recent])
        raise ValueError(f"unknown strategy {strategy!r}")

    def draw_steps(
        self, strategy: str, n: int, generator: np.random.Generator, *, phase: float = 0.0, recent: Sequence[float] = ()
    ) -> Floats:
        """The first `n` of :meth:`steps`, shape (n,)."""
        return np.fromiter(islice(self.steps(strategy, generator, phase, recent), n), dtype=np.float64, count=n)

    def draw_durations(self, tokens: Sequence[str], steps: Floats, generator: np.random.Generator) -> Floats:
        """A duration above 0 for each token, by its register and the nearest known step to the step that follows it.

        Parameters
        ----------
        tokens : n of them
        steps : shape (n,), in quarter lengths; step i leads from token i to the next
        generator
            Asked for one draw a token.

        Returns
        -------
        array of float64, shape (n,), in quarter lengths
        """
        known = sorted({step for step, _ in self.durations})
        # A piece has few different steps.
        to_known = {step: min(known, key=lambda candidate: abs(candidate - _on_grid(step))) for step in set(steps.tolist())}
        nearest = [to_known[step] for step in steps.tolist()]
        chances = generator.random(len(tokens)).tolist()
        drawn = [
            self._duration_chances.draw((step, _octave(token)), chance)
            for token, step, chance in zip(tokens, nearest, chances, strict=True)
        ]
        return np.array(drawn, dtype=np.float64) / _GRID

    def loss(self, works: Sequence[Work], strategy: str) -> float:
        """Mean negative log-likelihood of the works' steps under ``sampled`` or ``contextual``, in nats a step.

        A step that this table does not have is taken for as rare as one that was counted once.
        """
        if strategy not in ("sampled", "contextual"):
            raise ValueError(f"{strategy!r} gives steps no probabilities")
        unknown = 1 / sum(self.step_counts.values())
        losses = [
            -math.log(self._step_chances.probability(step, context if strategy == "contextual" else ()) or unknown)
            for work in works
            for context, step in _contexts(work.events)
        ]
        return sum(losses) / len(losses)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers; :meth:`from_json` gives an equal table."""
        return {"contexts": _to_lists(self.contexts), "durations": _to_lists(self.durations)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The table that :meth:`to_json` wrote."""
        return cls(_from_lists(content["contexts"]), _from_lists(content["durations"]))

    @cached_property
    def _step_chances(self) -> "_Chances":
        return _Chances(self.contexts)

    @cached_property
    def _duration_chances(self) -> "_Chances":
        return _Chances(self.durations)

    def _contextual_steps(self, generator: np.random.Generator, phase: int, recent: Sequence[int]) -> Iterator[float]:
        latest = tuple(reversed(recent[-_MEMORY:]))
        while True:
            step = self._step_chances.draw((phase, *latest), generator.random())
            yield step / _GRID
            phase, latest = (phase + step) % _GRID, (step, *latest[: _MEMORY - 1])


class _Chances:
    """The chances of what follows a context, interpolated from the shortest context to the longest that was seen.

    The more different followers a context had, the more is left to the shorter one, which lacks its last element (Witten
    and Bell, The zero-frequency problem, 1991). The empty context has the plain shares, so whatever was seen at all can
    follow every context.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts: dict[Context, Counter[int]] = {(): Counter()}
        for context, followers in counts.items():
            for length in range(len(context) + 1):
                self._counts.setdefault(context[:length], Counter()).update(followers)
        self._followers = sorted(self._counts[()])
        self._places = {follower: place for place, follower in enumerate(self._followers)}
        self._probabilities: dict[Context, Floats] = {}
        self._cumulated: dict[Context, list[float]] = {}

    def draw(self, context: Context, chance: float) -> int:
        """The follower at `chance`, in [0, 1), of all that can follow."""
        seen = self._seen(context)
        if seen not in self._cumulated:
            self._cumulated[seen] = np.cumsum(self._distribution(seen)).tolist()
        cumulated = self._cumulated[seen]
        return self._followers[bisect(cumulated, chance * cumulated[-1])]

    def probability(self, follower: int, context: Context) -> float:
        """How probable `follower` is; 0 for one that was never seen."""
        place = self._places.get(follower)
        return 0.0 if place is None else float(self._distribution(self._seen(context))[place])

    def _seen(self, context: Context) -> Context:
        """The longest beginning of `context` that was seen."""
        while context not in self._counts:
            context = context[:-1]
        return context

    def _distribution(self, seen: Context) -> Floats:
        if seen not in self._probabilities:
            counts = self._counts[seen]
            counted = np.array([counts[follower] for follower in self._followers], dtype=np.float64)
            if seen:
                counted += _DOUBT * len(counts) * self._distribution(seen[:-1])
            self._probabilities[seen] = counted / counted.sum()
        return self._probabilities[seen]


def event_steps(events: Sequence[Event]) -> list[float]:
    """The len(events) - 1 steps between consecutive events."""
    return [_tidy(after.offset - before.offset) for before, after in pairwise(events)]


def step_offsets(steps: Floats) -> Floats:
    """Where n + 1 events start that n steps lead through, the first at 0; the dust that sums of thirds leave is wiped off."""
    offsets: Floats = np.round(np.concatenate([[0.0], np.cumsum(steps)]) * _GRID) / _GRID
    return offsets


def strike_once(tokens: Sequence[str], steps: Floats, first: int) -> Floats:
    """Steps under which no event from `first` on strikes a key again at the very moment at which it has been struck.

    The step of 0 before such an event changes places with the next one that leads on: the notes that would have come
    together come a little later, and all others when they would have. Where none leads on, it stays.

    Parameters
    ----------
    tokens : n of them
    steps : shape (n,) or more, in quarter lengths; step i leads from token i to the next
    """
    steps = steps.copy()
    struck: set[str] = set()
    for i, token in enumerate(tokens):
        keys = set(token.split("."))
        if i >= first and steps[i - 1] == 0 and keys & struck:
            later = np.flatnonzero(steps[i:] > 0)
            if len(later):
                steps[i - 1], steps[i + later[0]] = steps[i + later[0]], 0.0
        struck = keys | (struck if i and steps[i - 1] == 0 else set())
    return steps


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


def _contexts(events: Sequence[Event]) -> Iterator[tuple[Context, int]]:
    """Every step that does not lead backwards, after its context, in 48ths."""
    steps = [_on_grid(step) for step in event_steps(events)]
    for i, step in enumerate(steps):
        if step >= 0:
            yield (_on_grid(events[i].bar_offset) % _GRID, *reversed(steps[max(0, i - _MEMORY) : i])), step


def _sounding_durations(events: Sequence[Event]) -> list[float]:
    """Durations with all that is tied to them; 0 for a tied continuation, which stands for no new note."""
    durations = [event.duration for event in events]
    struck: dict[tuple[str, int], int] = {}
    for i, event in enumerate(events):
        if event.tie not in ("stop", "continue"):
            struck[event.token, event.track] = i
            continue
        durations[i] = 0.0
        first = struck.get((event.token, event.track))
        if first is not None and math.isclose(events[first].offset + durations[first], event.offset):
            durations[first] += event.duration
    return durations


def _octave(token: str) -> int:
    return pitches(token)[0] // 12


def _on_grid(quarters: float) -> int:
    return round(quarters * _GRID)


def _to_lists(counts: Counts) -> list[Any]:
    return [[list(context), sorted(followers.items())] for context, followers in sorted(counts.items())]


def _from_lists(lists: Sequence[Any]) -> Counts:
    return {tuple(context): dict(followers) for context, followers in lists}


def _tidy(quarters: float) -> float:
    """The nearest float to the fraction that was meant: differences of 1/3 and 1/6 carry rounding errors."""
    return float(Fraction(quarters).limit_denominator(960)) if quarters % 0.0625 else quarters
