"""Train a network on 20 Mozart sonatas, from the archive to a first piece. (Lab, Problems 1 to 5.)

python train.py                      the lab's network, its 30 epochs
python train.py --recipe stream      every step of long sequences: minutes instead of hours
python train.py --recipe stream --split works       tested on whole works that it has never seen
python train.py --dry-run            read and split the music, say what is in it, and stop
python train.py --epochs 2           the lab's rehearsal
python train.py --resume             go on where an interrupted run was saved
python train.py --push-to-hub user/mozart-lstm --push-every 1
python train.py --resume user/mozart-lstm           go on from there on another machine
"""

import argparse
import copy
import datetime
import hashlib
import math
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from mozart import atomic, figures, hub, score
from mozart.card import CURVES, PIECES, shown, write_card, write_unfinished_card
from mozart.checkpoint import FILES, Checkpoint, load_checkpoint, round_weights, save_checkpoint
from mozart.composer import Composer
from mozart.corpus import archive
from mozart.corpus.catalogue import RIGHTS
from mozart.errors import MozartError
from mozart.evaluation import (
    evaluate_distributions,
    network_distributions,
    remember_piece,
    table_distributions,
)
from mozart.gallery import make_card_pieces
from mozart.hands import Hands
from mozart.model import MusicLSTM, choose_device, count_parameters
from mozart.ngrams import Floats, NGramTable
from mozart.openings import choose_openings
from mozart.originality import CorpusIndex, describe_held_out
from mozart.request import MAX_SEED, Request
from mozart.rhythm import RhythmTable
from mozart.runs import STATE_FILE, require_state, resume_run, save_run, state_files
from mozart.sequences import Sequences
from mozart.training import RECIPES, Run, configure, identify, require_precision, start_run, train
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW, Loaders, Split, Windows, make_loaders, split_windows, split_works, work_ranges

# What lies in the output folder beside the checkpoint and the state.
LOSSES, ACCURACY = CURVES
FIRST_PIECE, SAMPLES = "mozart.mid", "samples"
MORE_FILES = (LOSSES, ACCURACY, *PIECES, FIRST_PIECE, SAMPLES)

