"""train.py from MIDI files to a checkpoint, for both recipes: going on, refusing, publishing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import tiny
import train
from hub_server import HubServer
from mozart.checkpoint.card import CURVES, result_rows
from mozart.checkpoint.folder import FILES
from mozart.composing.composer import Composer
from mozart.training.finishing import Finisher
from mozart.training.output import own
from mozart.training.report import reproducing_command

pytestmark = pytest.mark.process

CAPTURE = pytest.CaptureFixture[str]
ROOT = Path(train.__file__).parent
REPO, SPACE = "user/tiny", "user/space"
FLAGS = {
    "notes": ["--sequence-length", "24", "--device", "cpu"],
    "lab": ["--recipe", "lab", "--batch-size", "16", "--hidden-size", "8", "--embedding-dim", "4", "--device", "cpu"],
    "lab-keys": ["--recipe", "lab-keys", "--hidden-size", "8", "--embedding-dim", "4", "--device", "cpu"],
}
STATES = {"notes": "training_state.safetensors", "lab": "training_state.pt", "lab-keys": "training_state.pt"}

# huggingface_hub calls its HTTP library in an old way when it sends large files by LFS.
by_lfs = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")
recipes = pytest.mark.parametrize("recipe", ["notes", "lab"])


@pytest.fixture(scope="session")
def midi_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three short works."""
    return tiny.write_midi_files(tmp_path_factory.mktemp("midi"))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "NetworkConfig", lambda: tiny.SIZES)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stop_after(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ctrl-C come after this epoch, when all that follows it is done."""
    after_epoch = Finisher.after_epoch

    def stop(self: Finisher, run: object, best: object) -> None:
        after_epoch(self, run, best)  # type: ignore[arg-type]
        if run.epoch == epoch:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    monkeypatch.setattr(Finisher, "after_epoch", stop)


def start(arguments: list[str], first: str = "", stderr: int = subprocess.PIPE, **variables: str) -> subprocess.Popen[bytes]:
    """The program in a process of its own, with a small network; `first` is done before."""
    code = f"import sys, torch, tiny, train; torch.set_num_threads(1); train.NetworkConfig = lambda: tiny.SIZES\n{first}\n"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"} | variables
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-c", f"{code}sys.exit(train.main())", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr)


@pytest.mark.parametrize("recipe", FLAGS)
def test_from_midi_files_to_a_checkpoint(recipe: str, midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """A checkpoint that composes, what was measured, curves, samples and a first piece."""
    output, kind = tmp_path / "run", recipe.partition("-")[0]
    arguments = ["--midi-dir", str(midi_dir), "--output", str(output), "--epochs", "2", "--samples-every", "2", *FLAGS[recipe]]
    assert train.main(arguments) == 0
    said = capsys.readouterr().out
    assert "epoch 2: training loss" in said
    assert {path.name for path in output.iterdir()} == {*FILES[kind], STATES[recipe], *CURVES, "samples", "mozart.mid"}
    assert {path.name for path in (output / "samples").iterdir()} == {"epoch-002.mid", "epoch-002.png"}
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["recipe"] == kind
    assert ("departures" in metrics) == (recipe == "lab-keys")
    assert len(metrics["epochs"]) == 2
    assert metrics["command"].startswith("python train.py --midi-dir")
    assert "--output" not in metrics["command"]
    if recipe == "notes":
        assert metrics["validation"].keys() == metrics["test"].keys() == {"hidden", "told"}
        assert metrics["with_memory"].keys() == {"test"}
        assert len(metrics["baselines"]) == 2
        assert {*metrics["validation_works"], *metrics["test_works"]} < {"work-0", "work-1", "work-2"}
    assert Composer.load(output).metrics == metrics
    assert result_rows(metrics) in (output / "README.md").read_text()


@recipes
def test_dry_run_writes_nothing(recipe: str, midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """It says what is in the music and how it is split, and stops."""
    assert train.main(["--midi-dir", str(midi_dir), "--output", str(tmp_path / "run"), "--dry-run", *FLAGS[recipe]]) == 0
    said = capsys.readouterr().out
    assert "notes in 3 files" in said
    assert ("training: " if recipe == "notes" else "windows of 100 to train on") in said
    assert list(tmp_path.glob("run*")) == []


@recipes
def test_a_killed_run_resumes_to_the_same_weights(recipe: str, midi_dir: Path, tmp_path: Path) -> None:
    """Killed without warning after its first epoch, and resumed, a run ends with the weights of one that was left alone."""
    # It waits there, however quick it is.
    wait = "import threading; from mozart.training.finishing import Finisher; "
    wait += "Finisher.after_epoch = lambda *_: threading.Event().wait()"
    arguments = ["--midi-dir", str(midi_dir), "--epochs", "4", *FLAGS[recipe]]
    assert train.main([*arguments, "--output", str(tmp_path / "whole")]) == 0
    killed = [*arguments, "--output", str(tmp_path / "killed")]
    process = start(killed, wait, subprocess.DEVNULL)
    with process:
        assert process.stdout is not None
        assert any(b"epoch 1:" in line for line in process.stdout)
        process.kill()
    assert not (tmp_path / "killed" / "config.json").exists()
    assert train.main([*killed, "--resume"]) == 0
    for name in FILES[recipe]:
        if name not in ("metrics.json", "README.md", "config.json"):
            assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes()


@by_lfs
@recipes
def test_a_run_goes_on_on_another_machine(
    recipe: str, server: HubServer, midi_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    """With --push-every a run whose machine is lost goes on from the Hub, and ends as one that was never stopped."""
    arguments = ["--midi-dir", str(midi_dir), "--epochs", "2", *FLAGS[recipe]]
    assert train.main([*arguments, "--output", str(tmp_path / "whole")]) == 0
    pushed = [*arguments, "--push-to-hub", REPO, "--push-every", "1"]
    with monkeypatch.context() as patch:
        stop_after(1, patch)
        assert train.main([*pushed, "--output", str(tmp_path / "lost")]) == 130
    assert "go on with --resume" in capsys.readouterr().err
    assert len(Composer.load(REPO).metrics["epochs"]) == 1
    assert train.main([*pushed, "--resume", REPO, "--output", str(tmp_path / "new")]) == 0
    assert "going on after epoch 1" in capsys.readouterr().out
    assert (tmp_path / "whole/model.safetensors").read_bytes() == (tmp_path / "new/model.safetensors").read_bytes()
    assert server.repos[REPO][-1].files["metrics.json"] == (tmp_path / "new/metrics.json").read_bytes()
    assert train.main([*arguments, "--seed", "3", "--resume", REPO, "--output", str(tmp_path / "other")]) == 1
    assert f"{REPO} holds a run with another" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@by_lfs
def test_a_space_composes_from_what_was_published(server: HubServer, midi_dir: Path, tmp_path: Path) -> None:
    """--space sets its variables and restarts it, and --private is kept."""
    server.spaces[SPACE] = {}
    arguments = ["--midi-dir", str(midi_dir), "--output", str(tmp_path / "run"), "--epochs", "1", *FLAGS["lab"]]
    assert train.main([*arguments, "--push-to-hub", REPO, "--private", "--space", SPACE]) == 0
    ((revision, files),) = server.repos[REPO]
    assert files == {name: (tmp_path / "run" / name).read_bytes() for name in (*FILES["lab"], *CURVES)}
    assert server.spaces[SPACE] == {"MOZART_MODEL": REPO, "MOZART_REVISION": revision}
    assert (server.restarted, server.private) == ([SPACE], {REPO})


@recipes
def test_a_finished_run_is_not_trained_over(recipe: str, midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """Without --resume a folder that holds a run is refused, and so are other settings with it; nothing is lost."""
    arguments = ["--midi-dir", str(midi_dir), "--output", str(tmp_path / "run"), "--epochs", "1", *FLAGS[recipe]]
    assert train.main(arguments) == 0
    before = contents(tmp_path / "run")
    assert train.main(arguments) == 1
    assert "already holds a run" in capsys.readouterr().err
    assert train.main([*arguments, "--resume", "--learning-rate", "0.5"]) == 1
    assert "holds a run with another" in capsys.readouterr().err
    assert contents(tmp_path / "run") == before


def test_two_runs_in_one_folder(midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """The second is refused, and writes nothing."""
    with own(tmp_path / "run"):
        assert train.main(["--midi-dir", str(midi_dir), "--output", str(tmp_path / "run")]) == 1
        assert "Another run is training in" in capsys.readouterr().err
        assert list((tmp_path / "run").iterdir()) == []
    assert not (tmp_path / "run").exists()


def test_files_of_others_are_not_written_over(midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """A folder that holds a README.md of one's own is refused by that name."""
    (tmp_path / "README.md").write_text("mine")
    assert train.main(["--midi-dir", str(midi_dir), "--output", str(tmp_path)]) == 1
    assert "already holds README.md" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--archive", "nowhere.tar.gz"], "no archive at nowhere.tar.gz"),
        (["--midi-dir", "nowhere"], "no folder nowhere"),
        (["--device", "cuda"], "no CUDA device"),
        (["--epochs", "0"], "it must be 1 or more"),
        (["--push-to-hub", "mozart"], "write it as user/name"),
        (["--push-to-hub", "user/name", "--space", "mozart"], "--space mozart is not the name"),
        (["--resume", "runs/lab/old"], "--resume runs/lab/old is not the name"),
        (["--resume"], "nothing to resume"),
    ],
)
def test_wrong_input(wrong: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE) -> None:
    """One sentence, exit status 1, and nothing written."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.chdir(tmp_path)
    assert train.main(wrong) == 1
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@recipes
def test_unreadable_files(recipe: str, tmp_path: Path, capsys: CAPTURE) -> None:
    """Both recipes refuse a file in the same words, and with --skip-unreadable go on and say at the end what they left out."""
    folder = tiny.write_midi_files(tmp_path / "midi")
    (folder / "broken.mid").write_text("no music")
    arguments = ["--midi-dir", str(folder), "--output", str(tmp_path / "run"), "--dry-run", *FLAGS[recipe]]
    assert train.main(arguments) == 1
    assert "broken.mid is not a MIDI file. Remove the file, or add --skip-unreadable" in capsys.readouterr().err
    assert train.main([*arguments, "--skip-unreadable"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("broken.mid is not a MIDI file.")


def test_nobody_reads_on(midi_dir: Path) -> None:
    """When whoever reads the output has seen enough, the program ends without a traceback."""
    with start(["--dry-run", "--midi-dir", str(midi_dir)]) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()  # a library says at its import where it found FluidSynth
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 141


@recipes
def test_names_in_other_bytes_on_another_terminal(recipe: str, midi_dir: Path, tmp_path: Path) -> None:
    """A name in Latin-1 bytes, with a control character, is trained on, saved and printed where only ASCII can be shown."""
    folder, output = tmp_path / "music", tmp_path / "run"
    shutil.copytree(midi_dir, folder)
    os.rename(os.fsencode(folder / "work-0.mid"), os.fsencode(folder) + b"/\xe9tude\x1b.mid")
    arguments = ["--midi-dir", str(folder), "--output", str(output), "--epochs", "1", *FLAGS[recipe]]
    process = start(arguments, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    said, complained = process.communicate()
    assert process.returncode == 0, complained
    assert b"\x1b.mid" not in said + complained
    assert Composer.load(output).metrics["recipe"] == recipe


def test_the_command_says_nothing_of_places() -> None:
    """Where a run came from and went is no part of the command that makes the same checkpoint."""
    arguments = ["--resume", REPO, "--epochs", "3", "--output=here", "--push-to-hub", REPO, "--private", "--test-works", "a", "b"]
    arguments += ["--space", SPACE, "--push-every", "2", "--seed", "1", "--resume"]
    assert reproducing_command(arguments) == "python train.py --epochs 3 --test-works a b --seed 1"
