"""How well the network predicts music that it has not read."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mozart.model.network import PARTS, NotesNetwork
from mozart.model.rows import Rows
from mozart.training.data import Batch, hide_harmony

TOGETHER = PARTS[:3]  # what a figure for all is made of: when, which voice, which pitch
_AT_ONCE = 1_000  # notes


def losses(scores: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
    """The mean loss of every part over a batch, in nats a note.

    A movement's end is no note, and nothing leads to its first note.
    """
    target, last = batch["target"], scores["ioi"].shape[-1] - 1
    iois = target[..., 0]
    is_note = iois != last
    counted = dict.fromkeys(PARTS, is_note) | {"ioi": is_note & (iois < last)}
    found = {}
    for column, name in enumerate(PARTS):
        part = scores[name].float()
        wanted = target[..., column].clamp(max=part.shape[-1] - 1)
        loss = F.cross_entropy(part.flatten(0, -2), wanted.flatten(), reduction="none").view_as(wanted)
        found[name] = (loss * counted[name]).mean()
    return found


@torch.no_grad()
def evaluate(network: NotesNetwork, rows: Sequence[Rows], *, hidden: bool) -> dict[str, Any]:
    """Losses over whole movements, each read from its beginning.

    Parameters
    ----------
    hidden
        Whether the network is not told the chords. What it is told comes from the very notes that it predicts, so a figure
        with the chords told is no measure of how well it predicts music.

    Returns
    -------
    dict
        ``nats_a_note`` and ``nats_a_quarter`` by part, the latter also ``together`` for IOI, voice and pitch;
        ``pitch_accuracy``, the share of pitches that were the most probable ones, given time and voice; ``notes``, ``quarters``.
    """
    network.eval()
    device = next(network.parameters()).device
    sums = dict.fromkeys(PARTS, 0.0)
    right = notes = 0
    quarters = 0.0
    for row in rows:
        state = None
        for start in range(0, len(row.tensors["target"]), _AT_ONCE):
            batch = {name: tensor[None, start : start + _AT_ONCE].to(device) for name, tensor in row.tensors.items()}
            told = hide_harmony(batch, torch.ones(1, dtype=torch.bool, device=device)) if hidden else batch
            scores, state = network(told, state)
            count = batch["target"].shape[1]
            for name, value in losses(scores, batch).items():
                sums[name] += float(value) * count
            is_note = batch["target"][..., 0] != network.vocabulary.end
            right += int(((scores["pitch"].argmax(-1) == batch["target"][..., 2]) & is_note).sum())
        notes += len(row.tensors["target"]) - 1
        quarters += row.quarters
    a_quarter = {name: round(total / quarters, 4) for name, total in sums.items()}
    return {
        "nats_a_note": {name: round(total / notes, 4) for name, total in sums.items()},
        "nats_a_quarter": {**a_quarter, "together": round(sum(a_quarter[name] for name in TOGETHER), 4)},
        "pitch_accuracy": round(right / notes, 4),
        "notes": notes,
        "quarters": round(quarters, 2),
    }
