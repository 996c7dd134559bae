"""Which key music is in, and how its pitches are called."""

import pytest

from mozart.errors import MozartError
from mozart.notes import Note, Score
from mozart.notes.keys import MODES, Key, estimate_key
from mozart.notes.spelling import name

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 11, 12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tonic", range(12))
def test_a_scale_is_in_its_key(tonic: int, mode: str) -> None:
    """A scale that rests on tonic, third and fifth is in its key."""
    scale = MAJOR if mode == "major" else MINOR
    notes = [Note(480 * i, 0, 60 + tonic + step, 480, 80) for i, step in enumerate(scale)]
    notes += [Note(480 * (8 + i), 0, 60 + tonic + scale[degree], 960, 80) for i, degree in ((0, 0), (2, 2), (4, 4))]
    assert estimate_key(Score(notes)) == Key(tonic, mode)


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("G major", Key(7, "major"), "G major"),
        ("Bb minor", Key(10, "minor"), "B-flat minor"),
        ("b-flat MAJOR", Key(10, "major"), "B-flat major"),
        ("F# minor", Key(6, "minor"), "F-sharp minor"),
        ("E♭ major", Key(3, "major"), "E-flat major"),
    ],
)
def test_keys_have_names(text: str, key: Key, said: str) -> None:
    """A key is read as people write it, and said in one way."""
    assert Key.parse(text) == key
    assert str(key) == said
    assert Key.parse(said) == key


@pytest.mark.parametrize("text", ["", "H major", "G", "G lydian", "G## major", "x" * 1000])
def test_what_is_no_key_is_refused(text: str) -> None:
    """The sentence says what a key looks like."""
    with pytest.raises(MozartError, match="such as G major"):
        Key.parse(text)


def test_pitches_are_spelled_as_the_key_has_them() -> None:
    """E flat in B-flat major, D sharp in E minor; C flat belongs to the octave above its B."""
    assert name(63, Key(10, "major")) == "E♭4"
    assert name(63, Key(4, "minor")) == "D♯4"
    assert name(59, Key(3, "minor")) == "C♭4"
    assert name(60, Key(0, "major")) == "C4"


def test_no_notes_have_no_key() -> None:
    """An empty score is refused in words."""
    with pytest.raises(MozartError, match="no notes"):
        estimate_key(Score([]))
