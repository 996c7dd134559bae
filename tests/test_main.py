"""The command line composes, or says in one sentence why not."""

import json
import sys
import wave
from pathlib import Path

import pretty_midi
import pytest

from mozart.__main__ import main
from mozart.windows import WINDOW

CAPTURE = pytest.CaptureFixture[str]


def test_writes_midi_and_wav(checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """Both files are music, and the line says seed and length."""
    out, wav = tmp_path / "a.mid", tmp_path / "a.wav"
    arguments = ["compose", "--length", "20", "--seed", "7", "--checkpoint", str(checkpoint_folder)]
    assert main([*arguments, "--out", str(out), "--wav", str(wav)]) == 0
    assert len(pretty_midi.PrettyMIDI(str(out)).instruments[0].notes) >= WINDOW + 20
    with wave.open(str(wav)) as file:
        assert file.getnframes() > 44_100
    assert "120 notes and chords" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mid", "a.wav"]


def test_json(checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """--json prints one object and nothing else; tokens and offsets are one for one."""
    arguments = ["compose", "--length", "20", "--offsets", "sampled", "--json", "--checkpoint", str(checkpoint_folder)]
    assert main([*arguments, "--out", str(tmp_path / "a.mid")]) == 0
    about = json.loads(capsys.readouterr().out)
    assert len(about["tokens"]) == len(about["offsets"]) == WINDOW + 20
    assert about["opening_length"] == WINDOW
    assert about["checkpoint"] == str(checkpoint_folder)
    assert about["seconds"] >= 0
    assert 0 <= about["seed"] < 2**32


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--length", "0"], "length of 0"),
        (["--length", "-5"], "length of -5"),
        (["--length", "1000000000"], "length of 1000000000"),
        (["--length", "many"], "many is not a whole number"),
        (["--offsets", "0.3"], "choose one of 0.25, 0.5, sampled"),
        (["--temperature", "0"], "temperature of 0"),
        (["--temperature", "warm"], "warm is not a number"),
        (["--seed", "-1"], "seed of -1"),
        (["--checkpoint", "no/such/folder"], "There is no checkpoint no/such/folder"),
        (["--out", "no/such/folder/a.mid"], "no folder no/such/folder"),
        (["--out", "."], "is a folder"),
        (["--out", "/dev/null"], "is a folder or a device"),
        (["--out", "a", "--wav", "a"], "both name a"),
    ],
)
def test_wrong_input(wrong: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE) -> None:
    """One sentence, exit status 1, and nothing written."""
    monkeypatch.chdir(tmp_path)
    assert main(["compose", *wrong]) == 1
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []


def test_without_fluidsynth_the_midi_is_written(
    checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    """The sentence says what to type and that the MIDI file is there."""
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    out, wav = tmp_path / "a.mid", tmp_path / "a.wav"
    arguments = ["compose", "--length", "5", "--checkpoint", str(checkpoint_folder), "--out", str(out), "--wav", str(wav)]
    assert main(arguments) == 1
    assert out.exists()
    assert not wav.exists()
    error = capsys.readouterr().err
    assert "libfluidsynth3" in error
    assert "was written all the same" in error
