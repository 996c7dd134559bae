"""Problem 3: save the run every epoch, go on with it, and load its network.

A run can be killed at any moment: at every moment the file is the one of the last finished epoch, or of the one before.
"""

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
from mozart.lab.config import KeysConfig, LabConfig
from mozart.lab.network import RNN
from mozart.lab.training import Run, start_run

STATE_FILE = "training_state.pt"
_STATE_KEYS = {
    *("epoch", "model_state_dict", "optimizer_state_dict", "loss"),  # the text's four
    *("config", "n_notes", "music_sha256", "history", "best_epoch", "best_weights"),  # going on needs them too
}


def save_run(run: Run, path: Path) -> None:
    """Write the run with the text's four keys and a few more; at every moment the file is either the old one or the new one."""
    file = io.BytesIO()
    torch.save(
        {
            "epoch": run.epoch,
            "model_state_dict": run.model.state_dict(),
            "optimizer_state_dict": run.optimizer.state_dict(),
            "loss": run.loss,
            "config": asdict(run.config),
            "n_notes": run.model.n_notes,
            "music_sha256": run.music_sha256,
            "history": run.history,
            "best_epoch": run.best_epoch,
            "best_weights": run.best_weights,
            "averaged": run.averaged,
        },
        file,
    )
    atomic.write(path, file.getvalue())


def resume_run(path: Path, config: LabConfig, music_sha256: str, device: torch.device, place: str = "") -> Run:
    """Read the run that :func:`save_run` wrote, to go on with; only `config.epochs` may be another than it was.

    Parameters
    ----------
    place
        Where the run is, for people, if that is not the folder of `path`.

    Raises MozartError when there is none, when it is damaged, or when it was made with other settings or other music.
    """
    if not os.path.isfile(path):
        raise MozartError(f"There is nothing to resume: {path} does not exist. Leave --resume out to start.")
    place = place or str(path.parent)
    saved = _read_state(path)
    for name, value in asdict(config).items():
        if name != "epochs" and saved["config"].get(name) != value:
            flag = f"--{name.replace('_', '-')} ({saved['config'].get(name)}, now {value})"
            raise MozartError(f"{place} holds a run with another {flag}: resume it as it was, or choose another --output.")
    if saved["music_sha256"] != music_sha256:
        raise MozartError(f"{place} holds a run with other music: resume it with the same, or choose another --output.")
    if config.epochs < saved["epoch"]:
        raise MozartError(f"The run in {place} has finished {saved['epoch']} epochs: --epochs cannot be less.")
    run = _restore(saved, config, path, device)
    run.epoch, run.loss, run.history = saved["epoch"], saved["loss"], saved["history"]
    run.best_epoch, run.best_weights = saved["best_epoch"], saved["best_weights"]
    run.averaged = {name: tensor.to(device) for name, tensor in saved.get("averaged", {}).items()}
    return run


def load_model(filename: str | Path, device: torch.device | None = None) -> tuple[RNN, nn.CrossEntropyLoss, torch.optim.Optimizer]:
    """Load a saved run to continue or evaluate it: model (in ``eval()`` mode), criterion, optimizer. (``load_model``.)"""
    device = device or torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    saved = _read_state(Path(filename))
    try:
        config = KeysConfig if "dropout" in saved["config"] else LabConfig
        run = _restore(saved, config(**saved["config"]), Path(filename), device)
    except TypeError as error:
        raise _unfit(Path(filename)) from error
    return run.model.eval(), run.criterion, run.optimizer


def _read_state(path: Path) -> dict[str, Any]:
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        if not (isinstance(saved, dict) and saved.keys() >= _STATE_KEYS and isinstance(saved["config"], dict)):
            raise ValueError("it is not a saved run of this program")
    except Exception as error:  # torch raises a different kind for every way in which a file can be damaged
        raise MozartError(f"{path} cannot be read as a saved run: start again without it, in another --output.") from error
    return saved


def _restore(saved: Mapping[str, Any], config: LabConfig, path: Path, device: torch.device) -> Run:
    try:
        run = start_run(config, saved["n_notes"], saved["music_sha256"], device)
        run.model.load_state_dict(saved["model_state_dict"])
        run.optimizer.load_state_dict(saved["optimizer_state_dict"])
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise _unfit(path) from error
    return run


def _unfit(path: Path) -> MozartError:
    return MozartError(f"{path} holds a run whose parts do not fit each other: start again without --resume.")
