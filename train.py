"""Train a network on Mozart's sonatas: flags → music → split → train → test → checkpoint → Hub.

python train.py                      recipe notes: whole notes in exact time, tested on sonatas that it has never read
python train.py --recipe lab         the laboratory's network, Problems 1 to 5
python train.py --midi-dir FOLDER    music of your own
python train.py --dry-run            read and split the music, say what is in it, and stop
python train.py --resume             go on where an interrupted run was saved
python train.py --push-to-hub user/mozart --push-every 1
python train.py --resume user/mozart                go on from there on another machine
"""

import sys
from argparse import Namespace
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from mozart.checkpoint.checkpoint import Checkpoint
from mozart.corpus import archive
from mozart.corpus.works import Music, read_works
from mozart.errors import MozartError
from mozart.lab.checkpoint import LabCheckpoint
from mozart.lab.laboratory import prepare, train_lab
from mozart.model.network import NetworkConfig
from mozart.model.vocabulary import Vocabulary
from mozart.training import evaluation, output, publishing, report
from mozart.training.assemble import assemble
from mozart.training.data import Streams, hash_works, rows_of, split_works
from mozart.training.finishing import Finisher, best_network
from mozart.training.flags import parse_flags, read_config
from mozart.training.loop import Run, start_run, train
from mozart.training.machine import choose_device, escape_output, explained, leave_output, say, say_how_long
from mozart.training.saving import resume_run, save_run


def main(arguments: list[str] | None = None) -> int:
    """Train; returns the exit status: 0, 1 after an error in one sentence, 130 after Ctrl-C, 141 when nobody reads on."""
    arguments = sys.argv[1:] if arguments is None else arguments
    escape_output()
    flags = parse_flags(arguments, str(__doc__))
    try:
        with explained():
            run_recipe(flags, arguments)
    except MozartError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough
        leave_output()
        return 141
    except KeyboardInterrupt:
        can_resume = flags.state.exists() and not flags.dry_run
        print("\nStopped." + " Finished epochs are saved: go on with --resume." * can_resume, file=sys.stderr)
        return 130
    return 0


def run_recipe(flags: Namespace, arguments: list[str]) -> None:
    """From the music to the Hub; what would fail at the end is looked at first."""
    config = read_config(flags)
    device = choose_device(flags.device, config.precision)
    publishing.require_names(flags)
    with ExitStack() as stack:
        saved = None
        if not flags.dry_run:
            output.require_free(flags.output, flags.state, resume=flags.resume == "")
            saved = publishing.find_run(flags)
            stack.enter_context(output.own(flags.output))
        about = report.about_run(arguments, device)
        finisher = Finisher(flags.output, config, about, publishing.make_publisher(flags), flags.samples_every)
        music = read_music(flags)
        finisher.provenance = report.make_provenance(config, music, own=flags.midi_dir is not None)
        train_recipe = train_notes if flags.recipe == "notes" else train_laboratory
        checkpoint = train_recipe(flags, config, music, device, saved, finisher)
        if checkpoint is not None:
            finisher.finish(checkpoint)
        if music.remarks:
            say("\n".join(["Of the files:", *(f"  {remark}" for remark in music.remarks)]))


def read_music(flags: Namespace) -> Music:
    """Every file, by the one reader whatever the recipe, so that both refuse the same files in the same words."""
    files = archive.midi_files(flags.midi_dir) if flags.midi_dir else archive.sonatas(flags.archive)
    # A run inside --midi-dir has left its own pieces there, which are nobody's music to learn from.
    files = [path for path in files if flags.output.absolute() not in path.absolute().parents]
    music = read_works(files, skip_unreadable=flags.skip_unreadable)
    say(f"The music: {sum(map(len, music.scores)):,} notes in {len(music.scores)} files.")
    return music


def train_notes(
    flags: Namespace, config: Any, music: Music, device: Any, saved: Path | None, finisher: Finisher
) -> Checkpoint | None:
    """Recipe notes: split, train and test; None after a dry run."""
    parts = split_works(music.scores, config.seed, flags.validation_works, flags.test_works)
    training, validation, test = parts
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
    # All but the network: what composing needs is counted in the music that is trained on.
    unfinished = assemble(run.averaged, training, [*validation, *test], {}, finisher.provenance)
    rows = [rows_of(part, vocabulary, f"Looking at {name}") for part, name in zip(parts, report.PARTS, strict=True)]
    save_run(run, flags.state)
    say(f"The network: {report.count_parameters(run):,} parameters; everything goes to {flags.output}")

    def on_epoch(run: Run) -> None:
        save_run(run, flags.state)
        say(report.describe_epoch(run))
        metrics = report.describe_run(run) | finisher.about
        finisher.after_epoch(run, replace(unfinished, network=best_network(run), metrics=metrics))

    streams = Streams(rows[0], config.batch_size, config.sequence_length, device)
    train(run, streams, rows[1], on_epoch, say_how_long)
    say(f"The network of epoch {run.best_epoch}, the best by validation, on works that it has not read:")
    network = best_network(run)
    measured = evaluation.measure(network, *rows)
    say(report.describe_measured(measured))
    return replace(unfinished, network=network, metrics=report.describe_run(run) | finisher.about | measured)


def train_laboratory(
    flags: Namespace, config: Any, music: Music, device: Any, saved: Path | None, finisher: Finisher
) -> LabCheckpoint | None:
    """Recipe lab: Problems 1 to 3; None after a dry run."""
    options: dict[str, Any] = {"skip_unreadable": flags.skip_unreadable, "say": say}
    if flags.dry_run:
        prepare(config, music.paths, device, **options)
        return None
    options |= {"saved": saved, "place": flags.resume, "about": finisher.about}
    options |= {"on_epoch": finisher.after_epoch, "on_estimate": say_how_long}
    return train_lab(config, music.paths, flags.output, device, **options)


if __name__ == "__main__":
    sys.exit(main())
