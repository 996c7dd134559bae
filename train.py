"""Train the lab's network on 20 Mozart sonatas, from the archive to a first piece. (Lab, Problems 1 to 5.)

python train.py                      the lab's 30 epochs
python train.py --dry-run            read and split the music, say what is in it, and stop
python train.py --epochs 2           the lab's rehearsal
python train.py --resume             go on where an interrupted run was saved
python train.py --push-to-hub user/mozart-lstm
"""

import argparse
import hashlib
import math
import os
import platform
import shlex
import sys
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from mozart import atomic, corpus, figures, hub, score
from mozart.card import write_card
from mozart.checkpoint import FILES, Checkpoint, load_checkpoint, save_checkpoint
from mozart.composer import MAX_SEED, Composer, Request
from mozart.errors import MozartError
from mozart.evaluation import Evaluation, NGramTable, evaluate, evaluate_table
from mozart.model import ModelConfig, choose_device, count_parameters
from mozart.openings import choose_openings
from mozart.rhythm import RhythmTable
from mozart.training import STATE_FILE, Run, TrainingConfig, identify, require_state, resume_run, save_run, start_run, train
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW, Split, Windows, make_loaders, split_windows

# What lies in the output folder beside the checkpoint and the state.
LOSSES, ACCURACY, FIRST_PIECE = MORE_FILES = ("losses.png", "accuracy.png", "mozart.mid")

SONATAS = (
    "20 MIDI files of Mozart piano sonatas (kunstderfuge.com, sequenced by Bunji Hisamori; the collection of the Foundations of "
    "Applied Mathematics labs). Their own text events say that they are under copyright, may not be republished without "
    "permission, and may not be used commercially."
)


def main(arguments: list[str] | None = None) -> int:
    """Train; returns the exit status: 0, 1 after an error that was said in one sentence, or 130 after Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else arguments
    flags = parse_flags(arguments)
    try:
        run_problems(flags, arguments)
    except MozartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        can_resume = (flags.output / STATE_FILE).exists() and not flags.dry_run
        print("\nStopped." + " Finished epochs are saved: go on with --resume." * can_resume, file=sys.stderr)
        return 130
    return 0


def parse_flags(arguments: list[str]) -> argparse.Namespace:
    """The command line's flags; without any, the lab's numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    music = parser.add_argument_group("music")
    source = music.add_mutually_exclusive_group()
    source.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    source.add_argument("--midi-dir", type=Path, help="train on the MIDI files in this folder instead")
    music.add_argument("--skip-unreadable", action="store_true", help="go on without files that cannot be read")

    way = parser.add_argument_group("way to train")
    way.add_argument("--recipe", choices=["lab"], default="lab", help="lab: the last step of every window")
    way.add_argument("--split", choices=["windows"], default="windows", help="windows: at random over all windows, 70/15/15")
    way.add_argument("--epochs", type=number(int, above=0), default=30)
    way.add_argument("--seed", type=number(int, above=-1, up_to=MAX_SEED), default=0)
    way.add_argument("--batch-size", type=number(int, above=1), default=128, help="at least 2: BatchNorm compares windows")
    way.add_argument("--evaluation-batch-size", type=number(int, above=0), default=32)
    way.add_argument("--learning-rate", type=number(float, above=0), default=0.001)
    way.add_argument("--clip", type=number(float, above=0), default=5.0, help="largest norm of the gradients")

    network = parser.add_argument_group("network")
    network.add_argument("--embedding-dim", type=number(int, above=0), default=64)
    network.add_argument("--hidden-size", type=number(int, above=0), default=256)
    network.add_argument("--num-layers", type=number(int, above=0), default=3)

    run = parser.add_argument_group("run")
    run.add_argument("--output", type=Path, help="folder for the checkpoint and all else (default: runs/RECIPE-SPLIT)")
    run.add_argument("--resume", action="store_true", help="go on after the last saved epoch in --output")
    run.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    run.add_argument("--dry-run", action="store_true", help="read and split the music, say what is in it, and stop")
    run.add_argument("--push-to-hub", metavar="USER/NAME", help="publish the checkpoint on the Hub when training is done")
    flags = parser.parse_args(arguments)
    flags.output = flags.output or Path("runs") / f"{flags.recipe}-{flags.split}"
    return flags


