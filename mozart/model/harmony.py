"""The chord of each beat: a root and one of six kinds, found in the notes.

The method is a hidden Markov model whose numbers are chosen, not learned. Chords are its states; templates of pitch classes
say how well a chord explains what sounds in a beat (Fujishima, Realtime chord recognition of musical sound, 1999; Sheh and
Ellis, Chord segmentation and recognition using EM-trained hidden Markov models, 2003). A chord tends to stay, most of all
inside a bar; roots tend to fall by fifths. `tests/model/test_harmony.py` compares it with passages whose chords were written
down from the score; the numbers were chosen on them.

Conventions
-----------
A beat is the metre's unit, and three of them in compound metres (3/8, 6/8, 9/8, 12/8, 6/4): a quarter in 4/4, a half in
2/2, a dotted quarter in 6/8 and in 3/8.

A six-four chord over the dominant counts as the tonic's triad, because it sounds so. A chord over a held bass that does not
belong to it counts as the chord alone.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mozart.model.viterbi import best_path
from mozart.notes import Metre, Score
from mozart.notes.keys import CLASSES

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

KINDS = ("major", "minor", "diminished", "minor seventh", "dominant seventh", "diminished seventh")
MAJOR, MINOR, DIMINISHED, MINOR_SEVENTH, DOMINANT_SEVENTH, DIMINISHED_SEVENTH = range(len(KINDS))
# The semitones over the root that a chord of each kind holds.
CHORD_TONES = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 3, 7, 10), (0, 4, 7, 10), (0, 3, 6, 9))
SILENT = -1  # the root of a beat in which nothing sounds

# The templates: semitones over the root, the kind, and how common it is. The half-diminished seventh has a template of its own,
# and counts as a diminished seventh because it leads to the same chords.
_TEMPLATES = (
    *(
        (tones, kind, share)
        for kind, (tones, share) in enumerate(zip(CHORD_TONES, (0.46, 0.16, 0.05, 0.04, 0.19, 0.05), strict=True))
    ),
    ((0, 3, 6, 10), DIMINISHED_SEVENTH, 0.03),
)
_KIND_OF_TEMPLATE = np.array([kind for _, kind, _ in _TEMPLATES])
# The shares of root, third, fifth and seventh in what sounds; the rest is for the notes outside the chord.
_TRIAD = (0.33, 0.30, 0.26)
_SEVENTH = (0.27, 0.26, 0.18, 0.20)
_LOWEST = (0.52, 0.22, 0.14, 0.08)  # how often each of them is the lowest note
# The weights of what sounds and of the lowest note, beside how common chords and their successions are.
_TRUST = 3.5
_TRUST_IN_LOWEST = 0.3
_ON_BEAT = 1.3  # a note that begins on a beat says more than one that begins between beats, or is held
_AUDIBLE = 0.125  # a lowest note must sound for this share of a beat

# How likely a chord changes at a bar line, in the middle of a bar, at another beat.
_CHANGES = (0.55, 0.35, 0.2)
# Where the root then moves, in semitones up, by whether the old chord and the new one are diminished: a leading-note chord
# resolves to its tonic.
_MOVES = {
    (False, False): (0.10, 0.01, 0.10, 0.03, 0.02, 0.33, 0.01, 0.20, 0.04, 0.08, 0.07, 0.01),
    (False, True): (0.02, 0.06, 0.10, 0.02, 0.16, 0.02, 0.20, 0.04, 0.02, 0.08, 0.01, 0.27),
    (True, False): (0.02, 0.50, 0.02, 0.06, 0.02, 0.06, 0.03, 0.02, 0.18, 0.04, 0.03, 0.02),
    (True, True): (0.14, 0.08, 0.04, 0.10, 0.04, 0.16, 0.08, 0.10, 0.04, 0.10, 0.04, 0.08),
}


def beat_ticks(metre: Metre) -> int:
    """Return how long a beat of this metre is, in ticks: its unit, or three of them in compound metres."""
    return metre.bar // metre.beats * (3 if metre.is_compound else 1)


def beats(score: Score) -> Ints:
    """Find where the beats begin, in ticks, shape (B,), from the first bar line until the music ends.

    Each bar begins with a beat. In a short first bar, beats are counted back from the bar line that it leads to, so it begins
    with what is left of one.
    """
    starts: list[int] = []
    for bar, following in pairwise([*score.bars.tolist(), max(score.end, int(score.bars[-1]) + 1)]):
        metre = score.metre_at(bar)
        upbeat = bar == 0 and len(score.bars) > 1 and following < metre.bar
        beat = beat_ticks(metre)
        starts += sorted({bar, *range(following - beat, bar, -beat)}) if upbeat else range(bar, following, beat)
    return np.array(starts, np.int32)


def find_chords(score: Score) -> NDArray[np.int8]:
    """Find the chord of each beat, shape (B, 2): the root's pitch class, 0 to 11 or `SILENT`, and the index in `KINDS`.

    Transposing a score transposes its chords and changes nothing else. The kind of a silent beat is 0.
    """
    starts = beats(score)
    if not len(score):
        return np.tile(np.array([SILENT, MAJOR], np.int8), (len(starts), 1))
    # Pitch classes are counted from the first note's, so that a tie between two chords ends the same way in any key.
    origin = int(score.pitches[0])
    sounding, lowest = _observe(score, starts, origin)
    path = best_path(_explain(sounding, lowest), _steps(), _places(score, starts))
    roots = (path % CLASSES + origin) % CLASSES
    chords = np.stack([roots, _KIND_OF_TEMPLATE[path // CLASSES]], axis=1).astype(np.int8)
    chords[sounding.sum(1) == 0] = SILENT, MAJOR
    return chords


def lowest_pitches(score: Score) -> NDArray[np.int16]:
    """Find the lowest pitch that sounds in each beat for an eighth of it or longer, shape (B,); -1 where there is none."""
    starts = beats(score)
    return _lowest(score, len(starts), *_shares_of_beats(score, starts))


def _shares_of_beats(score: Score, starts: Ints) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """List each note once for each beat in which it sounds: the note, the beat, and the share of the beat."""
    ends = np.append(starts[1:], max(score.end, int(starts[-1]) + 1))
    offsets = score.onsets + score.durations
    first = np.searchsorted(starts, score.onsets, side="right") - 1
    count = np.searchsorted(starts, offsets, side="left") - first
    notes = np.repeat(np.arange(len(score)), count)
    places = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[notes]
    ticks = np.minimum(offsets[notes], ends[places]) - np.maximum(score.onsets[notes], starts[places])
    lengths = np.array([beat_ticks(score.metre_at(int(start))) for start in starts])
    return notes, places, ticks / lengths[places]


def _lowest(score: Score, count: int, notes: NDArray[np.intp], places: NDArray[np.intp], shares: Floats) -> NDArray[np.int16]:
    lowest = np.full(count, 128, np.int16)
    audible = shares >= _AUDIBLE
    np.minimum.at(lowest, places[audible], score.pitches[notes[audible]].astype(np.int16))
    return np.where(lowest < 128, lowest, -1).astype(np.int16)


def _observe(score: Score, starts: Ints, origin: int) -> tuple[Floats, NDArray[np.intp]]:
    """Measure how much each pitch class sounds in each beat, shape (B, 12), and find the lowest one, shape (B,), 12 for none."""
    notes, places, shares = _shares_of_beats(score, starts)
    weights = np.where(np.isin(score.onsets, starts), _ON_BEAT, 1.0)
    sounding = np.zeros((len(starts), CLASSES))
    np.add.at(sounding, (places, (score.pitches[notes] - origin) % CLASSES), shares * weights[notes])
    lowest = _lowest(score, len(starts), notes, places, shares).astype(np.intp)
    return sounding, np.where(lowest >= 0, (lowest - origin) % CLASSES, CLASSES)


def _explain(sounding: Floats, lowest: NDArray[np.intp]) -> Floats:
    """Compute how well each chord explains each beat, as a logarithm, shape (B, T * 12), by template and then root."""
    tones = np.log(_turned([_TRIAD if len(tones) == 3 else _SEVENTH for tones, _, _ in _TEMPLATES]))
    basses = np.log(_turned([_LOWEST[: len(tones)] for tones, _, _ in _TEMPLATES]))
    basses = np.append(basses, np.zeros((len(basses), 1)), axis=1)  # where there is no lowest note, it says nothing
    common = np.repeat(np.log([share for _, _, share in _TEMPLATES]), CLASSES)
    # The commonest chord should not win a beat in which almost nothing sounds.
    evident = np.minimum(1, sounding.sum(1, keepdims=True))
    fits: Floats = _TRUST * sounding @ tones.T + _TRUST_IN_LOWEST * basses[:, lowest].T + 0.5 * common * evident
    return fits


def _turned(shares_of_templates: list[tuple[float, ...]]) -> Floats:
    """Make a distribution over pitch classes for each chord, shape (T * 12, 12), from the shares of each template's tones."""
    rows = []
    for (tones, _, _), shares in zip(_TEMPLATES, shares_of_templates, strict=True):
        row = np.full(CLASSES, (1 - sum(shares)) / (CLASSES - len(tones)))
        row[list(tones)] = shares
        rows += [np.roll(row, root) for root in range(CLASSES)]
    return np.array(rows)


