"""Which hand plays a token, learned from the tracks of the corpus.

A piece has tokens and offsets, no tracks. A logistic regression decides from an event's pitches beside those that sound
with it and those of its neighbours: the lowest of them are the left hand's, the highest the right's, wherever that is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mozart.score import Work
from mozart.vocabulary import pitches

Floats = NDArray[np.float64]

RIGHT, LEFT = 0, 1

_MIDDLE_C = 60
# Neighbours looked at on either side. Chosen by the validation works; a third window adds nothing.
_WINDOWS = (4, 12)
_FEATURES = 4 + 3 * len(_WINDOWS)

_RIDGE = 1.0
_NEWTON_STEPS = 12


@dataclass(frozen=True)
class Hands:
    """The weights of the logistic regression: where they and the features add up to more than 0, the right hand plays.

    Attributes
    ----------
    weights : one for each feature, and last the constant
    """

    weights: tuple[float, ...]

    @classmethod
    def of(cls, works: Sequence[Work]) -> Self:
        """Learn from every work whose events stand in two tracks or more; middle C is the border when there is none.

        Of two tracks, the first is the right hand's; of more, the first two.
        """
        taught = [work for work in works if len({event.track for event in work.events}) > 1]
        if not taught:
            return cls((1.0, *[0.0] * (_FEATURES - 1), 0.5))
        features = [_features([e.token for e in work.events], [e.offset for e in work.events]) for work in taught]
        return cls(tuple(_regress(np.concatenate(features), np.concatenate([_plays_right(work) for work in taught])).tolist()))

    def assign(self, tokens: Sequence[str], offsets: Sequence[float]) -> list[int]:
        """The hand of each token: 0 for the right, 1 for the left.

        Parameters
        ----------
        tokens, offsets
            One offset for each token, in quarter lengths, ascending.
        """
        if not tokens:
            return []
        right = _features(tokens, offsets) @ np.array(self.weights[:-1]) + self.weights[-1] > 0
        return [RIGHT if plays else LEFT for plays in right]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; :meth:`from_json` gives an equal table."""
        return {"weights": list(self.weights)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The table that :meth:`to_json` wrote. Raises ValueError when it has another number of weights."""
        if len(content["weights"]) != _FEATURES + 1:
            raise ValueError(f"the hands have {len(content['weights'])} weights, {_FEATURES + 1} are expected")
        return cls(tuple(content["weights"]))


def _features(tokens: Sequence[str], offsets: Sequence[float] | Floats) -> Floats:
    """What decides, in semitones, shape (n_tokens, _FEATURES)."""
    sounding = [pitches(token) for token in tokens]
    low = np.array([each[0] for each in sounding], dtype=np.float64)
    high = np.array([each[-1] for each in sounding], dtype=np.float64)
    # Onsets that differ by rounding errors alone are one.
    _, onset = np.unique(np.round(np.asarray(offsets) * 48), return_inverse=True)
    top, bottom = np.full(len(tokens), -np.inf), np.full(len(tokens), np.inf)
    np.maximum.at(top, onset, high)
    np.minimum.at(bottom, onset, low)
    columns = [low - _MIDDLE_C, high - _MIDDLE_C, top[onset] - high, low - bottom[onset]]
    for width in _WINDOWS:
        below, above = _neighbours(low, width), _neighbours(high, width)
        columns += [low - below.min(1), high - above.max(1), low - below.mean(1)]
    return np.stack(columns, axis=1)


def _neighbours(values: Floats, width: int) -> Floats:
    """Each value with `width` others on either side, shape (n, 2 * width + 1); the first and the last stand for those missing."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(values, width, mode="edge"), 2 * width + 1)


def _plays_right(work: Work) -> Floats:
    tracks = sorted({event.track for event in work.events})
    right = tracks[: 2 if len(tracks) > 2 else 1]
    return np.array([event.track in right for event in work.events], dtype=np.float64)


def _regress(features: Floats, labels: Floats) -> Floats:
    """Weights and constant of the ridge-penalized logistic regression, by Newton's method, shape (_FEATURES + 1,)."""
    mean, spread = features.mean(0), features.std(0) + 1e-9
    inputs = np.concatenate([(features - mean) / spread, np.ones((len(features), 1))], axis=1)
    weights = np.zeros(inputs.shape[1])
    for _ in range(_NEWTON_STEPS):
        expected = 1 / (1 + np.exp(-(inputs @ weights).clip(-30, 30)))
        gradient = inputs.T @ (expected - labels) + _RIDGE * weights
        curvature = (inputs * (expected * (1 - expected))[:, None]).T @ inputs + _RIDGE * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, gradient)
    scaled = weights[:-1] / spread
    return np.append(scaled, weights[-1] - scaled @ mean)
