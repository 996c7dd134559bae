"""Read the music of a run: the sonatas, or a person's own; and report the files that are not in it."""

from argparse import Namespace

from mozart import atomic
from mozart.corpus import archive
from mozart.corpus.works import Music, read_works, to_csv
from mozart.training import dataset
from mozart.training.machine import say

SKIPPED = "skipped.csv"
_SAID = 20  # remarks that are printed; the others are counted


def read_music(flags: Namespace) -> Music:
    """Read all files, with the same reader for both recipes, so that both refuse the same files in the same words."""
    music = dataset.read(flags.midi_hub, skip_unreadable=flags.skip_unreadable) if flags.midi_hub else _read_folder(flags)
    without = f", without {len(music.skipped):,} that cannot be read or have the notes of others" * bool(music.skipped)
    say(f"The music: {sum(music.scores.sizes):,} notes in {len(music.scores):,} file{'s' * (len(music.scores) > 1)}{without}.")
    return music


def require_music(flags: Namespace) -> None:
    """Raise MozartError when the music is on the Hub and cannot be read from there."""
    if flags.midi_hub:
        dataset.require(flags.midi_hub)


def say_whose(flags: Namespace, count: int) -> str | None:
    """Say whose music it is; None for the sonatas."""
    if flags.midi_hub:
        return f"{count:,} MIDI files of the dataset {flags.midi_hub}."
    return f"{count:,} MIDI files of the trainer's own." if flags.midi_dir else None


def _read_folder(flags: Namespace) -> Music:
    files = archive.midi_files(flags.midi_dir) if flags.midi_dir else archive.sonatas(flags.archive)
    # Skip the pieces that a run inside --midi-dir has written there.
    files = [path for path in files if flags.output.absolute() not in path.absolute().parents]
    return read_works(files, skip_unreadable=flags.skip_unreadable, folder=flags.midi_dir)


def say_what_is_missing(flags: Namespace, music: Music) -> None:
    """Report skipped files and what scores leave out, and list the skipped files in the output, except in a dry run."""
    lines = [f"{file}: {reason}" if file not in reason else reason for file, reason in music.skipped] + music.remarks
    if lines:
        more = [f"and {len(lines) - _SAID:,} more"] * (len(lines) > _SAID)
        say("\n".join(["Of the files:", *(f"  {line}" for line in lines[:_SAID] + more)]))
    if music.skipped and not flags.dry_run:
        atomic.write(flags.output / SKIPPED, to_csv(music.skipped))
        say(f"  the {len(music.skipped):,} that were skipped, with the reasons: {flags.output / SKIPPED}")
