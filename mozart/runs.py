"""A training run, saved and resumed. (Lab, Problem 3.)

A run can be killed at any moment: at every moment the file is the one of the last finished epoch, or of the one before.
What leaves the machine is the same state as safetensors and JSON, because nobody should have to trust a pickle.
"""

import copy
import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from mozart import atomic
from mozart.errors import MozartError
from mozart.model import ModelConfig, MusicLSTM
from mozart.training import Run, TrainingConfig, make_optimizer

STATE_FILE = "training_state.pt"
# The same for the Hub.
STATE_FILES = STATE_TENSORS, STATE_VALUES = ("training_state.safetensors", "training_state.json")
# What the music alone decides.
_MUSIC = ("n_tokens", "n_shapes", "music_sha256")
# Settings that are not called as their flags are.
_FLAGS = {"schedule_epochs": "epochs"}
_STATE_KEYS = {
    *("epoch", "model_state_dict", "optimizer_state_dict", "loss"),  # the lab's four
    *("model_config", "training_config", "identity", "history", "best_weights", "averaged", "steps"),  # resuming needs them too
}


def save_run(run: Run, path: Path) -> None:
    """Write the run; at every moment the file is either the old one or the new one."""
    file = io.BytesIO()
    torch.save(_state(run), file)
    atomic.write(path, file.getvalue())


def state_files(run: Run) -> dict[str, bytes]:
    """The contents of STATE_FILES: all that :func:`save_run` writes, as safetensors and JSON; the JSON has the other's SHA-256."""
    values = _state(run)
    optimizer = values.pop("optimizer_state_dict")
    parts = {
        "model": values.pop("model_state_dict"),
        "best": values.pop("best_weights"),
        "averaged": values.pop("averaged") or {},
        **{f"optimizer {number}": state for number, state in optimizer["state"].items()},
    }
    # Cloned: safetensors refuses tensors that share their memory.
    tensors = save({f"{part}/{name}": tensor.detach().cpu().clone() for part in parts for name, tensor in parts[part].items()})
    values |= {"optimizer_groups": optimizer["param_groups"], "sha256": hashlib.sha256(tensors).hexdigest()}
    return {STATE_TENSORS: tensors, STATE_VALUES: json.dumps(values, indent=1).encode()}


def find_damaged_state(folder: Path) -> list[str]:
    """Which of STATE_FILES are missing in `folder` or do not fit each other."""
    missing = [name for name in STATE_FILES if not (folder / name).is_file()]
    if missing:
        return missing
    try:
        expected = json.loads((folder / STATE_VALUES).read_bytes())["sha256"]
    except (ValueError, LookupError, TypeError):
        return [STATE_VALUES]
    return [STATE_TENSORS] if hashlib.sha256((folder / STATE_TENSORS).read_bytes()).hexdigest() != expected else []


def require_state(path: Path) -> None:
    """Raise MozartError unless there is a saved run at `path`."""
    if not os.path.isfile(path):
        raise MozartError(f"There is nothing to resume: {path} does not exist. Leave --resume out to start.")


def resume_run(path: Path, identity: Mapping[str, str], device: torch.device, place: str = "") -> Run:
    """The run that was saved at `path`: a file of :func:`save_run`, or a folder with STATE_FILES.

    Parameters
    ----------
    place
        Where the run is, for people, if that is not the folder of `path`.

    Raises
    ------
    MozartError
        When there is none, when it is damaged, or when it was made with other settings than `identity`.
    """
    if not os.path.isdir(path):
        require_state(path)
    saved = _read_state_files(path) if os.path.isdir(path) else _read_state(path)
    differing = [name for name, value in identity.items() if saved["identity"].get(name) != value]
    if differing:
        name = differing[0]
        before, now = saved["identity"].get(name) or "none", identity[name] or "none"
        flag = f"another --{_FLAGS.get(name, name).replace('_', '-')} ({before}, now {now})"
        raise MozartError(
            f"{place or path.parent} holds a run with {'other music' if name in _MUSIC else flag}: "
            "resume it with what it was started with, or choose another --output."
        )
    try:
        model, optimizer = _restore(saved, device)
        run = Run(model, optimizer, _training_config(saved), dict(identity))
        run.epoch, run.loss = saved["epoch"], saved["loss"]
        run.history, run.best_weights, run.steps = saved["history"], saved["best_weights"], saved["steps"]
        if saved["averaged"] is not None:
            run.averaged = copy.deepcopy(model).eval()
            run.averaged.load_state_dict(saved["averaged"])
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise MozartError(
            f"{place or path} holds a run whose parts do not fit each other: start again without --resume."
        ) from error
    return run


