"""Form: bars that return, phrases, and changes of key.

Two bars are compared by their notes' places and pitches, both hands together (Dice coefficient). Moved means all notes by one
interval; in sequence means by steps of the scale, so by two neighbouring intervals.
"""

from collections import Counter
from itertools import pairwise

import numpy as np

from mozart.measuring.passage import Passage, share
from mozart.notes.keys import CLASSES

_ALIKE = 0.7
_LEAST = 4  # bars with fewer notes are not compared
_LAGS = (1, 2, 4, 8)

FORM = {
    **{f"back after {lag}": f"bars that come back {lag} later, 70 % alike, moved or not; share" for lag in _LAGS},
    "heard before": "bars that are 70 % like an earlier one, moved or not; share",
    "heard exactly": "bars that are an earlier one, note for note, not moved; share",
    "in sequence": "bars that are 70 % like one of the two before in steps of the scale, and not at the same pitch; share",
    "likest bar": "how like a bar is to the most like earlier one, moved or not, mean; share",
    "phrase ends": "moments after which nothing is struck for a beat, or no melody for one and a half; number in 8 bars",
    "even phrases": "from one such moment to the next, those of two, four or eight bars; share",
    "key changes": "changes of the bars' key; number in 32 bars",
    "near keys": "of these changes, those to a key at most one fifth away; share",
    "first key": "bars in the first bar's key; share",
}
Bar = list[tuple[int, int]]


def form(passage: Passage) -> dict[str, float]:
    """Measure the features of :data:`FORM`."""
    return _returns(passage) | _phrases(passage) | _keys(passage)


def bars_of(passage: Passage) -> dict[int, Bar]:
    """Collect the bars that have enough notes, each as places and pitches."""
    bars: dict[int, Bar] = {}
    for bar, place, pitch in zip(passage.bar.tolist(), passage.place.tolist(), passage.pitches.tolist(), strict=True):
        bars.setdefault(bar, []).append((place, pitch))
    return {bar: notes for bar, notes in bars.items() if len(notes) >= _LEAST}


def likeness(a: Bar, b: Bar) -> tuple[float, float, float]:
    """Compare two bars at the same pitch, moved by the best interval, and in sequence; each 0 to 1."""
    there: dict[int, list[int]] = {}
    for place, pitch in b:
        there.setdefault(place, []).append(pitch)
    moves = Counter(other - pitch for place, pitch in a for other in there.get(place, ()))
    if not moves:
        return 0.0, 0.0, 0.0
    most = max(moves.values())
    # A note may match two others, a second apart, so the count is limited to the bar's notes.
    sequence = min(
        max((count + moves[move + 1] for move, count in moves.items() if move > 0 or move < -1), default=0), len(a), len(b)
    )
    scale = 2 / (len(a) + len(b))
    return moves[0] * scale, most * scale, sequence * scale


def _returns(passage: Passage) -> dict[str, float]:
    """Measure which bars return. The first four bars do not count: little could return in them."""
    bars = bars_of(passage)
    order = sorted(bars)
    alike = {(a, b): likeness(bars[a], bars[b]) for b in order for a in order if a < b}
    moved = {pair: values[1] for pair, values in alike.items()}
    found = {f"back after {lag}": share([value >= _ALIKE for (a, b), value in moved.items() if b - a == lag]) for lag in _LAGS}
    best = [max((moved[a, b] for a in order if a < b), default=0.0) for b in order[_LEAST:]]
    exact = [max((alike[a, b][0] for a in order if a < b), default=0.0) for b in order[_LEAST:]]
    sequences = [
        max(((alike[a, b][2] if alike[a, b][0] < _ALIKE else 0.0) for a in (b - 2, b - 1) if a in bars), default=0.0)
        for b in order[1:]
    ]
    return found | {
        "heard before": share([value >= _ALIKE for value in best]),
        "heard exactly": share([value > 0.999 for value in exact]),
        "in sequence": share([value >= _ALIKE for value in sequences]),
        "likest bar": share(best),
    }


def _phrases(passage: Passage) -> dict[str, float]:
    """Measure where both hands or the melody pause, and how far apart these moments are."""
    lines = passage.score.bars
    bar_length, beat = passage.metre.bar, int(np.median(np.diff(passage.beats))) if len(passage.beats) > 1 else passage.metre.bar
    times, tops = passage.times, passage.onsets[passage.melody]
    ends = {*times[:-1][np.diff(times) > beat].tolist(), *tops[:-1][np.diff(tops) > 1.5 * beat].tolist()}
    # A phrase's length is counted in bars, whether it ends on the first beat or on a later one.
    bars = sorted({int(passage.score.bar_at(end)) for end in ends})
    spans = [b - a for a, b in pairwise(bars)]
    return {
        "phrase ends": 8 * len(bars) * bar_length / max(int(lines[passage.bar[-1]] - lines[passage.bar[0]]), bar_length),
        "even phrases": share([span in (2, 4, 8) for span in spans]),
    }


def _keys(passage: Passage) -> dict[str, float]:
    """Measure the keys of the bars."""
    keys = passage.keys
    changes = [(a, b) for a, b in pairwise(keys) if a != b]
    return {
        "key changes": 32 * len(changes) / len(keys),
        "near keys": share([(_signature(b) - _signature(a)) % CLASSES in (0, 5, 7) for a, b in changes]),
        "first key": share([key == keys[0] for key in keys]),
    }


def _signature(key: int) -> int:
    """Return the tonic of the major key with the same key signature."""
    return (key + 3) % CLASSES if key >= CLASSES else key
