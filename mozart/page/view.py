"""The view of a piece: its player, its sheet music and its piano roll, which all follow one sound.

A Gradio component made of plain HTML, CSS and JavaScript. Python hands it one value, a dictionary of plain data, and the
component's script draws what it says: nothing yet, how far composing is, a piece, or what went wrong.

    view = PieceView(elem_id="piece")
    compose.click(lambda: view_data(score, title="Menuetto", sound_url=url, pages=pages, timemap=timemap), outputs=view)
    view.again(lambda event: ..., outputs=view)      # event.first and event.last: the bars that are marked, from 1

Events: ``select`` (bars were marked: ``first`` and ``last``, or None), ``again`` (compose these bars anew) and ``stop``
(end the composing). A page's own script can show progress at the moment of a press, before any server is asked, and have the
sound allowed by it: ``document.querySelector("#piece .piece").dispatchEvent(new CustomEvent("piece", {detail: {state: "progress"}}))``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from mozart.notes import TICKS, Score
from mozart.page.roll import Bracket, quarters, roll_html, span
from mozart.page.timemap import Timemap, match_heads, number_heads

_STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("score.js", "roll.js", "view.js")
INVITATION = "Press Compose: a new piece appears here, and plays."

Data = dict[str, Any]


class PieceView(gr.HTML):
    """The component. Its value is what :func:`view_data`, :func:`progress_data` or :func:`error_data` give; None is an invitation.

    Parameters
    ----------
    invitation
        What stands where nothing is shown yet.
    again
        Whether bars that are marked can be composed anew.
    settings
        Those of ``gr.HTML``: elem_id, visible and the like.
    """

    def __init__(self, value: Data | None = None, *, invitation: str = INVITATION, again: bool = True, **settings: Any) -> None:
        super().__init__(
            value,
            html_template=_read("view.html"),
            css_template=_read("view.css"),
            js_on_load="".join(_read(name) for name in _SCRIPTS),
            apply_default_css=False,
            invitation=invitation,
            again=again,
            **settings,
        )

    def preprocess(self, payload: Data | None) -> Data | None:
        """What is shown."""
        return payload

    def postprocess(self, value: Data | None) -> Data | None:
        """What shall be shown."""
        return value

    def api_info(self) -> dict[str, Any]:
        """A JSON schema of the value."""
        text, number = {"type": "string"}, {"type": "number"}
        return {
            "type": "object",
            "description": "a piece with the times of its notes in seconds, its sound, sheet music and piano roll",
            "properties": {
                "state": {"enum": ["empty", "progress", "piece", "error"]},
                "title": text,
                "about": text,
                "sound": text,
                "seconds": number,
                "notes": {"type": "array", "items": {"type": "array", "items": number}},
                "bars": {"type": "array", "items": {"type": "array", "items": number}},
                "pages": {"type": "array", "items": text},
                "roll": text,
            },
        }

    def example_payload(self) -> Data:
        """A value for the endpoint's documentation."""
        return {"state": "empty"}

    def example_value(self) -> Data:
        """A value for the endpoint's documentation."""
        return {"state": "empty"}


def view_data(
    score: Score,
    *,
    title: str,
    sound_url: str | None,
    pages: Sequence[str] = (),
    timemap: Timemap | None = None,
    returns: Sequence[Bracket] = (),
    harmony: Sequence[str] = (),
    shared: range = range(0),
    opening_notes: int = 0,
    marked: tuple[int, int] | None = None,
    autoplay: bool = True,
) -> Data:
    """A piece as the view shows it.

    May be sent twice, first without pages: as long as the sound is the same one it plays on.

    Parameters
    ----------
    sound_url
        Where the browser gets the sound, in which the score's tick 0 is at 0 seconds; None while there is none yet.
    pages, timemap
        Sheet music as SVG, and the times of its heads, as ``engrave_with_times`` gives them.
    returns
        First bar, last bar and label of stretches that come back, from 1.
    harmony
        A Roman numeral for each bar.
    shared
        Which notes stand in the training music too.
    opening_notes
        How many notes, from the first on, are the opening's.
    marked
        First and last bar that are marked, and from which it plays.
    autoplay
        Whether it plays by itself. A browser refuses before the visitor's first press: a large button waits then.
    """
    starts = quarters(score)
    notes = zip(
        score.seconds_at(score.onsets), score.seconds_at(score.onsets + score.durations), score.pitches, score.hands, strict=True
    )
    return {
        "state": "piece",
        "title": title,
        "about": describe_piece(score),
        "sound": sound_url or "",
        "autoplay": autoplay,
        "seconds": round(score.seconds, 3),
        "notes": [[round(start, 3), round(stop, 3), int(pitch), int(hand)] for start, stop, pitch, hand in notes],
        # Between two of these the tempo does not change.
        "clock": _clock(score, starts[-1]),
        "bars": [[start, round(float(score.seconds_at(round(start * TICKS))), 3)] for start in starts],
        "pages": number_heads(pages, match_heads(score, timemap) if timemap else {}),
        "roll": roll_html(score, returns=returns, harmony=harmony, shared=shared, opening_notes=opening_notes),
        "opening": bool(opening_notes),
        "shared": [round(float(score.seconds_at(tick)), 3) for tick in span(score, shared)] if shared else None,
        "marked": list(marked) if marked else None,
    }


def progress_data(text: str = "Composing", done: int = 0, total: int = 0) -> Data:
    """How far composing is; without a total nobody knows. A button to stop stands beside it."""
    return {"state": "progress", "text": text, "done": done, "total": total}


def error_data(sentence: str) -> Data:
    """What went wrong, in place of a piece."""
    return {"state": "error", "text": sentence}


def describe_piece(score: Score) -> str:
    """What stands below a title: metre, tempo, how many bars, and how long."""
    seconds, bars = round(score.seconds), len(score.bars)
    tempo = round(score.tempi[0].quarters_per_minute)
    return f"{score.metres[0]} · ♩ = {tempo} · {bars} bar{'s' * (bars > 1)} · {seconds // 60}:{seconds % 60:02}"


def _clock(score: Score, end: float) -> list[list[float]]:
    places = [*(tempo.onset for tempo in score.tempi if tempo.onset < end * TICKS), round(end * TICKS)]
    return [[tick / TICKS, round(float(score.seconds_at(tick)), 4)] for tick in places]


def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")
