"""Compare two samples of music, feature by feature.

Conventions
-----------
d is how far one sample's mean lies above Mozart's, in his standard deviations (Glass's delta), so a feature that varies widely
in his works weighs little. Each |d| is cut off at :data:`MOST`, so that no single feature decides. A family's distance is the
mean of |d| over its features; the distance of all families together is the mean over the families without dynamics.

Chance alone gives a small sample a distance, about 0.8 √(1/n + 1/m) for n and m passages, and works differ among themselves.
So read a distance beside the floor: the same number for works of Mozart's own. A distance compares means;
:func:`variety` tells whether the pieces differ among themselves as much as his do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mozart.errors import MozartError
from mozart.measuring.features import APART, FAMILIES, MEANINGS, features
from mozart.measuring.passage import Flags, Floats, cut_passages
from mozart.notes import Score

MOST = 3.0
TOGETHER = "together"
NAMES = tuple(MEANINGS)
_TINY = 1e-9
_FLOORS = 20


@dataclass(frozen=True, eq=False)
class Sample:
    """Features of several pieces or passages.

    Attributes
    ----------
    rows
        Array of float64, shape (pieces, features), in the order of :data:`NAMES`; NaN where there was nothing to measure.
    groups
        The group of each passage: its work. A piece is its own group.
    """

    rows: Floats
    groups: tuple[str, ...]

    @classmethod
    def of_pieces(cls, pieces: Sequence[Score], bars: int) -> Self:
        """Measure the first `bars` bars of each piece, or all of a shorter one; each piece is its own group.

        Raises
        ------
        MozartError
            When there are fewer than two pieces.
        """
        if len(pieces) < 2:
            raise MozartError("There is too little to compare: give at least two pieces.")
        cut = [piece.bars_slice(0, bars) if len(piece.bars) > bars else piece for piece in pieces]
        return cls(_rows(cut), tuple(f"piece {index}" for index in range(1, len(pieces) + 1)))

    @classmethod
    def of_works(cls, works: Sequence[Score], bars: int) -> Self:
        """Measure all passages of `bars` bars of each work; raise MozartError when there are fewer than two."""
        passages = [(passage, work.title) for work in works for passage in cut_passages(work, bars)]
        if len(passages) < 2:
            raise MozartError(f"The works have fewer than two passages of {bars} bars in one metre: measure shorter pieces.")
        return cls(_rows([passage for passage, _ in passages]), tuple(title for _, title in passages))

    def part(self, chosen: Flags) -> "Sample":
        """Select some of the passages."""
        return Sample(self.rows[chosen], tuple(group for group, keep in zip(self.groups, chosen, strict=True) if keep))

    def __add__(self, other: "Sample") -> "Sample":
        return Sample(np.concatenate([self.rows, other.rows]), self.groups + other.groups)

    def __len__(self) -> int:
        return len(self.rows)


def _rows(scores: Sequence[Score]) -> Floats:
    measured = [features(score) for score in scores]
    return np.array([[row[name] for name in NAMES] for row in measured])


def differences(sample: Sample, mozart: Sample) -> dict[str, float]:
    """Compute d of each feature, from -3 to 3; features that one of the samples never has are left out.

    If Mozart never varies in a feature, d is 0 for equal means, and -3 or 3 for others.
    """
    found = {}
    for index, name in enumerate(NAMES):
        ours, his = _known(sample.rows[:, index]), _known(mozart.rows[:, index])
        if len(ours) < 2 or len(his) < 2:
            continue
        apart, spread = float(ours.mean() - his.mean()), float(his.std(ddof=1))
        found[name] = float(np.clip(apart / max(spread, _TINY), -MOST, MOST)) if abs(apart) > _TINY else 0.0
    return found


def distances(sample: Sample, mozart: Sample) -> dict[str, float]:
    """Average |d| in each family, and over the families ``together``, without dynamics."""
    found = differences(sample, mozart)
    by_family = {family: [abs(d) for name, d in found.items() if name.startswith(f"{family}: ")] for family in FAMILIES}
    means = {family: float(np.mean(each)) if each else float("nan") for family, each in by_family.items()}
    return {TOGETHER: float(np.nanmean([mean for family, mean in means.items() if family != APART])), **means}


def variety(sample: Sample, mozart: Sample) -> dict[str, float]:
    """Measure how much the pieces differ among themselves, by family and ``together``: 1 as much as his passages, 0 not at all.

    It is the median, over the features, of the ratio of the standard deviations.
    """
    ratios: dict[str, float] = {}
    for index, name in enumerate(NAMES):
        ours, his = _known(sample.rows[:, index]), _known(mozart.rows[:, index])
        if len(ours) > 1 and len(his) > 1 and his.std() > _TINY:
            ratios[name] = float(ours.std(ddof=1) / his.std(ddof=1))
    by_family = {family: [ratio for name, ratio in ratios.items() if name.startswith(f"{family}: ")] for family in FAMILIES}
    together = [ratio for name, ratio in ratios.items() if not name.startswith(f"{APART}: ")]
    return {TOGETHER: _median(together), **{family: _median(each) for family, each in by_family.items()}}


def floors(mozart: Sample, works: int, seed: int = 0) -> tuple[float, float]:
    """Find the distance between randomly drawn works of Mozart's and his other works: the 5 and 95 % quantiles of 20 draws.

    Raises
    ------
    MozartError
        When there are not enough works for both sides.
    """
    titles = sorted(set(mozart.groups))
    if len(titles) < works + 2:
        raise MozartError(f"{works} works cannot be compared with the rest of {len(titles)}: give more works.")
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(_FLOORS):
        drawn = set(rng.choice(titles, works, replace=False).tolist())
        chosen = np.array([group in drawn for group in mozart.groups])
        found.append(distances(mozart.part(chosen), mozart.part(~chosen))[TOGETHER])
    low, high = np.percentile(found, [5, 95])
    return float(low), float(high)


def giveaways(sample: Sample, mozart: Sample, most: int = 12) -> list[dict[str, float | str]]:
    """List the features with the largest |d|: feature, its meaning, the means of Mozart and of the pieces, and d."""
    found = {name: d for name, d in differences(sample, mozart).items() if not name.startswith(f"{APART}: ")}
    worst = sorted(found, key=lambda name: (-abs(found[name]), name))[:most]
    means = _means(sample), _means(mozart)
    return [
        {"feature": name, "meaning": MEANINGS[name], "mozart": means[1][name], "pieces": means[0][name], "d": found[name]}
        for name in worst
    ]


def _means(sample: Sample) -> Mapping[str, float]:
    return {name: float(np.nanmean(column)) for name, column in zip(NAMES, sample.rows.T, strict=True) if len(_known(column))}


def _known(column: Floats) -> Floats:
    return column[~np.isnan(column)]


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else float("nan")
