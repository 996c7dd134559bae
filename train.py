"""Train a network on Mozart's sonatas: flags → music → split → train → test → checkpoint → Hub.

python train.py                      recipe notes: whole notes in exact time, tested on sonatas that it has not seen
python train.py --recipe lab         the laboratory's network, Problems 1 to 5; lab-keys: the same, taught in five keys
python train.py --midi-dir FOLDER    music of your own; --midi-hub user/dataset: from the Hub
python train.py --dry-run            read and split the music, print what is in it, and stop
python train.py --resume             continue an interrupted run; --resume user/mozart: on another machine
python train.py --push-to-hub user/mozart --push-every 1
torchrun --nproc-per-node 2 train.py                in two processes, on two GPUs or cores
hf jobs uv run train.py --push-to-hub user/mozart --push-every 1          on a GPU of the Hub's
"""

# What `uv run` installs, and how `hf jobs uv run` starts it: the package goes along as a volume.
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "torch>=2.6", "music21>=10.5", "huggingface_hub>=2.4,<3", "httpx2>=2", "mido>=1.3", "safetensors>=0.5", "numpy>=2.0",
#   "pydantic>=2.11", "matplotlib>=3.9", "platformdirs>=4.3", "tqdm>=4.66",
# ]
# [tool.hf-jobs]
# flavor = "t4-small"
# timeout = "2h"
# secrets = ["HF_TOKEN"]
# env = { PYTHONPATH = "/mozart" }
# volumes = ["./mozart:/mozart/mozart"]
# ///

import shutil
import sys
from argparse import Namespace
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from mozart.checkpoint.checkpoint import Checkpoint
from mozart.corpus.works import Music
from mozart.errors import MozartError
from mozart.model.network import NetworkConfig
from mozart.model.vocabulary import Vocabulary
from mozart.terminal import escape_output, leave_output
from mozart.training import evaluation, output, publishing, report
from mozart.training.assemble import assemble
from mozart.training.data import Streams, hash_works, split_works
from mozart.training.finishing import Finisher, best_network
from mozart.training.flags import parse_flags, read_config
from mozart.training.laboratory import train_laboratory
from mozart.training.loop import Run, start_run, train
from mozart.training.machine import choose_device, explained, say, say_how_long
from mozart.training.music import read_music, require_music, say_what_is_missing, say_whose
from mozart.training.processes import Processes, join
from mozart.training.saving import resume_run, save_run
from mozart.training.shards import SHARDS, make_shelves
from mozart.training.tracking import Tracker


def main(arguments: list[str] | None = None) -> int:
    """Train; return the exit status: 0, 1 after an error, 130 after Ctrl-C, 141 when the reader of the output is gone."""
    arguments = sys.argv[1:] if arguments is None else arguments
    escape_output()
    flags = parse_flags(arguments, str(__doc__))
    try:
        with join() as processes, explained():
            run_recipe(flags, arguments, processes)
    except MozartError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of the output has seen enough
        return leave_output()
    except KeyboardInterrupt:
        can_resume = flags.state.exists() and not flags.dry_run
        print("\nStopped." + " Finished epochs are saved: go on with --resume." * can_resume, file=sys.stderr)
        return 130
    return 0


def run_recipe(flags: Namespace, arguments: list[str], processes: Processes) -> None:
    """Run a recipe from the music to the Hub; check first what would otherwise fail at the end."""
    config = read_config(flags)
    device = choose_device(flags.device, config.precision, processes.rank)
    publishing.require_names(flags)
    with ExitStack() as stack:
        with processes.leader_first():
            saved, publisher, tracker, writes = None, None, None, processes.leads and not flags.dry_run
            if writes:
                output.require_free(flags.output, flags.state, resume=flags.resume == "")
            if not flags.dry_run:
                saved = publishing.find_run(flags)
            if writes:
                stack.enter_context(output.own(flags.output))
                require_music(flags)
                publisher = publishing.make_publisher(flags)
                tracker = Tracker(flags.output, asdict(config), flags.track) if flags.track is not None else None
            music = read_music(flags)
        finisher = Finisher(flags.output, config, report.about_run(arguments, device), publisher, flags.samples_every, tracker)
        finisher.provenance = report.make_provenance(config, say_whose(flags, len(music.scores)))
        train_recipe = train_notes if flags.recipe == "notes" else train_laboratory
        checkpoint = train_recipe(flags, config, music, device, saved, finisher, processes)
        if checkpoint is not None:
            finisher.finish(checkpoint)
        if processes.leads:
            say_what_is_missing(flags, music)


def train_notes(
    flags: Namespace, config: Any, music: Music, device: Any, saved: Path | None, finisher: Finisher, processes: Processes
) -> Checkpoint | None:
    """Run recipe notes: split, train and test; return None after a dry run, or in a process that does not lead."""
    places = split_works(music.scores.titles, config.seed, flags.validation_works, flags.test_works)
    parts = training, validation, test = [music.scores.pick(part) for part in places]
    vocabulary = Vocabulary.of(training)
    say(report.describe_split(parts, vocabulary))
    if flags.dry_run:
        return None

    identity = {"music_sha256": hash_works(music.scores), **report.name_held_out(validation, test)}
    if saved:
        run = resume_run(saved, config, identity, device, flags.resume)
        say(f"  going on after epoch {run.epoch}")
    else:
        run = start_run(config, NetworkConfig(), vocabulary, identity, device)
    with processes.leader_first():
        shelves = make_shelves([*zip(report.PARTS, parts, strict=True)], vocabulary, flags.output / SHARDS)
    streams = Streams(shelves[0], shelves[0].sizes, config.batch_size, config.sequence_length, device)
    train_together = partial(train, run, streams, shelves[1], processes=processes, accumulate=flags.accumulate or 1)
    if not processes.leads:
        train_together()
        return None
    # Everything but the network, because the rest of the checkpoint is counted in the training works.
    unfinished = assemble(run.averaged, training, [*validation, *test], {}, finisher.provenance)
    save_run(run, flags.state)
    say(f"The network: {report.count_parameters(run):,} parameters; everything goes to {flags.output}")

    def on_epoch(run: Run) -> None:
        save_run(run, flags.state)
        say(report.describe_epoch(run))
        metrics = report.describe_run(run) | finisher.about
        finisher.after_epoch(run, replace(unfinished, network=best_network(run), metrics=metrics))

    train_together(on_epoch, say_how_long)
    say(f"The network of epoch {run.best_epoch}, the best by validation, on works that it has not read:")
    network = best_network(run)
    measured = evaluation.measure(network, shelves[0].thinned(evaluation.BASELINE_NOTES), *shelves[1:])
    say(report.describe_measured(measured))
    shutil.rmtree(flags.output / SHARDS)
    return replace(unfinished, network=network, metrics=report.describe_run(run) | finisher.about | measured)


if __name__ == "__main__":
    sys.exit(main())
