"""Three drafts side by side: one request, other seeds; each can be played, and one is kept."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page import files
from mozart.page.sentences import name_piece
from mozart.page.stop import Visit
from mozart.page.studio import Studio

COUNT = 3
Updates = dict[Any, Any]


class Drafts:
    """The drafts' place on the page, hidden until a visitor asks for them."""

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="draft_group") as self.group:
            gr.HTML("<h2>Three drafts</h2>", apply_default_css=False, elem_classes="mozart-heading")
            with gr.Row():
                columns = [self._build(number) for number in range(COUNT)]
        self.boxes = [box for box, _ in columns]
        self.keep = [keep for _, keep in columns]

    @property
    def outputs(self) -> list[Any]:
        """Everything that drafts change."""
        return [self.group, *self.boxes]

    def compose(self, studio: Studio, visit: Visit, press: int) -> Updates:
        """Compose and play drafts; change nothing after Stop. Raise MozartError when no piece is shown."""
        pieces = []
        for request in studio.drafts(visit.latest(), COUNT):
            if not visit.goes_on(press):
                return {self.group: gr.skip()}
            pieces.append(studio.compose(request, _until(visit, press)))
        if not visit.goes_on(press):
            return {self.group: gr.skip()}
        shown = [
            files.player_html(f"Draft {number}", files.serve_sound(box, "draft", piece.audio()), piece.score, name_piece(piece))
            for number, (box, piece) in enumerate(zip(self.boxes, pieces, strict=True), start=1)
        ]
        visit.drafts = tuple(piece.request for piece in pieces)
        return {self.group: gr.update(visible=True), **dict(zip(self.boxes, shown, strict=True))}

    @staticmethod
    def kept(visit: Visit, number: int) -> Request:
        """Return the request of one draft; raise MozartError when there are none."""
        if number >= len(visit.drafts):
            raise MozartError("These drafts are gone: ask for three new ones.")
        return visit.drafts[number]

    @staticmethod
    def _build(number: int) -> tuple[gr.HTML, gr.Button]:
        with gr.Column(min_width=180):
            box = gr.HTML("", elem_id=f"draft_{number}", apply_default_css=False)
            return box, gr.Button(f"Keep draft {number + 1}", elem_id=f"keep_{number}", size="sm")


def _until(visit: Visit, press: int) -> Callable[[int, int], bool]:
    return lambda _done, _total: visit.goes_on(press)