# Flags that say where the run comes from and where it goes; they change nothing in it.
PLACES = ("--output", "--resume", "--push-to-hub", "--private", "--space", "--push-every")


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

    way = parser.add_argument_group("way to train (a flag that is not given takes its recipe's value)")
    way.add_argument(
        "--recipe",
        choices=list(RECIPES),
        default="lab",
        help="lab: the last step of every window; stream: every step",
    )
    way.add_argument(
        "--split",
        choices=["windows", "works"],
        default="windows",
        help="windows: at random, the lab's; works: hold out whole works",
    )
    way.add_argument("--validation-works", nargs="+", metavar="WORK", default=[], help="for --split works")
    way.add_argument("--test-works", nargs="+", metavar="WORK", default=[], help='for --split works, such as "K. 281"')
    way.add_argument("--epochs", type=number(int, above=0))
    way.add_argument("--passes", type=number(int, above=0), help="stream: how often an epoch goes through the music")
    way.add_argument("--seed", type=number(int, above=-1, up_to=MAX_SEED), default=0)
    way.add_argument("--batch-size", type=number(int, above=1), help="at least 2: BatchNorm compares windows; stream: sequences")
    way.add_argument("--sequence-length", type=number(int, above=1), help="stream: steps a sequence")
    way.add_argument("--evaluation-batch-size", type=number(int, above=0))
    way.add_argument("--validate-every", type=number(int, above=0), help="judge an epoch by every n-th validation window")
    way.add_argument("--best-by", choices=["loss", "accuracy"], default="loss", help="which validation result the best epoch has")
    way.add_argument("--learning-rate", type=number(float, above=0))
    way.add_argument("--weight-decay", type=share, help="stream: of AdamW")
    way.add_argument("--averaging", type=share, help="stream: what the average of the weights keeps at each step; 0 for none")
    way.add_argument("--clip", type=number(float, above=0), help="largest norm of the gradients")
    way.add_argument("--precision", choices=["float32", "mixed"], default="float32", help="mixed: bfloat16, or float16 without it")

    network = parser.add_argument_group("network")
    network.add_argument("--pitch", choices=["absolute", "relative"], help="relative: by intervals, so that keys do not matter")
    network.add_argument("--embedding-dim", type=number(int, above=0))
    network.add_argument("--hidden-size", type=number(int, above=0))
    network.add_argument("--num-layers", type=number(int, above=0))
    network.add_argument("--dropout", type=share)
    network.add_argument("--embedding-dropout", type=share)

    run = parser.add_argument_group("run")
    run.add_argument("--output", type=Path, help="folder for the checkpoint and all else (default: runs/RECIPE-SPLIT)")
    run.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="USER/NAME",
        help="go on after the last saved epoch in --output, or after the one that --push-every has published last",
    )
    run.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    run.add_argument("--dry-run", action="store_true", help="read and split the music, say what is in it, and stop")
    run.add_argument("--samples-every", type=number(int, above=0), metavar="N", help="compose a short piece every N epochs")

    hub_flags = parser.add_argument_group("Hub (log in with `hf auth login`, or set HF_TOKEN)")
    hub_flags.add_argument("--push-to-hub", metavar="USER/NAME", help="publish the checkpoint when training is done")
    hub_flags.add_argument("--private", action="store_true", help="make the repository a private one")
    hub_flags.add_argument("--space", metavar="USER/SPACE", help="let this Space compose from what was published")
    hub_flags.add_argument(
        "--push-every",
        type=number(int, above=0),
        metavar="N",
        help="also publish the best checkpoint so far, and the run to --resume, every N epochs",
    )
    flags = parser.parse_args(arguments)
    if not flags.push_to_hub and (flags.private or flags.space or flags.push_every):
        parser.error("--private, --space and --push-every are for publishing: add --push-to-hub USER/NAME, or leave them out")
    # Two questions: whether to go on, and from where if not from --output.
    flags.resume_from, flags.resume = flags.resume or "", flags.resume is not None
    for name in dict.fromkeys(name for recipe in RECIPES.values() for name in recipe):
        if name not in RECIPES[flags.recipe]:
            if getattr(flags, name) is not None:
                parser.error(
                    f"--{name.replace('_', '-')} is not for --recipe {flags.recipe}: leave it out, or choose --recipe stream"
                )
        elif getattr(flags, name) is None:
            setattr(flags, name, RECIPES[flags.recipe][name])
    if flags.split == "windows" and (flags.validation_works or flags.test_works):
        parser.error("works are held out with --split works only: add it, or leave out --validation-works and --test-works")
    flags.output = flags.output or Path("runs") / f"{flags.recipe}-{flags.split}"
    return flags


