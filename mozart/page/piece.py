"""The part of the page in which a visitor hears, sees and downloads a piece."""

import threading
import time
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import gradio as gr

from mozart.errors import MozartError
from mozart.page import files, share
from mozart.page.again import last_marked
from mozart.page.outline import find_outline, first_number
from mozart.page.sentences import describe, find_shared, name_piece, say_originality
from mozart.page.settings import OFFSETS
from mozart.page.stop import Visit
from mozart.page.studio import OnBeginning, OnProgress
from mozart.page.view import PieceView, error_data, progress_data, view_data
from mozart.rendering.timemap import Timemap

if TYPE_CHECKING:
    from mozart.composing.composition import Composition

# A score of more notes takes a browser seconds to draw.
MOST_ENGRAVED = 4_000
_PAUSE = 0.2  # seconds from one word of progress to the next
_HISTORY = (Path(__file__).parent / "static" / "history.js").read_text(encoding="utf-8")

Updates = dict[Any, Any]
Find = Callable[[OnProgress, OnBeginning], "Composition"]


class Piece:
    """The piece that is shown, and what can be done with it."""

    def __init__(self) -> None:
        self.view = PieceView(elem_id="piece")
        self.about = gr.HTML("", elem_id="about", apply_default_css=False)
        with gr.Column(visible=False, elem_id="after") as self.after:
            with gr.Row():
                self.longer = gr.Button("Continue it", elem_id="continue", min_width=100, size="sm")
                self.drafts = gr.Button("Three drafts, same settings", elem_id="drafts", min_width=100, size="sm")
                self.undo = gr.Button("Take the new bars back", elem_id="undo", min_width=100, size="sm", visible=False)
            # Links of our own: Gradio's download buttons do nothing in a group that was hidden.
            self.downloads = gr.HTML("", elem_id="downloads", apply_default_css=False)
            self.link = gr.HTML("", elem_id="link", apply_default_css=False)
            self.retime = gr.Radio(OFFSETS[1:], label="The same notes in another rhythm", elem_id="retime")

    def build_history(self) -> None:
        """Build the list of the visit's pieces and the favourites, which the browser keeps, elsewhere on the page."""
        self.history = gr.HTML(
            None, html_template='<div class="history"></div>', js_on_load=_HISTORY, elem_id="history", apply_default_css=False
        )

    @property
    def outputs(self) -> set[Any]:
        """Everything that a new piece changes."""
        return {self.view, self.about, self.after, self.undo, self.downloads, self.retime, self.link, self.history}

    def perform(self, find: Find, visit: Visit, press: int, mark: bool = False) -> Iterator[Updates]:
        """Find a piece, tell how far it is, and show it; Stop ends the composing, and what there is is shown, silently."""
        try:
            if visit.goes_on(press):
                piece = yield from self._follow(find, visit, press)
                if len(piece.score):
                    marked = last_marked(piece.request) if mark else None
                    yield self.show(piece, visit, whole=visit.goes_on(press), marked=marked)
                    return
            yield self._again(visit)
        except MozartError as error:
            yield {self.view: error_data(str(error))}
            raise refusal(error, visible=False) from error  # it stands in the view

    def show(self, piece: "Composition", visit: Visit, whole: bool = True, marked: tuple[int, int] | None = None) -> Updates:
        """Show what is ready at once; :meth:`finish` brings what takes longer.

        A piece that was ended early does not play by itself, and has no link, because its request means the whole piece.
        """
        sound, problem = None, ""
        try:
            sound = files.serve_sound(self.view, "piece", piece.audio())
        except MozartError as error:
            problem = f"<p>{escape(str(error))}</p>"
        visit.show(piece, sound)
        query = share.to_query(piece.request) if whole else ""
        composed = piece.request.offsets == "composed"
        return {
            self.view: self._data(piece, sound, whole, marked),
            self.about: describe(piece) + problem,
            self.after: gr.update(visible=True),
            self.undo: gr.update(visible=bool(piece.request.again)),
            self.downloads: "",
            self.retime: gr.update(value=None if composed else piece.request.offsets),
            self.link: share.link_html(query),
            self.history: {"name": name_piece(piece), "query": query},
        }

    def finish(self, visit: Visit, narrow: bool) -> Iterator[Updates]:
        """Sheet music and originality of the piece that is shown, then its files; nothing where another one has come by then."""
        shown, sound = visit.what_is_shown()
        if shown is None:
            yield {self.about: gr.skip()}
            return
        piece, sheet, problem = shown.changed(), None, ""
        is_drawn = len(piece.score) <= MOST_ENGRAVED
        if is_drawn:
            sheet = files.engrave(piece, narrow)
        else:
            problem = f"<p>More than {MOST_ENGRAVED:,} notes are not drawn here: take the MusicXML home.</p>"
        if visit.shown is shown:
            yield {
                self.view: self._data(piece, sound, False, None, sheet),
                self.about: describe(piece) + say_originality(piece) + problem,
            }
        home = files.write_files(piece, files.read_sound(sound), is_drawn)
        if visit.shown is shown:
            yield {self.downloads: files.offer(self.downloads, piece, home)}
        else:
            yield {self.about: gr.skip()}

    @staticmethod
    def _data(
        piece: "Composition",
        sound: str | None,
        autoplay: bool,
        marked: tuple[int, int] | None,
        sheet: tuple[list[str], Timemap] | None = None,
    ) -> Any:
        """Make the view's data. The same sound has the same address, so it plays on when the data come again."""
        pages, timemap = sheet or ([], None)
        returns, harmony = find_outline(piece)
        return view_data(
            piece.score,
            title=piece.title,
            sound_url=sound,
            pages=pages,
            timemap=timemap,
            returns=returns,
            harmony=harmony,
            first_number=first_number(piece.score),
            shared=find_shared(piece) if sheet else range(0),
            opening_notes=piece.opening_notes,
            marked=marked,
            autoplay=autoplay,
        )

    def _begin(self, beginning: "Composition") -> Updates:
        """Let the beginning of a piece play while the rest is composed. Without sound the progress stays."""
        try:
            sound = files.serve_sound(self.view, "beginning", beginning.audio())
        except MozartError:
            return {self.view: gr.skip()}
        return {self.view: {**self._data(beginning, sound, True, None), "growing": True}}

    def _again(self, visit: Visit) -> Updates:
        """Show the former piece again after a press without result; its sound is the same, so it plays on or waits."""
        shown, sound = visit.what_is_shown()
        return {self.view: None if shown is None else self._data(shown.changed(), sound, False, None)}

    def _follow(self, find: Find, visit: Visit, press: int) -> Any:
        """Compose in a thread of its own, and meanwhile say how far it is; from its beginning on it plays."""
        told: SimpleQueue[tuple[int, int] | Composition | None] = SimpleQueue()
        found: list[Any] = []

        def work() -> None:
            def on_progress(done: int, total: int) -> bool:
                told.put((done, total))
                return visit.goes_on(press)

            try:
                found.append(find(on_progress, told.put))
            except BaseException as error:  # raised again where somebody waits for it
                found.append(error)
            told.put(None)

        threading.Thread(target=work, daemon=True).start()
        said, plays = 0.0, False
        while (news := told.get()) is not None:
            if not isinstance(news, tuple):
                if visit.goes_on(press):
                    plays = True
                    yield self._begin(news)
            elif not plays and time.monotonic() - said > _PAUSE:
                said = time.monotonic()
                yield {self.view: progress_data("Composing", *news)}
        if isinstance(found[0], BaseException):
            raise found[0]
        return found[0]


def refusal(error: MozartError, visible: bool = True) -> gr.Error:
    """Make an error for Gradio, escaped, because Gradio takes it for HTML and it may quote a link or a file name.

    Parameters
    ----------
    error
        What is wrong, in a sentence.
    visible
        Whether the page shows it; programs are told in any case.
    """
    return gr.Error(escape(str(error), quote=False), visible=visible, print_exception=False)
