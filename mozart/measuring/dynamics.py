"""Loudness. In the sonatas' files it hardly depends on metre or melody, so no distance of all families includes it."""

import numpy as np

from mozart.measuring.passage import Floats, Passage, share

DYNAMICS = {
    "spread": "standard deviation of the velocities; MIDI velocity",
    "follows": "correlation of each velocity with the one before; -1 to 1",
    "with pitch": "correlation of velocity and pitch; -1 to 1",
    "together unequal": "of the moments at which several notes begin, those whose velocities differ; share",
    "changes": "moments that are louder or softer than the one before, by the mean of what is struck; share",
}


def dynamics(passage: Passage) -> dict[str, float]:
    """Measure the features of :data:`DYNAMICS`."""
    velocities = passage.velocities.astype(np.float64)
    where = np.searchsorted(passage.times, passage.onsets)
    counts = np.bincount(where)
    loudest, softest = np.zeros(len(counts)), np.full(len(counts), np.inf)
    np.maximum.at(loudest, where, velocities)
    np.minimum.at(softest, where, velocities)
    means = np.bincount(where, weights=velocities) / counts
    return {
        "spread": float(velocities.std()),
        "follows": _correlation(velocities[1:], velocities[:-1]),
        "with pitch": _correlation(velocities, passage.pitches.astype(np.float64)),
        "together unequal": share((loudest > softest)[counts > 1]),
        "changes": share(np.diff(means) != 0),
    }


def _correlation(a: Floats, b: Floats) -> float:
    """Compute Pearson's correlation; NaN if one of the two does not vary."""
    if len(a) < 2 or not np.ptp(a) or not np.ptp(b):
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
