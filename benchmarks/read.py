"""Measure how long reading MIDI and importing the page take.

The sonatas are read by the exact reader and by music21, and 1,000 files as --midi-dir reads them; importing the page is compared
with importing Gradio alone.

python benchmarks/read.py [--archive PATH_OR_URL] [--without-music21] [--output FILE.json]

Times are processor seconds, which do not depend on other programs on the machine; only the 1,000 files, which several processes
read, are timed by the clock. music21 takes two minutes or more.
"""

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mido

from mozart.corpus import archive
from mozart.corpus.reader import read_midi
from mozart.corpus.works import read_works

FILES, NOTES = 1_000, 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    parser.add_argument("--without-music21", action="store_true", help="measure the exact reader alone")
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    files = archive.sonatas(flags.archive)

    result: dict[str, Any] = {"machine": f"{platform.machine()}, Python {platform.python_version()}", "works": len(files)}
    result["exact_seconds"], scores = min(
        (measure(lambda: [read_midi(path) for path in files]) for _ in range(3)), key=lambda m: m[0]
    )
    result["notes"] = sum(map(len, scores))
    with tempfile.TemporaryDirectory() as folder:
        generated = generate(Path(folder))
        os.environ["MOZART_CACHE"] = folder  # where nothing is remembered yet
        result["generated_files"] = len(generated)
        result["generated_notes"] = FILES * NOTES
        started = time.perf_counter()
        read_works(generated)
        result["generated_seconds_by_the_clock"] = time.perf_counter() - started
    result["peak_megabytes"] = peak_megabytes()
    result["mido_seconds"], found = measure(lambda: [read_with_mido(path) for path in files])
    read = [[(n.onset, n.pitch, n.duration, n.velocity) for n in score.notes] for score in scores]
    result["notes_equal_to_mido"] = sum(len(notes) for notes, others in zip(read, found, strict=True) if sorted(notes) == others)
    result["importing_the_page_seconds"] = min(import_seconds("mozart.page.page") for _ in range(3))
    result["importing_gradio_seconds"] = min(import_seconds("gradio") for _ in range(3))
    if not flags.without_music21:
        result["music21"] = version("music21")
        result["music21_seconds"], _ = measure(lambda: sum(read_with_music21(path) is not None for path in files))
        result["times_as_fast_as_music21"] = result["music21_seconds"] / result["exact_seconds"]
    print("| reading | |\n|---|---|")
    for name, value in result.items():
        print(f"| {name.replace('_', ' ')} | {f'{value:,.2f}' if isinstance(value, float) else value} |")
    if flags.output:
        flags.output.write_text(json.dumps(result, indent=1) + "\n")


def measure(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor seconds that the work takes, and its result."""
    started = processor_seconds()
    outcome = work()
    return processor_seconds() - started, outcome


def processor_seconds() -> float:
    """Return the processor seconds of this process, and of those that it has started and that have ended."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def generate(folder: Path) -> list[Path]:
    """Files of single notes, in two tracks, at random."""
    rng = random.Random(1)
    paths = []
    for index in range(FILES):
        paths.append(folder / f"{index}.mid")
        random_piece(rng, NOTES, (120, 240, 480)).save(paths[-1])
    return paths


def random_piece(rng: random.Random, notes: int, lengths: Sequence[int]) -> mido.MidiFile:
    """Single notes in two tracks, each as long as one of `lengths`, in ticks of 1/480 quarter."""
    midi = mido.MidiFile(ticks_per_beat=480)
    for lowest in (60, 36):
        track = mido.MidiTrack()
        for _ in range(notes // 2):
            pitch, ticks = lowest + rng.randrange(24), rng.choice(lengths)
            track.append(mido.Message("note_on", note=pitch, velocity=rng.randrange(40, 100)))
            track.append(mido.Message("note_off", note=pitch, time=ticks))
        midi.tracks.append(track)
    return midi


def read_with_mido(path: Path) -> list[tuple[int, int, int, int]]:
    """Onset, pitch, duration and velocity of every note, in order."""
    midi, notes = mido.MidiFile(path), []
    for track in midi.tracks:
        tick = 0
        held: dict[tuple[int, int], tuple[int, int]] = {}
        for message in track:
            tick += message.time * 480 // midi.ticks_per_beat
            if message.type in ("note_on", "note_off"):
                key = message.channel, message.note
                if key in held:
                    onset, velocity = held.pop(key)
                    notes.append((onset, message.note, tick - onset, velocity))
                if message.type == "note_on" and message.velocity:
                    held[key] = tick, message.velocity
    return sorted(notes)


def import_seconds(module: str) -> float:
    """Return the processor seconds that a fresh Python takes to import a module."""
    return measure(lambda: subprocess.run([sys.executable, "-c", f"import {module}"], check=True))[0]


def read_with_music21(path: Path) -> object:
    from music21 import converter, instrument

    # forceSource: music21 would otherwise keep what it parsed.
    return instrument.partitionByInstrument(converter.parse(path, forceSource=True))


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
