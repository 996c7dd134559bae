"""Many files: in order, each with what it leaves out."""

from pathlib import Path

import pytest

from midi_bytes import midi, strikes, tune
from mozart.corpus.works import read_works
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
    """What a score leaves out is said with its file's name, and so is a file that is skipped."""
    scores, remarks, _ = read_works(files, skip_unreadable=True)
    assert [(score.title, len(score)) for score in scores] == [("b", 16), ("a", 8)]
    assert remarks == ["broken.mid is not a MIDI file.", "a.mid: 8 drum strokes are left out."]


def test_a_file_that_cannot_be_read(files: list[Path]) -> None:
    """Ends the reading, and the sentence says how to go on."""
    with pytest.raises(MozartError, match=r"broken\.mid is not a MIDI file.*--skip-unreadable"):
        read_works(files)


def test_no_file_can_be_read(files: list[Path]) -> None:
    """Is said, with the reasons."""
    with pytest.raises(MozartError, match=r"None of the files could be read: broken\.mid is not"):
        read_works(files[1:2], skip_unreadable=True)


def test_names_of_any_bytes(tmp_path: Path) -> None:
    """A name that is no UTF-8 can be printed, as title and in sentences."""
    path = tmp_path / b"Fr\xfchling.mid".decode("utf-8", "surrogateescape")
    path.write_bytes(midi(strikes(tune()), strikes(tune(), channel=9)))
    scores, remarks, _ = read_works([path])
    assert (scores[0].title, remarks) == ("Frühling", ["Frühling.mid: 16 drum strokes are left out."])
    path.write_bytes(b"")
    with pytest.raises(MozartError, match=r"^Frühling\.mid "):
        read_works([path])
