"""Melody and register: the intervals of the top line, and the part of the keyboard that a piece uses."""

import numpy as np

from mozart.measuring.passage import Passage, share
from mozart.notes.keys import CLASSES

# Mozart's piano went from FF to f'''. None of his notes lies outside, so the limits are set closer.
_LOWEST, _HIGHEST = 36, 84
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}  # minor: natural, with the leading note
_WINDOW = 4  # bars
_LEAST = 8  # notes in such a window

MELODY = {
    "repeated": "notes that repeat the one before, of all; share",
    "steps": "moves of one or two semitones, of those that move; share",
    "thirds": "moves of three or four semitones, of those that move; share",
    "leaps": "moves over a fifth, of those that move; share",
    "wide leaps": "moves over an octave, of those that move; share",
    "steps into a beat": "moves of one or two semitones, of those that arrive on a beat; share",
    "leaps answered": "leaps over a third that are followed by a move back of a third at most; share",
    "same direction": "moves that go on as the one before did; share",
    "range": "from the lowest to the highest note in four bars, mean; semitones",
}
REGISTER = {
    "range": "from the lowest to the highest note; semitones",
    "right hand": "its mean pitch; MIDI pitch",
    "left hand": "its mean pitch; MIDI pitch",
    "drift": "mean pitch of the last quarter of the notes against the first quarter's, whichever way; semitones",
    "extremes": "notes below C or above c''', near the ends of his piano; share",
    "class entropy": "how evenly the twelve pitch classes are used; bits",
    "distinct pitches": "how many different pitches there are; number",
    "in the bar's key": "notes of the scale of the key their bar is in; share",
}


def melody(passage: Passage) -> dict[str, float]:
    """Measure the features of :data:`MELODY`."""
    top = passage.melody
    pitches, moves = passage.pitches[top], np.diff(passage.pitches[top])
    size = np.abs(moves)
    moving, into_beat = size > 0, passage.into_beat[top][1:] == 0
    leaps = np.flatnonzero(size[:-1] > 4)
    back = -np.sign(moves[leaps]) * moves[leaps + 1]
    window = (passage.bar[top] - passage.bar[0]) // _WINDOW
    inside = [pitches[window == each] for each in np.unique(window)]
    ranges = [float(np.ptp(notes)) for notes in inside if len(notes) > _LEAST]
    return {
        "repeated": share(~moving),
        "steps": share(size[moving] <= 2),
        "thirds": share((size[moving] > 2) & (size[moving] <= 4)),
        "leaps": share(size[moving] > 7),
        "wide leaps": share(size[moving] > 12),
        "steps into a beat": share(size[moving & into_beat] <= 2),
        "leaps answered": share((back > 0) & (back <= 4)),
        "same direction": share(np.sign(moves[1:]) == np.sign(moves[:-1])),
        "range": share(ranges),
    }


def register(passage: Passage) -> dict[str, float]:
    """Measure the features of :data:`REGISTER`."""
    pitches = passage.pitches
    classes = np.bincount(pitches % CLASSES, minlength=CLASSES) / len(pitches)
    present = classes[classes > 0]
    quarter = max(len(pitches) // 4, 1)
    in_key = np.array([_is_in(key) for key in range(2 * CLASSES)])  # (24, 12)
    keys = np.array(passage.keys)[passage.bar - passage.bar[0]]
    return {
        "range": float(np.ptp(pitches)),
        "right hand": share(pitches[~passage.left]),
        "left hand": share(pitches[passage.left]),
        "drift": float(abs(pitches[-quarter:].mean() - pitches[:quarter].mean())),
        "extremes": share((pitches < _LOWEST) | (pitches > _HIGHEST)),
        "class entropy": float(-(present * np.log2(present)).sum()),
        "distinct pitches": float(len(np.unique(pitches))),
        "in the bar's key": share(in_key[keys, pitches % CLASSES]),
    }


def _is_in(key: int) -> list[bool]:
    """Tell which pitch classes the scale of `key`, 0 to 23, holds."""
    scale = _SCALES["minor" if key >= CLASSES else "major"]
    return [(pitch_class - key) % CLASSES in scale for pitch_class in range(CLASSES)]
