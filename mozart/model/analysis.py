"""The plan of a movement, found in its notes: form, chords, and how it closes."""

from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mozart.model.degrees import home_key, to_degrees
from mozart.model.form import find_form
from mozart.model.harmony import SILENT, beat_ticks, beats, find_chords, lowest_pitches
from mozart.model.plan import Close, Plan
from mozart.notes import GRID, RIGHT, TICKS, Score
from mozart.notes.keys import CLASSES, Key

CADENCE = 2  # bars at the end whose bass and melody a plan tells
MIN_BARS = 8  # a shorter stretch in one metre gives no plan
# A composed bar that returns is an exact copy. If bars that are only similar counted too, more would return than in Mozart.
_RETURNING = 1.0
_ROLLED = TICKS // 8  # onsets closer than this at the end belong to one chord

Beat = TypeVar("Beat")


def plans_of(movement: Score, source: str = "", key: Key | None = None) -> list[Plan]:
    """Find the plans of a movement, one for each stretch of eight bars or more in one metre; variations may have several.

    Parameters
    ----------
    movement
        The movement.
    source
        The movement's name for people.
    key
        The home key, if it is known; else it is estimated.
    """
    metres = [movement.metre_at(bar)[1:] for bar in movement.bars.tolist()]
    used = np.unique(movement.bar_at(movement.onsets)).tolist() if len(movement) else []
    changes = [0, *(bar for bar in range(1, len(metres)) if metres[bar] != metres[bar - 1]), len(metres)]
    plans = []
    for first, stop in pairwise(changes):
        bars = [bar for bar in used if first <= bar < stop]
        if bars and bars[-1] + 1 - bars[0] >= MIN_BARS:
            plans.append(_plan_of_stretch(movement.bars_slice(bars[0], bars[-1] + 1), source, key))
    return plans


def _plan_of_stretch(score: Score, source: str, key: Key | None) -> Plan:
    key = key or home_key(score)
    metre = score.metre_at(score.end)
    starts = beats(score)
    bars = score.bar_at(starts)
    count = metre.bar // beat_ticks(metre)
    silent = [SILENT] * count
    chords = _by_bars(to_degrees(find_chords(score), key.tonic).tolist(), bars, count, [(SILENT, 0)])
    basses = _by_bars(_degrees(lowest_pitches(score), key.tonic), bars, count, silent[:1])
    melody = _by_bars(_degrees(_highest_beginning(score, starts), key.tonic), bars, count, silent[:1])
    first = int(score.bars[1]) if len(score.bars) > 1 else metre.bar
    free = (None,) * (len(chords) - CADENCE)
    plan = Plan(
        beats=metre.beats,
        unit=metre.unit,
        mode=key.mode,
        chords=tuple(tuple((chord[0], chord[1]) for chord in bar) for bar in chords),
        returns=tuple(find_form(score, _RETURNING)),
        basses=(*free, *(tuple(bar) for bar in basses[-CADENCE:])),
        melody=(*free, *(tuple(bar) for bar in melody[-CADENCE:])),
        start=int(score.onsets[0]) + max(metre.bar - first, 0),
        source=source,
    )
    return replace(plan, close=_close(score, plan, key.tonic))


def _by_bars(values: list[Beat], bars: NDArray[np.intp], count: int, silence: list[Beat]) -> list[list[Beat]]:
    """Group values of beats by bars of `count`; fill a short first bar with silence at its start, a later one at its end."""
    rows: list[list[Beat]] = [[] for _ in range(int(bars[-1]) + 1)]
    for value, bar in zip(values, bars.tolist(), strict=True):
        rows[bar].append(value)
    rows[0] = silence * (count - len(rows[0])) + rows[0]
    return [row + silence * (count - len(row)) for row in rows]


def _degrees(pitches: NDArray[np.int16], tonic: int) -> list[int]:
    degrees: list[int] = np.where(pitches < 0, SILENT, (pitches - tonic) % CLASSES).tolist()
    return degrees


def _highest_beginning(score: Score, starts: NDArray[np.int32]) -> NDArray[np.int16]:
    """Find the highest pitch of the right hand that begins in each beat, shape (B,); -1 where none does."""
    highest = np.full(len(starts), -1, np.int16)
    right = score.hands == RIGHT
    places = np.searchsorted(starts, score.onsets[right], side="right") - 1
    np.maximum.at(highest, places, score.pitches[right].astype(np.int16))
    return highest


def _close(score: Score, plan: Plan, tonic: int) -> Close | None:
    """Describe the last chord if it is the tonic triad in root position, else return None."""
    onsets = np.unique(score.onsets)
    # A rolled chord begins with its first note.
    apart = np.flatnonzero(np.diff(onsets) >= _ROLLED)
    onset = int(onsets[apart[-1] + 1 if len(apart) else 0])
    bass = int(score.pitches[score.onsets + score.durations > onset].min()) % CLASSES
    roots = [root for root, _ in plan.chords[-1] if root != SILENT]
    if bass != tonic or not roots or roots[-1] != 0:
        return None
    # Performers hold notes a little shorter than they are written.
    duration = -(-(score.end - onset) // GRID) * GRID
    return Close(int(score.place_in_bar(onset)), duration)