def load_model(
    filename: str | Path, device: torch.device | None = None
) -> tuple[MusicLSTM, nn.CrossEntropyLoss, torch.optim.Optimizer]:
    """Load a saved run to continue or evaluate it: model (in ``eval()`` mode), criterion, optimizer. (Lab, ``load_model``.)"""
    device = device or torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    model, optimizer = _restore(_read_state(Path(filename)), device)
    return model, nn.CrossEntropyLoss(), optimizer


def _state(run: Run) -> dict[str, Any]:
    return {
        "epoch": run.epoch,
        "model_state_dict": run.model.state_dict(),
        "optimizer_state_dict": run.optimizer.state_dict(),
        "loss": run.loss,
        "model_config": asdict(run.model.config),
        "training_config": asdict(run.config),
        "identity": run.identity,
        "history": run.history,
        "best_weights": run.best_weights,
        "averaged": run.averaged.state_dict() if run.averaged is not None else None,
        "steps": run.steps,
    }


def _training_config(saved: Mapping[str, Any]) -> TrainingConfig:
    # JSON has no tuples.
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in saved["training_config"].items()
    }
    return TrainingConfig(**settings)


def _restore(saved: Mapping[str, Any], device: torch.device) -> tuple[MusicLSTM, torch.optim.Optimizer]:
    model = MusicLSTM(ModelConfig(**saved["model_config"])).to(device)
    model.load_state_dict(saved["model_state_dict"])
    optimizer = make_optimizer(model, _training_config(saved))
    optimizer.load_state_dict(saved["optimizer_state_dict"])
    return model.eval(), optimizer


def _read_state(path: Path) -> dict[str, Any]:
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        if not (isinstance(saved, dict) and saved.keys() >= _STATE_KEYS):
            raise ValueError("it is not a saved run of this program")
    except Exception as error:  # torch raises a different kind for every way in which a file can be damaged
        raise MozartError(f"{path} cannot be read as a saved run: start again without it, in another --output.") from error
    return saved


def _read_state_files(folder: Path) -> dict[str, Any]:
    try:
        if find_damaged_state(folder):
            raise ValueError("its files do not fit each other")
        saved = json.loads((folder / STATE_VALUES).read_bytes())
        parts: dict[str, dict[str, Tensor]] = {}
        for place, tensor in load((folder / STATE_TENSORS).read_bytes()).items():
            part, _, name = place.partition("/")
            parts.setdefault(part, {})[name] = tensor
        saved |= {
            "model_state_dict": parts.pop("model"),
            "best_weights": parts.pop("best", {}),
            "averaged": parts.pop("averaged", None),
        }
        states = {int(part.removeprefix("optimizer ")): state for part, state in parts.items()}
        saved["optimizer_state_dict"] = {"state": states, "param_groups": saved["optimizer_groups"]}
        if not (saved.keys() >= _STATE_KEYS and isinstance(saved["identity"], dict)):
            raise ValueError("it is not a saved run of this program")
    except Exception as error:  # anybody may have written it, and every part can be wrong in a way of its own
        raise MozartError(f"{folder} cannot be read as a saved run: start again without --resume.") from error
    return dict(saved)
