"""Problems 1 to 3 from files to a checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from lab_music import CONFIG, CPU, write_midi
from mozart.errors import MozartError
from mozart.lab.checkpoint import from_files, to_files
from mozart.lab.curves import plot_accuracy, plot_losses
from mozart.lab.evaluation import evaluate
from mozart.lab.laboratory import CURVES, prepare, train_lab
from mozart.lab.saving import STATE_FILE, load_model

EPOCHS = replace(CONFIG, epochs=2)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [write_midi(tmp_path / f"piece{number}.mid", 250, seed=number) for number in range(2)]


def test_from_files_to_a_checkpoint(files: list[Path], tmp_path: Path) -> None:
    """Says what the text asks to be printed, and keeps run, curves and network with what it and tables reach on all windows."""
    said: list[str] = []
    told: list[tuple[int, int]] = []

    def on_epoch(run: Any, so_far: Any) -> None:
        told.append((run.epoch, len(so_far.history)))

    output = tmp_path / "run"
    made = train_lab(EPOCHS, files, output, CPU, about={"machine": "a machine"}, say=said.append, on_epoch=on_epoch)
    text = "\n".join(said)
    assert "500 notes and chords in 2 works" in text
    assert "the most common offset distances, in quarters: 1/4" in text
    assert "in batches: 17, 2, 2" in text
    assert "epoch 2: training loss" in text
    assert "final test accuracy" in text
    assert told == [(1, 1), (2, 2)]
    assert all((output / name).is_file() for name in (STATE_FILE, *CURVES))
    metrics = made.metrics
    assert metrics["machine"] == "a machine"
    assert len(metrics["epochs"]) == metrics["settings"]["epochs"] == 2
    assert metrics["baselines"].keys() == {"most common token", "8-gram table", "8-gram table in any key"}
    loaded = from_files(to_files(made))
    data = prepare(EPOCHS, files, CPU, say=said.append)
    assert metrics["test"]["accuracy"] == evaluate(loaded.model, data.loaders.test).accuracy
    assert metrics["validation"]["accuracy"] == pytest.approx(
        metrics["epochs"][metrics["best_epoch"] - 1]["validation_accuracy"], abs=0.05
    )


def test_going_on(files: list[Path], tmp_path: Path) -> None:
    """A run that is there is not written over; resumed, it goes on to the network of one that was never stopped."""
    quiet: dict[str, Any] = {"say": lambda _: None}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_lab(EPOCHS, files, whole, CPU, **quiet)
    train_lab(replace(EPOCHS, epochs=1), files, parts, CPU, **quiet)
    with pytest.raises(MozartError, match="already holds a run"):
        train_lab(EPOCHS, files, parts, CPU, **quiet)
    train_lab(EPOCHS, files, parts, CPU, saved=parts / STATE_FILE, **quiet)
    one, other = (load_model(folder / STATE_FILE)[0].state_dict() for folder in (whole, parts))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_nothing_to_resume(files: list[Path], tmp_path: Path) -> None:
    """It is said before anything is trained."""
    with pytest.raises(MozartError, match="nothing to resume"):
        train_lab(EPOCHS, files, tmp_path / "new", CPU, saved=tmp_path / "nowhere" / STATE_FILE, say=lambda _: None)


def test_curves() -> None:
    """Both are PNG files, also of a single epoch, and another history gives another picture."""
    epoch = {"epoch": 1, "train_loss": 3.0, "validation_loss": 2.5, "validation_accuracy": 0.2, "seconds": 1.0}
    for plot in (plot_losses, plot_accuracy):
        one, two = plot([epoch]), plot([epoch, epoch | {"epoch": 2, "validation_loss": 2.0, "validation_accuracy": 0.3}])
        assert one.startswith(b"\x89PNG")
        assert one != two
