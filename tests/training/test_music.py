"""What is said of the music before and after it is trained on."""

import shutil
from argparse import Namespace
from pathlib import Path

import pytest

import tiny
import train
from mozart.corpus.readings import Readings, Works
from mozart.corpus.works import Music, Skipped
from mozart.training.music import SKIPPED, say_what_is_missing, say_whose

CAPTURE = pytest.CaptureFixture[str]


def test_one_work_many_times(tmp_path: Path, capsys: CAPTURE) -> None:
    """A folder of copies of one work is one work, which is too few, and both are said."""
    folder = tiny.write_midi_files(tmp_path / "midi", 1)
    for number in range(4):
        shutil.copy(folder / "work-0.mid", folder / f"copy-{number}.kar")
    assert train.main(["--midi-dir", str(folder), "--output", str(tmp_path / "run")]) == 1
    said = capsys.readouterr()
    assert "notes in 1 file, without 4 that cannot be read or have the notes of others." in said.out
    assert "1 work is too few to hold one out to validate and one to test: give three or more." in said.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_is_missing(dry_run: bool, tmp_path: Path, capsys: CAPTURE) -> None:
    """The first twenty are printed, with how many more there are; all that were skipped go into a table, but for a dry run."""
    skipped = [Skipped(f"{number}.mid", f"{number}.mid is not a MIDI file.") for number in range(15)]
    remarks = [f"{number}.mid: 1 drum stroke is left out." for number in range(20, 30)]
    flags = Namespace(output=tmp_path, dry_run=dry_run)
    say_what_is_missing(flags, Music(Works(Readings(), []), remarks, skipped, []))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == ["  0.mid is not a MIDI file.", "  1.mid is not a MIDI file."]
    assert lines[21] == "  and 5 more"
    assert (tmp_path / SKIPPED).exists() != dry_run
    if not dry_run:
        assert len((tmp_path / SKIPPED).read_text().splitlines()) == 16


def test_whose_music_it_is() -> None:
    """The sonatas' rights are known; of others it is said where they come from."""
    sources = [(None, None), (None, "a"), ("user/b", None)]
    said = [say_whose(Namespace(midi_hub=hub, midi_dir=folder), 1_000) for hub, folder in sources]
    assert said == [None, "1,000 MIDI files of the trainer's own.", "1,000 MIDI files of the dataset user/b."]
