"""A training run, saved and resumed. (Lab, Problem 3.)

A run can be killed at any moment: at every moment the file is the one of the last finished epoch, or of the one before.
"""

import copy
import io
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mozart import atomic
from mozart.errors import MozartError
from mozart.model import ModelConfig, MusicLSTM
from mozart.training import Run, TrainingConfig, make_optimizer

STATE_FILE = "training_state.pt"
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
    content = {
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
    file = io.BytesIO()
    torch.save(content, file)
    atomic.write(path, file.getvalue())


def require_state(path: Path) -> None:
    """Raise MozartError unless there is a saved run at `path`."""
    if not os.path.isfile(path):
        raise MozartError(f"There is nothing to resume: {path} does not exist. Leave --resume out to start.")


def resume_run(path: Path, identity: Mapping[str, str], device: torch.device) -> Run:
    """The run that was saved at `path`.

    Raises MozartError when there is none, when it is damaged, or when it was made with other settings than `identity`.
    """
    require_state(path)
    saved = _read_state(path)
    differing = [name for name, value in identity.items() if saved["identity"].get(name) != value]
    if differing:
        name = differing[0]
        before, now = saved["identity"].get(name) or "none", identity[name] or "none"
        flag = f"another --{_FLAGS.get(name, name).replace('_', '-')} ({before}, now {now})"
        raise MozartError(
            f"{path.parent} holds a run with {'other music' if name in _MUSIC else flag}: "
            "resume it with what it was started with, or choose another --output."
        )
    model, optimizer = _restore(saved, device)
    run = Run(model, optimizer, TrainingConfig(**saved["training_config"]), dict(identity))
    run.epoch, run.loss = saved["epoch"], saved["loss"]
    run.history, run.best_weights, run.steps = saved["history"], saved["best_weights"], saved["steps"]
    if saved["averaged"] is not None:
        run.averaged = copy.deepcopy(model).eval()
        run.averaged.load_state_dict(saved["averaged"])
    return run


def load_model(
    filename: str | Path, device: torch.device | None = None
) -> tuple[MusicLSTM, nn.CrossEntropyLoss, torch.optim.Optimizer]:
    """Load a saved run to continue or evaluate it: model (in ``eval()`` mode), criterion, optimizer. (Lab, ``load_model``.)"""
    device = device or torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    model, optimizer = _restore(_read_state(Path(filename)), device)
    return model, nn.CrossEntropyLoss(), optimizer


def _restore(saved: Mapping[str, Any], device: torch.device) -> tuple[MusicLSTM, torch.optim.Optimizer]:
    model = MusicLSTM(ModelConfig(**saved["model_config"])).to(device)
    model.load_state_dict(saved["model_state_dict"])
    optimizer = make_optimizer(model, TrainingConfig(**saved["training_config"]))
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
