"""Token ↔ id, and what a token is in any key. (Lab, Problem 2: "convert the pitches to integers".)

Conventions
-----------
A pitch's number is MIDI's: C4 is 60. A token is its lowest pitch and its shape, the intervals above that pitch in
semitones: C4.E4 and G4.B4 have one shape. Moved to another key, a token keeps its shape.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

# music21 spells the pitches of MIDI files with these twelve names.
_NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
# From the lowest octave up: E-1 is the E flat of the piano, not the E five octaves below it.
_NUMBERS = {f"{name}{octave}": 12 * (octave + 1) + place for octave, (place, name) in product(range(-1, 10), enumerate(_NAMES))}


def pitches(token: str) -> tuple[int, ...]:
    """The MIDI numbers of a token's pitches, ascending. Raises KeyError for a name that music21 does not give to MIDI notes."""
    return tuple(sorted(_NUMBERS[name] for name in token.split(".")))


class Vocabulary:
    """The distinct tokens of a corpus; a token's id is its place in sorted order.

    Parameters
    ----------
    tokens
        Distinct tokens in id order.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        if len(set(tokens)) != len(tokens):
            raise ValueError("a vocabulary's tokens must be distinct")
        self.tokens = tuple(tokens)
        self._ids = {token: number for number, token in enumerate(tokens)}

    @classmethod
    def of(cls, tokens: Iterable[str]) -> "Vocabulary":
        """The vocabulary of a corpus, from all its tokens in any order and number."""
        return cls(sorted(set(tokens)))

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Tokens → ids. Raises KeyError for a token that is not in the vocabulary."""
        return [self._ids[token] for token in tokens]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Ids → tokens. Raises IndexError for an id that is not in the vocabulary."""
        return [self.tokens[number] for number in ids]

    @cached_property
    def lowest(self) -> NDArray[np.int64]:
        """The MIDI number of every token's lowest pitch, shape (n_tokens,)."""
        return np.array([pitches(token)[0] for token in self.tokens], dtype=np.int64)

    @cached_property
    def shapes(self) -> NDArray[np.int64]:
        """The number of every token's shape, from 0, shape (n_tokens,)."""
        shapes = [tuple(pitch - pitches(token)[0] for pitch in pitches(token)) for token in self.tokens]
        numbers = {shape: number for number, shape in enumerate(sorted(set(shapes)))}
        return np.array([numbers[shape] for shape in shapes], dtype=np.int64)

    @property
    def n_shapes(self) -> int:
        """How many shapes the tokens have."""
        return int(self.shapes.max()) + 1

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def __len__(self) -> int:
        return len(self.tokens)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)
