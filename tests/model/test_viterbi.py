"""The most likely path through hidden states."""

from itertools import product

import numpy as np

from mozart.model.viterbi import best_path


def test_no_other_path_is_likelier() -> None:
    """Of all paths through three states, the one that is found has the highest score, whichever step leads to a moment."""
    rng = np.random.default_rng(0)
    fits, steps, which = rng.normal(size=(6, 3)), list(rng.normal(size=(2, 3, 3))), np.array([0, 1, 0, 0, 1, 1])

    def score(path: tuple[int, ...]) -> float:
        moved = sum(steps[which[moment]][path[moment - 1], path[moment]] for moment in range(1, len(path)))
        return float(moved + sum(fits[moment, state] for moment, state in enumerate(path)))

    assert tuple(best_path(fits, steps, which).tolist()) == max(product(range(3), repeat=6), key=score)
