"""Two ways to train, ``lab`` and ``stream``, in one open loop. (Lab, Problem 3.)

``lab`` shows the network the last step of every window. It keeps the lab's quirk: the hidden state goes from each batch to
the next, detached, although shuffled windows do not continue each other. ``stream`` shows it every step of long sequences,
each from a fresh state: the same labels for a hundredth of the work. Evaluation is the same for both, and starts fresh.

Every random draw of an epoch comes from generators seeded by the run's seed and the epoch's number, so that a run which was
saved and resumed (:mod:`mozart.runs`) ends, on a CPU with the same machine, versions and thread count, with the same weights,
bit for bit.
"""

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from mozart.errors import MozartError
from mozart.evaluation import Evaluation, evaluate
from mozart.model import ModelConfig, MusicLSTM
from mozart.sequences import Sequences
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW, Loaders

_STEPS_BEFORE_ESTIMATE = 20
# How often the loss is looked at: asking for the number at every step would make a GPU wait.
_STEPS_BETWEEN_LOOKS = 50
# Evaluating a window costs about a third of training on it: there is no way back through the network.
_EVALUATION_COST = 1 / 3
_WARM_UP = 0.05

# The values of the flags that are not given. What a recipe does not name it does not have.
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "lab": {
        "epochs": 30,
        "batch_size": 128,
        "evaluation_batch_size": 32,
        "validate_every": 1,
        "learning_rate": 0.001,
        "clip": 5.0,
        "pitch": "absolute",
        "embedding_dim": 64,
        "hidden_size": 256,
        "num_layers": 3,
        "dropout": 0.0,
        "embedding_dropout": 0.0,
    },
    "stream": {
        "epochs": 8,
        "passes": 2,
        "batch_size": 8,
        "sequence_length": 128,
        "evaluation_batch_size": 256,
        "validate_every": 8,
        "learning_rate": 0.003,
        "weight_decay": 0.1,
        "averaging": 0.999,
        "clip": 1.0,
        "pitch": "relative",
        "embedding_dim": 128,
        "hidden_size": 320,
        "num_layers": 2,
        "dropout": 0.5,
        "embedding_dropout": 0.2,
    },
}


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; the defaults are the lab's.

    Attributes
    ----------
    recipe : ``lab`` or ``stream``
    split : ``windows``, the lab's random split over windows, or ``works``
    validation_works, test_works : with ``works``, the titles of those held out
    seed : of the split, the first weights and all that is drawn while training
    batch_size, evaluation_batch_size : windows a batch; training with ``stream``, sequences a batch
    best_by : ``loss`` or ``accuracy``, by which the best epoch is chosen; they part where the network grows too sure
    validate_every : an epoch is judged by every n-th validation window
    learning_rate : of RMSprop, or of AdamW with ``stream``
    clip : largest norm of the gradients
    precision : ``float32``, or ``mixed``: bfloat16 where the device has it, else float16
    schedule_epochs : epochs over which the learning rate falls to a hundredth along a cosine, after a warm-up; 0 keeps it as it is
    passes : with ``stream``, how often an epoch goes through the music
    sequence_length : with ``stream``, steps a sequence
    weight_decay : with ``stream``, of AdamW, for matrices
    averaging : with ``stream``, what the moving average of the weights keeps at each step, in [0, 1); 0 for none
    """

    recipe: str = "lab"
    split: str = "windows"
    seed: int = 0
    batch_size: int = 128
    evaluation_batch_size: int = 32
    best_by: str = "loss"
    validate_every: int = 1
    learning_rate: float = 0.001
    clip: float = 5.0
    precision: str = "float32"
    schedule_epochs: int = 0
    passes: int = 1
    sequence_length: int = 0
    weight_decay: float = 0.0
    averaging: float = 0.0
    validation_works: tuple[str, ...] = ()
    test_works: tuple[str, ...] = ()


@dataclass
class Run:
    """A training run between two epochs: all that going on needs.

    Attributes
    ----------
    epoch : the last finished epoch, from 1; 0 before the first
    loss : mean training loss of that epoch, in nats
    history : a dictionary an epoch, as in ``metrics.json``
    best_weights : the evaluated network's weights after the best epoch, on the CPU
    averaged : the network with the moving average of the weights, where there is one
    steps : how many steps the optimizer has made
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
    averaged: MusicLSTM | None = None
    steps: int = 0

    @property
    def evaluated(self) -> MusicLSTM:
        """The network that is evaluated and kept: the averaged one where there is one."""
        return self.averaged or self.model

    @property
    def best_epoch(self) -> dict[str, float]:
        """The history's entry with the lowest validation loss, or the highest accuracy, as the configuration says."""
        if self.config.best_by == "accuracy":
            return max(self.history, key=lambda epoch: epoch["validation_accuracy"])
        return min(self.history, key=lambda epoch: epoch["validation_loss"])


