"""Many files: in order, each once, with what it leaves out."""

from pathlib import Path

import pytest

from midi_bytes import midi, strikes, tune
from mozart.corpus import reading
from mozart.corpus.works import read_works, to_csv
from mozart.errors import MozartError


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A tune, what is no MIDI, and a tune with drums."""
    paths = [tmp_path / name for name in ("b.mid", "broken.mid", "a.mid")]
    paths[0].write_bytes(midi(strikes(tune())))
    paths[1].write_bytes(b"no MIDI")
    paths[2].write_bytes(midi(strikes(tune(8)), strikes(tune(8), channel=9)))
    return paths


def test_one_score_a_file_in_their_order(files: list[Path]) -> None:
    """What a score leaves out is said with its file's name, and a file that is skipped is listed with the reason."""
    music = read_works(files, skip_unreadable=True)
    assert [(score.title, len(score)) for score in music.scores] == [("b", 16), ("a", 8)]
    assert music.remarks == ["a.mid: 8 drum strokes are left out."]
    assert music.skipped == [("broken.mid", "broken.mid is not a MIDI file.")]
    assert music.paths == [files[0], files[2]]


def test_a_file_that_cannot_be_read(files: list[Path]) -> None:
    """Ends the reading, and the sentence says how to go on, and how many more there are."""
    with pytest.raises(MozartError, match=r"broken\.mid is not a MIDI file\. Remove the file, or add --skip-unreadable"):
        read_works(files)
    (files[0].parent / "c.mid").write_bytes(b"nor this")
    with pytest.raises(MozartError, match=r"And 1 more cannot be read\. Remove those files, or add"):
        read_works([*files, files[0].parent / "c.mid"])


def test_the_same_music_twice(files: list[Path], tmp_path: Path) -> None:
    """It is taken once; the second file is listed with the first one's name, whatever else is in it."""
    copy = tmp_path / "copy.mid"
    copy.write_bytes(midi(strikes(tune()), strikes(tune(3), channel=9)))
    music = read_works([files[0], copy, copy])
    assert music.scores.titles == ["b"]
    assert music.skipped == [("copy.mid", "It has the same notes as b.mid.")] * 2
    assert to_csv(music.skipped).decode().splitlines() == ["file,reason", *["copy.mid,It has the same notes as b.mid."] * 2]


def test_folders_are_part_of_titles(files: list[Path], tmp_path: Path) -> None:
    """Two composers' works of one name are two works."""
    for number, composer in enumerate(("Bach", "Clara Schumann/early")):
        (tmp_path / composer).mkdir(parents=True)
        (tmp_path / composer / "Prelude.mid").write_bytes(midi(strikes(tune(5 + number))))
    paths = [files[0], *sorted(tmp_path.glob("*/**/*.mid"))]
    assert read_works(paths, folder=tmp_path).scores.titles == ["b", "Bach: Prelude", "Clara Schumann/early: Prelude"]


def test_what_was_read_is_remembered(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A second time nothing is read, wherever the file lies, and the music is the same."""
    first = read_works(files, skip_unreadable=True)
    monkeypatch.setattr(reading, "read_midi_bytes", lambda *_: pytest.fail("read again"))
    files[0].rename(files[0].with_name("moved.mid"))
    again = read_works([files[0].with_name("moved.mid"), files[2]])
    assert list(again.scores) == list(first.scores)
    assert again.remarks == first.remarks
    assert again.scores.titles == ["moved", "a"]


def test_no_file_can_be_read(files: list[Path]) -> None:
    """Is said, with the reasons."""
    with pytest.raises(MozartError, match=r"None of the files could be read: broken\.mid is not"):
        read_works(files[1:2], skip_unreadable=True)


def test_names_of_any_bytes(tmp_path: Path) -> None:
    """A name that is no UTF-8 can be printed, as title and in sentences."""
    path = tmp_path / b"Fr\xfchling.mid".decode("utf-8", "surrogateescape")
    path.write_bytes(midi(strikes(tune()), strikes(tune(), channel=9)))
    music = read_works([path])
    assert (music.scores[0].title, music.remarks) == ("Frühling", ["Frühling.mid: 16 drum strokes are left out."])
    path.write_bytes(b"")
    with pytest.raises(MozartError, match=r"^Frühling\.mid "):
        read_works([path])
