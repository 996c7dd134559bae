"""The tab in which a piece is heard beside the music that it goes on from."""

from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from mozart.errors import MozartError
from mozart.page import files
from mozart.page.passages import cut_alike, even_out
from mozart.page.stop import Visit

if TYPE_CHECKING:
    from mozart.composing.composition import Composition
    from mozart.notes import Score

_NOTHING = "<p>Compose a piece that goes on from an opening first: More, Opening.</p>"
STALE = "<p>There is a new piece: press the button to hear it beside the music that it goes on from.</p>"


class Compare:
    """The tab."""

    def __init__(self) -> None:
        self.now = gr.Button("Compare the piece with Mozart's own way on", elem_id="compare_now")
        self.box = gr.HTML(_NOTHING, elem_id="compare", apply_default_css=False)

    def show(self, visit: Visit) -> str:
        """The passages' players, or why there are none."""
        if visit.shown is None:
            return _NOTHING
        try:
            passages = find_passages(visit.latest())
            return "".join(
                files.player_html(name, files.serve_sound(self.box, "passage", files.play(score)), score)
                for name, score in passages
            )
        except MozartError as error:
            return f"<p>{escape(str(error))}</p>"


def find_passages(piece: "Composition") -> list[tuple[str, "Score"]]:
    """The opening, how Mozart goes on where that is known, and how the piece does, as many bars each.

    Raises
    ------
    MozartError
        When the piece goes on from nothing.
    """
    opening: Any = piece.opening
    if opening is None:
        raise MozartError("This piece begins by itself: choose an opening under More, and compose one that goes on from it.")
    composed = piece.score
    if piece.opening_notes:
        composed = composed.cut(int(composed.onsets[piece.opening_notes]), int(composed.end) + 1)
    found = [(f"The opening: {opening.name}", even_out(opening.score, piece.tempo))]
    if opening.continuation is None or not len(opening.continuation):
        return [*found, ("How the piece goes on", even_out(composed, piece.tempo))]
    who = "your file" if piece.request.has_own_opening else "Mozart"
    real, ours = cut_alike([opening.continuation, composed], piece.tempo)
    return [*found, (f"How {who} goes on", real), ("How the piece goes on", ours)]
