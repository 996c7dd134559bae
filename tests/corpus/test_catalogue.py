"""What is known of the sonatas."""

from pathlib import Path

import pytest

from mozart.corpus.catalogue import find_movement, printable, title
from mozart.corpus.reader import read_midi
from mozart.notes.score import TICKS


@pytest.mark.parametrize(
    ("name", "expected"),
    [("piano_sonata_545.mid", "K. 545"), ("piano_sonata_593.mid", "K. 533/494"), ("my_song_2.mid", "my_song_2")],
)
def test_titles(name: str, expected: str) -> None:
    """Sonatas are called by their Köchel numbers, other files by their names."""
    assert title(Path(name)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [(b"Fr\xfchling", "Frühling"), ("Frühling".encode(), "Frühling"), (b"a\nb\x9bc", "a?b?c")],
)
def test_a_name_of_any_bytes_can_be_printed(name: bytes, expected: str) -> None:
    """Bytes that are no UTF-8 are read as Latin-1, and what moves a cursor is replaced."""
    assert printable(name.decode("utf-8", "surrogateescape")) == expected


def test_a_movement() -> None:
    """Its words, key and customary tempo; nothing for music that is no sonata, or a movement that there is not."""
    movement = find_movement("K. 545", 2)
    assert movement is not None
    assert (movement.words, movement.key, movement.character) == ("Andante", "G major", "Andante")
    assert find_movement("K. 545", 4) is find_movement("K. 545", 0) is find_movement("my piece", 1) is None


@pytest.mark.corpus
def test_every_movement_of_the_sonatas_is_known(sonata_files: list[Path]) -> None:
    """Each that the reader finds has an entry, with the metre that it has after an upbeat, and there are no others."""
    for score in map(read_midi, sonata_files):
        for index, start in enumerate(score.movements):
            movement = find_movement(score.title, index + 1)
            assert movement is not None
            # One file has the march in the metre of the minuet before it.
            assert movement.metre == str(score.metre_at(start + 4 * TICKS)) or (score.title, index) == ("K. 331", 2)
        assert find_movement(score.title, len(score.movements) + 1) is None
