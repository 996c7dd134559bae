"""Token ↔ id."""

import pytest
from music21.pitch import Pitch

from mozart.score import Work
from mozart.vocabulary import Vocabulary, pitches


def test_round_trip() -> None:
    """Decoding what was encoded gives the same tokens."""
    tokens = ["D4", "C4.G3", "A5", "D4"]
    vocabulary = Vocabulary.of(tokens)
    assert vocabulary.decode(vocabulary.encode(tokens)) == tokens
    assert len(vocabulary) == 3


def test_ids_do_not_depend_on_the_order_of_the_corpus() -> None:
    """The same tokens in another order have the same ids; another token makes another vocabulary."""
    assert Vocabulary.of(["B4", "A4"]) == Vocabulary.of(["A4", "B4", "A4"])
    assert Vocabulary.of(["B4", "A4"]) != Vocabulary.of(["B4", "A4", "C4"])


def test_unknown_and_repeated_tokens_are_errors() -> None:
    """Nothing is mapped to something else in silence."""
    with pytest.raises(KeyError):
        Vocabulary.of(["A4"]).encode(["B4"])
    with pytest.raises(ValueError, match="distinct"):
        Vocabulary(["A4", "A4"])


def test_pitches_are_midi_numbers() -> None:
    """C4 is 60 and A4 69; a chord's pitches ascend whatever the order of their names."""
    assert pitches("C4") == (60,)
    assert pitches("A4") == (69,)
    assert pitches("B-3.E-4.G3") == (55, 58, 63)


def test_shapes_do_not_depend_on_the_key() -> None:
    """Major thirds share a shape wherever they stand; a minor third and a note have others."""
    vocabulary = Vocabulary(["C4.E4", "G4.B4", "D4.F4", "C4", "B4"])
    third, moved, minor, note, other = vocabulary.shapes.tolist()
    assert third == moved
    assert note == other
    assert len({third, minor, note}) == 3 == vocabulary.shapes.max() + 1
    assert vocabulary.lowest.tolist() == [60, 67, 62, 60, 71]


@pytest.mark.corpus
def test_pitches_agree_with_music21(sonatas: list[Work]) -> None:
    """Every token of the sonatas is read as music21 reads it."""
    tokens = {event.token for work in sonatas for event in work.events}
    for token in tokens:
        assert pitches(token) == tuple(sorted(Pitch(name).midi for name in token.split(".")))
