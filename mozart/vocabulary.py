"""Token ↔ id. (Lab, Problem 2: "convert the pitches to integers".)"""

from collections.abc import Iterable, Sequence


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

    def __len__(self) -> int:
        return len(self.tokens)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)
