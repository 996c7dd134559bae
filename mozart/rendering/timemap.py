"""Match the note heads of the sheet music with the notes of the score.

verovio names every head in its drawing, and its timemap, which is made once for a piece, has each head's written time. Here
each head gets the index of its note in the score, so sheet music, roll and sound all use the score's times.

Conventions
-----------
Written times are in quarters from the beginning of the first written bar.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mozart.notes import TICKS, Score
from mozart.rendering.metre import with_written_bars

_NEAR = TICKS // 4  # a head is within a sixteenth of its note's onset, or tied to an earlier head


class Head(NamedTuple):
    """A note head.

    Attributes
    ----------
    id
        Its name in the drawing.
    onset
        Its written onset, in quarters.
    pitch
        The MIDI pitch.
    """

    id: str
    onset: float
    pitch: int


class Timemap(NamedTuple):
    """The times of the engraving.

    Attributes
    ----------
    bars
        Where the written bars begin, in quarters, ascending, the first at 0.
    heads
        The heads in order of onset; tied notes have a head each.
    """

    bars: tuple[float, ...]
    heads: tuple[Head, ...]


def read_timemap(toolkit: Any) -> Timemap:
    """Read the times of the music that a verovio toolkit has loaded and laid out."""
    entries = toolkit.renderToTimemap({"includeMeasures": True})
    heads = (
        Head(name, entry["qstamp"], toolkit.getMIDIValuesForElement(name)["pitch"])
        for entry in entries
        for name in entry.get("on", ())
    )
    return Timemap(tuple(entry["qstamp"] for entry in entries if "measureOn" in entry), tuple(heads))


def match_heads(score: Score, timemap: Timemap) -> dict[str, int]:
    """Find the index of the note for each head that has one.

    It is the note of the same pitch that begins nearest to the head or, if none begins near it, the one that still sounds.
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
    """Give the heads of pages a ``data-note``, the index of their note, and remove verovio's random names."""

    def attribute(match: re.Match[str]) -> str:
        element, name = match.groups()
        return f'<{element} data-note="{notes[name]}" class=' if name in notes else f"<{element} class="

    # The glyphs of heads have names too, but no class.
    return [re.sub(r'<(g|tspan) id="([^"]*)" class=', attribute, page) for page in pages]


def _bar_starts(score: Score, written: Sequence[float]) -> list[int]:
    """Find where each written bar begins in the score, in ticks.

    This goes bar by bar, so that one bar of another length in the engraving does not move all later ones. A short first bar
    is an upbeat: it ends where the score's first bar ends.
    """
    score = with_written_bars(score)
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
