"""A score → the page's player: HTML with a piano roll, sheet music, and a playhead that follows the sound.

The strings go into ``gr.HTML``, and :func:`head` into ``launch(head=…)`` once: Gradio runs no script that comes in a value.
Gradio patches a new value into the elements of the old one, and does not replace them. So the script listens on the document
alone, and keeps what it changes in attributes, which the patch puts back.
"""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from mozart.notes import Score
from mozart.rendering.roll import keys_svg, roll_svg, seconds_from_start

_STATIC = Path(__file__).parent.parent / "static"
_HIDDEN = ' hidden="hidden"'


def head() -> str:
    """The style and the script that all players of a page share, for its head."""
    style, script = ((_STATIC / name).read_text(encoding="utf-8") for name in ("player.css", "player.js"))
    return f"<style>\n{style}</style>\n<script>\n{script}</script>\n"


def player_html(score: Score, *, sound: str | None, name: str, opening_notes: int = 0, shared: range = range(0)) -> str:
    """A piano roll in a strip with its keyboard pinned, and below it the sound's controls.

    Parameters
    ----------
    sound
        The URL of what is heard, which begins with the first note; None leaves the controls out.
    name
        What the player is called for people.
    opening_notes
        How many notes, from the first on, are the opening's.
    shared
        Which notes stand in the training music too: they are marked, and a button plays them alone.
    """
    called = escape(name)
    controls = f'<audio controls preload="metadata" src="{escape(sound)}" aria-label="{called}"></audio>' if sound else ""
    legend = ['<span class="mozart-right">right hand</span>', '<span class="mozart-left">left hand</span>']
    if opening_notes:
        legend.append('<span class="mozart-opening">the opening</span>')
    if shared:
        again = _again(score, shared) if sound else ""
        legend.append(f'<span class="mozart-shared">shared with the sonatas{again}</span>')
    return (
        f'<figure class="mozart-player" aria-label="{called}">'
        f'<div class="mozart-strip" tabindex="0" role="group" aria-label="{called}: piano roll">'
        f"{keys_svg(score)}{roll_svg(score, opening_notes, shared)}</div>"
        f"{controls}<figcaption>{' '.join(legend)}</figcaption></figure>"
    )


def sheet_html(pages: Sequence[str]) -> str:
    """Sheet music, one page at a time, with buttons to turn them where there are several.

    Parameters
    ----------
    pages
        Each an SVG in the colour of the text around it, as :func:`mozart.rendering.verovio.engrave` draws them.
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


def _again(score: Score, shared: range) -> str:
    """A button that plays these notes alone."""
    begins, ends = seconds_from_start(score)
    begin, end = begins[shared.start : shared.stop].min(), ends[shared.start : shared.stop].max()
    return f' <button type="button" data-from="{begin:.3f}" data-to="{end:.3f}">▶ play it</button>'
