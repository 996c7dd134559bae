"""The network: ids (B, T) and a state → log-probabilities (B, V) and the next state. (Lab, Problem 3.)"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mozart.errors import MozartError

State = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class ModelConfig:
    """The network's shape; the defaults are the lab's.

    Attributes
    ----------
    n_tokens : size of the vocabulary (668 for the sonatas)
    embedding_dim : the lab says that 32 and 64 are good choices
    hidden_size : features of the LSTM's state
    num_layers : stacked LSTM layers
    """

    n_tokens: int
    embedding_dim: int = 64
    hidden_size: int = 256
    num_layers: int = 3


class MusicLSTM(nn.Module):
    """The lab's network: an embedding, stacked LSTM layers, and a head that looks at the last step only.

    The last LSTM layer and each of the two Linear layers are followed by BatchNorm1d; LogSoftmax comes last.
    (CrossEntropyLoss applies a log-softmax of its own; applied to log-probabilities it changes nothing.)
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.n_tokens, config.embedding_dim)
        self.lstm = nn.LSTM(config.embedding_dim, config.hidden_size, config.num_layers, batch_first=True)
        self.head = nn.Sequential(
            nn.BatchNorm1d(config.hidden_size),
            nn.Linear(config.hidden_size, config.hidden_size),
            nn.BatchNorm1d(config.hidden_size),
            nn.Linear(config.hidden_size, config.n_tokens),
            nn.BatchNorm1d(config.n_tokens),
            nn.LogSoftmax(dim=1),
        )

    def forward(self, x: Tensor, hidden: State) -> tuple[Tensor, State]:
        """Predict the id that follows each sequence.

        Parameters
        ----------
        x : Tensor of int64, shape (B, T)
        hidden : the state before the first step, from :meth:`init_hidden` or an earlier call

        Returns
        -------
        log_probabilities : Tensor, shape (B, V)
        hidden : the state after the last step
        """
        output, hidden = self.lstm(self.embedding(x), hidden)
        return self.head(output[:, -1]), hidden

    def init_hidden(self, batch_size: int) -> State:
        """A fresh state: two zero tensors of shape (num_layers, batch_size, hidden_size) on the network's device."""
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        weight = self.embedding.weight
        return weight.new_zeros(shape), weight.new_zeros(shape)


def count_parameters(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def choose_device(name: str) -> torch.device:
    """``auto`` (CUDA where there is one), ``cpu`` or ``cuda`` → the device. Raises MozartError for a missing CUDA."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise MozartError("This machine has no CUDA device that torch can use: choose --device cpu, or auto.")
    return torch.device(name)
