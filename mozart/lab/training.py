"""Problem 3: train the network.

The text's quirk is kept: the hidden state goes from each batch to the next, detached, although shuffled windows do not continue
each other. Evaluation starts from a fresh state.

Every random draw of an epoch comes from generators seeded by the run's seed and the epoch's number, so that a run which was
saved and resumed ends, on a CPU with the same machine, versions and thread count, with the same weights, bit for bit.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from mozart.errors import MozartError
from mozart.lab.config import KeysConfig, LabConfig
from mozart.lab.evaluation import Evaluation, evaluate
from mozart.lab.network import RNN
from mozart.lab.windows import Loaders

CLIP = 5.0  # the largest norm of the gradients
WEIGHT_DECAY = 0.01  # AdamW's

_STEPS_BEFORE_ESTIMATE = 20
# How often the loss is looked at: asking for the number at every step would make a GPU wait.
_STEPS_BETWEEN_LOOKS = 50
# Evaluating a window costs about a third of training on it: there is no way back through the network.
_EVALUATION_COST = 1 / 3


@dataclass
class Run:
    """A training run between two epochs: all that going on needs.

    Attributes
    ----------
    music_sha256 : of the tokens, one a line: a run goes on with the music that it began with
    epoch : the last finished epoch, from 1; 0 before the first
    loss : mean training loss of that epoch, in nats
    history : a dictionary an epoch: epoch, train_loss, validation_loss, validation_accuracy, seconds
    best_epoch : the epoch with the highest validation accuracy of those whose weights were kept, the first of equals
    best_weights : its weights, on the CPU
    averaged : the moving average of the weights, where there is one (:mod:`mozart.lab.departing`)
    """

    model: RNN
    criterion: nn.CrossEntropyLoss
    optimizer: torch.optim.Optimizer
    config: LabConfig
    music_sha256: str
    epoch: int = 0
    loss: float = math.nan
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    averaged: dict[str, Tensor] = field(default_factory=dict)


def start_run(config: LabConfig, n_notes: int, music_sha256: str, device: torch.device) -> Run:
    """Make a run before its first epoch; the same configuration gives the same weights.

    Raises MozartError when a network of that size does not fit into memory.
    """
    torch.manual_seed(epoch_seed(config.seed, 0))
    dropout = config.dropout if isinstance(config, KeysConfig) else 0.0
    try:
        model = RNN(n_notes, config.embedding_dim, config.hidden_size, config.num_layers, dropout).to(device)
    except (RuntimeError, MemoryError) as error:
        raise MozartError("A network of this size does not fit into memory: choose a smaller --hidden-size.") from error
    run = Run(model, nn.CrossEntropyLoss(), torch.optim.RMSprop(model.parameters(), lr=config.learning_rate), config, music_sha256)
    if isinstance(config, KeysConfig):
        run.optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=WEIGHT_DECAY)
        run.averaged = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return run


def train(
    run: Run,
    loaders: Loaders,
    *,
    on_epoch: Callable[[Run], object] = lambda _: None,
    on_estimate: Callable[[float], object] = lambda _: None,
) -> None:
    """Train until the configuration's epochs are done, in place. (Problem 3.)

    Parameters
    ----------
    on_epoch
        Called after every epoch, when the run can be saved.
    on_estimate
        Called once, a few steps after the start, with the seconds that the remaining epochs will take on a CPU; not
        where an epoch has fewer steps.

    Raises
    ------
    MozartError
        When the loss is no longer a number; the last epoch that was saved is still good.
    """
    model, epochs, steps = run.model, run.config.epochs, len(loaders.train)
    autocast, scaler = _precision(run.config, model.device)
    first_epoch = run.epoch + 1
    with tqdm(total=epochs * steps, initial=run.epoch * steps, unit="step", leave=False) as bar:
        for epoch in range(first_epoch, epochs + 1):
            started = time.perf_counter()
            bar.set_description(f"Epoch {epoch}/{epochs}")
            torch.manual_seed(epoch_seed(run.config.seed, epoch))
            loaders.train.generator.manual_seed(epoch_seed(run.config.seed, epoch))
            model.train()
            losses: list[Tensor] = []
            h0, h1 = model.init_hidden(run.config.batch_size)
            for x_truth, y_truth in loaders.train:
                with autocast:
                    output, (h0, h1) = model(x_truth.to(model.device), (h0, h1))
                    loss = run.criterion(output, y_truth.to(model.device))
                h0, h1 = h0.detach(), h1.detach()
                run.optimizer.zero_grad()
                scaler.scale(loss).backward()
                scaler.unscale_(run.optimizer)
                nn.utils.clip_grad_norm_(model.parameters(), CLIP)
                scaler.step(run.optimizer)
                scaler.update()
                losses.append(loss.detach())
                bar.update()
                if len(losses) % _STEPS_BETWEEN_LOOKS == 0:
                    bar.set_postfix_str(f"loss {_mean(losses, epoch):.3f}")
                if epoch == first_epoch and len(losses) == _STEPS_BEFORE_ESTIMATE:
                    seconds_a_window = (time.perf_counter() - started) / (len(losses) * run.config.batch_size)
                    windows = steps * run.config.batch_size + _EVALUATION_COST * len(loaders.validation.dataset)  # type: ignore[arg-type]
                    on_estimate(seconds_a_window * windows * (epochs - run.epoch))
            run.loss = _mean(losses, epoch)
            validation = evaluate(model, loaders.validation, f"Epoch {epoch}/{epochs}, validation")
            finish_epoch(run, model, epoch, validation, time.perf_counter() - started)
            on_epoch(run)


def require_precision(precision: str, device: torch.device) -> None:
    """Raise MozartError when the device cannot train in this precision."""
    if precision == "mixed" and device.type == "cpu" and not has_bfloat16(device):
        raise MozartError("This CPU does not compute in bfloat16: leave --precision mixed out, or train on a GPU.")


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device computes LSTMs in bfloat16."""
    if device.type == "cpu":
        # LSTMs run through oneDNN, which has no bfloat16 for processors without AVX-512.
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def _precision(config: LabConfig, device: torch.device) -> tuple[torch.autocast, torch.amp.GradScaler]:
    """Make what runs the forward pass in mixed precision, and what keeps float16's gradients from vanishing."""
    bfloat16 = has_bfloat16(device)
    dtype = torch.bfloat16 if bfloat16 or device.type == "cpu" else torch.float16
    mixed = config.precision == "mixed"
    return torch.autocast(device.type, dtype, enabled=mixed), torch.amp.GradScaler(device.type, enabled=mixed and not bfloat16)


def finish_epoch(run: Run, model: RNN, epoch: int, validation: Evaluation, seconds: float) -> None:
    """Note down what an epoch has reached, and keep the weights of `model`, which was measured, where they are the best so far."""
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
    if not run.best_epoch or validation.accuracy > run.history[run.best_epoch - 1]["validation_accuracy"]:
        run.best_epoch = epoch
        run.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


def _mean(losses: list[Tensor], epoch: int) -> float:
    """Compute the mean of an epoch's losses. Raises MozartError, with the step, when one is not a number."""
    values = torch.stack(losses).double()
    mean = values.mean().item()
    if not math.isfinite(mean):
        step = int((~values.isfinite()).nonzero()[0].item()) + 1
        raise MozartError(
            f"The training loss is no longer a number in epoch {epoch}, step {step}: choose a smaller --learning-rate. "
            "What was saved before this epoch is still good."
        )
    return mean


def epoch_seed(seed: int, epoch: int) -> int:
    """Draw a seed for one epoch of one run; neighbouring seeds and epochs give unrelated ones."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
