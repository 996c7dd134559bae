"""Save a training run after every epoch, and resume it bit for bit: one safetensors file, with other values as JSON in its header.

A run can be killed at any moment: the file is always that of the last finished epoch, or of the one before.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from mozart import atomic
from mozart.errors import MozartError
from mozart.model.network import NetworkConfig
from mozart.model.vocabulary import Vocabulary
from mozart.training.config import TrainingConfig
from mozart.training.loop import Run, start_run

STATE_FILE = "training_state.safetensors"
_KEY = "run"


def save_run(run: Run, path: Path) -> None:
    """Write the run."""
    optimizer = run.optimizer.state_dict()
    parts: dict[str, Mapping[str, Tensor]] = {
        "network": run.network.state_dict(),
        "averaged": run.averaged.state_dict(),
        "best": run.best_weights,
        **{f"optimizer {number}": state for number, state in optimizer["state"].items()},
    }
    tensors = {f"{part}/{name}": tensor.detach().cpu().clone() for part, named in parts.items() for name, tensor in named.items()}
    values = {
        "epoch": run.epoch,
        "steps": run.steps,
        "history": run.history,
        "best_epoch": run.best_epoch,
        "identity": run.identity,
        "sizes": asdict(run.network.config),
        "vocabulary": asdict(run.network.vocabulary),
        "config": asdict(run.config),
        "groups": optimizer["param_groups"],
    }
    atomic.write(path, save(tensors, {_KEY: json.dumps(values)}))


def resume_run(path: Path, config: TrainingConfig, identity: Mapping[str, Any], device: torch.device, place: str = "") -> Run:
    """Load the run that :func:`save_run` wrote, to continue it; only the number of epochs may have changed.

    Parameters
    ----------
    path
        The file.
    config
        The settings of now.
    identity
        The music and split of now.
    device
        The device to train on.
    place
        Where the run is, for people, if that is not the folder of `path`.

    Raises
    ------
    MozartError
        When there is none, when it is damaged, or when it was made with other settings or other music.
    """
    place = place or str(path.parent)
    if not os.path.isfile(path):
        raise MozartError(f"There is nothing to resume: {path} does not exist. Leave --resume out to start.")
    values, parts = _read(path)
    try:
        before = {**values["config"], **values["identity"]}
        now = {**asdict(config), **identity}
        differing = [name for name, value in now.items() if name != "epochs" and before.get(name) != value]
        if differing:
            name = differing[0]
            what = (
                "other music"
                if name == "music_sha256"
                else f"another {name.replace('_', ' ')} ({before.get(name)}, now {now[name]})"
            )
            raise MozartError(f"{place} holds a run with {what}: resume it with what it had, or choose another --output.")
        if config.epochs < values["epoch"]:
            raise MozartError(f"The run in {place} has finished {values['epoch']} epochs: --epochs cannot be less.")
        vocabulary = Vocabulary.from_json(values["vocabulary"])
        run = start_run(config, NetworkConfig.from_json(values["sizes"]), vocabulary, dict(identity), device)
        run.network.load_state_dict(parts.pop("network"))
        run.averaged.load_state_dict(parts.pop("averaged"))
        run.best_weights = parts.pop("best", {})
        states = {int(part.removeprefix("optimizer ")): state for part, state in parts.items()}
        run.optimizer.load_state_dict({"state": states, "param_groups": values["groups"]})
        run.epoch, run.steps, run.history = values["epoch"], values["steps"], values["history"]
        run.best_epoch = values["best_epoch"]
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise MozartError(f"{place} holds a run whose parts do not fit each other: start again without --resume.") from error
    return run


def _read(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Tensor]]]:
    try:
        with safe_open(path, "pt") as file:
            values = json.loads(file.metadata()[_KEY])
            parts: dict[str, dict[str, Tensor]] = {}
            for name in file.keys():  # noqa: SIM118  # not a dictionary
                part, _, rest = name.partition("/")
                parts.setdefault(part, {})[rest] = file.get_tensor(name)
        if not isinstance(values, dict):
            raise ValueError("no values")
    except (SafetensorError, OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise MozartError(f"{path} cannot be read as a saved run: start again without --resume, in another --output.") from error
    return values, parts
