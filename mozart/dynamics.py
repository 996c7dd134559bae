"""Velocities that wander as the corpus's do: two slow walks, no accents on beats.

The performers' velocities stay in the archive: all that is known here are five numbers. They are fitted to the corpus's
mean, standard deviation and autocorrelation, which falls as that of two walks together: one forgets within a few beats,
one within a few pages (first-order autoregressive processes; Box and Jenkins, Time Series Analysis, 1970).
"""

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

_MEAN, _DEVIATION = 61.2, 14.1
# The walks' shares of the variance, and after how many events each keeps 1/e of where it was.
_SHARES = np.array([0.84, 0.16])
_MEMORIES = np.array([27.0, 1000.0])


def draw_velocities(n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """`n` velocities from 1 to 127, shape (n,); drawing more does not change the earlier ones."""
    kept = np.exp(-1 / _MEMORIES)
    shocks = generator.standard_normal((n, 2))
    # The first pair stands anywhere in the walks' range; the others move them by what keeps that range as it is.
    shocks[1:] *= np.sqrt(1 - kept**2)
    walks = np.array(list(accumulate(shocks, lambda walk, shock: kept * walk + shock))).reshape(n, 2)
    wandered = (walks * np.sqrt(_SHARES)).sum(1)
    velocities: NDArray[np.int64] = np.rint(_MEAN + _DEVIATION * wandered).clip(1, 127).astype(np.int64)
    return velocities
