"""Home keys, degrees and Roman numerals."""

import numpy as np
import pytest

from mozart.corpus.catalogue import find_movement
from mozart.model.degrees import home_key, numeral, to_degrees
from mozart.model.harmony import KINDS, SILENT
from mozart.notes import Note, Score

M, MINOR, DIM, M7, DOM7, DIM7 = range(len(KINDS))


@pytest.mark.parametrize(
    ("chord", "mode", "bass", "text"),
    [
        ((0, M), "major", None, "I"),
        ((0, M), "major", 7, "I64"),
        ((0, M), "major", 2, "I"),
        ((2, MINOR), "major", 5, "ii6"),
        ((2, M7), "major", 5, "ii65"),
        ((7, DOM7), "major", 7, "V7"),
        ((7, DOM7), "major", 5, "V42"),
        ((11, DIM), "major", 2, "vii°6"),
        ((11, DIM7), "minor", 11, "vii°7"),
        ((2, M), "major", 2, "V/V"),
        ((2, DOM7), "major", 6, "V65/V"),
        ((0, DOM7), "major", 0, "V7/IV"),
        ((9, DOM7), "major", 9, "V7/ii"),
        ((6, DIM7), "major", 6, "vii°7/V"),
        ((5, MINOR), "major", None, "iv"),
        ((8, M), "major", None, "♭VI"),
        ((1, M), "minor", 5, "♭II6"),
        ((0, MINOR), "minor", None, "i"),
        ((3, M), "minor", None, "III"),
        ((0, M), "minor", None, "I"),
        ((0, DOM7), "minor", None, "V7/iv"),
        ((10, M), "minor", None, "VII"),
        ((10, DOM7), "minor", None, "V7/III"),
        ((2, DIM), "minor", 5, "ii°6"),
        ((SILENT, 0), "major", None, "–"),
    ],
)
def test_chords_are_called_as_musicians_call_them(chord: tuple[int, int], mode: str, bass: int | None, text: str) -> None:
    """Numeral, inversion and what a dominant is applied to."""
    assert numeral(*chord, mode, bass) == text


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_chord_has_a_numeral_of_its_own(mode: str) -> None:
    """A numeral says degree and kind: no two chords of a mode share one."""
    chords = [(SILENT, 0), *((degree, kind) for degree in range(12) for kind in range(len(KINDS)))]
    assert len({numeral(*chord, mode) for chord in chords}) == len(chords)


def test_degrees_are_counted_from_the_tonic_and_silence_stays() -> None:
    """In G, a chord on D is the fifth degree."""
    assert to_degrees(np.array([[2, 4], [SILENT, 0], [7, 0]], np.int8), 7).tolist() == [[7, 4], [SILENT, 0], [0, 0]]


def test_a_movement_in_minor_that_ends_in_major_is_in_minor() -> None:
    """The mode is the beginning's."""
    minor, major = (57, 60, 64, 68, 69), (57, 61, 64, 68, 69)
    bars = [*[minor] * 8, *[major] * 12]
    score = Score([Note(1920 * bar + 384 * i, 0, pitch, 380, 70) for bar, row in enumerate(bars) for i, pitch in enumerate(row)])
    assert str(home_key(score)) == "A minor"
    assert str(home_key(score.bars_slice(8, 20))) == "A major"


@pytest.mark.corpus
def test_the_sonatas_keys_are_found(works: dict[str, Score]) -> None:
    """Every movement's home key is the catalogue's."""
    wrong = []
    for work in works.values():
        for number in range(len(work.movements)):
            movement = find_movement(work.title, number + 1)
            assert movement is not None
            key = str(home_key(work.movement(number)))
            wrong += [(work.title, number + 1, key)] if key != movement.key else []
    assert not wrong