def run_problems(flags: argparse.Namespace, arguments: list[str]) -> None:
    """The lab's five problems in order."""
    device = choose_device(flags.device)
    require_precision(flags.precision, device)
    if device.type == "cuda":
        # cuBLAS gives the same sums every time only with a workspace of fixed size; read when CUDA starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    check_repositories(flags)
    state = flags.output / STATE_FILE
    if not flags.dry_run:
        check_output(flags)
        if flags.resume_from:
            state = hub.pull_state(flags.resume_from)
        if flags.push_to_hub:
            hub.prepare(flags.push_to_hub, flags.private, flags.space)

    print("Problem 1: read the music.", flush=True)
    files = archive.midi_files(flags.midi_dir) if flags.midi_dir else archive.sonatas(flags.archive)
    # A run inside --midi-dir has left its own pieces there, which are nobody's music to learn from.
    files = [path for path in files if flags.output.absolute() not in path.absolute().parents]
    works, unreadable = score.read_scores(files, skip_unreadable=flags.skip_unreadable)
    tokens = [event.token for work in works for event in work.events]
    vocabulary = Vocabulary.of(tokens)
    print(f"  {len(tokens)} notes and chords in {len(works)} works, {len(vocabulary)} distinct")
    most_common = RhythmTable.of(works).most_common(3)
    shares = ", ".join(f"{Fraction(step).limit_denominator(96)} {share:.2%}" for step, share in most_common)
    print(f"  the most common offset distances, in quarters: {shares}")

    print("Problem 2: cut windows and split them.")
    ids = torch.tensor(vocabulary.encode(tokens))
    split = (
        split_windows(len(ids), flags.seed)
        if flags.split == "windows"
        else split_works(works, flags.seed, flags.validation_works, flags.test_works)
    )
    loaders = make_loaders(ids.to(device), split, flags.batch_size, flags.evaluation_batch_size, flags.validate_every)
    sequences = Sequences(ids.numpy(), split, flags.sequence_length, flags.batch_size, device) if flags.recipe == "stream" else None
    print(f"  windows of {WINDOW} to train on, validate and test: {len(split.train)}, {len(split.validation)}, {len(split.test)}")
    if sequences is None:
        print(f"  in batches: {len(loaders.train)}, {len(loaders.validation)}, {len(loaders.test)}", flush=True)
    held_out = [work for work in works if work.title in split.validation_works + split.test_works]
    learned = [work for work in works if work.title not in split.validation_works + split.test_works]
    if split.test_works:
        print(f"  held out whole: {', '.join(split.validation_works)} to validate, {', '.join(split.test_works)} to test")
    if flags.dry_run:
        list_unreadable(unreadable)
        return

    print("Problem 3: train the network.")
    run = open_run(flags, split, vocabulary, hashlib.sha256("\n".join(tokens).encode()).hexdigest(), device, state)
    print(
        f"  {count_parameters(run.model):,} parameters on {describe_machine(device)}; everything goes to {flags.output}", flush=True
    )
    # All but the network: what composing needs is counted in the music that is trained on.
    unfinished = Checkpoint(
        model=run.evaluated,
        vocabulary=vocabulary,
        openings=choose_openings(works, ids, split.test, flags.seed),
        rhythm=RhythmTable.of(learned),
        hands=Hands.of(learned),
        index=CorpusIndex.of(learned, vocabulary),
        metrics={},
        provenance={},
    )

    def on_epoch(run: Run) -> None:
        finish_epoch(run, flags.output / STATE_FILE)
        if flags.samples_every and run.epoch % flags.samples_every == 0:
            write_sample(replace(unfinished, model=copy.deepcopy(run.evaluated).cpu().eval()), run.epoch, flags)
        if flags.push_every and run.epoch % flags.push_every == 0 and run.epoch < flags.epochs:
            publish_progress(
                run, unfinished, collect_metrics(run, arguments, device), collect_provenance(run, flags, len(works)), flags
            )

    train(
        run,
        loaders,
        flags.epochs,
        sequences=sequences,
        on_epoch=on_epoch,
        on_estimate=lambda seconds: say_how_long(seconds, flags.epochs - run.epoch, device),
    )
    atomic.write(flags.output / LOSSES, figures.plot_losses(run.history))
    atomic.write(flags.output / ACCURACY, figures.plot_accuracy(run.history))
    best, model = run.best_epoch, run.evaluated
    model.load_state_dict(run.best_weights)
    round_weights(model)
    print(f"  the network of epoch {best['epoch']}, the best by {flags.best_by}, beside tables of what followed what:")
    metrics = collect_metrics(run, arguments, device) | measure(model, loaders, ids, split, vocabulary, works)
    metrics |= measure_rhythm(unfinished.rhythm, held_out)
    # Under the lab's split no music is held out: each work is looked up among the others.
    metrics["originality"] = describe_held_out(held_out or works, unfinished.index)
    provenance = collect_provenance(run, flags, len(works))
    checkpoint = replace(unfinished, model=model.cpu().eval(), metrics=metrics, provenance=provenance)
    make_card_pieces(Composer(checkpoint, str(flags.output)), flags.output)
    save_checkpoint(checkpoint, flags.output, write_card(metrics, provenance, len(vocabulary), shown(flags.output)))

    print("Problems 4 and 5: compose a first piece and write it as MIDI.")
    compose_first_piece(flags.output, flags.seed)

    if flags.push_to_hub:
        publish(run, flags)
    list_unreadable(unreadable)


