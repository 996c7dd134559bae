"""Problem 3: the network, ids (B, T) and a state → log-probabilities (B, V) and the next state."""

import torch
from torch import Tensor, nn

from mozart.errors import MozartError

Hidden = tuple[Tensor, Tensor]


class RNN(nn.Module):
    """An embedding, LSTM layers and two Linear layers, the last LSTM and each Linear followed by BatchNorm1d. (Problem 3.)

    Parameters
    ----------
    n_notes
        How many distinct tokens there are: 668 for the sonatas.
    embedding_dim
        The text says that 32 and 64 are good choices.
    hidden_size
        Features of the LSTM's state.
    num_layers
        Stacked LSTM layers.
    dropout
        Between the LSTM layers, while training; the text has none.
    """

    def __init__(
        self, n_notes: int, embedding_dim: int = 64, hidden_size: int = 256, num_layers: int = 3, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.n_notes = n_notes
        self.embedding_dim = embedding_dim
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.embedding = nn.Embedding(n_notes, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, num_layers, batch_first=True, dropout=dropout)
        self.batch1 = nn.BatchNorm1d(hidden_size)
        self.linear1 = nn.Linear(hidden_size, hidden_size)
        self.batch2 = nn.BatchNorm1d(hidden_size)
        self.linear2 = nn.Linear(hidden_size, n_notes)
        self.batch3 = nn.BatchNorm1d(n_notes)
        # CrossEntropyLoss applies a log-softmax of its own; applied to log-probabilities it changes nothing.
        self.softmax = nn.LogSoftmax(dim=1)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.embedding.weight.device

    def forward(self, x: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Predict the id that follows each sequence.

        Parameters
        ----------
        x : Tensor of int64, shape (B, T)
        hidden : the state before the first step

        Returns
        -------
        log_probabilities : Tensor of float32, shape (B, n_notes)
        hidden : the state after the last step
        """
        embeds = self.embedding(x)
        lstm_out, hidden = self.lstm(embeds, hidden)
        return self._predict(lstm_out[:, -1]), hidden  # the output of the last step alone goes on

    def predict_all(self, x: Tensor, places: Tensor) -> Tensor:
        """Predict the id that follows each of some places in sequences, from a fresh state; beyond the text.

        Parameters
        ----------
        x : Tensor of int64, shape (B, T)
        places : Tensor of bool, shape (B, T), of which M are true

        Returns
        -------
        Tensor of float32, shape (M, n_notes)
            Log-probabilities.
        """
        lstm_out, _ = self.lstm(self.embedding(x))
        return self._predict(lstm_out[places])

    def _predict(self, out: Tensor) -> Tensor:
        out = self.batch1(out)
        out = self.batch2(self.linear1(out))
        out = self.batch3(self.linear2(out))
        # In float32 also under mixed precision: bfloat16 has eight bits.
        log_probabilities: Tensor = self.softmax(out.float())
        return log_probabilities

    def init_hidden(self, batch_size: int) -> Hidden:
        """Make a fresh state on the network's device: two zero tensors of shape (num_layers, batch_size, hidden_size)."""
        shape = (self.num_layers, batch_size, self.hidden_size)
        return torch.zeros(shape, device=self.device), torch.zeros(shape, device=self.device)


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
