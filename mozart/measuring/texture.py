"""How many voices sound, how far the hands are apart, and whether the accompaniment keeps its figure."""

from collections.abc import Sequence

import numpy as np

from mozart.measuring.passage import Passage, highest, lowest, share
from mozart.notes import LEFT, RIGHT, TICKS

_TENTH = 16
_AGAIN = TICKS // 4

TEXTURE = {
    "voices": "notes that sound, mean over the time; number",
    "silence": "time in which nothing sounds; share",
    "four voices": "time in which four notes and more sound; share",
    "chords": "notes that begin together with another, but for one of each moment; share",
    "left hand": "notes that the left hand plays; share",
    "between the hands": "from the left hand's highest note to the right hand's lowest while both sound, mean; semitones",
    "over a tenth": "moments at which one hand strikes more than a tenth; share",
    "key again": "notes whose key was struck a sixteenth ago or less; share",
    "left onsets again": "beats of the left hand whose next beat has the same onsets; share",
    "left figure again": "beats of two left-hand onsets and more whose next beat has the same figure; share",
    "figures alike": "how far such a beat and the next have the same figure (Dice), mean; share",
    "Alberti": "four left-hand notes in a row that go low, high, middle, high, of all fours; share",
}
Figure = tuple[tuple[int, int], ...]


def texture(passage: Passage) -> dict[str, float]:
    """Measure the features of :data:`TEXTURE`."""
    return _density(passage) | _hands(passage) | _accompaniment(passage)


def _density(passage: Passage) -> dict[str, float]:
    """Measure how much sounds at once."""
    voices = (passage.sounding > 0).sum((0, 2))
    return {
        "voices": share(voices, passage.lengths),
        "silence": share(voices == 0, passage.lengths),
        "four voices": share(voices >= 4, passage.lengths),
        "chords": 1 - len(passage.times) / len(passage.onsets),
        "key again": _struck_again(passage),
    }


def _struck_again(passage: Passage) -> float:
    """Return the share of notes whose key was struck a sixteenth ago or less, by either hand."""
    order = np.lexsort((passage.onsets, passage.pitches))
    same = np.diff(passage.pitches[order]) == 0
    return float((same & (np.diff(passage.onsets[order]) <= _AGAIN)).sum() / len(order))


def _hands(passage: Passage) -> dict[str, float]:
    """Measure how far the hands are apart, and what each must reach."""
    right, left = passage.sounding
    both = right.any(1) & left.any(1)
    spans = [highest(hand) - lowest(hand) for hand in passage.struck]
    strikes = [hand.any(1) for hand in passage.struck]
    return {
        "left hand": share(passage.left),
        "between the hands": share(lowest(right[both]) - highest(left[both]), passage.lengths[both]),
        "over a tenth": share(np.concatenate([spans[hand][strikes[hand]] > _TENTH for hand in (RIGHT, LEFT)])),
    }


def _accompaniment(passage: Passage) -> dict[str, float]:
    """Measure whether the left hand repeats in a beat what it did in the one before.

    A figure is each note's place in the beat and its rank by pitch, so the same figure may lie on another chord.
    """
    beats: dict[int, list[tuple[int, int]]] = {}
    notes = np.flatnonzero(passage.left)
    rows = zip(passage.beat[notes].tolist(), passage.into_beat[notes].tolist(), passage.pitches[notes].tolist(), strict=True)
    for beat, place, pitch in rows:
        beats.setdefault(beat, []).append((place, pitch))
    figures = {beat: _rank(struck) for beat, struck in beats.items()}
    pairs = [(figure, figures[beat + 1]) for beat, figure in figures.items() if beat + 1 in figures]
    busy = [(a, b) for a, b in pairs if len({place for place, _ in a}) >= 2]
    return {
        "left onsets again": share([{place for place, _ in a} == {place for place, _ in b} for a, b in pairs]),
        "left figure again": share([a == b for a, b in busy]),
        "figures alike": share([2 * len({*a} & {*b}) / (len({*a}) + len({*b})) for a, b in busy]),
        "Alberti": _alberti(passage),
    }


def _rank(struck: Sequence[tuple[int, int]]) -> Figure:
    """Convert places and pitches to places and ranks, 0 for the lowest."""
    heights = sorted({pitch for _, pitch in struck})
    return tuple(sorted((place, heights.index(pitch)) for place, pitch in struck))


def _alberti(passage: Passage) -> float:
    """Return the share of the left hand's evenly spaced groups of four that go low, high, middle, high."""
    onsets, pitches = passage.onsets[passage.left], passage.pitches[passage.left]
    if len(onsets) < 4:
        return float("nan")
    times = np.lib.stride_tricks.sliding_window_view(onsets, 4)
    low, high, middle, back = np.lib.stride_tricks.sliding_window_view(pitches, 4).T
    gaps = np.diff(times, axis=1)
    even = (gaps == gaps[:, :1]).all(1) & (gaps[:, 0] > 0)
    return share(even & (low < middle) & (middle < high) & (high == back))
