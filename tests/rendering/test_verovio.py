"""Sheet music as SVG."""

import builtins
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mozart.errors import MozartError
from mozart.notes import Score
from mozart.rendering import verovio
from mozart.rendering.musicxml import musicxml
from mozart.rendering.verovio import engrave


def music(n: int, pitch: int = 72, step: int = 480, **settings: Any) -> str:
    return musicxml(Score([(i * step, 2 * (i % 2), pitch - 24 * (i % 2), step, 70) for i in range(n)], **settings), "Andante")


LONG = music(400, title="Menuetto in B♭ major")


def test_title_and_tempo_are_drawn() -> None:
    """Both stand on the first page, and on no other."""
    texts = [re.sub(r"<style.*?</style>|<[^>]*>|\s", "", page, flags=re.DOTALL) for page in engrave(LONG)]
    for text in ("MenuettoinB♭major", "Andante", "=120"):
        assert [text in page for page in texts] == [True, *[False] * (len(texts) - 1)]


def test_pages_take_the_colour_of_their_surroundings() -> None:
    """No page holds a colour of its own, and the same music gives the same pages."""
    pages = engrave(LONG)
    assert len(pages) > 1
    for page in pages:
        assert page.startswith("<svg")
        assert 'fill="currentColor"' in page
        assert "black" not in page
    assert pages == engrave(LONG)


def test_narrow_pages() -> None:
    """On a telephone's page the same music has larger notes: fewer bars a line, more pages."""
    wide, narrow = engrave(LONG), engrave(LONG, narrow=True)
    assert len(narrow) > len(wide)
    assert sum(page.count('class="note"') for page in narrow) == sum(page.count('class="note"') for page in wide)
    assert engrave(LONG) == wide


@pytest.mark.parametrize("narrow", [False, True])
def test_long_bars(narrow: bool, capfd: pytest.CaptureFixture[str]) -> None:
    """They are compressed, without a word."""
    assert engrave(music(400, step=60, metres=[(0, 4, 2)]), narrow=narrow)
    assert capfd.readouterr().err == ""


def test_many_threads() -> None:
    """Pages may be drawn from many threads at once."""
    pieces = [music(40, pitch) for pitch in (72, 74, 76, 77) * 2]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            drawn = list(pool.map(engrave, pieces))
    finally:
        sys.setswitchinterval(interval)
    assert drawn == [engrave(piece) for piece in pieces]


def test_what_is_no_musicxml(capfd: pytest.CaptureFixture[str]) -> None:
    """Text that verovio cannot read is refused in one sentence."""
    with pytest.raises(MozartError, match="does not understand"):
        engrave("no music")
    capfd.readouterr()  # verovio says so too


def test_without_verovio(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    real_import = builtins.__import__

    def no_verovio(name: str, *args: Any, **keywords: Any) -> Any:
        if name == "verovio":
            raise ImportError(name)
        return real_import(name, *args, **keywords)

    # Without what is remembered of it: of two toolkits in one process the second reads nothing.
    monkeypatch.setattr(verovio, "_toolkit", verovio._toolkit.__wrapped__)
    monkeypatch.setattr(builtins, "__import__", no_verovio)
    with pytest.raises(MozartError, match="pip install verovio"):
        engrave(LONG)


def test_the_tempo_mark_touches_nothing() -> None:
    """It stands above all stems and beams near it, with room to spare: a browser's font may be wider than verovio's."""
    notes = [(960 + i * 240, 0, 74 if i % 2 else 77, 240, 70) for i in range(12)]
    (page,) = engrave(musicxml(Score(notes, metres=[(0, 6, 8)]), "Allegro"))
    (tempo,) = re.findall(r'class="tempo".*?<text x="\d+" y="(\d+)"', page, re.DOTALL)
    drawn = re.findall(r'<polygon points="([^"]+)"', page) + re.findall(r'class="stem">\s*<path d="M([^"]+)"', page)
    tops = [float(y) for corners in drawn for y in re.findall(r"[\d.]+[ ,]([\d.]+)", corners)]
    assert min(tops) - float(tempo) >= 420  # a staff space is 180
    # A wider font than the Times that it was measured for does not make it run into a note further right.
    assert 'class="tempo" style="transform: scale(0.85);' in page
