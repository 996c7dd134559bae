"""The composer's network: an LSTM reads the notes, and the parts of the next one are predicted one after another.

A note is when it begins (an IOI), its voice, its pitch, its length and its loudness. Each part is predicted from the LSTM's
state, from the parts already known, and from what :mod:`~mozart.model.history` tells. Where the same place a beat, a bar or
two bars ago had a value, a learned weight is added to it: copying is one addition (after the pointer networks of Vinyals et
al., 2015). A pitch is scored from twelve references at once: from each, every interval has a score, so that a figure is the
same figure on every step of the scale.
"""

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mozart.errors import MozartError
from mozart.model.history import FAR, RECENCIES, REFERENCES, SOUNDS, SPAN, VOICE_FLOATS
from mozart.model.setting import KINDS, NO_CHORD, place_sizes
from mozart.model.vocabulary import LOUDNESSES, PITCHES, Vocabulary
from mozart.notes import VOICES
from mozart.notes.keys import CLASSES

INTERVALS = 2 * SPAN + 1
PARTS = ("ioi", "voice", "pitch", "duration", "loudness")
PITCH_OUTPUTS = (REFERENCES * INTERVALS, PITCHES, RECENCIES, CLASSES, SOUNDS // CLASSES)
SOFTENING = 0.05  # pitch classes that have not sounded have sounded a little


@dataclass(frozen=True)
class NetworkConfig:
    """The network's sizes.

    Attributes
    ----------
    state : of each LSTM layer
    layers : of the LSTM
    memory : what the LSTM reads a note as
    pitch : hidden units before the pitch
    part : hidden units before each other part
    dropout : of the LSTM's state
    """

    state: int = field(default=320, metadata={"help": "units of each LSTM layer"})
    layers: int = field(default=2, metadata={"help": "LSTM layers"})
    memory: int = field(default=192, metadata={"help": "numbers that the LSTM reads a note as"})
    pitch: int = field(default=256, metadata={"help": "hidden units before the pitch"})
    part: int = field(default=128, metadata={"help": "hidden units before each other part"})
    dropout: float = field(default=0.4, metadata={"help": "share of the LSTM's state that is left out in training"})

    @classmethod
    def from_json(cls, content: Any) -> "NetworkConfig":
        """What JSON has kept. Raises MozartError when it is not possible."""
        made = cls(**content)
        for part in fields(cls):
            value = getattr(made, part.name)
            whole = part.name != "dropout"
            if not isinstance(value, int if whole else int | float) or not (1 <= value <= 4_096 if whole else 0 <= value < 1):
                raise MozartError(f"The network's {part.name} cannot be {str(value)[:20]}.")
        return made


class Part(nn.Module):
    """One part of a note: ids and numbers → hidden units → a score for every value.

    Parameters
    ----------
    sizes
        How many values each id has. One table holds a row for each value of each id; the rows are added up.
    hidden, outputs
        Units; without outputs the hidden units are what is wanted.
    state, floats
        How many numbers of the LSTM's state and of the history are added.
    copies
        How many values of the past can be copied.
    """

    offsets: Tensor

    def __init__(self, sizes: list[int], hidden: int, outputs: int = 0, state: int = 0, floats: int = 0, copies: int = 0) -> None:
        super().__init__()
        starts = torch.tensor([0, *sizes[:-1]]).cumsum(0)
        self.register_buffer("offsets", starts, persistent=False)
        self.table = nn.Embedding(sum(sizes), hidden)
        nn.init.normal_(self.table.weight, std=0.3 / math.sqrt(len(sizes)))
        self.state = nn.Linear(state, hidden) if state else None
        self.floats = nn.Linear(floats, hidden, bias=False) if floats else None
        self.out = nn.Linear(hidden, outputs) if outputs else None
        self.copy = nn.Linear(hidden, copies) if copies else None
        self.dropout = nn.Dropout(0.2 if outputs else 0.15)

    def hidden(self, ids: Tensor, state: Tensor | None = None, floats: Tensor | None = None) -> Tensor:
        """The hidden units, shape (…, hidden), of ids (…, n), a state (…, state) and numbers (…, floats)."""
        total = self.table(ids + self.offsets).sum(-2)
        if self.state is not None and state is not None:
            total = total + self.state(state)
        if self.floats is not None and floats is not None:
            total = total + self.floats(floats)
        hidden: Tensor = self.dropout(F.gelu(total, approximate="tanh"))
        return hidden

    def forward(self, ids: Tensor, state: Tensor, floats: Tensor | None = None, past: Tensor | None = None) -> Tensor:
        """The scores (…, outputs); `past` (…, copies) are values that can be copied, or `outputs` and more for none."""
        assert self.out is not None
        hidden = self.hidden(ids, state, floats)
        scores: Tensor = self.out(hidden)
        if self.copy is not None and past is not None:
            n = scores.shape[-1]
            weights = self.copy(hidden).to(scores.dtype)
            scores = F.pad(scores, (0, 1)).scatter_add(-1, past.clamp(max=n), weights)[..., :n]
        return scores


class NotesNetwork(nn.Module):
    """The network; see the module.

    Parameters
    ----------
    vocabulary
        The values of a note's parts.
    config
        Its sizes.
    """

    def __init__(self, vocabulary: Vocabulary, config: NetworkConfig) -> None:
        super().__init__()
        self.vocabulary, self.config = vocabulary, config
        iois, durations = vocabulary.n_iois, len(vocabulary.durations)
        place = place_sizes(vocabulary)
        here = [iois + 1, *place]
        state, part = config.state, config.part
        self.memory = Part([iois + 1, VOICES + 1, PITCHES + 1, durations + 1, LOUDNESSES + 1, *place, 2], config.memory)
        between = config.dropout if config.layers > 1 else 0.0
        self.lstm = nn.LSTM(config.memory, state, config.layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(config.dropout)
        self.ioi = Part([*place, 2, 7, *[iois + 1] * 3], part, iois, state, copies=3)
        self.voice = Part([*here, *[VOICES + 1] * 4], part, VOICES, state, VOICE_FLOATS, copies=3)
        seen = [FAR + 1] * (REFERENCES - 1)
        self.pitch = Part([*here, *[VOICES + 1] * 4, VOICES, 8, *seen], config.pitch, sum(PITCH_OUTPUTS), state, SOUNDS)
        self.duration = Part([*here, VOICES, PITCHES, *[durations + 1] * 4, 2], part, durations, state, copies=4)
        self.loudness = Part([*here, VOICES, *[LOUDNESSES + 1] * 2], part // 2, LOUDNESSES, state, copies=2)

    def forward(self, batch: dict[str, Tensor], state: tuple[Tensor, Tensor] | None = None) -> tuple[dict[str, Tensor], Any]:
        """Scores of every value of every part of the notes of a batch, by part, and the LSTM's state after it.

        Parameters
        ----------
        batch
            What :mod:`mozart.model.rows` makes, each of shape (B, T, …).
        state
            The LSTM's before the first note; fresh without it.
        """
        read = self.memory.hidden(batch["note"])
        read, state = self.lstm(read, state)
        read = self.dropout(read)
        voice, pitch = batch["target"][..., 1:2], batch["target"][..., 2:3]
        here = batch["voice"][..., :8]
        ioi_ids = torch.cat([batch["note"][..., 5:], batch["ioi"]], -1)
        duration_ids = torch.cat([here, voice, pitch, batch["duration"]], -1)
        return {
            "ioi": self.ioi(ioi_ids, read, past=batch["ioi"][..., 1:]),
            "voice": self.voice(batch["voice"], read, batch["voice_floats"], batch["voice"][..., 9:12]),
            "pitch": self._score_pitches(batch, voice, read),
            "duration": self.duration(duration_ids, read, past=batch["duration"][..., :4]),
            "loudness": self.loudness(torch.cat([here, voice, batch["loudness"]], -1), read, past=batch["loudness"]),
        }, state

    def _score_pitches(self, batch: dict[str, Tensor], voice: Tensor, read: Tensor) -> Tensor:
        references, sounds = batch["references"], batch["sounds"]
        ids = torch.cat([batch["voice"], voice, batch["chord_place"], batch["seen"]], -1)
        intervals, absolute, recent, over_root, heard = self.pitch(ids, read, sounds).split(PITCH_OUTPUTS, -1)
        aims = references[..., None] + torch.arange(-SPAN, SPAN + 1, device=references.device)
        possible = (references[..., None] >= 0) & (aims >= 0) & (aims < PITCHES)
        aims = torch.where(possible, aims, PITCHES).flatten(-2)
        scores = F.pad(absolute, (0, 1)).scatter_add(-1, aims, intervals)[..., :PITCHES]
        scores = scores + torch.gather(recent, -1, batch["recencies"].long())
        pitches = torch.arange(PITCHES, device=references.device)
        chord = batch["voice"][..., 6:7]
        known = chord < NO_CHORD
        roots = torch.where(known, chord // KINDS, 0)
        scores = scores + torch.gather(over_root, -1, (pitches - roots) % CLASSES) * known
        levels = torch.log(sounds.unflatten(-1, (-1, CLASSES)) + SOFTENING)
        scores = scores + (levels * heard[..., None]).sum(-2)[..., pitches % CLASSES]
        return scores

    def to_json(self) -> dict[str, Any]:
        """Sizes and vocabulary, as plain values."""
        return {**asdict(self.config), "vocabulary": asdict(self.vocabulary)}

    @classmethod
    def from_json(cls, content: Any) -> "NotesNetwork":
        """An untrained network of these sizes; it takes no memory on the device `meta`. Raises MozartError when they are impossible."""
        sizes = dict(content)
        return cls(Vocabulary.from_json(sizes.pop("vocabulary")), NetworkConfig.from_json(sizes))