def run_problems(flags: argparse.Namespace, arguments: list[str]) -> None:
    """The lab's five problems in order."""
    device = choose_device(flags.device)
    if device.type == "cuda":
        # cuBLAS gives the same sums every time only with a workspace of fixed size; read when CUDA starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if flags.push_to_hub and not hub.is_repo_id(flags.push_to_hub):
        raise MozartError(f"--push-to-hub {flags.push_to_hub} is not the name of a repository: write it as user/name.")
    if not flags.dry_run:
        check_output(flags)

    print("Problem 1: read the music.", flush=True)
    files = corpus.midi_files(flags.midi_dir) if flags.midi_dir else corpus.sonatas(flags.archive)
    # A run inside --midi-dir has left its own first piece there, which is nobody's music to learn from.
    files = [path for path in files if path.absolute() != (flags.output / FIRST_PIECE).absolute()]
    works, unreadable = score.read_scores(files, skip_unreadable=flags.skip_unreadable)
    tokens = [event.token for work in works for event in work.events]
    vocabulary = Vocabulary.of(tokens)
    rhythm = RhythmTable.of(works)
    print(f"  {len(tokens)} notes and chords in {len(works)} works, {len(vocabulary)} distinct")
    shares = ", ".join(f"{Fraction(step).limit_denominator(96)} {share:.2%}" for step, share in rhythm.most_common(3))
    print(f"  the most common offset distances, in quarters: {shares}")

    print("Problem 2: cut windows and split them.")
    ids = torch.tensor(vocabulary.encode(tokens))
    split = split_windows(len(ids), flags.seed)
    loaders = make_loaders(ids, split, flags.batch_size, flags.evaluation_batch_size)
    print(f"  {len(ids) - WINDOW} windows of {WINDOW}; batches to train on, validate and test: ", end="")
    print(f"{len(loaders.train)}, {len(loaders.validation)}, {len(loaders.test)}", flush=True)
    if flags.dry_run:
        list_unreadable(unreadable)
        return

    print("Problem 3: train the network.")
    run = open_run(flags, len(vocabulary), hashlib.sha256("\n".join(tokens).encode()).hexdigest(), device)
    print(
        f"  {count_parameters(run.model):,} parameters on {describe_machine(device)}; everything goes to {flags.output}", flush=True
    )
    train(
        run,
        loaders,
        flags.epochs,
        on_epoch=lambda run: finish_epoch(run, flags.output / STATE_FILE),
        on_estimate=lambda seconds: say_how_long(seconds, flags.epochs - run.epoch, device),
    )
    atomic.write(flags.output / LOSSES, figures.plot_losses(run.history))
    atomic.write(flags.output / ACCURACY, figures.plot_accuracy(run.history))
    best = run.best_epoch
    run.model.load_state_dict(run.best_weights)
    test = evaluate(run.model, loaders.test, "Test")
    print(f"  best epoch {best['epoch']}: validation accuracy {best['validation_accuracy']:.2%}, test accuracy {test.accuracy:.2%}")
    metrics = collect_metrics(run, test, arguments, device)
    metrics["baselines"] = measure_baselines(ids, split, len(vocabulary))
    provenance = collect_provenance(run, flags, len(works))
    openings = choose_openings(works, ids, split.test, flags.seed)
    checkpoint = Checkpoint(run.model.cpu().eval(), vocabulary, openings, rhythm, metrics, provenance)
    save_checkpoint(checkpoint, flags.output, write_card(metrics, provenance, len(vocabulary)))

    print("Problems 4 and 5: compose a first piece and write it as MIDI.")
    compose_first_piece(flags.output, flags.seed)

    if flags.push_to_hub:
        revision = hub.push(flags.output, flags.push_to_hub)
        print(f"Published as {flags.push_to_hub}, revision {revision}.")
        print(f"A page composes from it with MOZART_MODEL={flags.push_to_hub} MOZART_REVISION={revision}")
    list_unreadable(unreadable)


def check_output(flags: argparse.Namespace) -> None:
    """Refuse, before the long parts, an output folder that cannot be written or whose run would be lost."""
    state = flags.output / STATE_FILE
    if flags.resume:
        require_state(state)
    if not flags.resume and os.path.exists(state):
        raise MozartError(
            f"{flags.output} already holds a run: go on with it with --resume and the same settings, or choose another --output."
        )
    taken = [name for name in (*FILES, *MORE_FILES) if os.path.exists(flags.output / name)]
    if not flags.resume and taken:
        raise MozartError(f"{flags.output} already holds {taken[0]}, which training would write over: choose another --output.")
    there = next(path for path in (flags.output, *flags.output.absolute().parents) if os.path.exists(path))
    if not (os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)):
        raise MozartError(f"{flags.output} cannot be written to: choose another --output.")


def open_run(flags: argparse.Namespace, n_tokens: int, music_sha256: str, device: torch.device) -> Run:
    """A new run, saved before its first epoch so that it can be resumed from then on, or the one to resume."""
    model_config = ModelConfig(n_tokens, flags.embedding_dim, flags.hidden_size, flags.num_layers)
    config = TrainingConfig(
        flags.recipe, flags.split, flags.seed, flags.batch_size, flags.evaluation_batch_size, flags.learning_rate, flags.clip
    )
    state = flags.output / STATE_FILE
    if flags.resume:
        run = resume_run(state, identify(model_config, config, music_sha256), device)
        if flags.epochs < run.epoch:
            raise MozartError(f"The run in {flags.output} has finished {run.epoch} epochs: --epochs cannot be less.")
        print(f"  going on after epoch {run.epoch}")
        return run
    run = start_run(model_config, config, device, music_sha256)
    save_run(run, state)
    return run


