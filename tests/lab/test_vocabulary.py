"""Token ↔ id."""

import pytest

from mozart.lab.windows import Vocabulary


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
