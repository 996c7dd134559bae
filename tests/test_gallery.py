"""Three pieces are ready when the page opens, and three beside a model card."""

import json
import sys
from pathlib import Path

import pytest

from mozart import gallery
from mozart.card import PIECES
from mozart.composer import Composer
from mozart.request import Request


def test_what_ships() -> None:
    """Three pieces, each with notes in order and a sound of some seconds, and together under a megabyte."""
    ready = gallery.load_gallery()
    assert len(ready) == 3
    for piece in ready:
        assert len(piece.tokens) == len(piece.offsets) == len(piece.durations) > 50
        assert list(piece.offsets) == sorted(piece.offsets)
        assert piece.sound.stat().st_size > 50_000
    assert sum(path.stat().st_size for path in gallery.FOLDER.iterdir()) < 1_000_000


def test_made_and_loaded(checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made is what is loaded; a folder without pieces has none."""
    assert gallery.load_gallery(tmp_path) == []
    monkeypatch.setattr(gallery, "REQUESTS", (Request(length=9, seed=1, include_opening=False),))
    composer = Composer.load(checkpoint_folder)
    gallery.make_gallery(composer, tmp_path)
    (ready,) = gallery.load_gallery(tmp_path)
    piece = composer.compose(gallery.REQUESTS[0])
    assert list(ready.tokens) == piece.tokens
    assert ready.name == f"After {piece.opening.name}"
    assert ready.sound.read_bytes()
    assert len(json.loads((tmp_path / "pieces.json").read_text())) == 1


def test_the_pieces_of_a_card(
    checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are sound without the opening; without FluidSynth there are none, those of another network neither, and it is said."""
    assert not any(request.include_opening for request in gallery.CARD_REQUESTS)
    composer = Composer.load(checkpoint_folder)
    gallery.make_card_pieces(composer, tmp_path)
    assert all((tmp_path / name).stat().st_size > 10_000 for name in PIECES)

    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    gallery.make_card_pieces(composer, tmp_path)
    assert not [name for name in PIECES if (tmp_path / name).exists()]
    assert "no pieces to listen to" in capsys.readouterr().out
