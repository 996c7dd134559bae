"""What the network reads before it predicts a part of a note: the ids of each stage, and how many values each has."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.model.setting import LAGS, N_TONES, place_sizes
from mozart.model.vocabulary import LOUDNESSES, Vocabulary
from mozart.notes import VOICES
from mozart.notes.keys import CLASSES

NONE = -1

# Larger intervals count as two octaves.
REACH = 24
INTERVALS = 2 * REACH + 1
_NEAR = 13  # differences from a lag's pitch are told up to an octave and one more
RUNS = (1, 2, 4, 8, 16)  # classes of how many notes in a row match those at a lag
SINCE = (1, 4, 7, 13, 25, 49, 97, 193)  # classes of units since the voice's latest note
UNTIL = (1, 5, 8, 11, 14, 20, 26, 50)  # classes of units until a voice falls silent; detached notes end early
MOST_IN_CHORD, MOST_TOGETHER = 8, 7
_OCTAVES = 18  # heights in steps of eight semitones; 0 if not told
_DEGREES = 2 * CLASSES + 1  # of major and of minor; 0 if not told

# The pitches from which intervals are counted: each voice's latest; the previous one of this voice; for each lag the pitch there,
# and the voice's latest pitch moved by the interval there.
REFERENCES = VOICES + 1 + 2 * len(LAGS)
# The fields: what is held, what begins now, what began within a beat, within a bar, and all notes, fading with each new one.
FIELDS = 5
FIELD_STEPS = 255  # the steps in which fields are stored
# Two memories of how lately each pitch class was struck: a short one and a long one.
TRACES = 2
# Values that could be copied: IOI and voice of each lag; duration and loudness of the chord, of the voice, and of each lag.
COPIES = {"ioi": len(LAGS), "voice": len(LAGS), "duration": 2 + len(LAGS), "loudness": 2 + len(LAGS)}

Ids = tuple[int, ...]


def row_sizes(vocabulary: Vocabulary) -> dict[str, dict[str, int]]:
    """List the stages, and for each how many values each of its ids has; 0 means that something is absent or not told."""
    iois, durations, place = vocabulary.n_iois + 1, len(vocabulary.durations) + 1, place_sizes(vocabulary)
    voices, intervals, loudness = VOICES + 1, INTERVALS + 1, LOUDNESSES + 1
    return {
        "note": {
            "ioi": iois,
            "voice": voices,
            "duration": durations,
            "loudness": loudness,
            "interval in voice": intervals,
            "interval": intervals,
            "degree": _DEGREES,
            "tone": N_TONES,
            "octave": _OCTAVES,
            **place,
            **_each_lag("difference", 2 * _NEAR + 2),
            **_each_lag("rhythm alike", len(RUNS) + 1),
            **_each_lag("pitch alike", len(RUNS) + 1),
        },
        "next": {
            "together": MOST_TOGETHER + 1,
            "voice": voices,
            **place,
            **_each_voice("until", len(UNTIL) + 1),
            **_each_lag("rhythm alike", len(RUNS) + 1),
            **_each_lag("pitch alike", len(RUNS) + 1),
            **_each_lag("next ioi", iois),
            **_each_lag("next voice", voices),
        },
        "time": {
            "ioi": iois,
            "voice before": voices,
            **place,
            **_each_voice("since", len(SINCE) + 2),
            **_each_voice("until", len(UNTIL) + 1),
            **_each_lag("voice", voices),
        },
        "voice": {
            "voice": voices,
            "in chord": MOST_IN_CHORD,
            "since": len(SINCE) + 2,
            "interval before": intervals,
            "degree": _DEGREES,
            "tone": N_TONES,
            **_each_lag("interval", intervals),
        },
        "pitch": {
            "interval": intervals,
            "degree": _DEGREES,
            "tone": N_TONES,
            "octave": _OCTAVES,
            "duration before": durations,
            "duration of chord": durations,
            **_each_lag("duration", durations),
        },
        "loudness": {"loudness before": loudness, "loudness in voice": loudness, "loudness of hand": loudness},
    }


def _each_voice(name: str, size: int) -> Mapping[str, int]:
    return {f"voice {voice}: {name}": size for voice in range(VOICES)}


def _each_lag(name: str, size: int) -> Mapping[str, int]:
    return {f"{lag}: {name}": size for lag in LAGS}


class PitchInputs(NamedTuple):
    """The inputs that pitches are scored by.

    Attributes
    ----------
    references
        MIDI pitches, or `NONE`.
    fields
        How strongly each key is in each field, 0 to 1, shape (`FIELDS`, `KEYS`).
    traces
        How lately each pitch class was struck, 0 to 1, shape (`TRACES`, 12).
    roots
        The pitch classes of the tonic and of this and the next beat's roots, or `NONE`.
    below
        The upper limit of the pitch, which it may not reach: the chord's latest pitch, or 128.
    """

    references: Ids
    fields: NDArray[np.float32]
    traces: NDArray[np.float32]
    roots: tuple[int, int, int]
    below: int


def interval_id(pitch: int, before: int) -> int:
    """Return the id of the interval from `before` to `pitch`; 0 if either is `NONE`."""
    return 0 if NONE in (pitch, before) else clip_interval(pitch - before)


def clip_interval(interval: int) -> int:
    """Return the id of an interval in semitones, from 1."""
    return max(-REACH, min(REACH, interval)) + REACH + 1


def difference_id(difference: int) -> int:
    """Return the id of a difference from a lag's pitch, from 0."""
    return max(-_NEAR, min(_NEAR, difference)) + _NEAR + 1
