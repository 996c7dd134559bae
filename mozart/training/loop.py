"""The training loop of the composer's network, and the state of a run."""

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from mozart.errors import MozartError
from mozart.model.hiding import Hidden, hide
from mozart.model.network import PARTS, NetworkConfig, NotesNetwork, SequenceDropout
from mozart.model.rows import Rows
from mozart.model.vocabulary import Vocabulary
from mozart.training.config import TrainingConfig
from mozart.training.data import Batch, Streams, draw_hidden
from mozart.training.evaluation import evaluate, losses
from mozart.training.machine import has_bfloat16
from mozart.training.processes import ALONE, Processes, without_averaging

# The weights of the parts in the loss; IOI, voice and pitch matter most.
_WEIGHTS = {"ioi": 1.0, "voice": 1.0, "pitch": 1.0, "duration": 0.5, "loudness": 0.3}
_ENDS = 2.0  # the weight of a movement's end; ends are rare
_WARM_UP = 100  # steps
_LAST_RATE = 0.02  # of the highest learning rate
_KEPT = 0.99  # share of the averaged weights that each step keeps, after the warm-up of the average
_LARGEST_GRADIENT = 1.0
_BETWEEN_LOOKS = 20  # steps between readings of the loss, each of which makes a GPU wait

State = tuple[Tensor, Tensor] | None


@dataclass
class Run:
    """A training run.

    Attributes
    ----------
    network, optimizer
        The network and the optimizer in training.
    averaged
        The moving average of the weights (Polyak and Juditsky, 1992), which is evaluated and kept.
    config
        The settings.
    identity
        The music and the split that the run was started with, and can only be resumed with.
    epoch, steps
        The number of finished epochs and steps.
    history
        The losses and times of every epoch.
    best_epoch, best_weights
        The epoch and averaged weights with the best validation loss.
    """

    network: NotesNetwork
    optimizer: torch.optim.Optimizer
    averaged: NotesNetwork
    config: TrainingConfig
    identity: dict[str, Any]
    epoch: int = 0
    steps: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: dict[str, Tensor] = field(default_factory=dict)


def start_run(
    config: TrainingConfig, sizes: NetworkConfig, vocabulary: Vocabulary, identity: dict[str, Any], device: torch.device
) -> Run:
    """Start a run with random weights from the seed."""
    torch.manual_seed(config.seed)
    network = NotesNetwork(vocabulary, sizes).to(device)
    matrices = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98))
    return Run(network, optimizer, copy.deepcopy(network).eval(), config, identity)


def train(
    run: Run,
    streams: Streams,
    validation: Sequence[Rows],
    on_epoch: Callable[[Run], object] = lambda _: None,
    on_estimate: Callable[[float], object] = lambda _: None,
    processes: Processes = ALONE,
    accumulate: int = 1,
) -> None:
    """Train until the run has its epochs; the random numbers of an epoch depend only on the seed and the epoch's number.

    With any number of processes, and of parts of a batch, the weights are the same except for rounding.

    Parameters
    ----------
    run
        The run, which this changes.
    streams
        The training movements.
    validation
        The rows of the movements to validate.
    on_epoch
        Called after every epoch.
    on_estimate
        Called once, after a few steps, with an estimate of the seconds for the rest.
    processes
        The processes that call this together, each with the same run.
    accumulate
        The number of parts in which each process computes its share of a batch, to need less memory.

    Raises
    ------
    MozartError
        When the loss is no longer a number, or a batch has fewer sequences than there are processes.
    """
    network, shares = processes.together(run.network), _divide(processes.share(streams.count), accumulate)
    config, first = run.config, run.epoch + 1
    while run.epoch < config.epochs:
        epoch, started = run.epoch + 1, time.perf_counter()
        seeds = np.random.SeedSequence([config.seed, epoch]).generate_state(2)
        torch.manual_seed(int(seeds[0]))
        rng = np.random.default_rng(seeds[1])
        sums = _train_epoch(run, network, streams, shares, processes.count, rng, on_estimate if epoch == first else None)
        values = processes.sum(torch.stack([*sums.values()]).cpu()).tolist()
        _require_number(sum(values), epoch)
        totals = {name: round(value / streams.n_batches, 4) for name, value in zip(sums, values, strict=True)}
        seconds = time.perf_counter() - started
        found = evaluate(run.averaged, validation, hidden=True, processes=processes)
        run.epoch = epoch
        run.history.append(
            {
                "epoch": epoch,
                "train": totals,
                "train_loss": round(sum(totals[part] for part in PARTS[:3]), 4),
                "validation": found,
                "validation_loss": round(sum(found["nats_a_note"][part] for part in PARTS[:3]), 4),
                "validation_accuracy": found["pitch_accuracy"],
                "seconds": round(seconds, 1),
            }
        )
        best = min(run.history, key=lambda past: past["validation_loss"])
        if best["epoch"] == epoch:
            run.best_epoch = epoch
            run.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in run.averaged.state_dict().items()}
        on_epoch(run)


