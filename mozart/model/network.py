"""The composer's network: an LSTM reads the notes, and predicts the parts of the next one, one after another.

The parts of a note are its IOI, voice, pitch, duration and loudness. Each is predicted from the LSTM's state, from the parts
already known, and from what :mod:`~mozart.model.history` tells. Pitches are scored by interval: from each voice's last pitch,
from the pitch at the same place before, from all that sounds or was struck lately; and by pitch class over tonic and roots.
Values that could be copied get a score of their own (after the pointer networks of Vinyals et al., 2015).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mozart.errors import MozartError
from mozart.model.inputs import COPIES, FIELD_STEPS, FIELDS, INTERVALS, REACH, REFERENCES, TRACES, row_sizes
from mozart.model.vocabulary import FIRST_KEY, KEYS, LOUDNESSES, Vocabulary
from mozart.notes import VOICES
from mozart.notes.keys import CLASSES

PARTS = ("ioi", "voice", "pitch", "duration", "loudness")
# Each stage adds a row of ids, which its part and all later parts read.
STAGES = ("next", "time", "voice", "pitch", "loudness")
ROOTS = 3
# The score of a pitch's height is interpolated between points half an octave apart, as if the tonic were C.
HEIGHTS = 17
FURTHEST = 6  # semitones from C to another tonic
PROFILES = 6  # how many interval profiles each field has
# How many outputs the pitch head has for each kind of score.
PITCH_OUTPUTS = (REFERENCES * INTERVALS, FIELDS * PROFILES, TRACES * CLASSES, ROOTS * CLASSES, HEIGHTS)
IMPOSSIBLE = -1e4  # a score that float16 still holds

State = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class NetworkConfig:
    """The network's sizes; each field's metadata describes it."""

    state: int = field(default=256, metadata={"help": "units of each LSTM layer"})
    layers: int = field(default=2, metadata={"help": "LSTM layers"})
    memory: int = field(default=192, metadata={"help": "numbers that the LSTM reads a note as"})
    part: int = field(default=128, metadata={"help": "hidden units before each part"})
    dropout: float = field(default=0.5, metadata={"help": "share of the LSTM's state that is left out in training"})
    part_dropout: float = field(default=0.3, metadata={"help": "share of a part's hidden units, and of a note, that is left out"})

    @classmethod
    def from_json(cls, content: Any) -> "NetworkConfig":
        """Read sizes from JSON values; raise MozartError when they are not possible."""
        made = cls(**content)
        for part in fields(cls):
            value = getattr(made, part.name)
            whole = "dropout" not in part.name
            if not isinstance(value, int if whole else int | float) or not (1 <= value <= 4_096 if whole else 0 <= value < 1):
                raise MozartError(f"The network's {part.name} cannot be {str(value)[:20]}.")
        return made


class RowEmbedding(nn.Module):
    """Rows of ids → the sum of their embeddings; each value of each id has its own."""

    starts: Tensor

    def __init__(self, sizes: Mapping[str, int], width: int) -> None:
        super().__init__()
        counts = torch.tensor(list(sizes.values()))
        self.register_buffer("starts", torch.cumsum(counts, 0) - counts, persistent=False)
        self.weight = nn.Parameter(torch.randn(sum(sizes.values()), width) * len(sizes) ** -0.5)

    def forward(self, rows: Tensor) -> Tensor:
        """Embed rows: (B, T, ids) → (B, T, width)."""
        summed = nn.functional.embedding_bag((rows + self.starts).flatten(0, 1), self.weight, mode="sum")
        return summed.view(*rows.shape[:2], -1)


class SequenceDropout(nn.Module):
    """Dropout whose mask is the same at every note of a sequence.

    The method is Gal and Ghahramani's (A theoretically grounded application of dropout in recurrent neural networks, 2016).

    Attributes
    ----------
    part
        When the sequences are part of a larger batch: which ones, and its size, so that the mask does not depend on the
        division.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.part: tuple[range, int] | None = None

    def forward(self, values: Tensor) -> Tensor:
        """Drop a share of the features while training: (B, T, features) → the same shape."""
        if not self.training or not self.share:
            return values
        part, count = self.part or (range(len(values)), len(values))
        kept = torch.rand(count, 1, values.shape[-1], device=values.device)[part.start : part.stop] >= self.share
        return values * kept / (1 - self.share)


