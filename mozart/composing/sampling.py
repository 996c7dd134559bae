"""Drawing a value from what the network predicts."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def draw(log_probabilities: Floats, rng: np.random.Generator, temperature: float = 1.0, top_p: float = 1.0) -> int:
    """The index of one value, drawn at random.

    Parameters
    ----------
    log_probabilities
        Shape (V,); minus infinity for what is impossible.
    rng
        The only source of chance; exactly one number is taken from it.
    temperature
        Above 0; divides the log-probabilities: below 1 more predictable, above 1 wilder.
    top_p
        In (0, 1]: only the most probable values that together have this share are drawn from.
        (Holtzman et al., The curious case of neural text degeneration, 2020.)
    """
    scaled = np.asarray(log_probabilities, dtype=np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    order = np.argsort(-weights, kind="stable")
    cumulated = np.cumsum(weights[order])
    cumulated /= cumulated[-1]
    kept = int(np.searchsorted(cumulated, top_p - 1e-12)) + 1
    place = np.searchsorted(cumulated[:kept], rng.random() * cumulated[min(kept, len(cumulated)) - 1], side="right")
    return int(order[min(int(place), len(order) - 1)])