def configure(settings: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[ModelConfig, TrainingConfig]:
    """The configurations that settings, called as the flags are, amount to; None is for what the recipe does not have."""
    known = {name: value for name, value in settings.items() if value is not None}
    known |= {"n_tokens": len(vocabulary), "n_shapes": vocabulary.n_shapes if known["pitch"] == "relative" else 0}
    if known["recipe"] == "stream":
        known["schedule_epochs"] = known["epochs"]  # the learning rate is lowest at the last
    model, training = (
        {setting.name: known[setting.name] for setting in fields(kind) if setting.name in known}
        for kind in (ModelConfig, TrainingConfig)
    )
    return ModelConfig(**model), TrainingConfig(**training)


def start_run(
    model_config: ModelConfig,
    config: TrainingConfig,
    device: torch.device,
    music_sha256: str,
    vocabulary: Vocabulary | None = None,
) -> Run:
    """A run before its first epoch; the same configuration and seed give the same weights.

    Raises MozartError when a network of that size does not fit into memory.
    """
    torch.manual_seed(_epoch_seed(config.seed, 0))
    try:
        model = MusicLSTM(model_config, vocabulary).to(device)
        averaged = copy.deepcopy(model).eval() if config.averaging else None
    except (RuntimeError, MemoryError) as error:
        raise MozartError("A network of this size does not fit into memory: choose a smaller --hidden-size.") from error
    return Run(model, make_optimizer(model, config), config, identify(model_config, config, music_sha256), averaged=averaged)


def make_optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """The lab's RMSprop; for ``stream`` AdamW, which decays matrices alone."""
    if config.recipe == "lab":
        return torch.optim.RMSprop(model.parameters(), lr=config.learning_rate)
    matrices = [weight for weight in model.parameters() if weight.dim() > 1]
    vectors = [weight for weight in model.parameters() if weight.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99))


def identify(model_config: ModelConfig, config: TrainingConfig, music_sha256: str) -> dict[str, str]:
    """Every setting that shapes the weights, by name, and the music's hash: equal for a run and its continuation."""
    # The recipe comes first: it is the reason where much differs.
    settings = asdict(config) | asdict(model_config) | {"music_sha256": music_sha256}
    return {name: ", ".join(value) if isinstance(value, tuple) else str(value) for name, value in settings.items()}


def train(
    run: Run,
    loaders: Loaders,
    epochs: int,
    *,
    sequences: Sequences | None = None,
    on_epoch: Callable[[Run], None] = lambda _: None,
    on_estimate: Callable[[float], None] = lambda _: None,
) -> None:
    """Train until `epochs` epochs are done, in place.

    Parameters
    ----------
    sequences
        What ``stream`` trains on; ``lab`` trains on the loaders.
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
    model, optimizer, config = run.model, run.optimizer, run.config
    device = model.device
    autocast, scaler = _precision(config, device)
    first_epoch = run.epoch + 1
    if sequences is None:
        steps_an_epoch, ids_a_step = len(loaders.train), config.batch_size * WINDOW
    else:
        steps_an_epoch, ids_a_step = config.passes * sequences.most_batches, config.batch_size * config.sequence_length
    with tqdm(total=epochs * steps_an_epoch, initial=run.epoch * steps_an_epoch, unit="step", leave=False) as bar:
        for epoch in range(first_epoch, epochs + 1):
            started = time.perf_counter()
            bar.set_description(f"Epoch {epoch}/{epochs}")
            torch.manual_seed(_epoch_seed(config.seed, epoch))
            model.train()
            losses: list[Tensor] = []
            steps = _lab_steps(run, loaders, epoch) if sequences is None else _stream_steps(run, sequences, epoch)
            while True:
                with autocast:
                    loss = next(steps, None)
                if loss is None:
                    break
                optimizer.zero_grad()
                scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(model.parameters(), config.clip)
                scaler.step(optimizer)
                scaler.update()
                run.steps += 1
                if run.averaged is not None:
                    _average(run.averaged, model, config.averaging, run.steps)
                losses.append(loss.detach())
                bar.update()
                if len(losses) % _STEPS_BETWEEN_LOOKS == 0:
                    bar.set_postfix_str(_progress(_mean(losses, epoch), run.history))
                if epoch == first_epoch and len(losses) == _STEPS_BEFORE_ESTIMATE:
                    seconds_an_id = (time.perf_counter() - started) / (len(losses) * ids_a_step)
                    evaluated = _EVALUATION_COST * WINDOW * len(loaders.epoch_validation.dataset)  # type: ignore[arg-type]
                    on_estimate(seconds_an_id * (steps_an_epoch * ids_a_step + evaluated) * (epochs - run.epoch))
            run.loss = _mean(losses, epoch)
            if run.averaged is not None and sequences is not None:
                _estimate_normalization(run.averaged, sequences, _generator(config.seed, epoch, config.passes))
            validation = evaluate(run.evaluated, loaders.epoch_validation, f"Epoch {epoch}/{epochs}, validation")
            _finish_epoch(run, epoch, validation, time.perf_counter() - started)
            bar.update(epoch * steps_an_epoch - bar.n)  # a pass may have fewer batches than the most it can have
            on_epoch(run)


def _lab_steps(run: Run, loaders: Loaders, epoch: int) -> Iterator[Tensor]:
    """The losses of an epoch's batches of windows; the hidden state goes from one to the next."""
    model = run.model
    loaders.train.generator.manual_seed(_epoch_seed(run.config.seed, epoch))
    hidden = fresh = model.init_hidden(run.config.batch_size)
    for x, y in loaders.train:
        log_probabilities, hidden = model(x.to(model.device), hidden)
        # With relative pitch no pitches are carried: those of another window's last notes are no quirk of the lab's.
        hidden = (hidden[0].detach(), hidden[1].detach(), *fresh[2:])
        yield nn.functional.cross_entropy(log_probabilities, y.to(model.device))


