"""Beyond the text, where its own way stays below its goal of more than 60 %: the same network, taught otherwise.

What departs from Problem 3; ``docs/experiments.md`` has what each step brings:

- every element of a sequence is a label, not only the one after its last;
- the music is also learned a fourth and a fifth higher and lower, and the network asked there (:mod:`mozart.lab.keys`);
- dropout; AdamW with a rate that rises and falls (Loshchilov and Hutter, 2017 and 2019); averaged weights (Polyak and
  Juditsky, 1992).

The windows that validate and test are the text's. Their labels are learned in no key: in the loss their places do not count.
"""

import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from mozart.errors import MozartError
from mozart.lab.config import LENGTH
from mozart.lab.evaluation import evaluate
from mozart.lab.keys import KEYS, InKeys
from mozart.lab.training import CLIP, Run, epoch_seed, finish_epoch
from mozart.lab.windows import WINDOW, Split, make_loader

# For people, where the network ships.
DEPARTURES = (
    "it learns every element of a sequence, not only the one after its last, also a fourth and a fifth higher and lower, where it "
    "is asked too; with dropout, AdamW at a rate that rises and falls, and averaged weights."
)
_WARM_UP = 100  # steps
_LAST_RATE = 0.02  # of the highest learning rate
_KEPT = 0.999  # of the average of the weights, at every step, in the end
_LOOKED_AT = 8  # of so many validation windows one, after an epoch: all of them would take as long as the epoch
_BETWEEN_LOOKS = 20  # steps


def train_in_keys(
    run: Run,
    ids: Tensor,
    split: Split,
    moved: Tensor,
    on_epoch: Callable[[Run], object],
    on_estimate: Callable[[float], object] = lambda _: None,
) -> None:
    """Train until the configuration's epochs are done, in place.

    Parameters
    ----------
    run
        Its network knows the tokens of all keys.
    ids : Tensor of int64, shape (N,)
        The music.
    split
        The text's windows: no label of those that validate and test is learned.
    moved
        As :func:`~mozart.lab.keys.move_tokens` gives it.
    on_epoch
        Called after every epoch, when the run can be saved.
    on_estimate
        Called once, a few steps after the start, with the seconds that the remaining steps will take on a CPU.

    Raises
    ------
    MozartError
        When the music is too short for sequences, or the loss is no longer a number; what was saved before is still good.
    """
    model, config, n_ids = run.model, run.config, len(ids)
    moved = moved.to(model.device)
    music = moved[:, ids]
    if n_ids < 2 * LENGTH:
        raise MozartError(f"The music holds {n_ids} notes and chords, too few for sequences of {LENGTH}: add more music.")
    learned = torch.zeros(n_ids, dtype=torch.bool, device=model.device)
    learned[split.train.to(model.device) + WINDOW] = True
    looked_at = make_loader(ids, split.validation[::_LOOKED_AT])
    steps = -(-len(KEYS) * n_ids // (config.batch_size * LENGTH))
    total, first = steps * config.epochs, run.epoch * steps
    with tqdm(total=total, initial=first, unit="step", leave=False) as bar:
        for epoch in range(run.epoch + 1, config.epochs + 1):
            started, losses = time.perf_counter(), []
            bar.set_description(f"Epoch {epoch}/{config.epochs}")
            torch.manual_seed(epoch_seed(config.seed, epoch))
            deal = _deal(n_ids, config.batch_size, np.random.default_rng(epoch_seed(config.seed, epoch)))
            model.train()
            for step in range((epoch - 1) * steps, epoch * steps):
                keys, starts = (torch.from_numpy(column)[:, None].to(model.device) for column in next(deal))
                places = starts + torch.arange(LENGTH, device=model.device)
                counts = learned[places + 1]
                for group in run.optimizer.param_groups:
                    group["lr"] = config.learning_rate * _rate(step, total)
                loss = run.criterion(model.predict_all(music[keys, places], counts), music[keys, places + 1][counts])
                run.optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), CLIP)
                run.optimizer.step()
                _average(run, step)
                losses.append(loss.item())
                if not math.isfinite(losses[-1]):
                    raise MozartError(
                        f"The training loss is no longer a number in epoch {epoch}: choose a smaller --learning-rate. "
                        "What was saved before this epoch is still good."
                    )
                bar.update()
                if step == first + _BETWEEN_LOOKS:
                    on_estimate((time.perf_counter() - started) / _BETWEEN_LOOKS * (total - step))
                if len(losses) % _BETWEEN_LOOKS == 0:
                    bar.set_postfix_str(f"loss {np.mean(losses[-_BETWEEN_LOOKS:]):.3f}")
            run.loss = float(np.mean(losses))
            network = ask_in_keys(run, moved)
            finish_epoch(run, network, epoch, evaluate(network, looked_at), time.perf_counter() - started)
            on_epoch(run)


def ask_in_keys(run: Run, moved: Tensor) -> InKeys:
    """Make the network that is measured and kept: with the averaged weights, asked in all keys."""
    network = InKeys(moved, run.model.n_notes, run.model.embedding_dim, run.model.hidden_size, run.model.num_layers)
    network.load_state_dict(run.averaged)
    return network.to(run.model.device).eval()


def _deal(n_ids: int, batch_size: int, rng: np.random.Generator) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Deal batches of sequences for ever, of each its key and its first place: all music from a shifted beginning, keys drawn."""
    waiting = np.zeros((0, 2), np.int64)
    while True:
        while len(waiting) < batch_size:
            starts = np.arange(rng.integers(LENGTH), n_ids - LENGTH, LENGTH)
            dealt = np.stack([rng.integers(len(KEYS), size=len(starts)), starts], axis=1)
            waiting = np.concatenate([waiting, rng.permutation(dealt)])
        keys, starts = waiting[:batch_size].T
        waiting = waiting[batch_size:]
        yield keys, starts


def _average(run: Run, step: int) -> None:
    kept = min(_KEPT, (step + 1) / (step + 10))
    with torch.no_grad():
        for name, latest in run.model.state_dict().items():
            if latest.is_floating_point():
                run.averaged[name].lerp_(latest, 1 - kept)


def _rate(step: int, total: int) -> float:
    """Warm-up, then half a cosine."""
    falling = _LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * step / total))
    return min((step + 1) / _WARM_UP, 1.0) * falling
