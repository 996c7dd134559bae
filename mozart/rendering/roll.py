"""A score → a piano roll: an SVG in the page's colours.

Conventions
-----------
The roll is in CSS pixels, whatever the screen: a quarter is 32 wide at the first tempo, a semitone 6 high. Seconds have one
width throughout, so that a playhead moves evenly; they are counted from the first note on, where the sound begins.
"""

from html import escape
from math import ceil

import numpy as np

from mozart.notes import LEFT, RIGHT, Score
from mozart.notes.keys import estimate_key
from mozart.notes.spelling import name

QUARTER, SEMITONE = 32, 6
KEYS = 34  # the keyboard's width
_GAP = 1  # between a note and the next one of its pitch
_NARROWEST = 2  # the shortest note is seen all the same
_MARGIN = 3  # semitones above and below the notes
_FOOT = 18  # for the times below
_MARK = 5  # seconds from one time to the next
_BLACK = (1, 3, 6, 8, 10)
_HANDS = {RIGHT: "mozart-right", LEFT: "mozart-left"}


def roll_svg(score: Score, opening_notes: int = 0, shared: range = range(0)) -> str:
    """Draw a score as a piano roll, time to the right and pitch upwards, a rect a note, each hand in its colour.

    Parameters
    ----------
    opening_notes
        How many notes, from the first on, are the opening's: they are paler.
    shared
        Which notes stand in the training music too: they are marked.
    """
    bottom, top = _range(score)
    begins, ends = seconds_from_start(score)
    length, speed = float(ends.max(initial=0)), pixels_a_second(score)
    width, height = max(1, ceil(length * speed)), (top - bottom) * SEMITONE
    hands: dict[int, list[str]] = {hand: [] for hand in _HANDS}
    rows = zip(begins.tolist(), ends.tolist(), score.pitches.tolist(), score.hands.tolist(), strict=True)
    for index, (begin, end, pitch, hand) in enumerate(rows):
        marks = [mark for mark, holds in (("opening", index < opening_notes), ("shared", index in shared)) if holds]
        classes = f' class="{" ".join(f"mozart-{mark}" for mark in marks)}"' if marks else ""
        hands[hand].append(
            f'<rect x="{begin * speed:.1f}" y="{(top - pitch - 1) * SEMITONE}" '
            f'width="{max(_NARROWEST, (end - begin) * speed - _GAP):.1f}" height="{SEMITONE}"{classes}/>'
        )
    notes = "".join(f'<g class="{_HANDS[hand]}">{"".join(rects)}</g>' for hand, rects in hands.items())
    lanes = "".join(f"M0 {(top - pitch - 0.5) * SEMITONE:g}h{width}" for pitch in range(bottom, top) if pitch % 12 in _BLACK)
    return (
        f'<svg class="mozart-roll" role="img" aria-label="{escape(_describe(score, opening_notes, length))}" width="{width}" '
        f'height="{height + _FOOT}" viewBox="0 0 {width} {height + _FOOT}" data-speed="{speed:g}" '
        f'xmlns="http://www.w3.org/2000/svg"><path class="mozart-lanes" d="{lanes}" stroke-width="{SEMITONE}"/>'
        f'{_grid(score, width, height, speed, length)}{notes}<line class="mozart-playhead" y2="{height}"/></svg>'
    )


def keys_svg(score: Score) -> str:
    """A keyboard beside the roll of the same score, its Cs with their names."""
    bottom, top = _range(score)
    height = (top - bottom) * SEMITONE
    black = "".join(
        f'<rect y="{(top - pitch - 1) * SEMITONE}" width="{KEYS * 3 // 5}" height="{SEMITONE}"/>'
        for pitch in range(bottom, top)
        if pitch % 12 in _BLACK
    )
    # White keys meet between E and F and between B and C, and in the middle of the black ones.
    between = [top - pitch for pitch in range(bottom + 1, top) if pitch % 12 in (0, 5)]
    middles = [top - pitch - 0.5 for pitch in range(bottom, top) if pitch % 12 in _BLACK]
    lines = "".join(f"M0 {place * SEMITONE:g}h{KEYS}" for place in [*between, *middles])
    cs = range(-(-bottom // 12) * 12, top, 12)
    labels = "".join(f'<text x="{KEYS - 2}" y="{(top - c) * SEMITONE - 1}">C{c // 12 - 1}</text>' for c in cs)
    return (
        f'<svg class="mozart-keys" aria-hidden="true" width="{KEYS}" height="{height + _FOOT}">'
        f'<path d="{lines}"/>{black}{labels}</svg>'
    )


def pixels_a_second(score: Score) -> float:
    """How wide a second is."""
    start = int(score.onsets[0]) if len(score) else 0
    tempo = [tempo.quarters_per_minute for tempo in score.tempi if tempo.onset <= start][-1]
    return QUARTER * tempo / 60


def seconds_from_start(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """When every note begins and ends, in seconds from the first note on, each of shape (N,)."""
    start = score.seconds_at(int(score.onsets[0])) if len(score) else 0.0
    return score.seconds_at(score.onsets) - start, score.seconds_at(score.onsets + score.durations) - start


def _grid(score: Score, width: int, height: int, speed: float, length: float) -> str:
    """Bar lines, and the times below."""
    start = score.seconds_at(int(score.onsets[0])) if len(score) else 0.0
    places = (score.seconds_at(score.bars) - start) * speed
    bars = "".join(f"M{place:.1f} 0v{height}" for place in places.tolist() if 0 <= place <= width)
    times = range(0, ceil(length), _MARK)
    marks = "".join(f"M{time * speed:.1f} {height}v5" for time in times)
    labels = "".join(f'<text x="{time * speed + 3:.1f}" y="{height + 13}">{time // 60}:{time % 60:02}</text>' for time in times)
    return f'<path class="mozart-bars" d="{bars}{marks}M0 {height}h{width}"/>{labels}'


def _range(score: Score) -> tuple[int, int]:
    """The lowest pitch that the roll has room for, and the one above its highest; C4 to C5 without notes."""
    pitches = score.pitches.tolist() or [60, 71]
    return min(pitches) - _MARGIN, max(pitches) + 1 + _MARGIN


def _describe(score: Score, opening_notes: int, seconds: float) -> str:
    if not len(score):
        return "Piano roll without notes"
    key = estimate_key(score)
    lowest, highest = (name(int(pitch), key) for pitch in (score.pitches.min(), score.pitches.max()))
    said = f"Piano roll: {len(score)} note{'s' * (len(score) > 1)}, {seconds:.0f} seconds, from {lowest} to {highest}"
    return f"{said}; the first {opening_notes} are the opening" if opening_notes else said
