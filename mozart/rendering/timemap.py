"""Which note of a score each note head of its sheet music stands for.

verovio names every head in its drawing, and its timemap says when each is sounded: once for a piece, not a call a frame. What
it says is written time, and in names of its own. Here each head gets the index of the note in the score: one thing then says
when it sounds, for the sheet music, the roll and the sound.

Conventions
-----------
Written times are in quarters from the beginning of the first written bar.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mozart.notes import TICKS, Score

_NEAR = TICKS // 4  # a head is written within a sixteenth of where its note begins, or it is tied to one before


class Head(NamedTuple):
    """A note head.

    Attributes
    ----------
    id
        Its name in the drawing.
    onset
        When it begins as it is written, in quarters.
    pitch
        MIDI's.
    """

    id: str
    onset: float
    pitch: int


class Timemap(NamedTuple):
    """What the engraving says of its own times.

    Attributes
    ----------
    bars
        Where the written bars begin, in quarters, ascending, the first at 0.
    heads
        In order of onset; of notes that are tied together, each has its own.
    """

    bars: tuple[float, ...]
    heads: tuple[Head, ...]


def read_timemap(toolkit: Any) -> Timemap:
    """The times of the music that a verovio toolkit has loaded and laid out."""
    entries = toolkit.renderToTimemap({"includeMeasures": True})
    heads = (
        Head(name, entry["qstamp"], toolkit.getMIDIValuesForElement(name)["pitch"])
        for entry in entries
        for name in entry.get("on", ())
    )
    return Timemap(tuple(entry["qstamp"] for entry in entries if "measureOn" in entry), tuple(heads))


def match_heads(score: Score, timemap: Timemap) -> dict[str, int]:
    """The index of the note for each head that has one.

    The note of the same pitch that begins nearest to the head; where none begins near it, the one that still sounds, to which
    the head is tied.
    """
    by_pitch = {int(pitch): np.flatnonzero(score.pitches == pitch) for pitch in np.unique(score.pitches)}
    starts = _bar_starts(score, timemap.bars)
    found = {}
    for head in timemap.heads:
        bar = int(np.searchsorted(timemap.bars, head.onset, side="right")) - 1
        tick = starts[bar] + (head.onset - timemap.bars[bar]) * TICKS
        index = _note_at(score, by_pitch.get(head.pitch), tick)
        if index is not None:
            found[head.id] = index
    return found


def number_heads(pages: Sequence[str], notes: Mapping[str, int]) -> list[str]:
    """Pages whose heads carry ``data-note``, the index of their note, and no names that verovio drew for its elements."""

    def attribute(match: re.Match[str]) -> str:
        element, name = match.groups()
        return f'<{element} data-note="{notes[name]}" class=' if name in notes else f"<{element} class="

    # The glyphs that heads are drawn with have names too, and no class.
    return [re.sub(r'<(g|tspan) id="([^"]*)" class=', attribute, page) for page in pages]


def _bar_starts(score: Score, written: Sequence[float]) -> list[int]:
    """Where each written bar begins in the score, in ticks.

    Bar by bar, so that one bar which the engraving fills otherwise does not move all that follow. A short first bar is an
    upbeat: it ends where the score's first bar ends.
    """
    # Silent bars at the beginning are not written.
    bars: list[int] = score.bars[score.bar_at(score.onsets[:1].sum()) :].tolist()
    last = score.metre_at(bars[-1]).bar
    bars += [bars[-1] + last * (i + 1) for i in range(len(written) - len(bars))]
    if len(written) > 1 and len(bars) > 1:
        bars[0] = bars[1] - round((written[1] - written[0]) * TICKS)
    return bars


def _note_at(score: Score, those: Any, tick: float) -> int | None:
    if those is None:
        return None
    onsets = score.onsets[those]
    nearest = int(np.abs(onsets - tick).argmin())
    if abs(onsets[nearest] - tick) <= _NEAR:
        return int(those[nearest])
    sounding = np.flatnonzero((onsets <= tick) & (tick < onsets + score.durations[those] + _NEAR))
    return int(those[sounding[-1]]) if len(sounding) else None
