"""Pieces are ready when the page opens."""

from pathlib import Path
from typing import Any

import pytest

from mozart.composing.request import Request
from mozart.page.gallery import load_gallery, make_gallery, show_gallery

pytest.importorskip("mozart.corpus.reader")


def test_made_and_loaded(composer: Any, tmp_path: Path) -> None:
    """What is made is what is loaded, and pieces of before are gone."""
    (tmp_path / "9.json").write_text("{}")
    request = Request(seed=1, length="4bars")
    make_gallery(composer, tmp_path, [request])
    (ready,) = load_gallery(tmp_path)
    piece = composer.compose(request)
    assert ready.score == piece.score
    assert (ready.name, ready.settings) == (piece.title, {"length": "4bars", "seed": 1})
    assert piece.title in show_gallery([ready])
    assert not (tmp_path / "9.json").exists()


def test_a_damaged_piece_is_left_out(composer: Any, tmp_path: Path) -> None:
    """The page opens without a piece that cannot be read; a folder that is not there has none."""
    make_gallery(composer, tmp_path, [Request(seed=seed, length="4bars") for seed in (1, 2, 3, 4)])
    (tmp_path / "1.mid").write_bytes(b"no music")
    (tmp_path / "2.mp3").unlink()
    (tmp_path / "3.json").write_text("[]")
    assert [ready.sound.name for ready in load_gallery(tmp_path)] == ["4.mp3"]
    assert load_gallery(tmp_path / "no") == []
    assert show_gallery([]) == ""
