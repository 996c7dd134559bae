"""The command line composes, or says in one sentence why not."""

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

import mozart
from mozart.__main__ import main
from mozart.corpus.reader import read_midi

CAPTURE = pytest.CaptureFixture[str]
ROOT = Path(mozart.__file__).parent.parent


def test_writes_midi_sound_and_score(checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """All files are music, and the line says what the piece is, its length and its seed."""
    out, wav, xml = (tmp_path / f"a.{ending}" for ending in ("mid", "wav", "musicxml"))
    arguments = ["compose", "--length", "6bars", "--seed", "7", "--key", "D minor", "--checkpoint", str(checkpoint_folder)]
    assert main([*arguments, "--out", str(out), "--wav", str(wav), "--musicxml", str(xml)]) == 0
    assert len(read_midi(out).bars) == 6
    with wave.open(str(wav)) as file:
        assert file.getnframes() > 44_100
    assert "score-partwise" in xml.read_text()
    said = capsys.readouterr().out
    assert "D minor, 6 bars" in said
    assert "seed 7" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mid", "a.musicxml", "a.wav"]


def test_json(checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """--json prints one object and nothing else."""
    out = str(tmp_path / "a.mid")
    assert main(["compose", "--length", "4bars", "--json", "--checkpoint", str(checkpoint_folder), "--out", out]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["request"]["length"] == "4bars"
    assert 0 <= about["request"]["seed"] < 2**32


def test_candidates(checkpoint_folder: Path, tmp_path: Path) -> None:
    """So many pieces, numbered, each with a seed of its own."""
    arguments = ["compose", "--length", "3bars", "--seed", "5", "--candidates", "2", "--checkpoint", str(checkpoint_folder)]
    assert main([*arguments, "--out", str(tmp_path / "a.mid")]) == 0
    first, second = (read_midi(tmp_path / f"a-{number}.mid") for number in (1, 2))
    assert first != second


def test_composes_a_piece_again(checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """--from gives the same bytes, and takes no other settings."""
    first, second = tmp_path / "a.mid", tmp_path / "b.mid"
    checkpoint = ["--checkpoint", str(checkpoint_folder)]
    assert main(["compose", "--length", "4bars", *checkpoint, "--out", str(first)]) == 0
    assert main(["compose", "--from", str(first), *checkpoint, "--out", str(second)]) == 0
    assert second.read_bytes() == first.read_bytes()
    assert "the same as the first time" in capsys.readouterr().out
    assert main(["compose", "--from", str(first), "--seed", "3", *checkpoint, "--out", str(second)]) == 1
    assert "leave the other settings out" in capsys.readouterr().err


def test_as_in_the_laboratory(lab_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """--lab composes with the laboratory's network."""
    out = tmp_path / "mozart.mid"
    arguments = ["compose", "--lab", "--length", "12", "--seed", "1", "--checkpoint", str(lab_folder), "--out", str(out)]
    assert main(arguments) == 0
    assert len(read_midi(out))
    assert "As in the laboratory" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["--length", "x"], "A length of x is not possible"),
        (["--seed", "-1"], "whole number from 0"),
        (["--key", "H"], "no key 'H'"),
        (["--character", "Polka"], "no character 'Polka'"),
        (["--offsets", "1"], "composed, sampled, 0.25, 0.5"),
        (["--temperature", "hot"], "from 0 to 10"),
        (["--candidates", "0"], "from 1 to 100"),
        (["--opening", "nowhere.mid"], "nowhere.mid"),
        (["--opening", "K. 1"], "no opening 'K. 1'"),
        (["--again", "1"], "9-12@7"),
        (["--plan", "{"], "plan"),
        (["--lab", "--key", "G major"], "does not use key"),
        (["--checkpoint", "nowhere"], "no checkpoint nowhere"),
        (["--checkpoint", "pretrained/none"], "ship with the code"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE, flags: list[str], problem: str
) -> None:
    """No traceback, nothing written, exit status 1."""
    out = tmp_path / "a.mid"
    checkpoint = [] if "--checkpoint" in flags else ["--checkpoint", str(checkpoint_folder)]
    assert main(["compose", *checkpoint, *flags, "--out", str(out)]) == 1
    said = capsys.readouterr().err.replace("\r", "\n").strip().splitlines()[-1]
    assert problem in said
    assert not list(tmp_path.iterdir())


def test_outputs_are_looked_at_first(tmp_path: Path, capsys: CAPTURE) -> None:
    """A folder that is not there, a folder as a file, and one file twice are refused before anything is composed."""
    for flags, problem in (
        (["--out", str(tmp_path / "no" / "a.mid")], "There is no folder"),
        (["--out", str(tmp_path)], "is a folder"),
        (["--out", str(tmp_path / "a"), "--wav", str(tmp_path / "a")], "name the same file"),
    ):
        assert main(["compose", *flags]) == 1
        assert problem in capsys.readouterr().err


def test_measure_refuses_numbers_that_are_none(capsys: CAPTURE) -> None:
    """--pieces is a whole number within bounds."""
    assert main(["measure", "--pieces", "many"]) == 1
    assert "from 10 to 1,000" in capsys.readouterr().err


@pytest.mark.process
def test_matplotlib_is_quiet_about_its_own_cache(tmp_path: Path) -> None:
    """In a home folder that cannot be used nothing of it is printed beside the program's own sentences."""
    home = tmp_path / "home"
    home.touch()  # a file, in which no folder can be made, by root neither
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "MPLCONFIGDIR": str(home)}
    command = [sys.executable, "-c", "import mozart.lab.curves"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
