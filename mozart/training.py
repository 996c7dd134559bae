"""The lab's way to train, as one open loop. (Lab, Problem 3.)

``--recipe lab`` shows the network the last step of every window. It keeps the lab's quirk: the hidden state goes from
each batch to the next, detached, although shuffled windows do not continue each other. Evaluation starts fresh.

A run can be killed at any moment. Every random draw of an epoch comes from generators seeded by the run's seed and the
epoch's number, so a run resumed at its last saved epoch ends, on a CPU with the same machine, versions and thread count,
with the same weights, bit for bit.
"""

import io
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from mozart import atomic
from mozart.errors import MozartError
from mozart.evaluation import Evaluation, evaluate
from mozart.model import ModelConfig, MusicLSTM
from mozart.windows import Loaders

# What the music alone decides.
_MUSIC = ("n_tokens", "music_sha256")
STATE_FILE = "training_state.pt"
_STATE_KEYS = {
    *("epoch", "model_state_dict", "optimizer_state_dict", "loss"),  # the lab's four
    *("model_config", "training_config", "identity", "history", "best_weights"),  # what resuming needs beside them
}
_STEPS_BEFORE_ESTIMATE = 20
# Evaluating a window costs about a third of training on it: there is no way back through the network.
_EVALUATION_COST = 1 / 3


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; the defaults are the lab's.

    Attributes
    ----------
    recipe : ``lab``
    split : ``windows``, the lab's random split over windows
    seed : of the split, the first weights and the shuffling
    batch_size, evaluation_batch_size : windows a batch
    learning_rate : of RMSprop
    clip : largest norm of the gradients
    """

    recipe: str = "lab"
    split: str = "windows"
    seed: int = 0
    batch_size: int = 128
    evaluation_batch_size: int = 32
    learning_rate: float = 0.001
    clip: float = 5.0


@dataclass
class Run:
    """A training run between two epochs: all that going on needs.

    Attributes
    ----------
    epoch : the last finished epoch, from 1; 0 before the first
    loss : mean training loss of that epoch, in nats
    history : a dictionary an epoch, as in ``metrics.json``
    best_weights : the network's weights after the epoch with the best validation loss, on the CPU
    identity : what must be equal for a run to be continued (see :func:`identify`)
    """

    model: MusicLSTM
    optimizer: torch.optim.Optimizer
    config: TrainingConfig
    identity: dict[str, str]
    epoch: int = 0
    loss: float = math.nan
    history: list[dict[str, float]] = field(default_factory=list)
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    @property
    def best_epoch(self) -> dict[str, float]:
        """The history's entry with the lowest validation loss."""
        return min(self.history, key=lambda epoch: epoch["validation_loss"])


def start_run(model_config: ModelConfig, config: TrainingConfig, device: torch.device, music_sha256: str) -> Run:
    """A run before its first epoch; the same configuration and seed give the same weights.

    Raises MozartError when a network of that size does not fit into memory.
    """
    torch.manual_seed(_epoch_seed(config.seed, 0))
    try:
        model = MusicLSTM(model_config).to(device)
    except (RuntimeError, MemoryError) as error:
        raise MozartError("A network of this size does not fit into memory: choose a smaller --hidden-size.") from error
    return Run(model, _optimizer(model, config.learning_rate), config, identify(model_config, config, music_sha256))


def identify(model_config: ModelConfig, config: TrainingConfig, music_sha256: str) -> dict[str, str]:
    """Every setting that shapes the weights, by name, and the music's hash: equal for a run and its continuation."""
    settings = asdict(model_config) | asdict(config) | {"music_sha256": music_sha256}
    return {name: str(value) for name, value in settings.items()}


def train(
    run: Run,
    loaders: Loaders,
    epochs: int,
    *,
    on_epoch: Callable[[Run], None] = lambda _: None,
    on_estimate: Callable[[float], None] = lambda _: None,
) -> None:
    """Train until `epochs` epochs are done, in place.

    Parameters
    ----------
    on_epoch
        Called after every epoch, when the run can be saved.
    on_estimate
        Called once, a few steps after the start, with the seconds that the remaining epochs will take on a CPU.

    Raises
    ------
    MozartError
        When the loss is no longer a number; the last epoch that was saved is still good.
    """
    model, optimizer, config = run.model, run.optimizer, run.config
    device = model.embedding.weight.device
    criterion = nn.CrossEntropyLoss()
    first_epoch = run.epoch + 1
    for epoch in range(first_epoch, epochs + 1):
        started = time.perf_counter()
        seed = _epoch_seed(config.seed, epoch)
        torch.manual_seed(seed)
        loaders.train.generator.manual_seed(seed)
        model.train()
        hidden = model.init_hidden(config.batch_size)
        # Summed on the device: asking for the number at every step would make a GPU wait.
        total_loss = torch.zeros((), dtype=torch.float64, device=device)
        bar = tqdm(loaders.train, desc=f"Epoch {epoch}/{epochs}", unit="batch", leave=False)
        for step, (x, y) in enumerate(bar, start=1):
            x, y = x.to(device), y.to(device)
            log_probabilities, hidden = model(x, hidden)
            hidden = (hidden[0].detach(), hidden[1].detach())
            loss = criterion(log_probabilities, y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), config.clip)
            optimizer.step()
            total_loss += loss.detach()
            if step % 50 == 0:
                bar.set_postfix(loss=f"{total_loss.item() / step:.3f}")
            if epoch == first_epoch and step == _STEPS_BEFORE_ESTIMATE:
                seconds_a_window = (time.perf_counter() - started) / (step * config.batch_size)
                windows = len(loaders.train) * config.batch_size + _EVALUATION_COST * len(loaders.validation.dataset)  # type: ignore[arg-type]
                on_estimate(seconds_a_window * windows * (epochs - run.epoch))
        run.loss = total_loss.item() / len(loaders.train)
        if not math.isfinite(run.loss):
            raise MozartError(
                f"The training loss is no longer a number in epoch {epoch}: choose a smaller --learning-rate. "
                "What was saved before this epoch is still good."
            )
        validation = evaluate(model, loaders.validation, f"Epoch {epoch}/{epochs}, validation")
        _finish_epoch(run, epoch, validation, time.perf_counter() - started)
        on_epoch(run)


def _finish_epoch(run: Run, epoch: int, validation: Evaluation, seconds: float) -> None:
    run.epoch = epoch
    run.history.append(
        {
            "epoch": epoch,
            "train_loss": run.loss,
            "validation_loss": validation.loss,
            "validation_accuracy": validation.accuracy,
            "seconds": round(seconds, 1),
        }
    )
    if run.best_epoch["epoch"] == epoch:
        run.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in run.model.state_dict().items()}


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
        flag = f"another --{name.replace('_', '-')} ({saved['identity'].get(name)}, now {identity[name]})"
        raise MozartError(
            f"{path.parent} holds a run with {'other music' if name in _MUSIC else flag}: "
            "resume it with what it was started with, or choose another --output."
        )
    model, optimizer = _restore(saved, device)
    run = Run(model, optimizer, TrainingConfig(**saved["training_config"]), dict(identity))
    run.epoch, run.loss = saved["epoch"], saved["loss"]
    run.history, run.best_weights = saved["history"], saved["best_weights"]
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
    optimizer = _optimizer(model, saved["training_config"]["learning_rate"])
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


def _optimizer(model: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    return torch.optim.RMSprop(model.parameters(), lr=learning_rate)


def _epoch_seed(seed: int, epoch: int) -> int:
    """A seed for one epoch of one run; neighbouring seeds and epochs give unrelated ones."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
