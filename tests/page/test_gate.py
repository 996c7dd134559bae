"""What comes in is bounded, and what goes out says how it may be used."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from mozart.page import gate
from mozart.page.gate import MAX_BODY, Gate, Message, Receive, Scope, Send

UPLOAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.mid"\r\n\r\nMThd\r\n--x--\r\n'


def finish() -> None:
    """What brings a piece's sheet music is called so."""


def press() -> None:
    """Any other event."""


class Behind:
    """An application that says what it was given."""

    def __init__(self, waiting: int = 0, error: Exception | None = None, status: int = 200) -> None:
        self.bodies: list[bytes] = []
        self.error, self.status = error, status
        self.headers = [(b"x-frame-options", b"MINE"), (b"content-type", b"application/octet-stream")]
        functions = {0: type("Event", (), {"fn": press}), 1: type("Event", (), {"fn": finish})}
        self.blocks = type("Blocks", (), {"_queue": range(waiting), "fns": functions})

    def get_blocks(self) -> Any:
        return self.blocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.error:
            raise self.error
        if scope["method"] == "POST":
            message = await receive()
            self.bodies.append(message["body"])
            assert not message["more_body"]
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"[[[[" * self.status})


def call(
    behind: Behind, path: str, *parts: bytes, length: int | None = None, breaks_off: bool = False, through: Gate | None = None
) -> tuple[int, dict[bytes, bytes], str]:
    """Status, headers and text of an answer; status 0 for none."""
    incoming: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if breaks_off:
        incoming.append({"type": "http.disconnect"})
    else:
        incoming.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[Message] = []

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-length", str(sum(map(len, parts)) if length is None else length).encode())]
    scope: Scope = {"type": "http", "method": "POST" if parts else "GET", "path": path, "headers": headers, "app": behind}
    asyncio.run((through or Gate(behind, queue=2))(scope, receive, send))
    start: Message = sent[0] if sent else {"status": 0, "headers": []}
    return start["status"], dict(start["headers"]), "".join(message.get("body", b"").decode() for message in sent[1:])


def test_what_is_possible_is_handed_on_whole() -> None:
    """A body that comes in parts is handed on as one."""
    behind = Behind()
    assert call(behind, "/gradio_api/upload", UPLOAD[:9], UPLOAD[9:])[0] == 200
    assert behind.bodies == [UPLOAD]


def test_what_breaks_off_is_not_handed_on() -> None:
    """Of an upload that breaks off nothing reaches Gradio, so nothing of it is kept."""
    behind = Behind()
    assert call(behind, "/gradio_api/upload", UPLOAD[:9], breaks_off=True)[0] == 0
    assert behind.bodies == []


@pytest.mark.parametrize("length", [MAX_BODY + 1, 0, -1])
def test_a_body_has_a_bound(length: int) -> None:
    """Whatever a caller says of its length, more than a MIDI file needs is refused."""
    behind = Behind()
    part = bytes(MAX_BODY // 4)
    status, _, text = call(behind, "/gradio_api/queue/join", *[part] * 5, length=length)
    assert (status, behind.bodies) == (413, [])
    assert "500 kB" in text


def test_one_file_at_a_time() -> None:
    """Many files in one request are refused."""
    assert call(Behind(), "/gradio_api/upload", UPLOAD * 25)[0] == 413


def test_uploads_of_an_hour_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """All visitors' uploads of an hour together are bounded; an hour later there is room again."""
    monkeypatch.setattr(gate, "MAX_UPLOADED", 2 * len(UPLOAD))
    behind = Behind()
    through = Gate(behind)
    assert [call(behind, "/gradio_api/upload", UPLOAD, through=through)[0] for _ in range(3)] == [200, 200, 503]
    monkeypatch.setattr(gate, "_HOUR", -1.0)
    assert call(behind, "/gradio_api/upload", UPLOAD, through=through)[0] == 200


@pytest.mark.parametrize(("function", "status"), [(0, 503), (1, 200), (9, 503), ([], 503)])
def test_a_full_queue_finishes_pieces(function: Any, status: int) -> None:
    """Where many wait a press is refused in a sentence; the sheet music of a piece that is there is not."""
    body = json.dumps({"fn_index": function}).encode()
    found, _, text = call(Behind(waiting=2), "/gradio_api/queue/join", body)
    assert found == status
    assert ("try again" in text) == (status == 503)
    assert call(Behind(waiting=1), "/gradio_api/queue/join", body)[0] == 200


def test_a_bug_is_not_for_visitors(capsys: pytest.CaptureFixture[str]) -> None:
    """What fails below is one sentence, and a line in the log without a traceback."""
    status, _, text = call(Behind(error=KeyError("secret")), "/gradio_api/call/nothing", b"{}")
    assert status == 400
    assert "secret" not in text
    assert capsys.readouterr().err == "A call of '/gradio_api/call/nothing' failed: KeyError.\n"


def test_a_body_is_not_repeated() -> None:
    """What FastAPI says of a body that makes no sense repeats all of it; here one sentence is said."""
    status, headers, text = call(Behind(status=422), "/gradio_api/call/compose", b"[")
    assert (status, headers[b"x-content-type-options"]) == (422, b"nosniff")
    assert text == '{"detail": "This call is not possible: /gradio_api/info says which are."}'


def test_headers() -> None:
    """No content is guessed at; the page may be framed, as a Space is, and what programs call may not."""
    _, page, _ = call(Behind(), "/")
    _, api, _ = call(Behind(), "/gradio_api/info")
    assert page[b"x-content-type-options"] == api[b"x-content-type-options"] == b"nosniff"
    assert b"content-security-policy" not in page
    assert api[b"content-security-policy"] == b"frame-ancestors 'none'"
    assert api[b"x-frame-options"] == b"MINE"  # what is said already stays


@pytest.mark.page
def test_the_page_is_behind_it(url: str) -> None:
    """The page answers with the headers, takes a MIDI file, refuses five megabytes, and says nothing of Python."""
    assert httpx.get(url).headers["x-content-type-options"] == "nosniff"
    info = httpx.get(f"{url}/gradio_api/info")
    assert info.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert info.headers["content-type"].startswith("application/json")
    upload = f"{url}/gradio_api/upload"
    assert httpx.post(upload, files={"files": ("a.mid", b"MThd")}).status_code == 200
    assert httpx.post(upload, files={"files": ("a.mid", bytes(5_000_000))}).status_code == 413
    odd = httpx.post(f"{url}/gradio_api/run/predict", json={"fn_index": 9999, "data": []})
    assert odd.status_code in (400, 404, 422)
    assert "Traceback" not in odd.text


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("a.mid", 200, b"audio/midi"),
        ("a.pdf", 206, b"application/pdf"),
        ("a.zip", 200, b"application/octet-stream"),
        ("a.mid", 403, b"application/octet-stream"),
    ],
)
def test_files_say_what_they_are(name: str, status: int, kind: bytes) -> None:
    """A file to take home carries its own content type, once; a refusal does not."""
    behind = Behind(status=status)
    headers = call(behind, f"/gradio_api/file=/tmp/{name}")[1]
    assert headers[b"content-type"] == kind
