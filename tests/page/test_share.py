"""Links bring the same request back, and other sites show our card."""

import asyncio
from typing import Any

import pytest

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page import share
from mozart.page.share import PreviewCard, card_html, from_query, link_html, to_query


@pytest.mark.parametrize(
    "request_",
    [
        Request(seed=7),
        Request(length="60s", key="G major", character="Menuetto", form="free", ending=False, temperature=0.7, seed=0, tempo=90.5),
        Request(seed=2**32 - 1, opening="K. 281, movement 2", include_opening=False, max_copy=9, again="3-4@5"),
        Request(seed=1, lab=True, offsets="sampled", length="32bars"),
    ],
)
def test_links(request_: Request) -> None:
    """A link says what differs from the default, and brings the same request back."""
    assert from_query(to_query(request_)) == request_
    assert to_query(Request(seed=7)) == "seed=7"


def test_what_no_link_carries() -> None:
    """A piece without a seed, after a visitor's own file, or with a plan too long for an address has no link, and it is said."""
    for request in (Request(), Request(seed=1, opening="/tmp/mine.mid"), Request(seed=1, plan="x" * 10_000)):
        assert to_query(request) == ""
    assert "cannot carry this piece" in link_html("")


def test_links_are_escaped() -> None:
    """A link's text is no HTML."""
    assert "<img" not in link_html('seed=1&character="><img>')


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("seed=seven", "'?seven'? for seed is not possible"),
        ("seed=7&tempo=fast", "for tempo is not possible"),
        ("seed=7&temperature=0", "for temperature is not possible"),
        ("seed=7&opening=/etc/piece.mid", "cannot name a MIDI file"),
    ],
)
def test_impossible_links(query: str, sentence: str) -> None:
    """One sentence; no file is read."""
    with pytest.raises(MozartError, match=sentence):
        from_query(query)


def test_links_without_a_piece() -> None:
    """What names no seed asks for no piece, whatever Gradio adds."""
    assert from_query("?__theme=dark") is None


def test_card() -> None:
    """The card names the piece of its link, and the page where there is none, or an impossible one."""
    card = card_html("seed=7&character=Menuetto&key=G major", "https://x.org/")
    assert 'content="Menuetto in G major, composed by a network after Mozart"' in card
    assert 'content="https://x.org/card.png"' in card
    assert "https://x.org/?" in card
    for query in ("", "seed=<b>"):
        assert f'content="{share.TITLE}"' in card_html(query, "https://x.org/")


def ask(path: str, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> tuple[dict[str, Any], bytes]:
    """What a client gets of an application that answers `body` for every path."""
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body[:10], "more_body": True})
        await send({"type": "http.response.body", "body": body[10:]})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    scope = {"type": "http", "path": path, "query_string": b"", "headers": headers or [(b"host", b"x.org")], "scheme": "http"}
    asyncio.run(PreviewCard(app)(scope, receive, send))
    return sent[0], b"".join(message["body"] for message in sent[1:])


def test_gradios_cards_are_gone() -> None:
    """Every og: and twitter: tag of the page is ours, and the length fits."""
    page = b'<html><head><meta property="og:title" content="Gradio" />\n<meta\n\tname="twitter:title"\n content="Gradio"\n/></head>'
    start, body = ask("/", page, [(b"host", b"x.org"), (b"x-forwarded-proto", b"https")])
    assert b"Gradio" not in body
    assert b'content="https://x.org/"' in body
    assert dict(start["headers"])[b"content-length"] == str(len(body)).encode()


def test_the_cards_picture() -> None:
    """The picture is served under the page's own address; all else is left as it is."""
    start, body = ask("/card.png", b"not found")
    assert dict(start["headers"])[b"content-type"] == b"image/png"
    assert body.startswith(b"\x89PNG")
    assert ask("/config", b'{"a": "og:title"}')[1] == b'{"a": "og:title"}'
