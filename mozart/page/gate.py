"""What comes in is bounded before Gradio sees it, and what goes out says how it may be used.

An upload is handed on only when it is there whole: of one that breaks off, nothing is kept.
"""

import json
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from mozart.corpus.reader import MAX_BYTES

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

# A MIDI file and what a form puts around it; every other call is smaller.
MAX_BODY = MAX_BYTES + 50_000
# Of all visitors together; Gradio keeps an upload for an hour.
MAX_UPLOADED, _HOUR = 100_000_000, 3600.0
_API = "/gradio_api/"
_UPLOAD, _JOIN = f"{_API}upload", f"{_API}queue/join"
_TYPE = b"content-type"
_NOT_POSSIBLE = "This call is not possible: /gradio_api/info says which are."
_HEADERS: list[Header] = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"strict-origin-when-cross-origin")]
# Gradio says of these that they are just bytes, and a telephone then does not know which application opens them.
_FILE = f"{_API}file="
_TYPES = {
    ".pdf": b"application/pdf",
    ".mid": b"audio/midi",
    ".musicxml": b"application/vnd.recordare.musicxml+xml",
    ".wav": b"audio/wav",
}
# A Space's page is shown in a frame of the Hub's; what programs call is not.
_API_HEADERS = [*_HEADERS, (b"x-frame-options", b"DENY"), (b"content-security-policy", b"frame-ancestors 'none'")]


class Refused(Exception):
    """A call that goes no further: the status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Gate:
    """The middleware.

    Parameters
    ----------
    app
        What is behind it.
    queue
        How many presses may wait. What finishes a piece that is there already waits beyond that.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], queue: int = 100) -> None:
        self.app, self.queue = app, queue
        self._uploads: deque[tuple[float, int]] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is possible; answer in a sentence where it is not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        extra = _API_HEADERS if path.startswith(_API) else _HEADERS
        kind = _TYPES.get(PurePosixPath(path).suffix) if path.startswith(_FILE) else None
        begun = replaced = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun, replaced
            if replaced:
                return
            if message["type"] == "http.response.start" and message["status"] == 422:
                # FastAPI repeats the whole body in its answer.
                replaced = True
                await _answer(send, 422, _NOT_POSSIBLE, extra)
                return
            if message["type"] == "http.response.start":
                begun = True
                headers = list(message.get("headers", ()))
                if kind and message["status"] < 300:
                    headers = [header for header in headers if header[0].lower() != _TYPE] + [(_TYPE, kind)]
                there = {name.lower() for name, _ in headers}
                message["headers"] = headers + [header for header in extra if header[0] not in there]
            await send(message)

        try:
            if scope["method"] in ("POST", "PUT", "PATCH"):
                receive = await self._bounded(scope, receive, path)
            await self.app(scope, receive, send_with_headers)
        except _Gone:
            return
        except Refused as error:
            await _answer(send_with_headers, error.status, str(error))
        except Exception as error:  # a call that is none of the page's own: the reason is for the log
            if begun:
                raise
            print(f"A call of {path[:80]!r} failed: {type(error).__name__}.", file=sys.stderr)
            await _answer(send_with_headers, 400, _NOT_POSSIBLE)

    async def _bounded(self, scope: Scope, receive: Receive, path: str) -> Receive:
        body = await _read(scope, receive)
        if path == _UPLOAD:
            self._count_upload(body)
        elif path == _JOIN:
            self._require_place(scope, body)
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        return replay

    def _count_upload(self, body: bytes) -> None:
        if body.count(b"filename") > 1:
            raise Refused(413, "One file at a time can be uploaded.")
        now = time.monotonic()
        while self._uploads and self._uploads[0][0] < now - _HOUR:
            self._uploads.popleft()
        if sum(size for _, size in self._uploads) + len(body) > MAX_UPLOADED:
            raise Refused(503, "Too much has been uploaded in the last hour: try again later.")
        self._uploads.append((now, len(body)))

    def _require_place(self, scope: Scope, body: bytes) -> None:
        blocks = scope["app"].get_blocks()
        waiting = len(blocks._queue)
        if waiting < self.queue:
            return
        try:
            function = blocks.fns[json.loads(body)["fn_index"]].fn
        except (ValueError, LookupError, TypeError, RecursionError):
            function = None
        if getattr(function, "__name__", "") != "finish":
            raise Refused(503, f"{waiting} presses wait already: try again in a minute.")


class _Gone(Exception):
    """Who called has gone away in the middle of it."""


async def _read(scope: Scope, receive: Receive) -> bytes:
    said = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"0")
    too_large = Refused(413, f"More than {MAX_BODY // 1_000:,} kB cannot be taken: a MIDI file has up to {MAX_BYTES // 1_000} kB.")
    if not said.isdigit() or len(said) > 12 or int(said) > MAX_BODY:
        raise too_large
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise too_large
        if not message.get("more_body"):
            return bytes(body)


async def _answer(send: Send, status: int, why: str, more: Sequence[Header] = ()) -> None:
    body = json.dumps({"detail": why}).encode()
    headers = [(_TYPE, b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    headers += more
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
