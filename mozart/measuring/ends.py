"""How a piece begins and ends, compared with whole movements, not with passages cut out of them.

The keys are those of the first and the last bar on the likeliest path of keys (:attr:`Passage.keys`); by them the tonic is the
bass of the last chord in 96 % of Mozart's movements. A piece that stops on the tonic triad of another key closes, but not at
home. The last chord may be rolled: it begins with the first of the onsets that follow each other within a thirty-second.
"""

import numpy as np

from mozart.measuring.harmony import TRIADS, sound_of_beats
from mozart.measuring.passage import Flags, Passage
from mozart.notes import TICKS, Score
from mozart.notes.keys import CLASSES

_ROLLED = TICKS // 8
_CADENCE = 4  # bars

ENDS = {
    "begins in its triad": "what sounds on the first bar line that is struck lies in the triad of the first key",
    "begins with the tonic": "the tonic of the first key sounds on it",
    "tonic in the bass": "the lowest note of the last chord is the tonic of the last key",
    "its triad": "all of the last chord lies in the triad of the last key",
    "on a beat": "the last chord begins on a beat",
    "closes": "tonic in the bass, its triad, on a beat: all three",
    "at home": "it closes, and on the tonic of the first key",
    "melody on the tonic": "the highest note of the last chord is the tonic of the last key",
    "last chord held": "a note of the last chord is held for a quarter, or nearly so: three quarters of it",
    "after a cadence": "in the last four bars the bass goes from V, under the leading note, to I from one beat to the next",
}
BEGINNINGS = tuple(name for name in ENDS if name.startswith("begins"))


def ends(score: Score) -> dict[str, float]:
    """Measure how a piece begins and ends: the features of :data:`ENDS`, each 1 for yes or 0 for no.

    Raises
    ------
    MozartError
        When there are no notes.
    """
    passage = Passage(score)
    return {name: float(value) for name, value in (_beginning(passage) | _ending(passage)).items()}


def last_chord(passage: Passage) -> tuple[int, Flags]:
    """Find when the last chord begins, in ticks, and its notes: those struck from then on, and those held until then."""
    times = passage.times
    apart = np.flatnonzero(np.diff(times) > _ROLLED)
    begins = int(times[apart[-1] + 1]) if len(apart) else int(times[0])
    struck = passage.onsets >= begins
    # Legato notes that overlap by a moment do not count.
    half = (int(times[-1]) + int(passage.ends[struck].max())) // 2
    return begins, struck | (passage.ends > half)


def _triad(key: int) -> set[int]:
    """Return the pitch classes of the tonic triad of a key, 0 to 23."""
    return {(key + step) % CLASSES for step in TRIADS["minor" if key >= CLASSES else "major"]}


def _beginning(passage: Passage) -> dict[str, bool]:
    key = passage.keys[0]
    on_line = np.flatnonzero(np.isin(passage.times, passage.score.bars))
    here = passage.slice_at[on_line[0] if len(on_line) else 0]
    sounding = set(np.flatnonzero(passage.classes[here]).tolist())
    return {"begins in its triad": sounding <= _triad(key), "begins with the tonic": key % CLASSES in sounding}


def _ending(passage: Passage) -> dict[str, bool]:
    home, key = passage.keys[0], passage.keys[-1]
    begins, chord = last_chord(passage)
    pitches = passage.pitches[chord]
    bass = int(pitches.min()) % CLASSES == key % CLASSES
    inside = {int(pitch) % CLASSES for pitch in pitches} <= _triad(key)
    on_beat = begins in passage.beats.tolist()
    return {
        "tonic in the bass": bass,
        "its triad": inside,
        "on a beat": on_beat,
        "closes": bass and inside and on_beat,
        "at home": bass and inside and on_beat and home % CLASSES == key % CLASSES,
        "melody on the tonic": int(pitches.max()) % CLASSES == key % CLASSES,
        "last chord held": int((passage.ends - passage.onsets)[chord].max()) >= 3 * TICKS // 4,
        "after a cadence": _after_cadence(passage, key % CLASSES),
    }


def _after_cadence(passage: Passage, tonic: int) -> bool:
    """Tell whether, in the last four bars, a beat over V with the leading note is followed by one over I."""
    sound, low, _ = sound_of_beats(passage)
    first_beat = int(passage.beat_at(passage.edges[:1])[0])
    start = int(passage.score.bars[max(int(passage.bar[-1]) + 1 - _CADENCE, 0)])
    recent = passage.beats[first_beat : first_beat + len(sound)] >= start
    bass, leading = (low % CLASSES)[recent], sound[recent][:, (tonic + 11) % CLASSES] > 0
    return bool(((bass[:-1] == (tonic + 7) % CLASSES) & leading[:-1] & (bass[1:] == tonic)).any())
