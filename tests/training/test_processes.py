"""Several processes train together, by gloo, and give what one gives."""

import os
import re
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
import torch

import tiny
from mozart.corpus.readings import Readings, Works
from mozart.corpus.works import Music
from mozart.errors import MozartError
from mozart.model.rows import Rows
from mozart.model.vocabulary import Vocabulary
from mozart.training.config import TrainingConfig
from mozart.training.data import Streams
from mozart.training.finishing import Finisher
from mozart.training.laboratory import train_laboratory
from mozart.training.loop import start_run, train
from mozart.training.processes import ALONE, Processes, join

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
FLAGS = ["--sequence-length", "24", "--device", "cpu", "--batch-size", "5"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
# train.py with a small network.
SCRIPT = (
    "import sys, torch, tiny, train\n"
    "torch.set_num_threads(1)\n"
    "train.NetworkConfig = lambda: tiny.SIZES\n"
    "{more}\n"
    "if __name__ == '__main__':\n"
    "    sys.exit(train.main())\n"
)


def weights(rows: list[Rows], vocabulary: Vocabulary, accumulate: int) -> tuple[dict[str, torch.Tensor], list[dict[str, object]]]:
    """What comes of two epochs."""
    config = TrainingConfig(epochs=2, batch_size=5, sequence_length=24, learning_rate=0.01)
    run = start_run(config, tiny.SIZES, vocabulary, {}, CPU)
    sizes = [len(row.tensors["target"]) for row in rows[:3]]
    train(run, Streams(rows[:3], sizes, 5, 24, CPU), rows[3:], accumulate=accumulate)
    return run.network.state_dict(), [{**epoch, "seconds": 0} for epoch in run.history]


@pytest.mark.parametrize("parts", [2, 3, 9])
def test_a_batch_in_parts_is_the_batch(parts: int, rows: list[Rows], vocabulary: Vocabulary) -> None:
    """Computed in parts of unlike sizes, dropout and all, a batch gives the weights of the whole one, to rounding."""
    (whole, history), (divided, other) = (weights(rows, vocabulary, accumulate) for accumulate in (1, parts))
    for name, tensor in whole.items():
        torch.testing.assert_close(divided[name], tensor, rtol=1e-3, atol=1e-5)
    assert other[-1]["train_loss"] == pytest.approx(history[-1]["train_loss"], abs=2e-4)


def test_shares() -> None:
    """Every sequence is one process's, and more processes than sequences are refused in words."""
    assert [Processes(rank, 3).share(8) for rank in range(3)] == [range(2), range(2, 5), range(5, 8)]
    with pytest.raises(MozartError, match="2 processes cannot share 1 sequence a batch: start fewer"):
        Processes(0, 2).share(1)


def test_alone() -> None:
    """Without torchrun a process is alone, leads, and waits for nobody."""
    with join() as processes, processes.leader_first():
        assert (processes, processes.leads) == (ALONE, True)
    assert processes.map(lambda index: index * 2, 3) == [0, 2, 4]


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def start(folder: Path, arguments: list[str], more: str = "") -> "subprocess.Popen[str]":
    """train.py with a small network in two processes."""
    (folder / "small.py").write_text(SCRIPT.format(more=more))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    command = [*TORCHRUN, str(folder / "small.py"), "--midi-dir", str(folder / "midi"), *FLAGS, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def midi(tmp_path: Path) -> Path:
    return tiny.write_midi_files(tmp_path / "midi", 4)


@pytest.mark.process
def test_two_processes_give_the_loss_of_one(midi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same batches two processes reach the losses of one, to rounding; one begins what two finish; one writes."""
    import train as script

    monkeypatch.setattr(script, "NetworkConfig", lambda: tiny.SIZES)
    one, two = tmp_path / "one", tmp_path / "two"
    arguments = ["--midi-dir", str(midi), *FLAGS, "--output", str(one)]
    assert script.main([*arguments, "--epochs", "3"]) == 0
    with monkeypatch.context() as patch:
        patch.setattr(Finisher, "after_epoch", interrupt)
        assert script.main([*arguments[:-1], str(two), "--epochs", "3"]) == 130
    process = start(tmp_path, ["--output", str(two), "--epochs", "3", "--resume"])
    said, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    assert said.count("epoch 3: training loss") == 1
    found = [re.findall(r'"(?:train|validation)_loss": ([\d.]+)', (path / "metrics.json").read_text()) for path in (one, two)]
    assert len(found[0]) == 6
    assert [float(loss) for loss in found[1]] == pytest.approx([float(loss) for loss in found[0]], abs=2e-4)
    assert {path.name for path in one.iterdir()} == {path.name for path in two.iterdir()}


@pytest.mark.process
def test_a_process_that_dies(midi: Path, tmp_path: Path) -> None:  # noqa: ARG001
    """The other one stops within a minute, and says so once, in words and without a traceback."""
    dies = (
        "import os, signal\n"
        "from mozart.training import loop\n"
        "average = loop._average\n"
        "def die(run):\n"
        "    if os.environ['RANK'] == '1' and run.steps == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    average(run)\n"
        "loop._average = die\n"
    )
    process = start(tmp_path, ["--output", str(tmp_path / "run"), "--epochs", "50"], dies)
    _, errors = process.communicate(timeout=600)
    assert process.returncode
    assert errors.count("Another process of this training has ended") + errors.count("Stopped.") == 1, errors
    assert 'Traceback (most recent call last):\n  File "' + str(tmp_path) not in errors


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--test-works", "nowhere"], "There is no work 'nowhere' to hold out"),
        (["--batch-size", "1"], "2 processes cannot share 1 sequence a batch"),
    ],
)
def test_an_error_is_said_once(arguments: list[str], said: str, midi: Path, tmp_path: Path) -> None:  # noqa: ARG001
    """Whoever has it."""
    process = start(tmp_path, ["--output", str(tmp_path / "run"), *arguments])
    _, errors = process.communicate(timeout=600)
    assert process.returncode
    assert errors.count(said) == 1, errors


def test_the_laboratory_trains_in_one_process() -> None:
    """Several are refused in words."""
    with pytest.raises(MozartError, match="Recipe lab trains in one process"):
        train_laboratory(Namespace(), None, Music(Works(Readings(), []), [], [], []), CPU, None, None, Processes(0, 2))  # type: ignore[arg-type]
