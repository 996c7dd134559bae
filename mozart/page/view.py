"""The view of a piece: its player, its sheet music and its piano roll, which all follow one sound.

A Gradio component made of plain HTML, CSS and JavaScript. Python hands it one value, a dictionary of plain data, and the
component's script draws what it says: nothing yet, how far composing is, a piece, or what went wrong.

    view = PieceView(elem_id="piece")
    compose.click(lambda: view_data(score, title="Menuetto", sound_url=url, pages=pages, timemap=timemap), outputs=view)
    view.again(anew, outputs=view)  # anew(event: gr.EventData): event.first and event.last are the marked bars, from 1

Events: ``select`` (bars were marked: ``first`` and ``last``, or None; listen with ``trigger_mode="always_last"``, or Gradio
drops what comes while it is busy), ``again`` (compose these bars anew) and ``stop`` (end the composing).

A page's own script can show progress at the moment of a press, before any server is asked, and so have the sound allowed:

    const piece = document.querySelector("#piece .piece");
    piece.dispatchEvent(new CustomEvent("piece", { detail: { state: "progress", text: "Composing" } }));
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mozart.notes import TICKS, Score
from mozart.page.roll import Bracket, quarters, roll_html, span
from mozart.rendering.timemap import Timemap, match_heads, number_heads

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
    changeable
        Whether bars that are marked can be composed anew.
    settings
        Those of ``gr.HTML``: elem_id, visible and the like.
    """

    def __init__(
        self, value: Data | None = None, *, invitation: str = INVITATION, changeable: bool = True, **settings: Any
    ) -> None:
        super().__init__(
            value,
            html_template=_read("view.html"),
            css_template=_read("view.css"),
            js_on_load="".join(_read(name) for name in _SCRIPTS),
            apply_default_css=False,
            invitation=invitation,
            changeable=changeable,
            **settings,
        )
        # Gradio asks a component for each parameter when it describes it to a browser.
        self.invitation, self.changeable = invitation, changeable

    def preprocess(self, payload: Any) -> Any:
        """Return the value that is shown."""
        return payload

    def postprocess(self, value: Any) -> Any:
        """Return the value to show."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Return a JSON schema of the value."""
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
        """Return a value for the endpoint's documentation."""
        return {"state": "empty"}

    example_value = example_payload


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
    first_number: int = 1,
    marked: tuple[int, int] | None = None,
    autoplay: bool = True,
) -> Data:
    """Make the view's data of a piece.

    The data may be sent twice, first without pages; the same sound then plays on.

    Parameters
    ----------
    score
        The piece.
    title
        The title.
    sound_url
        The address of the sound, which begins with the first note; None if there is none yet.
    pages, timemap
        Sheet music as SVG, and the times of its heads, from :func:`mozart.page.files.engrave`.
    returns
        First bar, last bar and label of passages that return, counted from 1.
    harmony
        A Roman numeral for each bar.
    shared
        The notes that also occur in the training music.
    opening_notes
        How many notes, from the first on, are the opening's.
    first_number
        The number of the first bar in the sheet music: 0 for an upbeat. Here, and in events, this is still bar 1.
    marked
        The first and last marked bar; the piece plays from the first.
    autoplay
        Whether it plays by itself. Before the visitor's first press a browser refuses that, and a large button waits.
    """
    starts = quarters(score)

    def seconds(ticks: Any) -> list[float]:
        begin = score.seconds_at(score.onsets[:1]).sum()  # 0 without notes
        return np.round(score.seconds_at(np.asarray(ticks)) - begin, 4).tolist()  # type: ignore[no-any-return]

    times = zip(seconds(score.onsets), seconds(score.onsets + score.durations), strict=True)
    tempi = [tempo.onset for tempo in score.tempi if tempo.onset < starts[-1] * TICKS] + [round(starts[-1] * TICKS)]
    return {
        "state": "piece",
        "title": title,
        "about": describe_piece(score),
        "sound": sound_url or "",
        "autoplay": autoplay,
        "seconds": seconds([score.end])[0],
        "notes": [[*time, int(pitch), int(hand)] for time, pitch, hand in zip(times, score.pitches, score.hands, strict=True)],
        # Between two of these the tempo does not change: quarters and seconds.
        "clock": [list(pair) for pair in zip((np.array(tempi) / TICKS).tolist(), seconds(tempi), strict=True)],
        "bars": [list(pair) for pair in zip(starts, seconds([round(start * TICKS) for start in starts]), strict=True)],
        "first_number": first_number,
        "pages": number_heads(pages, match_heads(score, timemap) if timemap else {}),
        "roll": roll_html(
            score, returns=returns, harmony=harmony, shared=shared, opening_notes=opening_notes, first_number=first_number
        ),
        "opening": bool(opening_notes),
        "shared": seconds(span(score, shared)) if shared else None,
        "marked": list(marked) if marked else None,
    }


def progress_data(text: str = "Composing", done: int = 0, total: int = 0) -> Data:
    """Make the view's data of the progress of composing, with a button to stop; the progress is unknown without a total."""
    return {"state": "progress", "text": text, "done": done, "total": total}


def error_data(sentence: str) -> Data:
    """Make the view's data of an error."""
    return {"state": "error", "text": sentence}


def describe_piece(score: Score) -> str:
    """Write the line below the title: metre, tempo, number of bars, and duration."""
    begin = float(score.seconds_at(score.onsets[:1]).sum())  # the sound begins with the first note
    seconds, bars = round(score.seconds - begin), len(score.bars)
    tempo = round(score.tempi[0].quarters_per_minute)
    return f"{score.metres[0]} · ♩ = {tempo} · {bars} bar{'s' * (bars > 1)} · {seconds // 60}:{seconds % 60:02}"


def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")
