"""Connect the visitor's presses with what they do.

The page's script counts presses, and passes each one's number as the event's last input; see :mod:`mozart.page.stop`.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page import share
from mozart.page.again import compose_again, take_back
from mozart.page.compare import STALE, Compare
from mozart.page.drafts import Drafts
from mozart.page.guess import Guess
from mozart.page.piece import Piece, refusal
from mozart.page.settings import Settings
from mozart.page.stop import Visit, Visits
from mozart.page.studio import OnBeginning, OnProgress, Studio
from mozart.page.view import error_data

if TYPE_CHECKING:
    from mozart.composing.composition import Composition

AT_ONCE = 2
# All events that take a core for a moment share one queue.
IN_TURN: dict[str, Any] = {
    "concurrency_id": "compose",
    "concurrency_limit": AT_ONCE,
    "api_visibility": "private",
    "show_progress": "hidden",
}
QUICKLY: dict[str, Any] = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
# Windows of fewer pixels get sheet music for a telephone.
NARROW = 700
_PRESS = "(...given) => [...given.slice(0, -1), mozart.press()]"
_WIDTH = "() => [innerWidth]"

Updates = dict[Any, Any]
Find = Callable[[Visit, OnProgress, OnBeginning], "Composition"]


class Wiring:
    """Connects the widgets with the studio.

    Parameters
    ----------
    studio, settings, piece, drafts, compare
        The studio, and the parts of the page.
    text, number
        Hidden inputs that the browser fills in. `number` must be made after every other input, to be the last.
    """

    def __init__(
        self,
        studio: Studio,
        settings: Settings,
        piece: Piece,
        drafts: Drafts,
        compare: Compare,
        text: gr.Textbox,
        number: gr.Number,
    ) -> None:
        self.studio, self.settings, self.piece, self.drafts, self.compare = studio, settings, piece, drafts, compare
        self.text, self.number = text, number
        self.visits = Visits()

    def wire_compose(self, press: Any) -> None:
        """Compose what the widgets say."""

        def compose(given: Updates, who: gr.Request) -> Iterator[Updates]:
            yield from self._perform(lambda _, *tell: self.studio.compose(self.settings.read(given), *tell), given, who)

        # Without this name it would get the endpoint's.
        self._on(press, compose, self.settings.inputs, api_name="press")

    def wire_preset(self, press: Any, wish: dict[str, str] | None) -> None:
        """Compose the request of a button, and set the widgets to it."""

        def preset(given: Updates, who: gr.Request) -> Iterator[Updates]:
            request = self.settings.wish(wish)
            yield self.settings.show(request)
            yield from self._perform(lambda _, *tell: self.studio.compose(request, *tell), given, who)

        self._on(press, preset, set(), changes=set(self.settings.widgets.values()))

    def wire_piece(self) -> None:
        """Change the piece that is shown."""
        studio, piece = self.studio, self.piece

        def longer(given: Updates, who: gr.Request) -> Iterator[Updates]:
            yield from self._perform(lambda visit, *_: studio.keep(visit.latest().longer()), given, who)

        def retime(given: Updates, who: gr.Request) -> Iterator[Updates]:
            offsets = given[piece.retime]
            yield from self._perform(lambda visit, *_: studio.keep(visit.latest().with_offsets(offsets)), given, who)

        def again(given: Updates, who: gr.Request, event: gr.EventData) -> Iterator[Updates]:
            first, last = event._data.get("first"), event._data.get("last")

            yield from self._perform(
                lambda visit, *_: studio.keep(compose_again(visit.latest(), first, last)), given, who, mark=True
            )

        def undo(given: Updates, who: gr.Request) -> Iterator[Updates]:
            yield from self._perform(lambda visit, *tell: studio.compose(take_back(visit.latest().request), *tell), given, who)

        def go_back(given: Updates, who: gr.Request, event: gr.EventData) -> Iterator[Updates]:
            query = str(event._data.get("query", ""))
            yield from self._perform(lambda _, *tell: studio.compose(_linked(query), *tell), given, who)

        self._on(piece.longer.click, longer)
        # Only the latest choice is played.
        self._on(piece.retime.input, retime, {piece.retime}, trigger_mode="always_last")
        self._on(piece.view.again, again)
        self._on(piece.undo.click, undo)
        self._on(piece.history.select, go_back, trigger_mode="always_last")

    def wire_drafts(self) -> None:
        """Compose three drafts, and keep one of them."""

        def draft(given: Updates, who: gr.Request) -> Updates:
            try:
                return self.drafts.compose(self.studio, self.visits[who.session_hash], int(given[self.number]))
            except MozartError as error:
                raise refusal(error) from error

        event = self.piece.drafts.click(
            draft, {self.number}, self.drafts.outputs, js="() => [mozart.wait()]", **{**IN_TURN, "show_progress": "minimal"}
        )
        event.then(None, None, None, js="() => { mozart.done(); mozart.reveal('#draft_group'); }")
        for number, button in enumerate(self.drafts.keep):

            def keep(given: Updates, who: gr.Request, number: int = number) -> Iterator[Updates]:
                yield {self.drafts.group: gr.update(visible=False)}
                yield from self._perform(
                    lambda visit, *tell: self.studio.compose(self.drafts.kept(visit, number), *tell), given, who
                )

            self._on(button.click, keep, changes={self.drafts.group})

    def wire_stop(self, press: Any) -> None:
        """End the composing, in the queue too, and the sound."""

        def stop(number: float | None, who: gr.Request) -> None:
            self.visits[who.session_hash].stop(int(number or 0))

        press(stop, self.number, None, js="() => [mozart.stop()]", api_name="stop", **QUICKLY)

    def wire_compare(self) -> None:
        """Play the piece beside its opening."""

        def compare(who: gr.Request) -> str:
            return self.compare.show(self.visits[who.session_hash])

        self.compare.now.click(compare, None, self.compare.box, **{**IN_TURN, "show_progress": "minimal"})

    def wire_guess(self, guess: Guess) -> None:
        """Play two passages, take a guess, and tell the answer."""

        def pose(who: gr.Request) -> Updates:
            try:
                return guess.pose(self.studio, self.visits[who.session_hash])
            except MozartError as error:
                raise refusal(error) from error

        def judge(guessed: str, who: gr.Request) -> Updates:
            return guess.judge(self.studio, self.visits[who.session_hash], guessed)

        ways = {**IN_TURN, "show_progress": "minimal", "show_progress_on": [guess.opening]}
        guess.ask.click(pose, None, guess.outputs, **ways)
        guess.choice.input(judge, guess.choice, [guess.choice, guess.said], **QUICKLY)

    def wire_arrival(self, page: gr.Blocks, describe: Callable[[str], list[Any]], described: list[Any]) -> None:
        """When a visitor arrives, update the page and compose the piece of the link; when one leaves, end their presses.

        Parameters
        ----------
        page
            The page.
        describe
            A function from the page's address to the values of the components `described`.
        described
            The components whose text depends on the checkpoint.
        """

        def arrive(search: str, address: str) -> list[Any]:
            try:
                request = share.from_query(search)
            except MozartError:
                request = None  # `follow` says why
            shown = self.settings.show(request) if request else {}
            widgets = [shown.get(widget, gr.skip()) for widget in self.settings.widgets.values()]
            return [*describe(address), *widgets]

        def follow(given: Updates, who: gr.Request) -> Iterator[Updates]:
            try:
                request = share.from_query(given[self.text] or "")
            except MozartError as error:
                yield {self.piece.view: error_data(f"The link cannot be followed. {error}")}
                return
            if request is None:
                yield {self.piece.about: gr.skip()}
                return
            yield from self._perform(lambda _, *tell: self.studio.compose(request, *tell), given, who)

        where = gr.Textbox(visible=False)
        page.load(
            arrive,
            [self.text, where],
            [*described, *self.settings.widgets.values()],
            js="() => [location.search, location.origin + location.pathname]",
            # In the queue, because only queued events can warn; but without waiting.
            **{**QUICKLY, "queue": True, "concurrency_limit": None},
        )
        self._on(page.load, follow, {self.text}, js="() => [location.search, mozart.follow()]")
        page.unload(self._leave)

    def _leave(self, who: gr.Request) -> None:
        self.visits.leave(who.session_hash)

    def _perform(self, find: Find, given: Updates, who: gr.Request, mark: bool = False) -> Iterator[Updates]:
        visit = self.visits[who.session_hash]
        press = int(given[self.number] or 0)
        yield from self.piece.perform(lambda *tell: find(visit, *tell), visit, press, mark)

    def _on(
        self,
        press: Any,
        compose: Callable[..., Iterator[Updates]],
        inputs: set[Any] = frozenset(),  # type: ignore[assignment]
        changes: set[Any] = frozenset(),  # type: ignore[assignment]
        **ways: Any,
    ) -> None:
        """Let a press make a piece, and a second event finish it, so that the next press does not wait for that."""
        ways = {"trigger_mode": "multiple", "js": _PRESS, **IN_TURN, **ways}
        event = press(compose, {*inputs, self.number}, self.piece.outputs | set(changes), **ways)
        event.then(None, None, None, js="() => mozart.done()")

        def finish(narrow: float | None, who: gr.Request) -> Iterator[Updates]:
            try:
                yield from self.piece.finish(self.visits[who.session_hash], (narrow or NARROW) < NARROW)
            except MozartError as error:
                raise refusal(error) from error

        event.success(finish, self.number, {self.piece.view, self.piece.about, self.piece.downloads}, js=_WIDTH, **IN_TURN)
        event.success(lambda: STALE, None, self.compare.box, **QUICKLY)


def _linked(query: str) -> Request:
    request = share.from_query(query)
    if request is None:
        raise MozartError("This piece cannot be found again: its link names no seed.")
    return request