def check_repositories(flags: argparse.Namespace) -> None:
    """Refuse what cannot be the name of a repository."""
    for flag, name in (("--push-to-hub", flags.push_to_hub), ("--space", flags.space), ("--resume", flags.resume_from)):
        if name and not hub.is_repo_id(name):
            raise MozartError(f"{flag} {name} is not the name of a repository: write it as user/name.")


def check_output(flags: argparse.Namespace) -> None:
    """Refuse, before the long parts, an output folder that cannot be written or whose run would be lost."""
    state = flags.output / STATE_FILE
    goes_on = flags.resume and not flags.resume_from
    if goes_on:
        require_state(state)
    if not goes_on and os.path.exists(state):
        raise MozartError(
            f"{flags.output} already holds a run: go on with it with --resume and the same settings, or choose another --output."
        )
    taken = [name for name in (*FILES, *MORE_FILES) if os.path.exists(flags.output / name)]
    if not goes_on and taken:
        raise MozartError(f"{flags.output} already holds {taken[0]}, which training would write over: choose another --output.")
    there = next(path for path in (flags.output, *flags.output.absolute().parents) if os.path.exists(path))
    if not (os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)):
        raise MozartError(f"{flags.output} cannot be written to: choose another --output.")


def open_run(
    flags: argparse.Namespace, split: Split, vocabulary: Vocabulary, music_sha256: str, device: torch.device, saved: Path
) -> Run:
    """A new run, or the one that is `saved`; written into the output before its next epoch, so that it can be resumed there."""
    held_out = {"validation_works": split.validation_works, "test_works": split.test_works}
    model_config, config = configure(vars(flags) | held_out, vocabulary)
    if flags.resume:
        place = flags.resume_from or str(flags.output)
        run = resume_run(saved, identify(model_config, config, music_sha256), device, place)
        if flags.epochs < run.epoch:
            raise MozartError(f"The run in {place} has finished {run.epoch} epochs: --epochs cannot be less.")
        print(f"  going on after epoch {run.epoch}")
    else:
        run = start_run(model_config, config, device, music_sha256, vocabulary)
    if not flags.resume or flags.resume_from:
        save_run(run, flags.output / STATE_FILE)
    return run


def collect_metrics(run: Run, arguments: list[str], device: torch.device) -> dict[str, Any]:
    """What ``metrics.json`` says about the run."""
    return {
        "recipe": run.config.recipe,
        "split": run.config.split,
        "validation_works": run.config.validation_works,
        "test_works": run.config.test_works,
        "window": WINDOW,
        "seed": run.config.seed,
        "command": reproducing_command(arguments),
        "machine": describe_machine(device),
        "date": datetime.date.today().isoformat(),
        "seconds": round(sum(epoch["seconds"] for epoch in run.history), 1),
        "best_epoch": run.best_epoch["epoch"],
        "epochs": run.history,
        "measures": {},
    }


def reproducing_command(arguments: Sequence[str]) -> str:
    """The command that makes the same checkpoint: a resumed run ends as one that was never stopped, wherever it goes."""
    kept, leaving_out = [], False
    for argument in arguments:
        if argument.startswith("--"):
            leaving_out = argument.partition("=")[0] in PLACES
        if not leaving_out:
            kept.append(argument)
    return shlex.join(["python", "train.py", *kept])


