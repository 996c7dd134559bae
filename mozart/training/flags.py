"""The flags of train.py: one for every field of the recipes' configurations, and those for music, folder and Hub."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mozart.lab import saving as lab_saving
from mozart.lab.config import KeysConfig, LabConfig
from mozart.training import saving
from mozart.training.config import TrainingConfig, add_flags, read_flags
from mozart.training.tracking import PIECES_EVERY

CONFIGS: dict[str, type[Any]] = {"notes": TrainingConfig, "lab": LabConfig, "lab-keys": KeysConfig}
_STATE_FILES = {"notes": saving.STATE_FILE, "lab": lab_saving.STATE_FILE, "lab-keys": lab_saving.STATE_FILE}


def parse_flags(arguments: Sequence[str], description: str) -> argparse.Namespace:
    """Read the command line; without any flag, it is recipe ``notes`` on the sonatas.

    The result has one value more than flags: `state`, the file that the run is saved in.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    music = parser.add_argument_group("music")
    source = music.add_mutually_exclusive_group()
    source.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    source.add_argument("--midi-dir", type=Path, help="train on the MIDI files in this folder and the folders below it instead")
    source.add_argument(
        "--midi-hub", metavar="USER/DATASET", help="train on a dataset of the Hub instead, as `mozart corpus push` publishes one"
    )
    music.add_argument("--skip-unreadable", action="store_true", help="leave out files that cannot be read")
    music.add_argument(
        "--validation-works",
        nargs="+",
        metavar="WORK",
        default=[],
        help="notes: works held out to choose the best epoch, or folders",
    )
    music.add_argument(
        "--test-works",
        nargs="+",
        metavar="WORK",
        default=[],
        help='notes: works held out for the test, such as "K. 281", or folders',
    )

    training = parser.add_argument_group("training")
    training.add_argument(
        "--recipe",
        choices=list(CONFIGS),
        default="notes",
        help="notes: the composer; lab: the laboratory's network; lab-keys: the same, taught in five keys (default notes)",
    )
    add_flags(training, CONFIGS)

    run = parser.add_argument_group("run")
    run.add_argument("--output", type=Path, help="folder for the checkpoint, the saved run and samples (default runs/RECIPE)")
    run.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="USER/NAME",
        help="continue the run that is saved in --output, or the one that --push-every published as USER/NAME",
    )
    run.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto: a GPU if there is one (default auto)")
    run.add_argument(
        "--accumulate", type=_count, metavar="N", help="notes: compute each batch in N parts, for a GPU with little memory"
    )
    run.add_argument("--dry-run", action="store_true", help="read and split the music, print what is in it, and stop")
    run.add_argument("--samples-every", type=_count, metavar="N", help="compose a short piece every N epochs")
    run.add_argument(
        "--track",
        nargs="?",
        const="",
        metavar="USER/SPACE",
        help=f"log to trackio, with a piece every {PIECES_EVERY} epochs; USER/SPACE also sends the log to a Space",
    )

    to_hub = parser.add_argument_group("Hub (log in with `hf auth login`, or set HF_TOKEN)")
    to_hub.add_argument("--push-to-hub", metavar="USER/NAME", help="publish the checkpoint when training is done")
    to_hub.add_argument("--private", action="store_true", help="make the repository private")
    to_hub.add_argument("--space", metavar="USER/SPACE", help="let this Space compose from the published checkpoint")
    to_hub.add_argument(
        "--push-every",
        type=_count,
        metavar="N",
        help="also publish, every N epochs, the best checkpoint so far and the saved run, which --resume continues",
    )
    flags = parser.parse_args(arguments)
    if not flags.push_to_hub and (flags.private or flags.space or flags.push_every):
        parser.error("--private, --space and --push-every belong to publishing: add --push-to-hub USER/NAME, or leave them out")
    if flags.recipe != "notes" and (flags.validation_works or flags.test_works):
        parser.error(
            f"--validation-works and --test-works are not for --recipe {flags.recipe}, which splits windows, not works: "
            "leave them out"
        )
    if flags.recipe != "notes" and flags.midi_hub:
        parser.error(f"--midi-hub is not for --recipe {flags.recipe}, which reads files: give their folder with --midi-dir")
    if flags.recipe != "notes" and flags.accumulate:
        parser.error(f"--accumulate is not for --recipe {flags.recipe}: leave it out, or give a smaller --batch-size")
    if flags.track is not None:
        flags.samples_every = flags.samples_every or PIECES_EVERY
    flags.output = flags.output or Path("runs") / flags.recipe
    flags.state = flags.output / _STATE_FILES[flags.recipe]
    return flags


def read_config(flags: argparse.Namespace) -> Any:
    """Make the recipe's configuration; raise MozartError when a flag is another recipe's, or a value is not possible."""
    return read_flags(flags, flags.recipe, CONFIGS)


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return number
