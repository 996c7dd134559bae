"""A piece → the page's player: HTML with a piano roll, sheet music, and a playhead that follows the sound.

The strings go into ``gr.HTML``, and :func:`head` into ``launch(head=…)`` once: Gradio runs no script that comes in a value.
Gradio patches a new value into the elements of the old one, and does not replace them. So the script listens on the document
alone, and keeps what it changes in attributes, which the patch puts back.

Conventions
-----------
Offsets and durations are in quarter lengths, the first offset at 0; the tempo is in quarter notes a minute. The roll is in
CSS pixels: a quarter is 32 wide and a semitone 4 high, whatever the screen, and a strip that is too wide is scrolled.
"""

import re
from collections.abc import Sequence
from html import escape
from math import ceil
from pathlib import Path

from mozart.vocabulary import pitches

QUARTER, SEMITONE = 32, 4
_STATIC = Path(__file__).parent / "static"
_GAP = 1  # between a note and the next one of its pitch
_NARROWEST = 2  # a note that lasts no time is seen all the same
_MARGIN = 3  # semitones above and below the notes
_FOOT = 18  # for the times below
_KEYS = 28  # wide, for the labels
_HIDDEN = ' hidden="hidden"'
_SHARED = ' class="mozart-shared"'
_MARK = 5  # seconds from one time to the next


def head() -> str:
    """The style and the script that all players of a page share, for its head."""
    style, script = ((_STATIC / name).read_text(encoding="utf-8") for name in ("player.css", "player.js"))
    return f"<style>\n{style}</style>\n<script>\n{script}</script>\n"


def player_html(
    tokens: Sequence[str],
    offsets: Sequence[float],
    durations: Sequence[float],
    opening_length: int,
    tempo: float,
    *,
    sound: str | None,
    name: str,
    shared: range = range(0),
) -> str:
    """A piano roll in a strip with its labels pinned, and below it the sound's controls.

    Parameters
    ----------
    opening_length
        How many tokens, from the first on, are the opening's.
    sound
        The URL of what is heard, which starts with the first note; None leaves the controls out.
    name
        What the player is called for people.
    shared
        Which tokens stand in the training music too: they are marked, and a button plays them alone.
    """
    roll = roll_svg(tokens, offsets, durations, opening_length, tempo, shared)
    called = escape(name)
    controls = f'<audio controls preload="metadata" src="{escape(sound)}" aria-label="{called}"></audio>' if sound else ""
    parts = []
    if opening_length:
        parts += ['<span class="mozart-opening">the opening</span>', '<span class="mozart-new">what was composed</span>']
    if shared:
        again = _again(offsets, durations, shared, tempo) if sound else ""
        parts.append(f'<span class="mozart-shared">shared with the sonatas{again}</span>')
    caption = f"<figcaption>{' '.join(parts)}</figcaption>" if parts else ""
    return (
        f'<figure class="mozart-player" aria-label="{called}">'
        f'<div class="mozart-strip" tabindex="0" role="group" aria-label="{called}: piano roll">{_keys_svg(tokens)}{roll}</div>'
        f"{controls}{caption}</figure>"
    )


def roll_svg(
    tokens: Sequence[str],
    offsets: Sequence[float],
    durations: Sequence[float],
    opening_length: int,
    tempo: float,
    shared: range = range(0),
) -> str:
    """Draw a piece as a piano roll, time to the right and pitch upwards: an SVG in the page's colours, a rect a note."""
    bottom, top = _range(tokens)
    length = max((offset + duration for offset, duration in zip(offsets, durations, strict=True)), default=0.0)
    width, height = max(1, ceil(length * QUARTER)), (top - bottom) * SEMITONE
    rects = [
        "".join(
            f'<rect x="{offset * QUARTER:.1f}" y="{(top - pitch - 1) * SEMITONE}" '
            f'width="{max(_NARROWEST, duration * QUARTER - _GAP):.1f}" height="{SEMITONE}"{_SHARED * (index in shared)}/>'
            for pitch in pitches(token)
        )
        for index, (token, offset, duration) in enumerate(zip(tokens, offsets, durations, strict=True))
    ]
    seconds = length * 60 / tempo
    speed = QUARTER * tempo / 60  # pixels a second
    octaves = "".join(f"M0 {(top - pitch) * SEMITONE}h{width}" for pitch in _octaves(bottom, top))
    times = range(0, ceil(seconds), _MARK)
    marks = "".join(f"M{time * speed:.1f} 0v{height + 4}" for time in times)
    labels = "".join(f'<text x="{time * speed + 3:.1f}" y="{height + 13}">{time // 60}:{time % 60:02}</text>' for time in times)
    return (
        f'<svg class="mozart-roll" role="img" aria-label="{_describe(tokens, opening_length, seconds)}" width="{width}" '
        f'height="{height + _FOOT}" viewBox="0 0 {width} {height + _FOOT}" data-speed="{speed}" xmlns="http://www.w3.org/2000/svg">'
        f'<path class="mozart-lines" d="{octaves}{marks}"/>{labels}'
        f'<g class="mozart-opening">{"".join(rects[:opening_length])}</g>'
        f'<g class="mozart-new">{"".join(rects[opening_length:])}</g>'
        f'<line class="mozart-playhead" y2="{height}"/></svg>'
    )


