"""The composer's checkpoint, saved into a folder and loaded from it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays
from safetensors.torch import load, save
from torch import Tensor

from mozart.checkpoint.excerpts import excerpts_from_json, excerpts_to_json
from mozart.checkpoint.folder import (
    explained,
    header,
    identify,
    json_bytes,
    parse_json,
    read_folder,
    require_shapes,
    write_folder,
)
from mozart.errors import MozartError
from mozart.measuring.copies import CopyIndex
from mozart.model.habits import Habits
from mozart.model.network import NotesNetwork
from mozart.model.offsets import offsets_from_json
from mozart.model.plan import Plan
from mozart.model.plan_json import from_json, to_json
from mozart.notes import Score
from mozart.notes.score import TEMPI

MAX_PLANS = 2_000


class Template(NamedTuple):
    """What a piece can inherit from a movement: plan, character, tempo in quarters a minute, and notes a bar."""

    plan: Plan
    character: str
    tempo: float
    notes_a_bar: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that composing needs.

    Attributes
    ----------
    network
        The network, on the CPU and in ``eval()`` mode.
    templates
        The templates of the training movements.
    excerpts
        Beginnings of held-out movements, by name.
    habits
        The habits of the training works.
    offsets
        How often each distance between two notes or chords occurs, by ticks.
    index
        The index of the training works, to find copies.
    metrics
        The content of ``metrics.json``.
    provenance
        How it was made: training configuration, package versions, checksums.
    identity
        Two checkpoints with one identity compose the same pieces.
    """

    network: NotesNetwork
    templates: Sequence[Template]
    excerpts: Mapping[str, Score]
    habits: Habits
    offsets: Mapping[int, int]
    index: CopyIndex
    metrics: Mapping[str, Any]
    provenance: Mapping[str, Any]
    identity: str = ""


def save_checkpoint(checkpoint: Checkpoint, folder: Path, card: str) -> None:
    """Write the checkpoint and its model card into `folder`; other files there stay.

    Raises
    ------
    MozartError
        When the folder cannot be written.
    """
    templates = [[to_json(plan), character, tempo, density] for plan, character, tempo, density in checkpoint.templates]
    contents = {
        "model.safetensors": save({name: _stored(tensor) for name, tensor in checkpoint.network.state_dict().items()}),
        "plans.json": json_bytes(templates, None),
        "excerpts.json": json_bytes(excerpts_to_json(checkpoint.excerpts), None),
        "habits.json": json_bytes(checkpoint.habits.to_json(), None),
        "offsets.json": json_bytes({str(ticks): count for ticks, count in sorted(checkpoint.offsets.items())}, None),
        "copies.safetensors": save_arrays(dict(checkpoint.index.hashes), {"places": json.dumps(checkpoint.index.places())}),
        "metrics.json": json_bytes(checkpoint.metrics),
    }
    config = {"model": checkpoint.network.to_json(), **checkpoint.provenance}
    write_folder(folder, "notes", contents, config, card)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Load the checkpoint in a folder onto the CPU, and check every value.

    Raises
    ------
    MozartError
        When a part is missing, damaged, impossible, or does not fit the others.
    """
    config, contents = read_folder(folder)
    if config["recipe"] != "notes":
        raise MozartError(f"{folder} is a checkpoint of recipe {config['recipe']}: this needs one of recipe notes.")
    with explained(folder):
        excerpts = excerpts_from_json(parse_json(folder, "excerpts.json", contents["excerpts.json"]))
        metrics = parse_json(folder, "metrics.json", contents["metrics.json"])
        if not isinstance(metrics, dict):
            raise ValueError("metrics.json holds no values by name")
        return Checkpoint(
            network=_load_network(config["model"], contents["model.safetensors"]),
            templates=_read_templates(parse_json(folder, "plans.json", contents["plans.json"])),
            excerpts=excerpts,
            habits=Habits.from_json(parse_json(folder, "habits.json", contents["habits.json"])),
            offsets=offsets_from_json(parse_json(folder, "offsets.json", contents["offsets.json"])),
            index=_load_index(contents["copies.safetensors"]),
            metrics=metrics,
            provenance={key: value for key, value in config.items() if key not in ("format", "recipe", "model", "sha256")},
            identity=identify(config),
        )


def round_weights(network: torch.nn.Module) -> None:
    """Round the weights, in place, to the precision of a checkpoint, so that the measured network is the loaded one."""
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.copy_(_stored(tensor))


def _stored(tensor: Tensor) -> Tensor:
    """Convert matrices to float16: half the size, with the same accuracy."""
    return (tensor.half() if tensor.is_floating_point() and tensor.dim() > 1 else tensor).contiguous()


def _load_network(sizes: Any, content: bytes) -> NotesNetwork:
    with torch.device("meta"):  # without memory
        expected = {name: tensor.shape for name, tensor in NotesNetwork.from_json(sizes).state_dict().items()}
    require_shapes(header(content), expected)
    weights = load(content)
    if not all(tensor.is_floating_point() and bool(tensor.isfinite().all()) for tensor in weights.values()):
        raise ValueError("model.safetensors holds weights that are no numbers")
    network = NotesNetwork.from_json(sizes)
    network.load_state_dict(weights, strict=True)
    return network.eval()


def _load_index(content: bytes) -> CopyIndex:
    header(content)
    size = int.from_bytes(content[:8], "little")
    about = json.loads(content[8 : 8 + size])["__metadata__"]
    return CopyIndex.load(load_arrays(content), json.loads(about["places"]))


def _read_templates(content: Any) -> list[Template]:
    if not isinstance(content, list) or not 1 <= len(content) <= MAX_PLANS:
        raise ValueError(f"plans.json holds no plans, or more than {MAX_PLANS:,}")
    made = [Template(from_json(plan), str(name)[:60], float(tempo), float(density)) for plan, name, tempo, density in content]
    for template in made:
        if not TEMPI[0] <= template.tempo <= TEMPI[1] or not 0 < template.notes_a_bar <= 10_000:
            raise ValueError("plans.json holds an impossible tempo or number of notes")
    return made