class NotesNetwork(nn.Module):
    """The network; see the module.

    Parameters
    ----------
    vocabulary
        The values of a note's parts.
    config
        The network's sizes.
    """

    keys: Tensor
    heights: Tensor
    away: Tensor

    def __init__(self, vocabulary: Vocabulary, config: NetworkConfig) -> None:
        super().__init__()
        self.vocabulary, self.config = vocabulary, config
        sizes = row_sizes(vocabulary)
        self.note = RowEmbedding(sizes["note"], config.memory)
        widths = [config.memory, *[config.state] * config.layers]
        self.lstm = nn.ModuleList(nn.LSTM(wide, out, batch_first=True) for wide, out in pairwise(widths))
        self.read = nn.Linear(config.state, len(PARTS) * config.part)
        self.stages = nn.ModuleDict(
            {stage: RowEmbedding(sizes[stage], (len(PARTS) - number) * config.part) for number, stage in enumerate(STAGES)}
        )
        values = {"ioi": vocabulary.n_iois, "voice": VOICES, "duration": len(vocabulary.durations), "loudness": LOUDNESSES}
        outputs = {part: count + COPIES[part] for part, count in values.items()} | {"pitch": sum(PITCH_OUTPUTS)}
        self.heads = nn.ModuleDict({part: nn.Linear(config.part, outputs[part]) for part in PARTS})
        self.profiles = nn.Parameter(torch.randn(FIELDS, PROFILES, INTERVALS) * 0.1)
        self.dropout, self.part_dropout = SequenceDropout(config.dropout), SequenceDropout(config.part_dropout)
        keys = torch.arange(FIRST_KEY, FIRST_KEY + KEYS)
        self.register_buffer("keys", keys, persistent=False)
        self.register_buffer("heights", torch.from_numpy(heights()), persistent=False)
        # For each key, where a profile has the interval to each other key.
        self.register_buffer("away", (keys - keys[:, None]).clamp(-REACH, REACH) + REACH, persistent=False)

    def forward(self, batch: Mapping[str, Tensor], state: State | None = None) -> tuple[dict[str, Tensor], State]:
        """Predict the log-probability of every value of every part, and return the LSTM's state after the last note.

        Parameters
        ----------
        batch
            Rows as :mod:`mozart.model.rows` stores them, each of shape (B, T, …).
        state
            The LSTM's state before the first note, twice (layers, B, units); zeros by default.

        Returns
        -------
        dict
            Log-probabilities by part, (B, T, values), given the earlier parts; pitches from `vocabulary.FIRST_KEY` up.
        tuple
            The state after the last note.
        """
        batch = _unpacked(batch)
        values, after = self.part_dropout(self.note(batch["note"])), []
        for number, layer in enumerate(self.lstm):
            before = None if state is None else (state[0][number, None], state[1][number, None])
            values, (output, cell) = layer(values, before)
            values = self.dropout(values)
            after.append((output[0], cell[0]))
        hidden = _rows(self.read(values), len(PARTS))
        scores = {}
        for number, (part, stage) in enumerate(zip(PARTS, STAGES, strict=True)):
            hidden = hidden[..., -(len(PARTS) - number) :, :]
            hidden = hidden + _rows(self.stages[stage](batch[stage]), len(PARTS) - number)
            found = self.heads[part](self.part_dropout(nn.functional.silu(hidden[..., 0, :])))
            scores[part] = self._score_pitches(found, batch) if part == "pitch" else _pointed(found, batch[f"{part} copies"])
        above = torch.arange(VOICES, device=values.device) < batch["time"][..., 1:2] - 1
        scores["voice"] = scores["voice"].masked_fill(above, IMPOSSIBLE)  # a score lists voices from the top down
        states = torch.stack([output for output, _ in after]), torch.stack([cell for _, cell in after])
        return {part: torch.log_softmax(values.float(), dim=-1) for part, values in scores.items()}, states

    def _score_pitches(self, scores: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        by_reference, by_field, by_trace, by_root, by_height = torch.split(scores, list(PITCH_OUTPUTS), dim=-1)
        references = batch["references"].unsqueeze(-1)
        intervals = (self.keys - references).clamp(-REACH, REACH) + REACH
        by_interval = _rows(by_reference, REFERENCES).gather(-1, intervals)
        total = (by_interval * (references >= 0)).sum(-2)
        # Each key in a field adds that field's profiles, weighted by the state.
        spread = torch.einsum("btfp,fkpq->btfkq", batch["fields"], self.profiles[:, :, self.away])
        total = total + torch.einsum("btfkq,btfk->btq", spread, _rows(by_field, FIELDS))
        classes = torch.arange(CLASSES, device=scores.device)
        up = (classes - classes[:, None]) % CLASSES  # from a pitch class to another
        by_class = torch.einsum("bthc,bthcd->btd", batch["traces"], _rows(by_trace, TRACES)[..., up])
        roots = batch["roots"].unsqueeze(-1)
        degrees = _rows(by_root, ROOTS).gather(-1, (classes - roots) % CLASSES)
        by_class = by_class + (degrees * (roots >= 0)).sum(-2)
        total = total + by_class[..., self.keys % CLASSES]
        tonic = batch["roots"][..., :1]
        moved = torch.arange(KEYS, device=scores.device) + FURTHEST - ((tonic + 5) % CLASSES - 5)
        total = total + (by_height @ self.heights).gather(-1, moved) * (tonic >= 0)
        return total.masked_fill(self.keys >= batch["below"], IMPOSSIBLE)

    def to_json(self) -> dict[str, Any]:
        """Convert sizes and vocabulary to plain values."""
        return {**asdict(self.config), "vocabulary": asdict(self.vocabulary)}

    @classmethod
    def from_json(cls, content: Any) -> "NotesNetwork":
        """Make an untrained network of these sizes; raise MozartError for impossible ones."""
        sizes = dict(content)
        return cls(Vocabulary.from_json(sizes.pop("vocabulary")), NetworkConfig.from_json(sizes))


def _unpacked(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    unpacked = {name: tensor.float() if name in ("fields", "traces") else tensor.long() for name, tensor in batch.items()}
    unpacked["fields"] = unpacked["fields"] / FIELD_STEPS
    return unpacked


def heights() -> NDArray[np.float32]:
    """Compute how near each point is to each key, and to `FURTHEST` more on either side, 0 to 1, shape (`HEIGHTS`, keys)."""
    keys = np.arange(-FURTHEST, KEYS + FURTHEST)
    points = np.arange(HEIGHTS)[:, None] * (CLASSES / 2) - FURTHEST
    return np.clip(1 - np.abs(keys - points) / (CLASSES / 2), 0, None).astype(np.float32)


def _rows(values: Tensor, count: int) -> Tensor:
    """Reshape (…, count * n) → (…, count, n)."""
    return values.reshape(*values.shape[:-1], count, -1)


def _pointed(scores: Tensor, copies: Tensor) -> Tensor:
    """Add to the scores of values the scores of the copies that are that value; a copy of -1 is no value."""
    values, pointers = torch.split(scores, [scores.shape[-1] - copies.shape[-1], copies.shape[-1]], dim=-1)
    return values.scatter_add(-1, copies.clamp(min=0), pointers * (copies >= 0))
