"""A piece's link, and the preview card that other sites show for it."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mozart.composing.request import Request
from mozart.errors import MozartError

# Browsers and servers take addresses of some 8,000 characters.
MAX_LINK = 6_000
CARD = "card.png"
TITLE = "Mozart: a network composes for the piano"
DESCRIPTION = "Compose a piano piece in Mozart's manner, hear it at once, see its score, and take it home."
_TAGS = re.compile(rb"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>")
_STATIC = Path(__file__).parent / "static"

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def to_query(request: Request) -> str:
    """Write the query of a link to the piece of a request, without ``?``; empty if no link can carry it."""
    if request.seed is None or request.has_own_opening:
        return ""
    query = urlencode(request.settings())
    return query if len(query) <= MAX_LINK else ""


def from_query(query: str) -> Request | None:
    """Read the request of a link; None if the link asks for no piece.

    Raises
    ------
    MozartError
        When the request is not possible, or names a file.
    """
    settings = dict(parse_qsl(query.removeprefix("?")))
    if "seed" not in settings:
        return None
    request = Request.from_text(settings)
    if request.has_own_opening:
        raise MozartError("A link cannot name a MIDI file as the opening.")
    return request


def link_html(query: str) -> str:
    """Write the link to a piece and a button that copies it, or a sentence if there is no link."""
    if not query:
        return "<p>A link cannot carry this piece: download the MIDI file, which holds its settings.</p>"
    return (
        f'<p class="mozart-link"><a href="?{escape(query)}">A link to this piece</a> '
        f'<button type="button" data-copy="?{escape(query)}">Copy the link</button><span role="status"></span></p>'
    )


def card_html(query: str, root: str) -> str:
    """Write title, description and picture for other sites.

    Parameters
    ----------
    query
        The link's query, without ``?``.
    root
        The page's address with a slash at its end.
    """
    try:
        request = from_query(query)
    except MozartError:
        request = None
    title, address = TITLE, root
    if request is not None:
        character = request.character if request.character != "any" else "A piece"
        title = f"{character}{f' in {request.key}' if request.key != 'any' else ''}, composed by a network after Mozart"
        address = f"{root}?{to_query(request)}"
    said = {
        "og:type": "website",
        "og:site_name": "Mozart",
        "og:title": title,
        "og:description": DESCRIPTION,
        "og:url": address,
        "og:image": f"{root}{CARD}",
        "og:image:width": "1200",
        "og:image:height": "630",
        "twitter:card": "summary_large_image",
    }
    return "".join(f'<meta property="{name}" content="{escape(value)}" />\n' for name, value in said.items())


class PreviewCard:
    """Puts our card into the page instead of Gradio's, and serves its picture.

    Gradio's own page carries two cards, both Gradio's, before anything that ``launch(head=…)`` adds; sites read the first.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the card's picture and the page; leave all else to the application."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path not in ("/", "", f"/{CARD}"):
            await self.app(scope, receive, send)
        elif path == f"/{CARD}":
            picture = (_STATIC / CARD).read_bytes()
            await _answer(send, picture, [(b"content-type", b"image/png"), (b"cache-control", b"max-age=86400")])
        else:
            await self._rewrite(scope, receive, send)

    async def _rewrite(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            card = card_html(scope["query_string"].decode("latin-1"), _root(scope))
            page = _TAGS.sub(b"", body).replace(b"<head>", b"<head>\n" + card.encode(), 1)
            await _answer(send, page, headers, start["status"])

        await self.app(scope, receive, collect)


def _root(scope: Scope) -> str:
    """Find the address that the visitor used, also behind a proxy that speaks TLS."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get(b"x-forwarded-host") or headers.get(b"host", "")
    scheme = (headers.get(b"x-forwarded-proto") or str(scope.get("scheme", "http"))).split(",")[0]
    return f"{scheme}://{host}{scope.get('root_path', '')}/"


async def _answer(send: Send, body: bytes, headers: list[tuple[bytes, bytes]], status: int = 200) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
