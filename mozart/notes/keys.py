"""Which key music is in.

Conventions
-----------
A key's profile is how often each pitch class occurs in music of this key: Budge's counts of chords in Mozart's time and the
century after (A study of chord frequencies, 1943) as Bellman uses them (About the determination of key of a musical
excerpt, 2005). Keys of one mode share one profile, rotated to their tonics.

A place on the line of fifths is 0 for C, 1 for G, -1 for F (Temperley, The Cognition of Basic Musical Structures, 2001).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.notes.score import Score

CLASSES = 12
MODES = ("major", "minor")

# From the tonic up.
PROFILES = np.array(
    [
        (16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57),
        (18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21),
    ]
)
_KEYS = [(tonic, mode) for mode in MODES for tonic in range(CLASSES)]
_BY_KEY = np.array([np.roll(PROFILES[MODES.index(mode)], tonic) for tonic, mode in _KEYS])  # (24, 12)
# The key signatures of the twelve keys of each mode, by the tonic's pitch class.
_FIFTHS = {"major": (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5), "minor": (-3, 4, -1, -6, 1, -4, 3, -2, 5, 0, -5, 2)}
_MINOR_TONIC = 3  # A minor has the signature of C major; A lies three fifths above C
STEPS = "FCGDAEB"
_SPOKEN = {-1: "-flat", 0: "", 1: "-sharp"}


class Key(NamedTuple):
    """A key.

    Attributes
    ----------
    tonic
        Its pitch class, 0 to 11, 0 being C.
    mode
        ``major`` or ``minor``.
    """

    tonic: int
    mode: str

    @property
    def fifths(self) -> int:
        """Its signature: sharps, or flats when negative, -6 to 6."""
        return _FIFTHS[self.mode][self.tonic]

    def __str__(self) -> str:
        tonic = self.fifths + (_MINOR_TONIC if self.mode == "minor" else 0)
        return f"{STEPS[(tonic + 1) % 7]}{_SPOKEN[(tonic + 1) // 7]} {self.mode}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Read a key such as ``G major``, ``Bb minor``, ``b-flat major`` or ``F# minor``; raise MozartError for anything else."""
        name, _, mode = text.strip().replace("♭", "-flat").replace("♯", "-sharp").partition(" ")
        letter, sign = name[:1].upper(), name[1:].lower().strip("- ")
        signs = {"": 0, "b": -1, "flat": -1, "#": 1, "s": 1, "sharp": 1}
        steps = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
        if letter not in steps or sign not in signs or mode.strip().lower() not in MODES:
            raise MozartError(f"There is no key {text[:40]!r}: write one such as G major, B-flat major or F-sharp minor.")
        return cls((steps[letter] + signs[sign]) % CLASSES, mode.strip().lower())


def estimate_key(score: Score) -> Key:
    """Return the key whose profile correlates best with how long each pitch class sounds.

    The method is Krumhansl and Schmuckler's (Krumhansl, Cognitive Foundations of Musical Pitch, 1990).

    Raises
    ------
    MozartError
        When there are no notes.
    """
    if not len(score):
        raise MozartError("There are no notes to find a key for: give at least one.")
    sounding = np.bincount(score.pitches % CLASSES, weights=score.durations, minlength=CLASSES)
    return key_of_classes(sounding.astype(np.float64))


def key_of_classes(sounding: NDArray[np.float64]) -> Key:
    """Estimate a key from how long each pitch class sounds, shape (12,), in any unit."""
    apart, profiles = sounding - sounding.mean(), _BY_KEY - _BY_KEY.mean(1, keepdims=True)
    # Rounded, so that every machine finds the same keys equally good, and takes the first of them.
    scale = np.linalg.norm(profiles, axis=1) * max(np.linalg.norm(apart), 1e-9)
    return Key(*_KEYS[int(np.round(profiles @ apart / scale, 9).argmax())])
