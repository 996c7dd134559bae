"""Which pitches sound together, and how the harmony moves.

The chord of a beat is the one that holds most of its sound, and the bass decides between equal ones. Nothing depends on the
key, so transposed music measures the same.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from mozart.measuring.passage import Flags, Floats, Ints, Passage, fold_classes, highest, lowest, share
from mozart.notes.keys import CLASSES

TRIADS: dict[str, tuple[int, ...]] = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6)}
SEVENTHS: dict[str, tuple[int, ...]] = {
    "dominant": (0, 4, 7, 10),
    "minor": (0, 3, 7, 10),
    "major": (0, 4, 7, 11),
    "half": (0, 3, 6, 10),
    "full": (0, 3, 6, 9),
}
_BITS = 1 << np.arange(CLASSES)

HARMONY = {
    "semitones": "time in which two pitch classes a semitone apart sound, of the time in which two notes do; share",
    "whole tones": "time in which two pitch classes a whole tone apart sound, of the time in which two notes do; share",
    "tritones": "time in which two pitch classes a tritone apart sound, of the time in which two notes do; share",
    "semitones struck": "moments that strike two pitch classes a semitone apart, of those that strike two; share",
    "neighbours struck": "moments at which one hand strikes two notes a tone or less apart; share",
    "no chord": "time of three pitch classes and more that is no triad and no seventh chord; share",
    "triads": "time of three pitch classes and more that is a triad; share",
    "sevenths": "time of three pitch classes and more that is a seventh chord; share",
    "one chord a beat": "beats of three pitch classes and more that lie in one triad or seventh chord; share",
    "best triad": "how much of a beat's sound lies inside the triad that fits it best, mean; share",
    "triads on the bar line": "bar lines with three pitch classes and more on which a triad sounds; share",
    "resolved": "notes struck a second from another, in any octave, of which one goes on by step in its hand; share",
    "root by fifth": "changes of the chord's root from beat to beat that are by a fourth or fifth; share",
    "root by second": "changes of the chord's root from beat to beat that are by a second; share",
    "root stays": "beats whose chord has the root of the one before; share",
    "bass stays": "beats whose lowest note has the pitch class of the one before; share",
    "bass by step": "moves of the beats' lowest notes that are by a second; share",
    "bass by fifth": "moves of the beats' lowest notes that are by a fourth or fifth; share",
    "parallel fifths": "beats after which melody and bass move, from a fifth to a fifth; share",
    "cadences": "the bass goes from V to I into a strong beat that is a triad, after the leading note; number in 8 bars",
}


def _members(chords: Mapping[str, tuple[int, ...]]) -> Flags:
    """Find the sets of pitch classes, as bits, that are exactly one of `chords`, shape (4096,)."""
    found = np.zeros(1 << CLASSES, dtype=bool)
    for chord in chords.values():
        for root in range(CLASSES):
            found[sum(1 << (root + step) % CLASSES for step in chord)] = True
    return found


def _inside(exact: Flags) -> Flags:
    """Find the sets of pitch classes that lie inside one of the sets of `exact`."""
    sets = np.arange(1 << CLASSES)
    found: Flags = np.any([(sets & ~chord) == 0 for chord in np.flatnonzero(exact)], axis=0)
    return found


_IS_TRIAD, _IS_SEVENTH = _members(TRIADS), _members(SEVENTHS)
_IN_CHORD = _inside(_IS_TRIAD | _IS_SEVENTH)
# The chords that a beat can have, shape (chords, 12), from the bass up; of equally good ones the first counts, in root position.
_ROOTS = [(root, chord) for root in (0, 8, 9, 5, 7, 3, 4, 2, 10, 1, 6, 11) for chord in (*TRIADS.values(), SEVENTHS["dominant"])]
_TEMPLATES = np.array([[step in {(root + each) % CLASSES for each in chord} for step in range(CLASSES)] for root, chord in _ROOTS])


def harmony(passage: Passage) -> dict[str, float]:
    """Measure the features of :data:`HARMONY`."""
    return _vertical(passage) | _beats(passage) | {"resolved": _resolved(passage), "cadences": _cadences(passage)}


def _as_bits(counts: Ints | Floats) -> Ints:
    """Convert counts of pitch classes, shape (…, 12), to sets of bits."""
    bits: Ints = (counts > 0) @ _BITS
    return bits


def _apart(counts: Ints, semitones: int) -> Flags:
    """Tell whether each row of counts has two pitch classes this many semitones apart, in either direction."""
    present = counts > 0
    found: Flags = np.any(present & np.roll(present, semitones, axis=-1), axis=-1)
    return found


def _vertical(passage: Passage) -> dict[str, float]:
    """Measure what sounds together and what is struck together."""
    classes, lengths = passage.classes, passage.lengths
    sounding_two = (passage.sounding > 0).sum((0, 2)) >= 2
    bits: Ints = _as_bits(classes)
    many: Flags = (classes > 0).sum(1) >= 3
    pitches = passage.struck > 0
    struck, two = fold_classes(passage.struck.sum(0)), pitches.sum((0, 2)) >= 2
    beside = [(pitches[..., apart:] & pitches[..., :-apart]).any(2) for apart in (1, 2)]
    found = {
        name: share(_apart(classes, apart)[sounding_two], lengths[sounding_two])
        for name, apart in (("semitones", 1), ("whole tones", 2), ("tritones", 6))
    }
    return found | {
        "semitones struck": share(_apart(struck[two], 1)),
        "neighbours struck": share(np.any(beside, axis=(0, 1))),
        "no chord": share(~(_IS_TRIAD | _IS_SEVENTH)[bits[many]], lengths[many]),
        "triads": share(_IS_TRIAD[bits[many]], lengths[many]),
        "sevenths": share(_IS_SEVENTH[bits[many]], lengths[many]),
    }


def sound_of_beats(passage: Passage) -> tuple[Floats, Ints, Ints]:
    """Measure how long each pitch class sounds in each beat, shape (beats, 12), and the beats' lowest and highest pitches.

    The highest is the right hand's: -1 where it rests. The lowest is 128 where nothing sounds. Beats before the first note
    and after the last are left out.
    """
    beat = passage.beat_at(passage.edges[:-1])
    beat -= beat[0]
    sound = np.zeros((int(beat[-1]) + 1, CLASSES))
    np.add.at(sound, beat, passage.classes * passage.lengths[:, None])
    low, high = np.full(len(sound), 128), np.full(len(sound), -1)
    np.minimum.at(low, beat, lowest(passage.sounding.sum(0)))
    np.maximum.at(high, beat, highest(passage.sounding[0]))
    return sound, low, high


def roots(sound: Floats, bass: Ints) -> tuple[Ints, Floats]:
    """Find the root of the chord that fits each beat best, and the share of its sound that the best triad holds.

    A root is a pitch class, or -1 where fewer than two pitch classes sound.
    """
    chords, covers = np.full(len(sound), -1), np.full(len(sound), np.nan)
    triads = np.array([chord in TRIADS.values() and len(chord) == 3 for _, chord in _ROOTS])
    for beat in np.flatnonzero(sound.any(1)):
        shares = np.roll(sound[beat], -(bass[beat] % CLASSES)) / sound[beat].sum()
        inside = _TEMPLATES @ shares
        covers[beat] = inside[triads].max()
        if (shares > 0).sum() >= 2:
            best = int(np.round(inside, 9).argmax())
            chords[beat] = (_ROOTS[best][0] + bass[beat]) % CLASSES
    return chords, covers


def _beats(passage: Passage) -> dict[str, float]:
    """Measure how the harmony moves from beat to beat."""
    sound, low, high = sound_of_beats(passage)
    chords, covers = roots(sound, low)
    many = (sound > 0).sum(1) >= 3
    known = chords[chords >= 0]
    root, bass = np.diff(known) % CLASSES, np.diff(low[low < 128]) % CLASSES
    on_line = np.isin(passage.times, passage.score.bars)
    downbeats = passage.classes[passage.slice_at[on_line]]
    downbeats = downbeats[(downbeats > 0).sum(1) >= 3]
    full = (low < 128) & (high > low)
    fifth = (high - low) % CLASSES == 7
    moved = full[1:] & full[:-1] & (np.diff(low) != 0) & (np.diff(high) != 0)
    return {
        "one chord a beat": share(_IN_CHORD[_as_bits(sound[many])]),
        "best triad": share(covers[~np.isnan(covers)]),
        "triads on the bar line": share(_IS_TRIAD[_as_bits(downbeats)]),
        "root by fifth": share(np.isin(root[root > 0], (5, 7))),
        "root by second": share(np.isin(root[root > 0], (1, 2, 10, 11))),
        "root stays": share(root == 0),
        "bass stays": share(bass == 0),
        "bass by step": share(np.isin(bass[bass > 0], (1, 2, 10, 11))),
        "bass by fifth": share(np.isin(bass[bass > 0], (5, 7))),
        "parallel fifths": share(fifth[1:] & fifth[:-1] & moved),
    }


def _cadences(passage: Passage) -> float:
    """Count, in eight bars, the strong beats with a triad at which the bass moves from V to I after the leading note.

    Strong beats are the bar line and, in bars of four, six and more beats of even number, the middle. V is the lowest note of
    the beat before or, for broken chords, of the half bar before.
    """
    found = 0
    sounding, edges = passage.sounding.sum(0), passage.edges
    for time, here in zip(passage.times.tolist(), passage.slice_at.tolist(), strict=True):
        metre = passage.score.metre_at(time)
        half = metre.bar // 2 if metre.beats % 2 == 0 and metre.beats > 2 else metre.bar
        if here == 0 or int(passage.score.place_in_bar(time)) % half:
            continue
        root = int(lowest(sounding[here])) % CLASSES
        chord = int(_as_bits(np.roll(passage.classes[here], -root)))
        if not any((chord & ~sum(_BITS[list(TRIADS[mode])])) == 0 for mode in ("major", "minor")):
            continue
        beat = int(passage.beats[passage.beat_at(np.array([time - 1]))[0]])
        for start in (beat, time - half):
            before = sounding[np.searchsorted(edges, start, side="right") - 1 if start > edges[0] else 0 : here].sum(0)
            if before.any() and (lowest(before) - root) % CLASSES == 7 and fold_classes(before)[(root + 11) % CLASSES]:
                found += 1
                break
    return 8 * found / max(len(set(passage.bar.tolist())), 1)


def _resolved(passage: Passage) -> float:
    """Find among pairs struck a second, seventh or ninth apart the share of which one note moves on by step in its hand."""
    clash = _apart(passage.classes[passage.slice_at], 1) | _apart(passage.classes[passage.slice_at], 2)
    outcomes = []
    for index in np.flatnonzero(clash).tolist():
        sounding, struck = passage.sounding[:, passage.slice_at[index]], passage.struck[:, index]
        held = [(hand, pitch) for hand, pitch in zip(*map(np.ndarray.tolist, np.nonzero(sounding)), strict=True)]
        for one, other in combinations(held, 2):
            if (one[1] - other[1]) % CLASSES in (1, 2, 10, 11) and (struck[one] or struck[other]):
                outcomes.append(_steps_on(passage, index, *one) or _steps_on(passage, index, *other))
    return share(outcomes)


def _steps_on(passage: Passage, index: int, hand: int, pitch: int) -> bool:
    """Tell whether `hand` next strikes, after the moment of this index, a note one or two semitones from `pitch`."""
    later = passage.next_struck[hand][index]
    if later < 0:
        return False
    near = passage.struck[hand, later, [max(pitch - 2, 0), max(pitch - 1, 0), min(pitch + 1, 127), min(pitch + 2, 127)]]
    return bool(near.any())
