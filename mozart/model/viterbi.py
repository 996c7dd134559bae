"""The most likely path through hidden states: chords, or keys."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def best_path(fits: Floats, steps: Sequence[Floats], which: NDArray[np.intp] | None = None) -> NDArray[np.intp]:
    """Find the most likely sequence of states by Viterbi's algorithm (1967).

    Parameters
    ----------
    fits
        How well each state explains each moment, log, shape (T, S).
    steps
        How likely each state is followed by each other one, log, shape (S, S) each, by the first state and the second.
    which
        The index in `steps` of the step that leads to each moment, shape (T,); 0 by default.

    Returns
    -------
    path
        A state for each moment, shape (T,); of equally likely ones the first.
    """
    from_second = [np.ascontiguousarray(step.T) for step in steps]
    which = np.zeros(len(fits), np.intp) if which is None else which
    best, came_from = fits[0], np.zeros(fits.shape, np.intp)
    states = np.arange(fits.shape[1])
    for moment in range(1, len(fits)):
        ways = from_second[which[moment]] + best
        came_from[moment] = ways.argmax(1)
        best = ways[states, came_from[moment]] + fits[moment]
    path = np.zeros(len(fits), np.intp)
    path[-1] = best.argmax()
    for moment in range(len(fits) - 1, 0, -1):
        path[moment - 1] = came_from[moment, path[moment]]
    return path
