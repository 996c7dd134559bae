"""A run is logged to trackio where that is asked for, and else trackio is not imported."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tiny
import train
from mozart.errors import MozartError
from mozart.training.tracking import Tracker


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """All that a stand-in for trackio is told, by the name of its function."""
    told: list[tuple[str, Any]] = []

    def tell(name: str) -> Any:
        return lambda *values, **options: told.append((name, dict(enumerate(values)) | options))

    media = {name: lambda value, **options: (value, options) for name in ("Audio", "Html")}
    functions = {name: tell(name) for name in ("init", "log", "finish")}
    monkeypatch.setitem(sys.modules, "trackio", SimpleNamespace(**media, **functions))
    return told


@pytest.mark.process
def test_what_is_logged(logged: list[tuple[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings, every epoch's losses and accuracy, and every fourth epoch a piece as sound and score."""
    monkeypatch.setattr(train, "NetworkConfig", lambda: tiny.SIZES)
    folder = tiny.write_midi_files(tmp_path / "midi")
    arguments = ["--midi-dir", str(folder), "--output", str(tmp_path / "run"), "--epochs", "4", "--sequence-length", "24"]
    assert train.main([*arguments, "--device", "cpu", "--track", "user/space"]) == 0
    (_, start), *_, (last, _) = logged
    assert (start["name"], start["space_id"], start["config"]["epochs"], last) == ("run", "user/space", 4, "finish")
    entries = [(entry["step"], entry[0]) for name, entry in logged if name == "log"]
    assert [step for step, _ in entries] == [1, 2, 3, 4, 4]
    assert {"train_loss", "validation_loss", "validation_accuracy"} <= entries[0][1].keys()
    (score, _), (sound, options) = entries[-1][1]["score"], entries[-1][1]["piece"]
    assert score.startswith("<svg") or "<svg" in score[:200]
    assert len(sound) > options["sample_rate"]
    assert (tmp_path / "run" / "samples" / "epoch-004.mid").exists()


def test_trackio_is_missing_or_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The sentence says what to install, or where the run could not be tracked."""
    monkeypatch.setitem(sys.modules, "trackio", None)
    with pytest.raises(MozartError, match="pip install trackio"):
        Tracker(tmp_path, {}, "")

    def fail(**_: object) -> None:
        raise ConnectionError("no way")

    monkeypatch.setitem(sys.modules, "trackio", SimpleNamespace(init=fail))
    with pytest.raises(MozartError, match=r"cannot be tracked to the Space user/space \(no way\)"):
        Tracker(tmp_path, {}, "user/space")


@pytest.mark.process
def test_without_the_flag_nothing_is_imported() -> None:
    """Neither trackio nor pyarrow."""
    code = "import sys, train; assert not {'trackio', 'pyarrow', 'datasets'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(train.__file__).parent, check=True)