def _stream_steps(run: Run, sequences: Sequences, epoch: int) -> Iterator[Tensor]:
    """The losses of an epoch's batches of sequences, all their chosen steps at once, under the falling learning rate."""
    config = run.config
    for number in range(config.passes):
        batches = list(sequences.one_pass(_generator(config.seed, epoch, number)))
        for place, batch in enumerate(batches):
            passes_done = (epoch - 1) * config.passes + number + place / len(batches)
            _set_learning_rate(run.optimizer, config, passes_done)
            yield nn.functional.nll_loss(run.model.predict_steps(batch.ids, batch.chosen), batch.labels)


def _set_learning_rate(optimizer: torch.optim.Optimizer, config: TrainingConfig, passes_done: float) -> None:
    """Warm up, then fall along a cosine; without a schedule, leave it as it is."""
    if not config.schedule_epochs:
        return
    done = passes_done / (config.schedule_epochs * config.passes)
    factor = min(done / _WARM_UP, 0.5 + 0.5 * math.cos(math.pi * min(done, 1)))
    for group in optimizer.param_groups:
        # Never quite 0: the first and the last steps would be lost.
        group["lr"] = config.learning_rate * max(factor, 0.01)


def _precision(config: TrainingConfig, device: torch.device) -> tuple[torch.autocast, torch.amp.GradScaler]:
    """What runs the forward pass in mixed precision, and what keeps float16's gradients from vanishing."""
    bfloat16 = _has_bfloat16(device)
    dtype = torch.bfloat16 if bfloat16 or device.type == "cpu" else torch.float16
    mixed = config.precision == "mixed"
    return torch.autocast(device.type, dtype, enabled=mixed), torch.amp.GradScaler(device.type, enabled=mixed and not bfloat16)


def require_precision(precision: str, device: torch.device) -> None:
    """Raise MozartError when the device cannot train in this precision."""
    if precision == "mixed" and device.type == "cpu" and not _has_bfloat16(device):
        raise MozartError("This CPU does not compute in bfloat16: leave --precision mixed out, or train on a GPU.")


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cpu":
        # LSTMs run through oneDNN, which has no bfloat16 for processors without AVX-512.
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


@torch.no_grad()
def _average(averaged: MusicLSTM, model: MusicLSTM, keep: float, steps: int) -> None:
    """One step of the moving average of the weights; it keeps less at first, to forget the untrained ones."""
    keep = min(keep, (1 + steps) / (10 + steps))
    for old, new in zip(averaged.parameters(), model.parameters(), strict=True):
        old.lerp_(new, 1 - keep)


@torch.no_grad()
def _estimate_normalization(model: MusicLSTM, sequences: Sequences, generator: np.random.Generator) -> None:
    """Take BatchNorm's statistics anew, over a pass: averaged weights give outputs that no training step has seen."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d)]
    momentum = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches
        norm.train()
    for batch in sequences.one_pass(generator):
        model.predict_steps(batch.ids, batch.chosen)
    for norm, before in zip(norms, momentum, strict=True):
        norm.momentum = before
        norm.eval()


def _mean(losses: list[Tensor], epoch: int) -> float:
    """The mean of an epoch's losses. Raises MozartError, with the step, when one is not a number."""
    values = torch.stack(losses).double()
    mean = values.mean().item()
    if not math.isfinite(mean):
        step = int((~values.isfinite()).nonzero()[0].item()) + 1
        raise MozartError(
            f"The training loss is no longer a number in epoch {epoch}, step {step}: choose a smaller --learning-rate. "
            "What was saved before this epoch is still good."
        )
    return mean


def _progress(loss: float, history: list[dict[str, float]]) -> str:
    validated = f", validation accuracy {history[-1]['validation_accuracy']:.1%}" if history else ""
    return f"loss {loss:.3f}{validated}"


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
        run.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in run.evaluated.state_dict().items()}


def _generator(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _epoch_seed(seed: int, epoch: int) -> int:
    """A seed for one epoch of one run; neighbouring seeds and epochs give unrelated ones."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
