"""The command line composes, or says in one sentence why not."""

import json
import shutil
import sys
import wave
from pathlib import Path

import mido
import pretty_midi
import pytest

import tiny
from mozart.__main__ import main
from mozart.card import CURVES, PIECES, measures_table, shown
from mozart.checkpoint import CARD, CONFIG, FILES, load_checkpoint
from mozart.corpus import archive
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
    assert set(about["originality"]) == {"longest_exact", "longest", "shares_exact", "shares"}


def test_all_settings(checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """Every setting of a Request can be given, and what has no opening says what it was composed after."""
    out = tmp_path / "a.mid"
    settings = "--length 4bars --offsets contextual --temperature 0.8 --top-p 0.9 --memory 0.5 --max-copy 9 --tempo 90 --seed 3"
    arguments = ["compose", *settings.split(), "--opening", "Work 1, movement 1", "--no-opening", "--out", str(out)]
    assert main([*arguments, "--checkpoint", str(checkpoint_folder), "--musicxml", str(tmp_path / "a.musicxml")]) == 0
    said = capsys.readouterr().out
    assert "after Work 1, movement 1" in said
    assert pretty_midi.PrettyMIDI(str(out)).get_tempo_changes()[1].tolist() == [pytest.approx(90, abs=1e-3)]
    assert "score-partwise" in (tmp_path / "a.musicxml").read_text()


def test_candidates(checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """Numbered files, each with a seed of its own."""
    arguments = ["compose", "--length", "9", "--candidates", "3", "--seed", "5", "--checkpoint", str(checkpoint_folder)]
    assert main([*arguments, "--out", str(tmp_path / "a.mid")]) == 0
    said = capsys.readouterr().out
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a-1.mid", "a-2.mid", "a-3.mid"]
    assert [f"with seed {seed}" in said for seed in (5, 6, 7)] == [True] * 3


def test_composing_again(checkpoint_folder: Path, tmp_path: Path, capsys: CAPTURE) -> None:
    """--from gives the same file, byte for byte, and says that the notes are the same."""
    first, again = tmp_path / "a.mid", tmp_path / "b.mid"
    assert main(["compose", "--length", "9", "--checkpoint", str(checkpoint_folder), "--out", str(first)]) == 0
    assert main(["compose", "--from", str(first), "--checkpoint", str(checkpoint_folder), "--out", str(again)]) == 0
    assert "The notes are the same, and so is the file." in capsys.readouterr().out
    assert again.read_bytes() == first.read_bytes()

    changed = mido.MidiFile(first)
    changed.tracks[-1].insert(0, mido.MetaMessage("text", text="mine"))
    changed.save(first)
    assert main(["compose", "--from", str(first), "--checkpoint", str(checkpoint_folder), "--out", str(again)]) == 0
    assert "the file was changed since" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--out", "b.mid"], "holds no recipe"),
        (["--out", "b.mid", "--length", "5"], "leave the other settings out"),
        (["--out", "b.mid", "--candidates", "2"], "leave the other settings out"),
        (["--out", "a.mid"], "a.mid would be written over"),
        (["--from", "missing.mid", "--out", "a.mid"], "There is no MIDI file missing.mid"),
    ],
)
def test_composing_again_from_the_wrong_file(
    wrong: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    """One sentence, and the file is left as it is."""
    monkeypatch.chdir(tmp_path)
    content = tiny.write_midi(tmp_path / "a.mid", 20).read_bytes()
    assert main(["compose", "--from", "a.mid", *wrong]) == 1  # a later --from holds
    assert sentence in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.mid"]
    assert (tmp_path / "a.mid").read_bytes() == content


def test_measure(checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE) -> None:
    """The table is printed, and written into the checkpoint, which is whole afterwards and composes the same pieces."""
    folder = Path(shutil.copytree(checkpoint_folder, tmp_path / "copy"))
    monkeypatch.setattr(archive, "sonatas", lambda _: [])
    monkeypatch.setattr("mozart.__main__.read_scores", lambda _: (tiny.works(), []))
    assert main(["measure", "--pieces", "3", "--length", "60", "--checkpoint", str(folder)]) == 0
    said = capsys.readouterr().out
    for row in ("| repeated 4-grams |", "| steps |", "| loops, of pieces |", "| runs of 8 in the training music |"):
        assert row in said
    before, after = load_checkpoint(checkpoint_folder), load_checkpoint(folder)
    assert after.identity == before.identity
    measured = after.metrics["measures"]
    assert measured["pieces"] == {"default": 3, "greedy": 3, "lab": 2}
    assert set(measured["table"]) == {"Mozart", "default", "greedy", "lab"}
    assert measures_table(measured, after.metrics["originality"]) in (folder / "README.md").read_text()


def test_candidates_write_over_nothing_of_the_persons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A candidate's numbered file may not be the opening that it begins with."""
    opening = tiny.write_midi(tmp_path / "n-1.mid")
    before = opening.read_bytes()
    assert main(["compose", "--opening", str(opening), "--candidates", "2", "--out", str(tmp_path / "n.mid")]) == 1
    assert "n-1.mid would be written over" in capsys.readouterr().err
    assert opening.read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--length", "0"], "length of 0"),
        (["--length", "-5"], "length of -5"),
        (["--length", "1000000000"], "length of 1000000000"),
        (["--length", "many"], "length of many is not possible"),
        (["--offsets", "0.3"], "choose one of 0.25, 0.5, sampled"),
        (["--temperature", "0"], "temperature of 0"),
        (["--temperature", "warm"], "warm is not a number"),
        (["--seed", "-1"], "seed of -1"),
        (["--top-p", "1.5"], "top-p of 1.5"),
        (["--memory", "2"], "memory of 2"),
        (["--max-copy", "3"], "longest copy of 3"),
        (["--tempo", "nan"], "tempo of nan"),
        (["--candidates", "0"], "--candidates 0 is not possible"),
        (["--lab", "--offsets", "contextual"], "no contextual rhythm"),
        (["--opening", "K. 1"], "no opening 'K. 1'"),
        (["--opening", "mine.mid", "--out", "mine.mid"], "mine.mid would be written over"),
        (["--lab", "--memory", "0.5"], "--memory is not used with --lab"),
        (["--checkpoint", "pretrained/nope"], "what ships is pretrained/unseen and pretrained/lab"),
        (["--opening", "no.mid"], "There is no MIDI file no.mid"),
        (["--checkpoint", "no/such/folder"], "There is no checkpoint no/such/folder"),
        (["--out", "no/such/folder/a.mid"], "no folder no/such/folder"),
        (["--out", "."], "is a folder"),
        (["--out", "/dev/null"], "is a folder or a device"),
        (["--out", "a", "--wav", "a"], "name one file"),
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


def test_a_card_is_written_anew(checkpoint_folder: Path, tmp_path: Path) -> None:
    """The card gets its pictures and pieces; of the checkpoint's files only the card and the list of hashes change."""
    folder = Path(shutil.copytree(checkpoint_folder, tmp_path / "copy"))
    assert main(["card", "--checkpoint", str(folder)]) == 0
    assert shown(folder) == [*CURVES, *PIECES]
    assert all(f"({name})" in (folder / CARD).read_text() for name in (*CURVES, *PIECES))
    changed = {name for name in FILES if (folder / name).read_bytes() != (checkpoint_folder / name).read_bytes()}
    assert changed == {CARD, CONFIG}
    load_checkpoint(folder)
