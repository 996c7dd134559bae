"""How like real music pieces are, as numbers.

Conventions
-----------
Offsets are in quarter lengths and in phase with the beat: a whole number stands on a beat. Every number depends on how
long a passage is, so passages that are compared have one length.

A piece has one value of most features: :func:`describe`. Two sets of pieces are compared by how far the distributions of
these values overlap, as Yang and Lerch do (On the evaluation of generative models in music, 2020), though they take the
distances between pieces in the values' place. The other features have many values a piece, so all pieces' are pooled. An
overlap of 1 is the same distribution, and 0 nothing in common.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mozart.score import Event, Work
from mozart.vocabulary import pitches

# Feature → its ``mean`` where it is one number, and its ``overlap``.
Comparison = dict[str, dict[str, float]]

Floats = NDArray[np.float64]

_RUN = 4
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
# Offsets are compared in parts of a quarter: sums of thirds carry rounding errors.
_PARTS = 960
# Densities are compared at this many points, as far out as this many bandwidths.
_POINTS = 1000
_REACH = 4
_SPLITS = 10


class Passage(NamedTuple):
    """Some music, at least four events.

    Attributes
    ----------
    tokens : the notes and chords
    offsets : where each starts, in quarter lengths; never descending
    """

    tokens: Sequence[str]
    offsets: Sequence[float]


def describe(passage: Passage) -> dict[str, float]:
    """The features that are one number. Shares lie in [0, 1]; each pitch of a chord counts.

    pitch range : from the lowest to the highest pitch, in semitones
    pitch-class entropy : in bits, 0 to 3.585 (= log2 12)
    scale consistency : the largest share of the pitches that one scale holds, of all major and natural minor scales (MusPy:
        Dong and others, A toolkit for symbolic music generation, 2020)
    chords : the share of tokens of more than one pitch
    distinct tokens : how many
    repeated 4-grams : the share of runs of four tokens that came before in the passage
    tokens struck again : the share that stood among the three before
    simultaneous notes : the share of steps that are 0
    onsets on a beat, onsets on the sixteenth grid : the share of events

    Raises ValueError for fewer than four events, or another number of offsets, and KeyError for a pitch that music21 does not
    give to MIDI notes.
    """
    if len(passage.tokens) < _RUN or len(passage.tokens) != len(passage.offsets):
        raise ValueError(f"a passage has at least {_RUN} events, and as many offsets as tokens")
    chords = [pitches(token) for token in passage.tokens]
    sounding = np.array([pitch for chord in chords for pitch in chord])
    classes = np.bincount(sounding % 12, minlength=12) / len(sounding)
    present = classes[classes > 0]
    parts = _parts(passage.offsets)
    return {
        "pitch range": float(np.ptp(sounding)),
        "pitch-class entropy": float((present * np.log2(1 / present)).sum()),
        # A natural minor scale has the pitches of a major one.
        "scale consistency": max(float(np.roll(classes, -tonic)[list(_MAJOR)].sum()) for tonic in range(12)),
        "chords": float(np.mean([len(chord) > 1 for chord in chords])),
        "distinct tokens": float(len(set(passage.tokens))),
        "repeated 4-grams": len(repetition_distances(passage.tokens)) / (len(passage.tokens) - _RUN + 1),
        "tokens struck again": float(np.mean([passage.tokens[i] in passage.tokens[i - 3 : i] for i in range(3, len(chords))])),
        "simultaneous notes": float((np.diff(parts) == 0).mean()),
        "onsets on a beat": float((parts % _PARTS == 0).mean()),
        "onsets on the sixteenth grid": float((parts % (_PARTS // 4) == 0).mean()),
    }


def repetition_distances(tokens: Sequence[str]) -> list[int]:
    """For each run of four tokens that came before: how many tokens ago it last did, at least 1."""
    latest: dict[tuple[str, ...], int] = {}
    distances = []
    for place in range(len(tokens) - _RUN + 1):
        run = tuple(tokens[place : place + _RUN])
        if run in latest:
            distances.append(place - latest[run])
        latest[run] = place
    return distances


def overlap_area(a: Sequence[float] | Floats, b: Sequence[float] | Floats) -> float:
    """How far the distributions of two samples overlap, in [0, 1].

    Densities are estimated with Gaussian kernels and Scott's bandwidth (Multivariate density estimation, 1992). A sample
    without spread, such as a single value, takes the other's bandwidth; two such samples are alike, or they have nothing in
    common. Raises ValueError for an empty sample.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if not len(a) or not len(b):
        raise ValueError("an empty sample has no distribution")
    bandwidths = _bandwidth(a), _bandwidth(b)
    widest = max(bandwidths)
    if not widest:
        return float(a[0] == b[0])
    low, high = min(a.min(), b.min()) - _REACH * widest, max(a.max(), b.max()) + _REACH * widest
    points, spacing = np.linspace(low, high, _POINTS, retstep=True)
    densities = [_density(s, h or widest, points) for s, h in zip((a, b), bandwidths, strict=True)]
    return min(1.0, float(np.minimum(*densities).sum() * spacing))


