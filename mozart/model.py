"""The network: ids (B, T) and a state → log-probabilities (B, V) and the next state. (Lab, Problem 3.)

There are two ways to read and to predict pitches:

absolute, the lab's: every token has its own embedding and its own output. What was learned in one key is unknown in all
others.

relative: a token is read as its shape, its octave, and how far it lies from each of the six tokens before it; it is
predicted as a shape and its intervals from these six. A theme that comes back in another key looks the same to the
network. (Relative pitch as in Lattner, Grachten and Widmer, Learning transposition-invariant interval features from
symbolic music and audio, 2018.)
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mozart.errors import MozartError
from mozart.vocabulary import Vocabulary

# Before the network has read anything: the LSTM's h and c, and for relative pitch the last lowest pitches.
State = tuple[Tensor, ...]

# How many tokens back intervals are measured: a theme's notes often stand two or three tokens apart, its accompaniment between.
REACH = 6
# Wider intervals count as this wide; four octaves.
WIDEST = 48
INTERVALS = 2 * WIDEST + 1
OCTAVES = 11
PITCHES = 128
# Stands for the pitch of a token that is not there, before the first.
NOTHING = -1


@dataclass(frozen=True)
class ModelConfig:
    """The network's shape; the defaults are the lab's.

    Attributes
    ----------
    n_tokens : size of the vocabulary (668 for the sonatas)
    embedding_dim : the lab says that 32 and 64 are good choices
    hidden_size : features of the LSTM's state
    num_layers : stacked LSTM layers
    pitch : ``absolute`` or ``relative``
    n_shapes : how many shapes the vocabulary's tokens have; 0 with absolute pitch
    dropout : share of the LSTM layers' and of the relative head's values that are set to 0 while training
    embedding_dropout : the same for the embedding's values
    """

    n_tokens: int
    embedding_dim: int = 64
    hidden_size: int = 256
    num_layers: int = 3
    pitch: str = "absolute"
    n_shapes: int = 0
    dropout: float = 0.0
    embedding_dropout: float = 0.0


class MusicLSTM(nn.Module):
    """An embedding, stacked LSTM layers, and a head that gives the log-probability of every id.

    Parameters
    ----------
    config
        The shape.
    vocabulary
        What the ids mean: relative pitch needs it, unless weights are loaded, which hold it.
    """

    lowest: Tensor
    shapes: Tensor

    def __init__(self, config: ModelConfig, vocabulary: Vocabulary | None = None) -> None:
        super().__init__()
        self.config = config
        self.relative = config.pitch == "relative"
        self.embedding: nn.EmbeddingBag | nn.Embedding = (
            nn.EmbeddingBag(REACH * (INTERVALS + 1) + OCTAVES + config.n_shapes, config.embedding_dim, mode="sum")
            if self.relative
            else nn.Embedding(config.n_tokens, config.embedding_dim)
        )
        self.embedding_dropout = nn.Dropout(config.embedding_dropout)
        # torch warns of a dropout between layers where there is one layer.
        between = config.dropout if config.num_layers > 1 else 0.0
        self.lstm = nn.LSTM(config.embedding_dim, config.hidden_size, config.num_layers, batch_first=True, dropout=between)
        self.head = _relative_head(config) if self.relative else _lab_head(config)
        if self.relative:
            _initialize(self)
            self.bias = nn.Parameter(torch.zeros(config.n_tokens))
            for name in ("lowest", "shapes"):
                known = torch.zeros(config.n_tokens, dtype=torch.int64)
                self.register_buffer(name, known if vocabulary is None else torch.from_numpy(getattr(vocabulary, name)))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.embedding.weight.device

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
        output, hidden = self._listen(x, hidden)
        return self._predict(output[:, -1], hidden[2] if self.relative else None), hidden

    def predict_steps(self, x: Tensor, chosen: Tensor) -> Tensor:
        """Predict the id that follows each of the chosen steps, from a fresh state.

        The head sees the chosen steps alone, so BatchNorm's statistics are theirs.

        Parameters
        ----------
        x : Tensor of int64, shape (B, T)
        chosen : Tensor of int64, shape (N,): places in `x`, its rows one after the other

        Returns
        -------
        log_probabilities : Tensor, shape (N, V)
        """
        hidden = self.init_hidden(len(x))
        output, _ = self._listen(x, hidden)
        rows, steps = chosen // x.shape[1], chosen % x.shape[1]
        recent = None
        if self.relative:
            lowest = torch.cat([hidden[2], self.lowest[x]], dim=1)
            recent = lowest[rows[:, None], steps[:, None] + 1 + torch.arange(REACH, device=x.device)]
        return self._predict(output[rows, steps], recent)

    def init_hidden(self, batch_size: int) -> State:
        """A fresh state on the network's device: two zero tensors of shape (num_layers, batch_size, hidden_size).

        With relative pitch also the lowest pitches of the last six tokens, shape (batch_size, 6), of which there are none.
        """
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        hidden = (torch.zeros(shape, device=self.device), torch.zeros(shape, device=self.device))
        if not self.relative:
            return hidden
        return (*hidden, torch.full((batch_size, REACH), NOTHING, device=self.device))

    def _listen(self, x: Tensor, hidden: State) -> tuple[Tensor, State]:
        """Run embedding and LSTM: outputs (B, T, hidden_size) and the state after the last step."""
        if not self.relative:
            output, hidden = self.lstm(self.embedding_dropout(self.embedding(x)), hidden)
            return output, hidden
        h, c, before = hidden
        lowest = torch.cat([before, self.lowest[x]], dim=1)
        features = _features(lowest, self.shapes[x])
        embedded = self.embedding(features.flatten(0, 1)).unflatten(0, x.shape)
        output, (h, c) = self.lstm(self.embedding_dropout(embedded), (h, c))
        return output, (h, c, lowest[:, -REACH:])

    def _predict(self, output: Tensor, recent: Tensor | None) -> Tensor:
        """Log-probabilities (N, V) from the LSTM's outputs (N, hidden_size) and the last six tokens' lowest pitches (N, 6)."""
        # The relative log-softmax is taken in float32 also under mixed precision: bfloat16 has eight bits.
        scores: Tensor = self.head(output).float()
        if recent is None:
            return scores
        # An id's score is the sum of those of its intervals from the last six tokens, of its octave and of its shape.
        intervals, octaves, shapes = torch.split(scores, [REACH * INTERVALS, OCTAVES, self.config.n_shapes], dim=1)
        away = torch.arange(PITCHES, device=output.device) - recent[:, :, None]
        by_pitch = intervals.view(-1, REACH, INTERVALS).gather(2, _interval_index(away))
        by_pitch = by_pitch.masked_fill(recent[:, :, None] == NOTHING, 0).sum(1)
        by_pitch = by_pitch + octaves.repeat_interleave(12, dim=1)[:, :PITCHES]
        logits: Tensor = by_pitch[:, self.lowest] + shapes[:, self.shapes] + self.bias
        return logits.log_softmax(1)


def _lab_head(config: ModelConfig) -> nn.Sequential:
    """The last LSTM layer and each of the two Linear layers are followed by BatchNorm1d; LogSoftmax comes last.

    (CrossEntropyLoss applies a log-softmax of its own; applied to log-probabilities it changes nothing.)
    """
    return nn.Sequential(
        nn.BatchNorm1d(config.hidden_size),
        nn.Linear(config.hidden_size, config.hidden_size),
        nn.BatchNorm1d(config.hidden_size),
        nn.Linear(config.hidden_size, config.n_tokens),
        nn.BatchNorm1d(config.n_tokens),
        nn.LogSoftmax(dim=1),
    )


def _relative_head(config: ModelConfig) -> nn.Sequential:
    """The same, with a GELU and dropout, and scores of intervals, octaves and shapes in the place of ids."""
    return nn.Sequential(
        nn.BatchNorm1d(config.hidden_size),
        nn.Dropout(config.dropout),
        nn.Linear(config.hidden_size, config.hidden_size),
        nn.BatchNorm1d(config.hidden_size),
        nn.GELU(),
        nn.Dropout(config.dropout),
        nn.Linear(config.hidden_size, REACH * INTERVALS + OCTAVES + config.n_shapes),
    )


def _features(lowest: Tensor, shapes: Tensor) -> Tensor:
    """What the relative embedding sums: six intervals, octave and shape, as its rows, shape (B, T, 8).

    Parameters
    ----------
    lowest : shape (B, 6 + T), lowest pitches of the tokens and of the six before
    shapes : shape (B, T)
    """
    present = lowest[:, REACH:]
    rows = []
    for distance in range(1, REACH + 1):
        earlier = lowest[:, REACH - distance : -distance]
        interval = torch.where(earlier == NOTHING, INTERVALS, _interval_index(present - earlier))
        rows.append(interval + (distance - 1) * (INTERVALS + 1))
    first_octave = REACH * (INTERVALS + 1)
    return torch.stack([*rows, present // 12 + first_octave, shapes + first_octave + OCTAVES], dim=2)


def _interval_index(semitones: Tensor) -> Tensor:
    return semitones.clamp(-WIDEST, WIDEST) + WIDEST


def _initialize(model: MusicLSTM) -> None:
    """Weights from which the LSTM begins to learn at once: orthogonal, and a forget gate that is open.

    (Jozefowicz, Zaremba and Sutskever, An empirical exploration of recurrent network architectures, 2015.)
    """
    nn.init.normal_(model.embedding.weight, std=0.3)
    hidden_size = model.config.hidden_size
    for name, weight in model.lstm.named_parameters():
        if "weight_ih" in name:
            nn.init.xavier_uniform_(weight)
        elif "weight_hh" in name:
            for gate in weight.data.view(4, hidden_size, hidden_size):
                nn.init.orthogonal_(gate)
        else:
            nn.init.zeros_(weight)
            if "bias_ih" in name:
                weight.data[hidden_size : 2 * hidden_size] = 1


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