def collect_metrics(run: Run, test: Evaluation, arguments: list[str], device: torch.device) -> dict[str, Any]:
    """The content of ``metrics.json``."""
    best = run.best_epoch
    return {
        "recipe": run.config.recipe,
        "split": run.config.split,
        "window": WINDOW,
        "seed": run.config.seed,
        # A resumed run ends as one that was never stopped: its command is the one without --resume.
        "command": shlex.join(["python", "train.py", *(argument for argument in arguments if argument != "--resume")]),
        "machine": describe_machine(device),
        "seconds": round(sum(epoch["seconds"] for epoch in run.history), 1),
        "validation": {"loss": best["validation_loss"], "accuracy": best["validation_accuracy"]},
        "test": asdict(test),
        "baselines": {},
        "epochs": run.history,
        "measures": {},
    }


def measure_baselines(ids: torch.Tensor, split: Split, n_tokens: int) -> dict[str, dict[str, float]]:
    """What tables of counts reach on the validation windows: a network that is worth its training does better."""
    results = {}
    for name, order in (("most common token", 1), ("6-gram table", 6)):
        table = NGramTable(ids, split.train + WINDOW, n_tokens, order)
        result = evaluate_table(table, Windows(ids, split.validation), name.capitalize())
        print(f"  {name}: validation loss {result.loss:.3f}, validation accuracy {result.accuracy:.2%}", flush=True)
        results[name] = asdict(result)
    return results


def collect_provenance(run: Run, flags: argparse.Namespace, n_works: int) -> dict[str, Any]:
    """What ``config.json`` says about how the checkpoint was made."""
    return {
        "training": asdict(run.config) | {"epochs": run.epoch, "best_epoch": run.best_epoch["epoch"]},
        "versions": {name: version(name) for name in ("torch", "music21", "numpy")},
        "music": f"{n_works} MIDI files of the trainer's own." if flags.midi_dir else SONATAS,
        "archive_sha256": None if flags.midi_dir else corpus.ARCHIVE_SHA256,
        "music_sha256": run.identity["music_sha256"],
    }


def compose_first_piece(folder: Path, seed: int) -> None:
    """A random test window and 500 predicted elements, the lab's way, as ``mozart.mid``."""
    composer = Composer(load_checkpoint(folder), str(folder))
    request = Request(length=500, lab=True, seed=seed)
    with tqdm(total=request.length, desc="Composing", unit="note", leave=False) as bar:
        piece = composer.compose(request, lambda done: bar.update(done - bar.n))
    atomic.write(folder / FIRST_PIECE, piece.midi())
    print(f"  {' '.join(piece.tokens[WINDOW : WINDOW + 12])} …")
    print(f"  {len(piece.tokens)} notes and chords, the first {WINDOW} from {piece.opening}: {folder / FIRST_PIECE}")


def say_how_long(seconds: float, epochs: int, device: torch.device) -> None:
    """On a CPU, where it matters, how long the remaining epochs will take."""
    if device.type == "cpu":
        print(f"  the remaining {epochs} epochs will take about {in_words(seconds)} on this CPU", flush=True)


def finish_epoch(run: Run, state: Path) -> None:
    """Save the run and say how the epoch went."""
    save_run(run, state)
    last = run.history[-1]
    print(
        f"  epoch {last['epoch']}: training loss {last['train_loss']:.3f}, validation loss {last['validation_loss']:.3f}, "
        f"validation accuracy {last['validation_accuracy']:.2%}, {in_words(last['seconds'])}",
        flush=True,
    )


def list_unreadable(problems: list[str]) -> None:
    """Name the files that were left out."""
    if problems:
        print(f"Left out because they could not be read ({len(problems)}):")
        for problem in problems:
            print(f"  {problem}")


def describe_machine(device: torch.device) -> str:
    """The device in words, with what a time depends on."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {os.cpu_count()} cores, {torch.get_num_threads()} threads"


def in_words(seconds: float) -> str:
    """``3 h 20 min``, ``7 min`` or ``12 s``."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes >= 2 else f"{seconds:.0f} s"


def number(kind: type[int] | type[float], above: int, up_to: float = math.inf) -> Callable[[str], float]:
    """What reads a flag's number, and says which ones are possible."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not (above < value <= up_to and value < math.inf):
            possible = f"above {above}" + (f" and up to {up_to}" if up_to < math.inf else "")
            raise argparse.ArgumentTypeError(f"{text} is not a {'whole ' if kind is int else ''}number {possible}")
        return value

    return read


if __name__ == "__main__":
    sys.exit(main())
