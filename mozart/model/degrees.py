"""Chords as degrees of the home key, and their Roman numerals.

A degree is counted in semitones over the tonic, 0 to 11, whatever the mode: so a plan fits every key of its mode.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.model.harmony import (
    CHORD_TONES,
    DIMINISHED,
    DIMINISHED_SEVENTH,
    DOMINANT_SEVENTH,
    MAJOR,
    MINOR,
    MINOR_SEVENTH,
    SILENT,
)
from mozart.notes import Score
from mozart.notes.keys import CLASSES, Key, estimate_key

BEGINNING = 8  # bars that decide whether a movement is in major or minor

# The names of the degrees of each mode's scale, and of the altered ones.
_SCALE = {
    "major": {0: "I", 2: "II", 4: "III", 5: "IV", 7: "V", 9: "VI", 11: "VII"},
    "minor": {0: "I", 2: "II", 3: "III", 5: "IV", 7: "V", 8: "VI", 10: "VII"},
}
_ALTERED = {
    "major": {1: "♭II", 3: "♭III", 6: "♯IV", 8: "♭VI", 10: "♭VII"},
    "minor": {1: "♭II", 4: "♯III", 6: "♯IV", 9: "♯VI", 11: "♯VII"},
}
# The diatonic triads on these degrees; in minor also the one over the leading note.
_DIATONIC = {
    "major": {0: MAJOR, 2: MINOR, 4: MINOR, 5: MAJOR, 7: MAJOR, 9: MINOR, 11: DIMINISHED},
    "minor": {0: MINOR, 2: DIMINISHED, 3: MAJOR, 5: MINOR, 7: MAJOR, 8: MAJOR, 10: MAJOR, 11: DIMINISHED},
}
_TRIAD_OF = {MINOR_SEVENTH: MINOR, DOMINANT_SEVENTH: MAJOR, DIMINISHED_SEVENTH: DIMINISHED}
# By inversion: which of the chord's tones, from the root up, is the bass.
_FIGURES = {3: ("", "6", "64"), 4: ("7", "65", "43", "42")}


def home_key(score: Score) -> Key:
    """Find the key of a movement: the one whose profile fits it best, in the mode in which it begins.

    The mode of the first eight bars counts if they have the same tonic: a movement in minor may end in major.

    Raises
    ------
    MozartError
        When there are no notes.
    """
    whole = estimate_key(score)
    first = int(score.bar_at(score.onsets)[0])
    beginning = estimate_key(score.bars_slice(first, min(first + BEGINNING, len(score.bars))))
    return beginning if beginning.tonic == whole.tonic else whole


def to_degrees(chords: NDArray[np.int8], tonic: int) -> NDArray[np.int8]:
    """Count the roots of chords, shape (B, 2), from the tonic."""
    degrees = chords.copy()
    sounding = chords[:, 0] != SILENT
    degrees[sounding, 0] = (chords[sounding, 0] - tonic) % CLASSES
    return degrees


def numeral(degree: int, kind: int, mode: str, bass: int | None = None) -> str:
    """Return the Roman numeral of a chord: ``I``, ``ii6``, ``V65``, ``vii°7``, ``V7/V``; a dash for silence.

    Parameters
    ----------
    degree, kind
        The root over the tonic, or `SILENT`, and which of `harmony.KINDS`.
    mode
        ``major`` or ``minor``.
    bass
        The lowest note's degree, for the inversion; a bass outside the chord changes nothing.
    """
    if degree == SILENT:
        return "–"
    tones = CHORD_TONES[kind]
    above = (bass - degree) % CLASSES if bass is not None else 0
    figures = _FIGURES[len(tones)][tones.index(above) if above in tones else 0]
    target = _applied_to(degree, kind, mode)
    if target is not None:
        goal = _cased(_SCALE[mode][target], _DIATONIC[mode][target])
        return f"{'V' if _TRIAD_OF.get(kind, kind) == MAJOR else 'vii°'}{figures}/{goal}"
    diminished = kind in (DIMINISHED, DIMINISHED_SEVENTH)
    name = _SCALE[mode].get(degree) or _ALTERED[mode][degree]
    if mode == "minor" and diminished and degree in (10, 11):
        name = "VII" if degree == 11 else "♭VII"  # the chord on the leading note is written without its accidental
    return f"{_cased(name, kind)}{'°' if diminished else ''}{figures}"


def _applied_to(degree: int, kind: int, mode: str) -> int | None:
    """Find the degree to which a chord is a secondary dominant or leading-note chord; None for any other chord."""
    triad = _TRIAD_OF.get(kind, kind)
    at_home = _DIATONIC[mode].get(degree) == triad and (kind != DOMINANT_SEVENTH or degree == 7)
    if at_home or triad == MINOR:
        return None
    target = (degree + (1 if triad == DIMINISHED else 5)) % CLASSES
    # No chord is applied to a diminished one. The tonic's major triad in minor is borrowed, not applied.
    if (degree, kind) == (0, MAJOR):
        return None
    return target if target and _DIATONIC[mode].get(target, DIMINISHED) != DIMINISHED else None


def _cased(name: str, kind: int) -> str:
    return name if _TRIAD_OF.get(kind, kind) == MAJOR else name.lower()


def parse_numeral(text: str, mode: str) -> tuple[int, int]:
    """Read degree and kind from a numeral without inversion, as `numeral` writes it, or with ASCII's ``b``, ``#``, ``o``, ``-``.

    Raises
    ------
    MozartError
        When the text is not such a numeral.
    """
    written = text.replace("b", "♭").replace("#", "♯").replace("o", "°").replace("-", "–")
    chord = _by_numeral(mode).get(written)
    if chord is None:
        raise MozartError(f"{text[:20]!r} is no chord in {mode}: write one such as I, ii, V7, vii°7, V7/V, or – for silence.")
    return chord


@cache
def _by_numeral(mode: str) -> dict[str, tuple[int, int]]:
    chords = [(SILENT, MAJOR), *((degree, kind) for degree in range(CLASSES) for kind in range(len(CHORD_TONES)))]
    return {numeral(*chord, mode): chord for chord in chords}
