"""Compose from the command line.

python -m mozart compose --length 500 --offsets 0.25 --seed 7 --out mozart.mid --wav mozart.wav
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tqdm import tqdm

from mozart import atomic
from mozart.audio import wav_bytes
from mozart.composer import Composer, Request
from mozart.errors import MozartError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 after an error that was said in one sentence, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        _compose(options)
    except MozartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mozart", description="Compose Mozart-like piano pieces.")
    commands = parser.add_subparsers(dest="command", required=True)
    compose = commands.add_parser("compose", help="compose a piece and write it as a MIDI file")
    compose.add_argument("--length", default="500", help="new notes and chords after the opening (default 500)")
    compose.add_argument("--offsets", default="0.25", help="0.25, 0.5, or sampled from the sonatas (default 0.25)")
    compose.add_argument("--temperature", default="1.0", help="below 1 more predictable, above 1 wilder (default 1.0)")
    compose.add_argument("--seed", help="the same seed gives the same piece; without it one is drawn, and said")
    compose.add_argument("--lab", action="store_true", help="the lab's way: the most probable note each time")
    compose.add_argument("--checkpoint", help="a folder, or user/name on the Hub (default: the one that ships with the code)")
    compose.add_argument("--out", type=Path, default=Path("mozart.mid"), help="the MIDI file (default mozart.mid)")
    compose.add_argument("--wav", type=Path, help="also play it into this WAV file, with FluidSynth")
    compose.add_argument("--json", action="store_true", help="print one JSON object about the piece")
    return parser


def _compose(options: argparse.Namespace) -> None:
    request = Request(
        length=_whole(options.length, "--length"),
        offsets=options.offsets,
        temperature=_real(options.temperature, "--temperature"),
        seed=None if options.seed is None else _whole(options.seed, "--seed"),
        lab=options.lab,
    )
    for path in filter(None, (options.out, options.wav)):
        if not os.path.isdir(path.parent):
            raise MozartError(f"There is no folder {path.parent} to write {path.name} into: make it first.")
        if os.path.exists(path) and not os.path.isfile(path):
            raise MozartError(f"{path} is a folder or a device: give the name of a file to write.")
    if options.wav == options.out:
        raise MozartError(f"--out and --wav both name {options.out}: give each a file of its own.")
    composer = Composer.load(options.checkpoint)
    started = time.perf_counter()
    with tqdm(total=request.length, desc="Composing", unit="note", leave=False) as bar:
        piece = composer.compose(request, lambda done: bar.update(done - bar.n))
    seconds = time.perf_counter() - started
    atomic.write(options.out, piece.midi())
    if options.json:
        about = {
            "tokens": piece.tokens,
            "offsets": piece.offsets,
            "durations": piece.durations,
            "opening_length": piece.opening_length,
            "opening": piece.opening,
            "seed": piece.seed,
            "checkpoint": composer.name,
            "seconds": round(seconds, 3),
            "warnings": piece.warnings,
        }
        print(json.dumps(about))
    else:
        for warning in piece.warnings:
            print(warning)
        print(
            f"{options.out}: {len(piece.tokens)} notes and chords, the first {piece.opening_length} from {piece.opening}, "
            f"composed in {seconds:.1f} s with seed {piece.seed}."
        )
    if options.wav:
        try:
            atomic.write(options.wav, wav_bytes(piece.audio()))
        except MozartError as error:
            raise MozartError(f"{error} {options.out} was written all the same.") from error


def _whole(text: str, flag: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise MozartError(f"{flag} {text} is not a whole number.") from error


def _real(text: str, flag: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise MozartError(f"{flag} {text} is not a number.") from error


if __name__ == "__main__":
    sys.exit(main())