def compare(pieces: Sequence[Passage], real: Sequence[Passage]) -> Comparison:
    """Each feature of `pieces`: its ``mean`` where it is one number, and its ``overlap`` with that of real music.

    To the features of :func:`describe` come ``repetition distances`` (in powers of two), ``steps`` and ``step pairs``. Raises
    ValueError for no passages.
    """
    return _compare(_Features.of(pieces), _Features.of(real))


def likeness(comparison: Comparison) -> float:
    """One number, in [0, 1], to choose a setting by: the mean overlap over the features."""
    return float(np.mean([columns["overlap"] for columns in comparison.values()]))


def real_passages(works: Sequence[Work], length: int) -> list[Passage]:
    """All of the works, in consecutive passages of `length` events inside movements; what a movement has over is left out."""
    passages = []
    for work in works:
        for _, movement in groupby(work.events, key=lambda event: event.movement):
            events = list(movement)
            passages += [_passage(events[stop - length : stop]) for stop in range(length, len(events) + 1, length)]
    return passages


def table(groups: Mapping[str, Sequence[Passage]], real: Sequence[Passage], seed: int = 0) -> dict[str, Comparison]:
    """Every group of pieces compared with real music, and under ``Mozart`` what real music itself reaches.

    That is the mean overlap of two random halves of `real`, over ten splits. JSON can hold the result.
    """
    features = _Features.of(real)
    chance = np.random.default_rng(seed)
    splits = [np.array_split(chance.permutation(len(real)), 2) for _ in range(_SPLITS)]
    halves = [_compare(features.part(half), features.part(other)) for half, other in splits]
    ceiling = _compare(features, features)
    for name in ceiling:
        ceiling[name]["overlap"] = float(np.mean([comparison[name]["overlap"] for comparison in halves]))
    return {"Mozart": ceiling, **{name: _compare(_Features.of(pieces), features) for name, pieces in groups.items()}}


def markdown(comparisons: Mapping[str, Comparison]) -> str:
    """What :func:`table` made as a Markdown table: a row for each feature, a column for each group, overlaps in brackets."""
    names = list(comparisons)
    rows = [["", *names], ["---", *["---:"] * len(names)]]
    for feature in comparisons[names[0]]:
        rows.append([feature, *[_cell(comparisons[name][feature]) for name in names]])
    rows.append(["*mean overlap*", *[f"{likeness(comparisons[name]):.2f}" for name in names]])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


@dataclass(frozen=True)
class _Features:
    """All features of a set of passages: one value for each passage, or counts of values for each."""

    numbers: dict[str, Floats]
    counts: dict[str, list[Counter[Hashable]]]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Self:
        if not passages:
            raise ValueError("there are no passages to compare")
        described = [describe(passage) for passage in passages]
        steps = [np.diff(_parts(passage.offsets)).tolist() for passage in passages]
        distances = [repetition_distances(passage.tokens) for passage in passages]
        return cls(
            {name: np.array([numbers[name] for numbers in described]) for name in described[0]},
            {
                "repetition distances": [Counter(distance.bit_length() for distance in of_one) for of_one in distances],
                "steps": [Counter(of_one) for of_one in steps],
                "step pairs": [Counter(pairwise(of_one)) for of_one in steps],
            },
        )

    def part(self, places: NDArray[np.int64]) -> "_Features":
        """The features of some of the passages."""
        return _Features(
            {name: numbers[places] for name, numbers in self.numbers.items()},
            {name: [counts[place] for place in places] for name, counts in self.counts.items()},
        )


def _compare(pieces: _Features, real: _Features) -> Comparison:
    compared: Comparison = {}
    for name, numbers in pieces.numbers.items():
        compared[name] = {"mean": float(numbers.mean()), "overlap": overlap_area(numbers, real.numbers[name])}
    for name, counts in pieces.counts.items():
        compared[name] = {"overlap": _histogram_overlap(sum(counts, Counter()), sum(real.counts[name], Counter()))}
    return compared


def _histogram_overlap(a: Counter[Hashable], b: Counter[Hashable]) -> float:
    if not a or not b:
        return float(a == b)
    return sum(min(count / a.total(), b[value] / b.total()) for value, count in a.items())


def _bandwidth(sample: Floats) -> float:
    # A mean of equal numbers may differ from them by a rounding error, and the deviation from 0.
    return float(sample.std(ddof=1)) * len(sample) ** -0.2 if np.ptp(sample) else 0.0


def _density(sample: Floats, bandwidth: float, points: Floats) -> Floats:
    kernels = np.exp(-0.5 * ((points[:, None] - sample[None, :]) / bandwidth) ** 2)
    density: Floats = kernels.mean(1) / (bandwidth * np.sqrt(2 * np.pi))
    return density


def _parts(offsets: Sequence[float]) -> NDArray[np.int64]:
    parts: NDArray[np.int64] = np.rint(np.asarray(offsets) * _PARTS).astype(np.int64)
    return parts


def _passage(events: Sequence[Event]) -> Passage:
    start = events[0].offset - events[0].bar_offset % 1
    return Passage([event.token for event in events], [event.offset - start for event in events])


def _cell(columns: Mapping[str, float]) -> str:
    overlap = f"({columns['overlap']:.2f})"
    return f"{columns['mean']:.3g} {overlap}" if "mean" in columns else overlap
