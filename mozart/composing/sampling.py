"""Draw a value from the network's prediction."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def draw(log_probabilities: Floats, rng: np.random.Generator, temperature: float = 1.0, top_p: float = 1.0) -> int:
    """Draw the index of one value at random.

    Parameters
    ----------
    log_probabilities
        Shape (V,); minus infinity for impossible values.
    rng
        The random generator; exactly one number is taken from it.
    temperature
        Above 0; divides the log-probabilities: below 1 more predictable, above 1 wilder.
    top_p
        In (0, 1]: draw only from the most probable values whose probabilities add up to this
        (Holtzman et al., The curious case of neural text degeneration, 2020).
    """
    scaled = np.asarray(log_probabilities, dtype=np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    order = np.argsort(-weights, kind="stable")
    cumulated = np.cumsum(weights[order])
    cumulated /= cumulated[-1]
    kept = int(np.searchsorted(cumulated, top_p - 1e-12)) + 1
    place = np.searchsorted(cumulated[:kept], rng.random() * cumulated[min(kept, len(cumulated)) - 1], side="right")
    return int(order[min(int(place), len(order) - 1)])
