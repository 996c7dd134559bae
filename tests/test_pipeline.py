"""All five problems of the lab on a tiny corpus, through train.py, and composing from what it made."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pretty_midi
import pytest
import torch

import tiny
import train
from hub_server import Failure, HubServer
from mozart.__main__ import main as mozart_main
from mozart.card import CURVES, PIECES, shown
from mozart.checkpoint import FILES, load_checkpoint
from mozart.composer import Composer
from mozart.corpus import archive
from mozart.midi import read_recipe
from mozart.request import Request
from mozart.score import read_scores
from mozart.training import Run

CAPTURE = pytest.CaptureFixture[str]
ROOT = Path(train.__file__).parent
REPO, SPACE = "user/tiny", "user/space"
SMALL = ["--batch-size", "16", "--hidden-size", "8", "--embedding-dim", "4", "--device", "cpu"]


# huggingface_hub calls its HTTP library in an old way when it sends large files by LFS.
by_lfs = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def midi_dir(tmp_path: Path) -> Path:
    """Two short pieces."""
    folder = tmp_path / "midi"
    folder.mkdir()
    for number in range(2):
        tiny.write_midi(folder / f"piece{number}.mid", 250, seed=number)
    read_scores(archive.midi_files(folder), workers=1)
    return folder


def test_all_five_problems(midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """From MIDI files to a checkpoint, metrics, figures and a first piece of 600, and from the checkpoint to another piece."""
    output = tmp_path / "run"
    arguments = ["--midi-dir", str(midi_dir), "--output", str(output), "--epochs", "2", *SMALL]
    assert train.main(arguments) == 0
    said = capsys.readouterr().out
    assert "500 notes and chords in 2 works" in said
    assert "to train on, validate and test: 280, 60, 60" in said
    assert "in batches: 17, 2, 2" in said
    assert "epoch 2" in said
    assert "the network and the table in any key, half and half: validation" in said
    assert {path.name for path in output.iterdir()} == {*FILES, "training_state.pt", *CURVES, "pieces", "mozart.mid"}
    assert shown(output) == [*CURVES, *PIECES]

    metrics = json.loads((output / "metrics.json").read_text())
    assert len(metrics["epochs"]) == 2
    best = min(epoch["validation_loss"] for epoch in metrics["epochs"])
    assert metrics["validation"]["loss"] == pytest.approx(best, rel=1e-4)  # of the rounded weights
    assert 0 <= metrics["test"]["accuracy"] <= 1
    assert metrics["command"].startswith("python train.py --midi-dir")
    assert load_checkpoint(output).metrics == metrics

    first_piece = pretty_midi.PrettyMIDI(str(output / "mozart.mid"))
    onsets = {round(note.start, 3) for note in first_piece.instruments[0].notes}
    assert onsets == {round(0.125 * i, 3) for i in range(600)}

    piece = tmp_path / "piece.mid"
    assert mozart_main(["compose", "--length", "30", "--seed", "1", "--checkpoint", str(output), "--out", str(piece)]) == 0
    assert piece.exists()


def test_stream_on_held_out_works(tmp_path: Path, capsys: CAPTURE) -> None:
    """The other recipe and split: the works are named, everything stands beside its tables, and one can hear it learn."""
    folder, output = tmp_path / "midi", tmp_path / "run"
    folder.mkdir()
    for number in range(4):
        tiny.write_midi(folder / f"piece{number}.mid", 250, seed=number)
    read_scores(archive.midi_files(folder), workers=1)
    way = ["--recipe", "stream", "--split", "works", "--test-works", "piece2", "--passes", "1", "--validate-every", "2"]
    arguments = ["--midi-dir", str(folder), "--output", str(output), "--epochs", "2", "--samples-every", "2", *way, *SMALL]
    assert train.main(arguments) == 0
    said = capsys.readouterr().out
    assert "piece2 to test" in said
    assert {path.name for path in (output / "samples").iterdir()} == {"epoch-002.mid", "epoch-002.png"}
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["test_works"] == ["piece2"]
    assert list(metrics["baselines"]) == [
        "most common token",
        "4-gram table",
        "4-gram table in any key",
        "4-gram table in any key and memory of the piece",
    ]
    assert metrics["with_memory"]["test"]["loss"] < metrics["test"]["loss"]
    assert "--output" not in metrics["command"]
    checkpoint = load_checkpoint(output)
    assert set(checkpoint.openings.works) == {"piece2"}
    piece = tmp_path / "piece.mid"
    assert mozart_main(["compose", "--length", "30", "--checkpoint", str(output), "--out", str(piece)]) == 0
    assert mozart_main(["compose", "--length", "5", "--lab", "--checkpoint", str(output), "--out", str(piece)]) == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--passes", "3"], "--passes is not for --recipe lab"),
        (["--recipe", "stream", "--test-works", "K. 281"], "with --split works only"),
        (["--weight-decay", "-0.5"], "-0.5 is not a number from 0 to below 1"),
        (["--dropout", "1"], "1 is not a number from 0 to below 1"),
        (["--recipe", "cloud"], "invalid choice: 'cloud'"),
        (["--push-every", "2"], "add --push-to-hub USER/NAME"),
    ],
)
def test_flags_that_do_not_fit(flags: list[str], said: str, capsys: CAPTURE) -> None:
    """A flag of another recipe or split, or with an impossible value, is refused before anything is read."""
    with pytest.raises(SystemExit):
        train.main(flags)
    assert said in capsys.readouterr().err


@pytest.mark.process
def test_publishing_and_composing_from_the_hub(midi_dir: Path, tmp_path: Path) -> None:
    """--push-to-hub publishes the checkpoint when training is done, and --checkpoint user/name@revision composes from it."""
    output, piece = tmp_path / "run", tmp_path / "piece.mid"
    with HubServer() as hub:
        environment = os.environ | hub.environment(tmp_path / "home") | {"OMP_NUM_THREADS": "1"}

        def run(*command: str) -> str:
            return subprocess.run(
                [sys.executable, *command], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
            ).stdout

        arguments = ["--midi-dir", str(midi_dir), "--output", str(output), "--epochs", "1", *SMALL]
        said = run("train.py", *arguments, "--push-to-hub", "user/tiny")
        ((revision, files),) = hub.repos["user/tiny"]
        about = json.loads(
            run("-m", "mozart", "compose", "--checkpoint", f"user/tiny@{revision}", "--length", "9", "--out", str(piece), "--json")
        )
    assert f"MOZART_MODEL=user/tiny MOZART_REVISION={revision}" in said
    assert files == {name: (output / name).read_bytes() for name in (*FILES, *CURVES, *PIECES)}
    assert about["checkpoint"] == "user/tiny"
    assert piece.exists()


@by_lfs
@pytest.mark.parametrize("recipe", ["lab", "stream"])
def test_a_run_goes_on_on_another_machine(
    recipe: str, server: HubServer, midi_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    """With --push-every a run whose machine is lost goes on from the Hub, and ends as one that was never stopped, bit for bit."""
    arguments = ["--midi-dir", str(midi_dir), "--epochs", "3", "--recipe", recipe, *SMALL]
    assert train.main([*arguments, "--output", str(tmp_path / "whole")]) == 0
    pushed = [*arguments, "--push-to-hub", REPO, "--push-every", "1"]
    with monkeypatch.context() as patch:
        patch.setattr(train, "finish_epoch", stop_after(2))
        assert train.main([*pushed, "--output", str(tmp_path / "lost")]) == 130

    composer = Composer.load(REPO)
    assert composer.revision == server.repos[REPO][-1].revision
    assert len(composer.checkpoint.metrics["epochs"]) == 2
    assert "test" not in composer.checkpoint.metrics
    assert "still in training" in server.repos[REPO][-1].files["README.md"].decode()
    assert len(composer.compose(Request(length=9, seed=1)).new_tokens) == 9
    assert mozart_main(["measure", "--checkpoint", REPO]) == 1
    assert f"{REPO} is still in training" in capsys.readouterr().err
    published = server.branches[f"{REPO}@training-state"]
    assert [len(commits) for commits in (server.repos[REPO], published)] == [2, 3]

    assert train.main([*pushed, "--resume", REPO, "--output", str(tmp_path / "new")]) == 0
    assert "going on after epoch 2" in capsys.readouterr().out
    for name in ("model.safetensors", "openings.safetensors", "originality.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "new" / name).read_bytes()
    whole, new = (json.loads((tmp_path / run / "metrics.json").read_text()) for run in ("whole", "new"))
    for part in ("command", "validation", "test", "baselines", "best_epoch"):
        assert whole[part] == new[part]
    assert server.repos[REPO][-1].files["metrics.json"] == (tmp_path / "new" / "metrics.json").read_bytes()
    assert json.loads(published[-1].files["training_state.json"])["epoch"] == 3
    everything = {*server.repos[REPO][-1].files, *published[-1].files}
    assert everything == {*FILES, *CURVES, *PIECES, "training_state.json", "training_state.safetensors"}
    assert train.main([*arguments, "--clip", "2", "--resume", REPO, "--output", str(tmp_path / "other")]) == 1
    assert f"{REPO} holds a run with another --clip" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@by_lfs
def test_a_push_that_fails_does_not_end_training(server: HubServer, midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """It is said and tried again the next time; the last one is an error, and --resume publishes what is safe."""
    output = tmp_path / "run"
    arguments = ["--midi-dir", str(midi_dir), "--output", str(output), "--epochs", "3", *SMALL]
    arguments += ["--push-to-hub", REPO, "--push-every", "1"]
    server.failures = [
        Failure("POST", "commit/training-state", status=403),  # after the first epoch
        Failure("POST", "commit/main", times=2, status=500),  # after the second, and at the end
    ]
    assert train.main(arguments) == 1
    said = capsys.readouterr()
    assert "could not be published to user/tiny (the token may not do that there" in said.out
    assert "could not be published to user/tiny (the Hub has trouble of its own, status 500" in said.out
    assert said.out.count("Training goes on") == 2
    assert f"It is safe in {output}: run the same command with --resume" in said.err
    assert server.repos[REPO] == []
    assert train.main([*arguments, "--resume"]) == 0
    assert server.repos[REPO][-1].files["metrics.json"] == (output / "metrics.json").read_bytes()


@by_lfs
def test_a_space_composes_from_what_was_published(server: HubServer, midi_dir: Path, tmp_path: Path) -> None:
    """--space sets its variables and restarts it, and --private is kept."""
    server.spaces[SPACE] = {}
    arguments = ["--midi-dir", str(midi_dir), "--output", str(tmp_path / "run"), "--epochs", "1", *SMALL]
    assert train.main([*arguments, "--push-to-hub", REPO, "--private", "--space", SPACE]) == 0
    ((revision, _),) = server.repos[REPO]
    assert server.spaces[SPACE] == {"MOZART_MODEL": REPO, "MOZART_REVISION": revision}
    assert (server.restarted, server.private) == ([SPACE], {REPO})


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--push-to-hub", REPO], "the token is not valid: log in with `hf auth login`"),
        (["--push-to-hub", REPO, "--space", SPACE], "the token is not valid: log in with `hf auth login`"),
        (["--resume", REPO], f"The run in {REPO} could not be downloaded (there is no such repository"),
    ],
)
def test_what_the_hub_refuses_is_said_first(
    server: HubServer, flags: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    """Before the music is read, with nothing written here or there."""
    monkeypatch.setenv("HF_TOKEN", "bad-token")
    assert train.main([*flags, "--midi-dir", str(tmp_path / "none"), "--output", str(tmp_path / "run")]) == 1
    assert sentence in capsys.readouterr().err
    assert server.repos == {}
    assert not (tmp_path / "run").exists()


def stop_after(epoch: int) -> Callable[[Run, Path], None]:
    """What Ctrl-C does in the epoch after this one."""

    def finish_epoch(run: Run, _: Path) -> None:
        if run.epoch > epoch:
            raise KeyboardInterrupt

    return finish_epoch


def test_the_command_says_nothing_of_places() -> None:
    """Where a run came from and went is no part of the command that makes the same checkpoint."""
    arguments = ["--resume", REPO, "--epochs", "3", "--output=here", "--push-to-hub", REPO, "--private", "--test-works", "a", "b"]
    arguments += ["--space", SPACE, "--push-every", "2", "--seed", "1", "--resume"]
    assert train.reproducing_command(arguments) == "python train.py --epochs 3 --test-works a b --seed 1"


@pytest.mark.process
def test_a_killed_run_resumes_to_the_same_weights(midi_dir: Path, tmp_path: Path) -> None:
    """Killed without warning after its first epoch, and resumed, a run ends with the weights of one that was left alone."""
    arguments = ["--midi-dir", str(midi_dir), "--epochs", "15", *SMALL]
    assert train.main([*arguments, "--output", str(tmp_path / "whole")]) == 0

    killed = [*arguments, "--output", str(tmp_path / "killed")]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "train.py", *killed], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with process:
        assert process.stdout is not None
        assert any(b"epoch 1:" in line for line in process.stdout)
        process.kill()
    assert not (tmp_path / "killed" / "config.json").exists()
    assert train.main([*killed, "--resume"]) == 0
    for name in ("model.safetensors", "openings.safetensors", "originality.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes()
    recipes = [read_recipe(tmp_path / run / "mozart.mid") for run in ("whole", "killed")]
    assert recipes[0]["notes_sha256"] == recipes[1]["notes_sha256"]


def test_a_run_does_not_learn_from_its_own_piece(midi_dir: Path, capsys: CAPTURE) -> None:
    """With --output inside --midi-dir, a resumed run finds the music that it was started with."""
    arguments = ["--midi-dir", str(midi_dir), "--output", str(midi_dir / "run"), "--samples-every", "1", *SMALL]
    assert train.main([*arguments, "--epochs", "1"]) == 0
    assert train.main([*arguments, "--epochs", "2", "--resume"]) == 0
    assert capsys.readouterr().out.count("in 2 works") == 2


def test_files_of_others_are_not_written_over(midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """A folder that holds a README.md of one's own is refused by that name."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("mine")
    assert train.main(["--midi-dir", str(midi_dir), "--output", str(tmp_path / "mine"), *SMALL]) == 1
    assert "already holds README.md" in capsys.readouterr().err
    assert (tmp_path / "mine" / "README.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--epochs", "x"], "x is not a whole number above 0"),
        (["--epochs", "0"], "0 is not a whole number above 0"),
        (["--learning-rate", "nan"], "nan is not a number above 0"),
        (["--batch-size", "1"], "1 is not a whole number above 1"),
        (["--seed", "-1"], "-1 is not a whole number above -1"),
        (["--archive", "a", "--midi-dir", "b"], "not allowed with"),
    ],
)
def test_wrong_flags(wrong: list[str], sentence: str, capsys: CAPTURE) -> None:
    """argparse says which numbers are possible."""
    with pytest.raises(SystemExit):
        train.main(wrong)
    assert sentence in capsys.readouterr().err


