"""What pitches are called in a key."""

import pytest

from mozart.notes.keys import Key
from mozart.notes.spelling import name


@pytest.mark.parametrize(
    ("key", "pitch", "called"),
    [
        ("A minor", 68, "G♯4"),  # the leading note
        ("A minor", 63, "D♯4"),  # the one of its dominant
        ("A minor", 70, "B♭4"),
        ("C minor", 71, "B4"),
        ("C minor", 66, "F♯4"),
        ("C minor", 61, "D♭4"),
        ("C major", 68, "G♯4"),
        ("C major", 63, "E♭4"),
        ("F-sharp major", 60, "B♯3"),
        ("E-flat minor", 71, "C♭5"),
    ],
)
def test_names(key: str, pitch: int, called: str) -> None:
    """In minor the raised notes belong to the key, and its leading note leads up; octaves go by the step."""
    assert name(pitch, Key.parse(key)) == called
