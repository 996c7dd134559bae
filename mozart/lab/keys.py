"""Beyond the text: a network that knows the music in five keys, and is asked in all of them.

A fourth and a fifth higher and lower is where Mozart's passages come back. A window is moved there, the network predicts what
follows, and the predictions are moved back and averaged.
"""

import math

import torch
from torch import Tensor

from mozart.lab.network import RNN, Hidden
from mozart.lab.pitches import midi_pitches
from mozart.lab.windows import Vocabulary

KEYS = (0, 5, -7, 7, -5)  # semitones that the music is moved by


def move_tokens(vocabulary: Vocabulary) -> tuple[Tensor, int]:
    """Find what each token is in each key, and how many tokens there are: the vocabulary's, then those that other keys bring.

    Returns
    -------
    moved : Tensor of int64, shape (5, n_notes), its first row 0, 1, 2 …
    n_tokens : int
    """
    pitches = [midi_pitches(token) for token in vocabulary.tokens]
    numbers = {token: number for number, token in enumerate(pitches)}
    rows = [[numbers.setdefault(tuple(pitch + key for pitch in token), len(numbers)) for token in pitches] for key in KEYS]
    return torch.tensor(rows), len(numbers)


class InKeys(RNN):
    """The laboratory's network over the tokens of all keys, which takes and predicts the text's ids.

    Parameters
    ----------
    moved, n_tokens
        As :func:`move_tokens` gives them.
    embedding_dim, hidden_size, num_layers
        As :class:`~mozart.lab.network.RNN` takes them.
    """

    moved: Tensor

    def __init__(self, moved: Tensor, n_tokens: int, embedding_dim: int = 64, hidden_size: int = 256, num_layers: int = 3) -> None:
        super().__init__(n_tokens, embedding_dim, hidden_size, num_layers)
        self.register_buffer("moved", moved, persistent=False)

    def forward(self, x: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Predict the id that follows each sequence, by the mean of the probabilities in all keys; see the network's own.

        Parameters
        ----------
        x : Tensor of int64, shape (B, T)
        hidden : the state before the first step, of every sequence in every key

        Returns
        -------
        log_probabilities : Tensor of float32, shape (B, n_notes)
            Over the text's ids; what is left is the share of tokens that only other keys have.
        hidden : the state after the last step
        """
        predicted, hidden = super().forward(self.moved[:, x].flatten(0, 1), hidden)
        by_key = predicted.view(len(KEYS), len(x), -1)
        found = by_key.gather(-1, self.moved[:, None].expand(-1, len(x), -1))
        return torch.logsumexp(found, 0) - math.log(len(KEYS)), hidden

    def init_hidden(self, batch_size: int) -> Hidden:
        """Make a fresh state of `batch_size` sequences in every key."""
        return super().init_hidden(len(KEYS) * batch_size)