def _places(score: Score, starts: Ints) -> NDArray[np.intp]:
    """Return 0 for a beat on a bar line, 1 for one in the middle of a bar, 2 for any other, shape (B,)."""
    places = score.place_in_bar(starts)
    bars = np.array([score.metre_at(int(start)).bar for start in starts])
    return np.where(places == 0, 0, np.where(2 * places == bars, 1, 2))


def _moves() -> Floats:
    """Compute how likely each chord follows each other one, as a logarithm, shape (T * 12, T * 12)."""
    up = (np.arange(CLASSES)[None, :] - np.arange(CLASSES)[:, None]) % CLASSES
    diminished = [kind in (DIMINISHED, DIMINISHED_SEVENTH) for kind in _KIND_OF_TEMPLATE]
    common = np.sqrt([share for _, _, share in _TEMPLATES])
    kinds = range(len(_TEMPLATES))
    moves = np.block([[np.array(_MOVES[diminished[a], diminished[b]])[up] * common[b] for b in kinds] for a in kinds])
    np.fill_diagonal(moves, 0)
    logs: Floats = np.log(np.maximum(moves / moves.sum(1, keepdims=True), 1e-9))
    return logs


def _steps() -> list[Floats]:
    """Compute how likely each chord follows each one, itself included, for each of the three places of :func:`_places`."""
    moves, steps = _moves(), []
    for change in _CHANGES:
        step = moves + np.log(change)
        np.fill_diagonal(step, np.log(1 - change))
        steps.append(step)
    return steps
