"""Problem 5: strings → music21 Notes and Chords with offsets → a stream → a MIDI file; and the same as a Score.

Conventions
-----------
Offsets, distances between offsets and durations are in quarter lengths. In the table of distances they are in ticks of 1/480
quarter: music21 puts MIDI notes on thirds and fourths of a quarter, so these are whole numbers, and long sums of thirds stay exact.

Every note lasts a quarter, music21's default, which the text leaves as it is. Where a key is struck again sooner the first
note ends there: a MIDI file has one note-off for a key, which would cut the second.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from mozart.errors import MozartError
from mozart.lab.parsing import Work
from mozart.lab.pitches import midi_pitches
from mozart.notes import TICKS, Score

FIXED = ("0.25", "0.5")
DURATION = 1.0
VELOCITY = 90  # music21's for a note that has none
MIDDLE_C = 60
_RIGHT, _LEFT = 0, 2  # voices: the right hand's first and the left hand's


def count_distances(works: Iterable[Work]) -> dict[int, int]:
    """Distance from one element's offset to the next one's, in ticks → how often, ascending. (Table 1.1.)

    None leads from one work into the next, and none backwards, from one instrument to another.
    """
    counted: Counter[int] = Counter()
    for work in works:
        for before, after in pairwise(work.offsets):
            if (distance := round((after - before) * TICKS)) >= 0:
                counted[distance] += 1
    return dict(sorted(counted.items()))


def most_common(distances: Mapping[int, int], n: int = 3) -> list[tuple[Fraction, float]]:
    """List the `n` most common distances, in quarter lengths, and their share of all, in [0, 1]. (Table 1.1.)"""
    total = sum(distances.values())
    ranked = sorted(distances.items(), key=lambda item: -item[1])
    return [(Fraction(distance, TICKS), count / total) for distance, count in ranked[:n]]


def choose_offsets(n: int, strategy: str, distances: Mapping[int, int], generator: np.random.Generator) -> list[float]:
    """Offsets of `n` elements, in quarter lengths, the first at 0. (Problem 5.)

    Parameters
    ----------
    strategy
        ``0.25`` or ``0.5``: always so far apart. ``sampled``: each distance drawn from `distances`, 0 among them.

    Raises
    ------
    MozartError
        When there is no such strategy.
    """
    if strategy in FIXED:
        return [float(strategy) * i for i in range(n)]
    if strategy != "sampled":
        raise MozartError(f"There are no offsets {strategy!r} in the laboratory: choose {', '.join(FIXED)} or sampled.")
    weights = np.array(list(distances.values()), dtype=np.float64)
    drawn = generator.choice(list(distances), size=n - 1, p=weights / weights.sum())
    return [int(tick) / TICKS for tick in np.concatenate([[0], np.cumsum(drawn)])]


def find_durations(tokens: Sequence[str], offsets: Sequence[float]) -> list[float]:
    """How long every element lasts, in quarter lengths: a quarter, or until one of its keys is struck again."""
    durations = [DURATION] * len(tokens)
    # For each pitch, from the end backwards: its last onset seen, and the onset after that one.
    onsets: dict[int, tuple[float, float]] = {}
    for i in reversed(range(len(tokens))):
        for pitch in midi_pitches(tokens[i]):
            onset, later = onsets.get(pitch, (np.inf, np.inf))
            after = onset if onset > offsets[i] else later
            onsets[pitch] = (offsets[i], after)
            durations[i] = min(durations[i], after - offsets[i])
    return durations


def to_stream(tokens: Sequence[str], offsets: Sequence[float]) -> Any:
    """Tokens and offsets → a music21 Stream of Note and Chord objects, played by a piano. (Problem 5.)"""
    from music21 import chord, instrument, note, stream

    midi_stream: Any = stream.Stream()
    midi_stream.insert(0, instrument.Piano())  # type: ignore[no-untyped-call]
    for token, offset, duration in zip(tokens, offsets, find_durations(tokens, offsets), strict=True):
        notes = []
        for pitch in token.split("."):
            new_note = note.Note(pitch)
            new_note.storedInstrument = instrument.Piano()  # type: ignore[no-untyped-call]
            notes.append(new_note)
        element: Any = chord.Chord(notes) if "." in token else notes[0]
        element.quarterLength = duration
        midi_stream.insert(offset, element)
    return midi_stream


def write_midi(tokens: Sequence[str], offsets: Sequence[float]) -> bytes:
    """Make the content of a MIDI file, written by music21. (Problem 5, ``mozart.mid``.)"""
    from music21 import defaults, midi

    # music21's own 10,080 ticks a quarter take long pieces past what other programs accept.
    defaults.ticksPerQuarter = TICKS
    content: bytes = midi.translate.streamToMidiFile(to_stream(tokens, offsets)).writestr()
    return content


def to_score(tokens: Sequence[str], offsets: Sequence[float]) -> Score:
    """Make a Score of the same notes, for all that follows: engraving, sound, piano roll.

    In 4/4 and at 120 quarters a minute, which is what players assume of a file that says neither. The right hand plays from
    middle C up. A key that is struck twice at one moment is struck once.
    """
    notes = {}
    for token, offset, duration in zip(tokens, offsets, find_durations(tokens, offsets), strict=True):
        onset = round(offset * TICKS)
        for pitch in midi_pitches(token):
            voice = _RIGHT if pitch >= MIDDLE_C else _LEFT
            notes[onset, pitch] = (onset, voice, pitch, round((offset + duration) * TICKS) - onset, VELOCITY)
    return Score(list(notes.values()))
