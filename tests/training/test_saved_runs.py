"""A run is saved every epoch, and resumes bit for bit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from mozart.errors import MozartError
from mozart.model.rows import Rows
from mozart.model.vocabulary import Vocabulary
from mozart.training.config import TrainingConfig
from mozart.training.data import Streams
from mozart.training.loop import Run, start_run, train
from mozart.training.saving import STATE_FILE, resume_run, save_run

CPU = torch.device("cpu")
CONFIG = TrainingConfig(epochs=3, batch_size=4, sequence_length=24, learning_rate=0.01)
IDENTITY = {"music_sha256": "the music's", "test_works": ["a"]}


def go_on(run: Run, rows: list[Rows], path: Path, stop_after: int = 0) -> Run:
    """Train and save, and stop as a killed run does, in the middle of the epoch after `stop_after`."""
    sizes = [len(row.tensors["target"]) for row in rows[:3]]
    streams = Streams(rows[:3], sizes, CONFIG.batch_size, CONFIG.sequence_length, CPU)
    steps = stop_after * streams.n_batches + 2

    def kill(*_: object) -> None:
        if stop_after and run.steps >= steps:
            raise KeyboardInterrupt

    run.network.register_forward_pre_hook(kill)
    save_run(run, path)
    train(
        run,
        streams,
        rows[3:],
        on_epoch=lambda run: save_run(run, path),
    )
    return run


def start(vocabulary: Vocabulary) -> Run:
    return start_run(CONFIG, tiny.SIZES, vocabulary, IDENTITY, CPU)


@pytest.fixture(scope="module")
def whole(rows: list[Rows], vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a run that was never stopped."""
    path = tmp_path_factory.mktemp("whole") / STATE_FILE
    go_on(start(vocabulary), rows, path)
    return path


def without_times(run: Run) -> list[dict[str, Any]]:
    return [{**epoch, "seconds": 0} for epoch in run.history]


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_killed_run_resumes_bit_for_bit(
    epoch: int, whole: Path, rows: list[Rows], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    """Stopped in the middle of any epoch and resumed, a run ends with the weights of one that was never stopped."""
    path = tmp_path / STATE_FILE
    with pytest.raises(KeyboardInterrupt):
        go_on(start(vocabulary), rows, path, stop_after=epoch)
    resumed = resume_run(path, CONFIG, IDENTITY, CPU)
    assert resumed.epoch == epoch
    go_on(resumed, rows, path)
    expected = resume_run(whole, CONFIG, IDENTITY, CPU)
    for one, other in ((resumed.network, expected.network), (resumed.averaged, expected.averaged)):
        assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in one.state_dict().items())
    assert all(torch.equal(tensor, expected.best_weights[name]) for name, tensor in resumed.best_weights.items())
    assert without_times(resumed) == without_times(expected)


@pytest.mark.parametrize(
    ("config", "identity", "said"),
    [
        ({"learning_rate": 0.5}, {}, r"another learning rate \(0.01, now 0.5\)"),
        ({}, {"music_sha256": "another's"}, "holds a run with other music"),
        ({}, {"test_works": ["b"]}, "another test works"),
        ({"epochs": 2}, {}, "has finished 3 epochs: --epochs cannot be less"),
    ],
)
def test_other_settings(config: dict[str, Any], identity: dict[str, Any], said: str, whole: Path) -> None:
    """A run goes on as it began, and with as many epochs at least as it has."""
    with pytest.raises(MozartError, match=said):
        resume_run(whole, replace(CONFIG, **config), IDENTITY | identity, CPU)


def test_more_epochs(whole: Path) -> None:
    """A finished run can go on."""
    assert resume_run(whole, replace(CONFIG, epochs=9), IDENTITY, CPU).config.epochs == 9


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda data: b"\xff" * 8 + data[8:]])
def test_a_damaged_file(damage: Any, whole: Path, tmp_path: Path) -> None:
    """It is refused in words, wherever it was cut."""
    path = tmp_path / STATE_FILE
    path.write_bytes(damage(whole.read_bytes()))
    with pytest.raises(MozartError, match="cannot be read as a saved run"):
        resume_run(path, CONFIG, IDENTITY, CPU)


def test_nothing_to_resume(tmp_path: Path) -> None:
    """It is said."""
    with pytest.raises(MozartError, match="nothing to resume"):
        resume_run(tmp_path / STATE_FILE, CONFIG, IDENTITY, CPU)