def test_dry_run_writes_nothing(midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """It says what is in the music and how it is split, and stops."""
    assert train.main(["--midi-dir", str(midi_dir), "--output", str(tmp_path / "run"), "--dry-run", *SMALL]) == 0
    said = capsys.readouterr().out
    assert "most common offset distances, in quarters: 1/4" in said
    assert "Problem 3" not in said
    assert not (tmp_path / "run").exists()


def test_defaults_are_the_labs() -> None:
    """Without flags: recipe lab, split windows, 30 epochs, 128 and 32 windows a batch, RMSprop at 0.001, clipping at 5."""
    flags = train.parse_flags([])
    assert (flags.recipe, flags.split, flags.epochs) == ("lab", "windows", 30)
    assert (flags.batch_size, flags.evaluation_batch_size, flags.learning_rate, flags.clip) == (128, 32, 0.001, 5.0)
    assert (flags.embedding_dim, flags.hidden_size, flags.num_layers) == (64, 256, 3)
    assert flags.output == Path("runs/lab-windows")


def test_a_finished_run_is_not_trained_over(midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """Without --resume an output folder that holds a run is refused, and so are other settings with it; nothing is lost."""
    arguments = ["--midi-dir", str(midi_dir), "--output", str(tmp_path / "run"), "--epochs", "1", *SMALL]
    assert train.main(arguments) == 0
    before = contents(tmp_path / "run")
    assert train.main(arguments) == 1
    assert "already holds a run" in capsys.readouterr().err
    assert train.main([*arguments, "--resume", "--clip", "1"]) == 1
    assert "another --clip (5.0, now 1.0)" in capsys.readouterr().err
    assert contents(tmp_path / "run") == before

    assert train.main([*arguments, "--resume", "--epochs", "3"]) == 0
    before = contents(tmp_path / "run")
    assert train.main([*arguments, "--resume"]) == 1
    assert "has finished 3 epochs" in capsys.readouterr().err
    assert contents(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--archive", "nowhere.tar.gz"], "no archive at nowhere.tar.gz"),
        (["--midi-dir", "nowhere"], "no folder nowhere"),
        (["--device", "cuda"], "no CUDA device"),
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


def test_too_short_music(tmp_path: Path, capsys: CAPTURE) -> None:
    """Fewer than 101 notes and chords are not enough for one window."""
    tiny.write_midi(tmp_path / "short.mid", 60)
    assert train.main(["--midi-dir", str(tmp_path), "--output", str(tmp_path / "run")]) == 1
    assert "holds 60 notes and chords" in capsys.readouterr().err


def test_unreadable_files_are_listed_at_the_end(midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """With --skip-unreadable the run goes on and says at its end which files it left out."""
    (midi_dir / "broken.mid").write_text("no music")
    arguments = ["--midi-dir", str(midi_dir), "--output", str(tmp_path / "run"), "--dry-run", *SMALL]
    assert train.main(arguments) == 1
    assert "broken.mid" in capsys.readouterr().err
    assert train.main([*arguments, "--skip-unreadable"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("broken.mid is not a MIDI file.")


def test_an_output_that_cannot_be_written(midi_dir: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """Said before the music is read, not after it."""
    (tmp_path / "file").touch()
    assert train.main(["--midi-dir", str(midi_dir), "--output", str(tmp_path / "file" / "run"), *SMALL]) == 1
    said = capsys.readouterr()
    assert "choose another --output" in said.err
    assert "Problem 1" not in said.out
