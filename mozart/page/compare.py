"""The tab that plays a piece beside its opening and the opening's original continuation."""

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

_NOTHING = "<p>First compose a piece that continues an opening: More, Opening.</p>"
STALE = "<p>There is a new piece: press the button to hear it beside its opening.</p>"


class Compare:
    """The tab."""

    def __init__(self) -> None:
        self.now = gr.Button("Compare the piece with Mozart's own way on", elem_id="compare_now")
        self.box = gr.HTML(_NOTHING, elem_id="compare", apply_default_css=False)

    def show(self, visit: Visit) -> str:
        """Return the passages' players, or a sentence that says why there are none."""
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
    """Find the opening, Mozart's continuation if it is known, and the piece's, with equally many bars.

    Raises
    ------
    MozartError
        When the piece has no opening.
    """
    opening: Any = piece.opening
    if opening is None:
        raise MozartError("This piece has no opening: choose one under More, and compose a piece that continues it.")
    composed = piece.score
    if piece.opening_notes:
        composed = composed.cut(int(composed.onsets[piece.opening_notes]), int(composed.end) + 1)
    found = [(f"The opening: {opening.name}", even_out(opening.score, piece.tempo))]
    if opening.continuation is None or not len(opening.continuation):
        return [*found, ("How the piece continues", even_out(composed, piece.tempo))]
    who = "your file" if piece.request.has_own_opening else "Mozart"
    real, ours = cut_alike([opening.continuation, composed], piece.tempo)
    return [*found, (f"How {who} continues", real), ("How the piece continues", ours)]
