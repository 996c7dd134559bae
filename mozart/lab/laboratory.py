"""Problems 1 to 3 in order: from MIDI files to a trained network, with what the text asks to be printed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mozart import atomic
from mozart.errors import MozartError
from mozart.lab.baselines import ORDER, Table
from mozart.lab.checkpoint import LabCheckpoint, choose_sequences, round_weights
from mozart.lab.config import KeysConfig, LabConfig
from mozart.lab.curves import plot_accuracy, plot_losses
from mozart.lab.departing import DEPARTURES, train_in_keys
from mozart.lab.evaluation import evaluate, evaluate_table
from mozart.lab.keys import InKeys, move_tokens
from mozart.lab.network import RNN, count_parameters
from mozart.lab.parsing import Work, read_works
from mozart.lab.saving import STATE_FILE, resume_run, save_run
from mozart.lab.training import Run, require_precision, start_run, train
from mozart.lab.windows import WINDOW, Loaders, Split, Vocabulary, Windows, make_loaders, split_windows
from mozart.lab.writing import count_distances, most_common

LOSSES, ACCURACY = CURVES = ("losses.png", "accuracy.png")

Say = Callable[[str], object]


@dataclass(frozen=True)
class Data:
    """What Problems 1 and 2 make.

    Attributes
    ----------
    ids : the whole corpus, int64, shape (N,), on the device
    music_sha256 : of the tokens, one a line
    unreadable : a sentence for each file that was left out
    """

    works: list[Work]
    vocabulary: Vocabulary
    ids: torch.Tensor
    split: Split
    loaders: Loaders
    music_sha256: str
    unreadable: list[str]


def prepare(
    config: LabConfig, files: Sequence[Path], device: torch.device, *, skip_unreadable: bool = False, say: Say = print
) -> Data:
    """Problems 1 and 2: read the files, and cut their music into windows. Raises MozartError as they do."""
    require_precision(config.precision, device)
    say("Problem 1: read the music.")
    works, unreadable = read_works(files, skip_unreadable=skip_unreadable)
    tokens = [token for work in works for token in work.tokens]
    vocabulary = Vocabulary.of(tokens)
    for problem in unreadable:
        say(f"  left out: {problem}")
    say(f"  {len(tokens)} notes and chords in {len(works)} works, {len(vocabulary)} distinct")
    shares = ", ".join(f"{distance} {share:.2%}" for distance, share in most_common(count_distances(works)))
    say(f"  the most common offset distances, in quarters: {shares}")
    say("Problem 2: cut windows and split them.")
    ids = torch.tensor(vocabulary.encode(tokens), device=device)
    split = split_windows(len(ids), config.seed)
    loaders = make_loaders(ids, split, config.batch_size)
    say(f"  windows of {WINDOW} to train on, validate and test: {', '.join(str(len(part)) for part in split)}")
    say(f"  in batches: {', '.join(str(len(loader)) for loader in loaders)}")
    music_sha256 = hashlib.sha256("\n".join(tokens).encode()).hexdigest()
    return Data(works, vocabulary, ids, split, loaders, music_sha256, unreadable)


def train_lab(
    config: LabConfig,
    files: Sequence[Path],
    output: Path,
    device: torch.device,
    *,
    saved: Path | None = None,
    place: str = "",
    skip_unreadable: bool = False,
    about: Mapping[str, Any] | None = None,
    say: Say = print,
    on_epoch: Callable[[Run, LabCheckpoint], object] = lambda *_: None,
    on_estimate: Callable[[float], object] = lambda *_: None,
) -> LabCheckpoint:
    """Problems 1 to 3: read, train and test. The run and its curves are saved in `output` after every epoch.

    Parameters
    ----------
    saved
        Go on with the run in this file.
    place
        Where that is, for people, if it is not `output`.
    about
        Goes into the metrics as it is: command, machine, date.
    on_epoch
        Called after every epoch, when it is saved, with the run and the best checkpoint so far.
    on_estimate
        Called once, after a few steps, with the seconds that the rest will take on a CPU.

    Raises
    ------
    MozartError
        When a file cannot be read, the run cannot be resumed or saved, or the loss is no longer a number.
    """
    data = prepare(config, files, device, skip_unreadable=skip_unreadable, say=say)
    say("Problem 3: train the network.")
    moved, n_tokens = move_tokens(data.vocabulary)
    in_keys = isinstance(config, KeysConfig)
    if saved:
        run = resume_run(saved, config, data.music_sha256, device, place)
        save_run(run, output / STATE_FILE)
        say(f"  going on after epoch {run.epoch}")
    elif (output / STATE_FILE).exists():
        raise MozartError(f"{output} already holds a run: go on with it with --resume, or choose another --output.")
    else:
        run = start_run(config, n_tokens if in_keys else len(data.vocabulary), data.music_sha256, device)
        save_run(run, output / STATE_FILE)
    say(f"  {count_parameters(run.model):,} parameters; everything goes to {output}")

    def finish_epoch(run: Run) -> None:
        save_run(run, output / STATE_FILE)
        write_curves(run, output)
        last = run.history[-1]
        say(
            f"  epoch {last['epoch']}: training loss {last['train_loss']:.3f}, validation loss {last['validation_loss']:.3f}, "
            f"validation accuracy {last['validation_accuracy']:.2%}, {last['seconds']:.0f} s"
        )
        on_epoch(run, make_checkpoint(run, data, about or {}))

    if in_keys:
        train_in_keys(run, data.ids, data.split, moved, finish_epoch, on_estimate)
    else:
        train(run, data.loaders, on_epoch=finish_epoch, on_estimate=on_estimate)
    write_curves(run, output)
    checkpoint = make_checkpoint(run, data, about or {})
    say(f"  the network of epoch {run.best_epoch}, the best by validation accuracy, beside tables of what followed what:")
    return replace(checkpoint, metrics={**checkpoint.metrics, **measure(checkpoint.model, data, say)})


def write_curves(run: Run, output: Path) -> None:
    """Draw the losses and the accuracy of the epochs so far."""
    atomic.write(output / LOSSES, plot_losses(run.history))
    atomic.write(output / ACCURACY, plot_accuracy(run.history))


def make_checkpoint(run: Run, data: Data, about: Mapping[str, Any]) -> LabCheckpoint:
    """Collect the network of the best epoch so far, and all that composing needs; not yet tested."""
    sizes = run.model.embedding_dim, run.model.hidden_size, run.model.num_layers
    in_keys = isinstance(run.config, KeysConfig)
    model = InKeys(*move_tokens(data.vocabulary), *sizes) if in_keys else RNN(len(data.vocabulary), *sizes)
    model.load_state_dict(run.best_weights)
    round_weights(model)
    best = run.history[run.best_epoch - 1]
    chosen = choose_sequences(data.works, data.split.test, run.config.seed)
    ids = data.ids.cpu().numpy()
    distances = count_distances(data.works)
    return LabCheckpoint(
        model=model.eval(),
        vocabulary=data.vocabulary,
        sequences=np.array([ids[start : start + WINDOW] for _, start in chosen], dtype=np.int64).reshape(-1, WINDOW),
        titles=tuple(title for title, _ in chosen),
        distances=distances,
        metrics={
            "recipe": "lab",
            "split": "windows",
            "window": WINDOW,
            "seed": run.config.seed,
            "settings": asdict(run.config),
            **({"departures": DEPARTURES} if in_keys else {}),
            **about,
            "elements": len(ids),
            "distinct": len(data.vocabulary),
            "distances": {str(distance): share for distance, share in most_common(distances)},
            "music_sha256": data.music_sha256,
            "seconds": round(sum(epoch["seconds"] for epoch in run.history), 1),
            "best_epoch": run.best_epoch,
            "validation": {"loss": best["validation_loss"], "accuracy": best["validation_accuracy"]},
            "epochs": run.history,
        },
    )


def measure(model: RNN, data: Data, say: Say = print) -> dict[str, Any]:
    """Measure what the network reaches on all validation and test windows, and what tables of counts do: it should do better."""
    model = model.to(data.ids.device).eval()
    network = {"validation": evaluate(model, data.loaders.validation), "test": evaluate(model, data.loaders.test)}
    model.cpu()
    say(f"    final test accuracy {network['test'].accuracy:.2%}: validation {network['validation']}; test {network['test']}")
    baselines = {}
    tables: dict[str, dict[str, Any]] = {
        "most common token": {"order": 1},
        f"{ORDER}-gram table": {},
        f"{ORDER}-gram table in any key": {"any_key": True},
    }
    for name, settings in tables.items():
        baselines[name] = count(data, **settings)
        say(f"    {name}: validation {baselines[name]['validation']}; test {baselines[name]['test']}")
    return {part: asdict(result) for part, result in network.items()} | {
        "baselines": {name: {part: asdict(result) for part, result in parts.items()} for name, parts in baselines.items()}
    }


def count(data: Data, **settings: Any) -> dict[str, Any]:
    """Measure what a :class:`mozart.lab.baselines.Table` with these settings reaches on validation and test windows."""
    ids = data.ids.cpu()
    table = Table(ids.numpy(), (data.split.train + WINDOW).numpy(), data.vocabulary, **settings)
    return {
        "validation": evaluate_table(table.distribution, Windows(ids, data.split.validation)),
        "test": evaluate_table(table.distribution, Windows(ids, data.split.test)),
    }