def measure(
    model: MusicLSTM, loaders: Loaders, ids: torch.Tensor, split: Split, vocabulary: Vocabulary, works: Sequence[score.Work]
) -> dict[str, Any]:
    """What the network reaches on validation and test windows, and what tables of counts do: it should do better.

    Under the split by works both are also measured with a memory of each piece; under the lab's, where remembering is the
    task, the network is also mixed half and half with the best table.
    """
    windows = {"validation": Windows(ids, split.validation), "test": Windows(ids, split.test)}
    ranges = work_ranges(works)

    def results(name: str, distributions: Mapping[str, Iterable[Floats]]) -> dict[str, dict[str, float]]:
        measured = {part: asdict(evaluate_distributions(distributions[part], windows[part], name)) for part in windows}
        parts = (f"{part} {result['loss']:.3f} nats, {result['accuracy']:.2%}" for part, result in measured.items())
        print(f"    {name}: {'; '.join(parts)}", flush=True)
        return measured

    def with_memory(distributions: Mapping[str, Iterable[Floats]]) -> dict[str, Iterator[Floats]]:
        return {part: remember_piece(distributions[part], windows[part], ranges, vocabulary) for part in windows}

    by_network = {
        part: list(network_distributions(model, loader, part.capitalize()))
        for part, loader in (("validation", loaders.validation), ("test", loaders.test))
    }
    metrics: dict[str, Any] = dict(results("the network", by_network))
    # The order that is best, by validation: a table that may recite its music looks further back than one that may not.
    order = 4 if split.test_works else 8
    labels = (split.train + WINDOW).numpy()
    tables = {
        "most common token": NGramTable(ids.numpy(), labels, vocabulary, 1),
        f"{order}-gram table": NGramTable(ids.numpy(), labels, vocabulary, order),
        f"{order}-gram table in any key": NGramTable(ids.numpy(), labels, vocabulary, order, any_key=True),
    }
    metrics["baselines"] = {
        name: results(name, {part: table_distributions(table, windows[part]) for part in windows}) for name, table in tables.items()
    }
    name, table = list(tables.items())[-1]
    by_table = {part: table_distributions(table, windows[part]) for part in windows}
    if split.test_works:
        name = f"{name} and memory of the piece"
        metrics["baselines"][name] = results(name, with_memory(by_table))
        metrics["with_memory"] = results("the network and memory of the piece", with_memory(by_network))
    else:
        halves = {part: (0.5 * (a + b) for a, b in zip(by_network[part], by_table[part], strict=True)) for part in windows}
        metrics["with_table"] = results("the network and the table in any key, half and half", halves)
    return metrics


def measure_rhythm(rhythm: RhythmTable, held_out: Sequence[score.Work]) -> dict[str, Any]:
    """How well the offset strategies predict the steps of works that were not counted, in nats a step."""
    if not held_out:
        return {}
    losses = {strategy: rhythm.loss(held_out, strategy) for strategy in ("sampled", "contextual")}
    print("  the steps of held-out works: " + ", ".join(f"{strategy} {loss:.3f} nats" for strategy, loss in losses.items()))
    return {"rhythm": losses}


def collect_provenance(run: Run, flags: argparse.Namespace, n_works: int) -> dict[str, Any]:
    """What ``config.json`` says about how the checkpoint was made."""
    return {
        "training": asdict(run.config) | {"epochs": run.epoch, "best_epoch": run.best_epoch["epoch"]},
        "versions": {name: version(name) for name in ("torch", "music21", "numpy")},
        "music": f"{n_works} MIDI files of the trainer's own." if flags.midi_dir else RIGHTS,
        "archive_sha256": None if flags.midi_dir else archive.ARCHIVE_SHA256,
        "music_sha256": run.identity["music_sha256"],
    }


