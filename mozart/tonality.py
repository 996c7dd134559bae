"""Keys: which one music is in, and the pull of the key of what was heard lately on what comes next.

Conventions
-----------
A key's profile is how often each pitch class stands in music of this key: Budge's counts of chords in Mozart's time and the
century after (A study of chord frequencies, 1943) as Bellman uses them (About the determination of key of a musical
excerpt, 2005). Keys of like modes have like profiles, turned by their tonics.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.vocabulary import Vocabulary, pitches

Floats = NDArray[np.float64]

HEARD = 100  # tokens: an opening's length
CLASSES = 12

_MODES = ("major", "minor")
# From the tonic up.
_PROFILES = np.array(
    [
        (16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57),
        (18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21),
    ]
)
_KEYS = [(tonic, mode) for mode in range(len(_MODES)) for tonic in range(CLASSES)]
_BY_KEY = np.array([np.roll(_PROFILES[mode] / _PROFILES[mode].sum(), tonic) for tonic, mode in _KEYS])  # (24, 12)
# The key signatures of the twelve keys of each mode, by the tonic's pitch class.
_FIFTHS = ((0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5), (-3, 4, -1, -6, 1, -4, 3, -2, 5, 0, -5, 2))
_MINOR_TONIC = 3  # A minor has the signature of C major; A lies three fifths above C
_STEPS = "FCGDAEB"
_SPOKEN = {-1: "-flat", 0: "", 1: "-sharp"}

# Chosen on held-out works: by the loss of the next token, and by how like Mozart pieces are.
PULL = 0.35
# Pitches of one passage depend on each other: so much of each counts as evidence of a key.
_EVIDENCE = 0.3


class Key(NamedTuple):
    """A key.

    Attributes
    ----------
    fifths : its signature: sharps, or flats when negative, -6 to 6
    mode : ``major`` or ``minor``
    """

    fifths: int
    mode: str

    def __str__(self) -> str:
        tonic = self.fifths + (_MINOR_TONIC if self.mode == "minor" else 0)
        return f"{_STEPS[(tonic + 1) % 7]}{_SPOKEN[(tonic + 1) // 7]} {self.mode}"


def estimate_key(tokens: Sequence[str], durations: Sequence[float]) -> Key:
    """The key, which says of itself ``C major`` or ``B-flat minor``.

    The key whose profile correlates best with how long each pitch class sounds: the method is Krumhansl and Schmuckler's
    (Krumhansl, Cognitive Foundations of Musical Pitch, 1990). Raises MozartError when there are no tokens.
    """
    if not tokens:
        raise MozartError("There are no notes to find a key for: give at least one.")
    sounding = np.zeros(CLASSES)
    for token, duration in zip(tokens, durations, strict=True):
        for pitch in pitches(token):
            sounding[pitch % CLASSES] += duration
    apart, profiles = sounding - sounding.mean(), _BY_KEY - _BY_KEY.mean(1, keepdims=True)
    # Rounded, so that keys that fit equally well do so on every machine: then the first.
    fits = np.round(profiles @ apart / np.linalg.norm(profiles, axis=1), 9)
    tonic, mode = _KEYS[int(fits.argmax())]
    return Key(_FIFTHS[mode][tonic], _MODES[mode])


class KeyPull:
    """Raises the tokens that belong to the key of what was heard lately, and lowers the others.

    A network that hears intervals alone does not know which key it is in, and drifts: what it composes has all twelve pitch
    classes in equal shares before long. The keys are weighed by how well they explain the latest tokens' pitch classes; the
    profiles so weighed say what belongs. (Weighed by the pitch classes alone, a note that is repeated calls for itself.)

    Parameters
    ----------
    vocabulary
        The ids'.
    pull
        0 for none; 1 weighs the profile as much as the network.
    """

    def __init__(self, vocabulary: Vocabulary, pull: float = PULL) -> None:
        self._shares = np.zeros((len(vocabulary), CLASSES))  # a token's pitches by class
        for number, token in enumerate(vocabulary.tokens):
            for pitch in pitches(token):
                self._shares[number, pitch % CLASSES] += 1 / len(pitches(token))
        self._pull = pull
        self._heard: deque[int] = deque(maxlen=HEARD)
        self._counts = np.zeros(CLASSES)

    def hear(self, number: int) -> None:
        """Take in the piece's next id."""
        if len(self._heard) == HEARD:
            self._counts -= self._shares[self._heard[0]]
        self._heard.append(number)
        self._counts += self._shares[number]

    def log_weights(self) -> Floats:
        """What to add to the log-probabilities of the ids, shape (V,)."""
        explained = _EVIDENCE * (np.log(_BY_KEY) @ self._counts)
        keys = np.exp(explained - explained.max())
        expected = keys @ _BY_KEY / keys.sum()
        weights: Floats = self._pull * (self._shares @ np.log(CLASSES * expected))
        return weights