def _train_epoch(
    run: Run,
    network: nn.Module,
    streams: Streams,
    shares: Sequence[range],
    n_processes: int,
    rng: np.random.Generator,
    on_estimate: Callable[[float], object] | None,
) -> dict[str, Tensor]:
    """Train one epoch; return this process's part of the sum over batches of every part's mean loss, in nats a note."""
    config, device, epoch = run.config, next(run.network.parameters()).device, run.epoch + 1
    network.train()
    totals: dict[str, Tensor] = {}
    n_steps = config.epochs * streams.n_batches
    scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "mixed" and _half(device) is torch.float16)
    states: list[State] = [None] * len(shares)
    first = time.perf_counter()
    bar = tqdm(streams.epoch(rng), total=streams.n_batches, desc=f"Epoch {epoch} of {config.epochs}", unit="batch", leave=False)
    for number, (deal, goes_on) in enumerate(bar):
        hidden = Hidden(*(mask.to(device) for mask in draw_hidden(rng, streams.count, config.hidden_plan)))
        for group in run.optimizer.param_groups:
            group["lr"] = config.learning_rate * _rate(run.steps, n_steps)
        run.optimizer.zero_grad(set_to_none=True)
        for index, share in enumerate(shares):
            last, here = index == len(shares) - 1, slice(share.start, share.stop)
            batch, weight = deal(share), len(share) / streams.count
            states[index] = _carry(states[index], goes_on[here].to(device))
            with _same_dropout(run.network, share, streams.count, last), nullcontext() if last else without_averaging(network):
                with torch.autocast(device.type, _half(device), enabled=config.precision == "mixed"):
                    told = hide(batch, run.network.vocabulary, Hidden(*(mask[here] for mask in hidden)))
                    scores, states[index] = network(told, states[index])
                parts = losses(scores, batch)
                loss = _weigh(parts, scores, batch)
                # Gradients are averaged over processes, and added up over the parts of a batch.
                scaler.scale(loss * weight * n_processes).backward()  # type: ignore[no-untyped-call]
            for name, value in parts.items():
                totals[name] = totals.get(name, 0.0) + value.detach() * weight
        scaler.unscale_(run.optimizer)
        nn.utils.clip_grad_norm_(run.network.parameters(), _LARGEST_GRADIENT)
        scaler.step(run.optimizer)
        scaler.update()
        run.steps += 1
        _average(run)
        if number % _BETWEEN_LOOKS == 0:
            latest = float(loss.detach())
            _require_number(latest, epoch)
            bar.set_postfix(loss=f"{latest:.3f}")
        if on_estimate and number == _BETWEEN_LOOKS:
            on_estimate((time.perf_counter() - first) / number * (n_steps - run.steps))
    return totals


def _divide(sequences: range, parts: int) -> list[range]:
    """Divide sequences, in order, into `parts` parts, or into single sequences if there are fewer."""
    parts = min(parts, len(sequences))
    cuts = [sequences.start + number * len(sequences) // parts for number in range(parts + 1)]
    return [range(start, stop) for start, stop in pairwise(cuts)]


@contextmanager
def _same_dropout(network: NotesNetwork, sequences: range, count: int, last: bool) -> Iterator[None]:
    """Give these sequences the dropout masks of the whole batch; only its last part advances the random numbers."""
    dropouts = [module for module in network.modules() if isinstance(module, SequenceDropout)]
    device = next(network.parameters()).device
    for dropout in dropouts:
        dropout.part = sequences, count
    with nullcontext() if last else torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield
    for dropout in dropouts:
        dropout.part = None


def _weigh(parts: dict[str, Tensor], scores: dict[str, Tensor], batch: Batch) -> Tensor:
    total = torch.stack([_WEIGHTS[name] * value for name, value in parts.items()]).sum()
    iois = batch["target"][..., 0].long()
    last = scores["ioi"].shape[-1] - 1
    at_end = (iois == last).float()
    ends = F.cross_entropy(scores["ioi"].float().flatten(0, -2), iois.flatten(), reduction="none")
    return total + _ENDS * (ends.view_as(at_end) * at_end).mean()


def _average(run: Run) -> None:
    kept = min(_KEPT, (run.steps + 1) / (run.steps + 20))
    with torch.no_grad():
        for average, latest in zip(run.averaged.parameters(), run.network.parameters(), strict=True):
            average.lerp_(latest, 1 - kept)


def _carry(state: State, goes_on: Tensor) -> State:
    if state is None:
        return None
    keep = goes_on[None, :, None].to(state[0].dtype)
    return state[0].detach() * keep, state[1].detach() * keep


def _rate(step: int, n_steps: int) -> float:
    """Return the learning rate's factor: a warm-up, then half a cosine (Loshchilov and Hutter, SGDR, 2017)."""
    done = min(step / n_steps, 1.0)
    return min((step + 1) / _WARM_UP, 1.0) * (_LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * done)))


def _half(device: torch.device) -> torch.dtype:
    return torch.bfloat16 if device.type == "cpu" or has_bfloat16(device) else torch.float16


def _require_number(value: float, epoch: int) -> None:
    if not math.isfinite(value):
        raise MozartError(
            f"The loss is no longer a number in epoch {epoch}: choose a lower --learning-rate. "
            "The epochs saved before are still good."
        )