def compose_first_piece(folder: Path, seed: int) -> None:
    """A random test window and 500 predicted elements, the lab's way, as ``mozart.mid``."""
    composer = Composer(load_checkpoint(folder), str(folder))
    request = Request(length=500, lab=True, seed=seed)
    with tqdm(total=request.length, desc="Composing", unit="note", leave=False) as bar:
        piece = composer.compose(request, lambda done, _: bar.update(done - bar.n))
    atomic.write(folder / FIRST_PIECE, piece.midi())
    print(f"  {' '.join(piece.tokens[WINDOW : WINDOW + 12])} …")
    print(f"  {len(piece.tokens)} notes and chords, the first {WINDOW} from {piece.opening.name}: {folder / FIRST_PIECE}")


def write_sample(checkpoint: Checkpoint, epoch: int, flags: argparse.Namespace) -> None:
    """What the network composes now, as MIDI and as a piano roll; the same opening and chance every time."""
    piece = Composer(checkpoint, str(flags.output)).compose(Request(length=100, seed=flags.seed, include_opening=False))
    path = flags.output / SAMPLES / f"epoch-{epoch:03}"
    atomic.write(path.with_suffix(".mid"), piece.midi())
    title = f"Composed after epoch {epoch}"
    atomic.write(path.with_suffix(".png"), figures.plot_piano_roll(piece.tokens, piece.offsets, piece.durations, title))


def publish_progress(
    run: Run, unfinished: Checkpoint, metrics: dict[str, Any], provenance: dict[str, Any], flags: argparse.Namespace
) -> None:
    """Put the run and the best checkpoint so far on the Hub; when that fails, say so and train on."""
    best, model = run.best_epoch, copy.deepcopy(run.evaluated).cpu().eval()
    model.load_state_dict(run.best_weights)
    round_weights(model)
    metrics = metrics | {"validation": {"loss": best["validation_loss"], "accuracy": best["validation_accuracy"]}}
    try:
        hub.push_state(state_files(run), flags.push_to_hub)
        with tempfile.TemporaryDirectory() as folder:
            save_checkpoint(
                replace(unfinished, model=model, metrics=metrics, provenance=provenance),
                Path(folder),
                write_unfinished_card(metrics, provenance, flags.epochs),
            )
            revision = hub.push(Path(folder), flags.push_to_hub)
    except MozartError as error:
        tqdm.write(f"  {error} Training goes on, and after epoch {run.epoch + flags.push_every} it is tried again.")
    else:
        tqdm.write(f"  published as {flags.push_to_hub}, revision {revision}")


def publish(run: Run, flags: argparse.Namespace) -> None:
    """Put the finished checkpoint on the Hub, with --push-every the run too, and point the Space at it."""
    try:
        revision = hub.push(flags.output, flags.push_to_hub)
        if flags.push_every:
            hub.push_state(state_files(run), flags.push_to_hub)
    except MozartError as error:
        advice = "run the same command with --resume, without a name, to try again"
        raise MozartError(f"{error} It is safe in {flags.output}: {advice}.") from error
    print(f"Published as {flags.push_to_hub}, revision {revision}.")
    print(f"A page composes from it with MOZART_MODEL={flags.push_to_hub} MOZART_REVISION={revision}")
    if flags.space:
        hub.point_space(flags.space, flags.push_to_hub, revision)
        print(f"The Space {flags.space} restarts and composes from it.")


def say_how_long(seconds: float, epochs: int, device: torch.device) -> None:
    """On a CPU, where it matters, how long the remaining epochs will take."""
    if device.type == "cpu":
        tqdm.write(f"  the remaining {epochs} epochs will take about {in_words(seconds)} on this CPU")


def finish_epoch(run: Run, state: Path) -> None:
    """Save the run and say how the epoch went."""
    save_run(run, state)
    last = run.history[-1]
    tqdm.write(  # not print, which would write into the progress bar
        f"  epoch {last['epoch']}: training loss {last['train_loss']:.3f}, validation loss {last['validation_loss']:.3f}, "
        f"validation accuracy {last['validation_accuracy']:.2%}, {in_words(last['seconds'])}"
    )
    sys.stdout.flush()


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


def share(text: str) -> float:
    """Read a flag's share of a whole: 0 or more, and less than 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to below 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