def score_html(pages: Sequence[str]) -> str:
    """Sheet music, one page at a time, with buttons to turn them where there are several.

    Parameters
    ----------
    pages
        Each an SVG in the colour of the text around it, as :func:`mozart.engraving.engrave` draws them.
    """
    buttons = (
        '<div class="mozart-turn"><button type="button" data-turn="-1" aria-label="Previous page" aria-disabled="true">←</button>'
        f'<span aria-live="polite">page 1 of {len(pages)}</span>'
        '<button type="button" data-turn="1" aria-label="Next page" aria-disabled="false">→</button></div>'
    )
    # A third of what verovio writes is indentation, and a browser makes a node of every piece of it.
    tidied = [re.sub(r">\s+<", "><", page) for page in pages]
    shown = "".join(
        f'<div class="mozart-page" role="img" aria-label="Page {number} of {len(pages)}"{_HIDDEN * (number > 1)}>{page}</div>'
        for number, page in enumerate(tidied, start=1)
    )
    return (
        f'<section class="mozart-score" aria-label="Sheet music">{buttons if len(pages) > 1 else ""}'
        f'<div class="mozart-pages" tabindex="0" role="group" aria-label="Sheet music">{shown}</div></section>'
    )


def _again(offsets: Sequence[float], durations: Sequence[float], shared: range, tempo: float) -> str:
    """A button that plays these events alone."""
    start, end = offsets[shared[0]] * 60 / tempo, max(offsets[i] + durations[i] for i in shared) * 60 / tempo
    return f' <button type="button" data-from="{start:.3f}" data-to="{end:.3f}">▶ play it</button>'


def _keys_svg(tokens: Sequence[str]) -> str:
    """The names of the octave lines, as high as the roll of the same tokens."""
    bottom, top = _range(tokens)
    labels = "".join(f'<text x="3" y="{(top - pitch) * SEMITONE - 1}">C{pitch // 12 - 1}</text>' for pitch in _octaves(bottom, top))
    height = (top - bottom) * SEMITONE + _FOOT
    return f'<svg class="mozart-keys" aria-hidden="true" width="{_KEYS}" height="{height}">{labels}</svg>'


def _range(tokens: Sequence[str]) -> tuple[int, int]:
    """The lowest pitch that the roll has room for, and the one above its highest; C4 to C5 without notes."""
    sounding = [pitch for token in tokens for pitch in pitches(token)] or [60, 71]
    return min(sounding) - _MARGIN, max(sounding) + 1 + _MARGIN


def _octaves(bottom: int, top: int) -> range:
    return range(-(-bottom // 12) * 12, top, 12)


def _describe(tokens: Sequence[str], opening_length: int, seconds: float) -> str:
    names = sorted((name for token in tokens for name in token.split(".")), key=pitches)
    if not names:
        return "Piano roll without notes"
    opening = sum(len(token.split(".")) for token in tokens[:opening_length])
    lowest, highest = (name.replace("E-", "E♭").replace("B-", "B♭") for name in (names[0], names[-1]))
    said = f"Piano roll: {len(names)} note{'s' * (len(names) > 1)}, {seconds:.0f} seconds, from {lowest} to {highest}"
    return f"{said}; the first {opening} are the opening" if opening else said
