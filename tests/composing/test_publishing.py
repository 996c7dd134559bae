"""A finished checkpoint gets its measures, curves, pieces and card, and composes as before."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tiny
from mozart.checkpoint.card import CURVES, PIECES
from mozart.checkpoint.checkpoint import load_checkpoint
from mozart.composing import publishing
from mozart.composing.composition import Composition
from mozart.corpus.works import Music
from mozart.errors import MozartError
from mozart.measuring import report

MEASURED: dict[str, object] = {"pieces": {"passages": 2}}


@pytest.fixture
def folder(checkpoint_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint_folder, tmp_path / "copy"))


def test_the_card_has_curves_and_pieces(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves and three pieces of different seeds lie beside the card, which shows them; the checkpoint composes the same."""
    before = load_checkpoint(folder)
    made: list[int] = []

    def audio(piece: Composition) -> np.ndarray:
        made.append(piece.seed)
        return np.zeros(4_410, np.int16)

    monkeypatch.setattr(Composition, "audio", audio)
    card = publishing.write_checkpoint_card(folder).read_text()
    assert made == [1, 2, 3]
    assert all(f"({name})" in card and (folder / name).is_file() for name in (*CURVES, *PIECES))
    after = load_checkpoint(folder)
    assert after.identity == before.identity
    assert after.metrics == before.metrics


def test_measures_stand_in_metrics_and_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces with seeds that follow each other are compared with the works that were trained on and those held out."""
    works = tiny.works(6)
    held_out = {*tiny.metrics()["validation_works"], *tiny.metrics()["test_works"]}  # type: ignore[misc]
    seen: dict[str, list[str]] = {}

    def measure(pieces: list[object], training: list[object], other: list[object], **_: object) -> dict[str, object]:
        seen["training"], seen["held out"] = ([work.title for work in part] for part in (training, other))  # type: ignore[attr-defined]
        assert len({piece.columns.tobytes() for piece in pieces}) == len(pieces) == 2  # type: ignore[attr-defined]
        return MEASURED

    monkeypatch.setattr(publishing, "LENGTH", "4bars")
    monkeypatch.setattr(publishing, "sonatas", lambda _: [])
    monkeypatch.setattr(publishing, "read_works", lambda _: Music(works, [], [], []))  # type: ignore[arg-type]
    monkeypatch.setattr(report, "measure", measure)
    monkeypatch.setattr(report, "markdown", lambda _: "| a table |")
    assert publishing.measure_checkpoint(folder, None, 2, 5) == "| a table |"
    assert set(seen["held out"]) == held_out
    assert set(seen["training"]) == {work.title for work in works} - held_out
    measured = json.loads((folder / "metrics.json").read_text())["measures"]
    assert measured == {**MEASURED, "settings": measured["settings"]}
    assert measured["settings"]["seeds"] == "from 5 on"
    assert "| a table |" in (folder / "README.md").read_text()
    load_checkpoint(folder)


def test_other_music_is_not_compared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that was tested on works that the archive has not is refused, and left as it is."""
    before = (folder / "metrics.json").read_bytes()
    monkeypatch.setattr(publishing, "sonatas", lambda _: [])
    monkeypatch.setattr(publishing, "read_works", lambda _: Music(tiny.works(2), [], [], []))  # type: ignore[arg-type]
    with pytest.raises(MozartError, match="not those of the archive"):
        publishing.measure_checkpoint(folder, None, 2, 5)
    assert (folder / "metrics.json").read_bytes() == before
