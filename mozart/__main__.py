"""Compose from the command line, measure what a checkpoint composes, write its card, publish music to train on.

mozart compose --length 32bars --key "G major" --character Menuetto --seed 7 --wav mozart.wav
mozart compose --from mozart.mid --out again.mid
mozart compose --lab
mozart measure --pieces 100
mozart card --checkpoint runs/notes
mozart corpus push music user/preludes --licence cc0-1.0
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from mozart import atomic
from mozart.composing.request import Request, add_flags, read_flags
from mozart.errors import MozartError
from mozart.terminal import escape_output, leave_output

if TYPE_CHECKING:
    from mozart.composing.composition import Composition

MAX_CANDIDATES = 100
MAX_PIECES = 1_000


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status: 0, 1 after an error, 2 for wrong usage, 130 after Ctrl-C, 141 for a closed pipe."""
    escape_output()
    options = parse_options(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except MozartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of the output has seen enough
        return leave_output()
    return 0


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line, with the command's function as `run`; exit the program if it makes no sense."""
    parser = argparse.ArgumentParser(prog="mozart", description="Compose Mozart-like piano pieces.")
    commands = parser.add_subparsers(dest="command", required=True)
    compose = commands.add_parser("compose", help="compose a piece and write it as a MIDI file")
    compose.set_defaults(run=_compose)
    add_flags(compose.add_argument_group("what to compose"))
    files = compose.add_argument_group("files")
    files.add_argument("--from", dest="source", type=Path, metavar="FILE.mid", help="compose the piece in this file again")
    files.add_argument(
        "--candidates", help=f"how many pieces to compose, with consecutive seeds (up to {MAX_CANDIDATES}; default 1)"
    )
    files.add_argument("--checkpoint", help="a folder, or user/name or user/name@revision on the Hub (default: the shipped one)")
    files.add_argument("--out", type=Path, default=Path("mozart.mid"), help="the MIDI file (default mozart.mid)")
    files.add_argument("--wav", type=Path, help="also write its sound as WAV, by FluidSynth")
    files.add_argument("--musicxml", type=Path, help="also write its sheet music as MusicXML")
    files.add_argument("--pdf", type=Path, help="also write its sheet music as PDF")
    files.add_argument("--json", action="store_true", help="print a JSON object about each piece")

    measure = commands.add_parser("measure", help="compare a checkpoint's pieces with Mozart, and find what they copy")
    measure.set_defaults(run=_measure)
    measure.add_argument("--pieces", default="100", help="how many pieces of 32 bars to compose (default 100)")
    measure.add_argument(
        "--seed", default="1000", help="seed of the first piece; the others have the seeds after it (default 1000)"
    )
    measure.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    measure.add_argument("--checkpoint", help="a folder (default: the shipped one)")

    card = commands.add_parser("card", help="write a checkpoint's model card again, with its pictures and pieces")
    card.set_defaults(run=_card)
    card.add_argument("--checkpoint", help="a folder (default: the shipped one)")

    corpus = commands.add_parser("corpus", help="music to train on")
    push = corpus.add_subparsers(dest="corpus_command", required=True).add_parser("push", help="publish a folder as a dataset")
    push.set_defaults(run=_push_corpus)
    push.add_argument("folder", type=Path, help="the folder with the MIDI files; folders below it count")
    push.add_argument("dataset", metavar="USER/DATASET", help="where to publish its MIDI files")
    push.add_argument("--licence", required=True, help="the licence under which you may publish the music, such as cc0-1.0")
    push.add_argument("--private", action="store_true", help="make the dataset private")

    gallery = commands.add_parser("gallery", help="compose the page's ready pieces again")
    gallery.set_defaults(run=_gallery)
    return parser.parse_args(arguments)


def _compose(options: argparse.Namespace) -> None:
    from mozart.composing.composer import Composer
    from mozart.composing.composition import recompose

    count = _whole(options.candidates or "1", "--candidates", 1, MAX_CANDIDATES)
    outputs = _check_outputs(options, count)
    request = read_flags(options)
    started = time.perf_counter()
    if options.source:
        _refuse_settings_beside_source(options, request)
        own = request.opening if request.has_own_opening else None
        piece, matched = recompose(options.source, own, options.checkpoint)
        _write(piece, options, outputs[0], time.perf_counter() - started)
        result = "The notes are the same as the first time." if matched else "The notes are not the same as the first time."
        print(result, file=sys.stderr if options.json else sys.stdout)
        return
    composer = Composer.load(options.checkpoint or ("pretrained/lab" if request.lab else None))
    started = time.perf_counter()
    with tqdm(desc="Composing", unit=" bars", leave=False) as bar:
        pieces = composer.compose_candidates(request, count, lambda done, total: _advance(bar, done, total))
    seconds = (time.perf_counter() - started) / count
    for piece, paths in zip(pieces, outputs, strict=True):
        _write(piece, options, paths, seconds)


def _check_outputs(options: argparse.Namespace, count: int) -> list[dict[str, Path]]:
    """Name the files to write, by kind, for each piece, and refuse impossible ones before anything is composed."""
    named = {kind: path for kind in ("out", "wav", "musicxml", "pdf") if (path := getattr(options, kind))}
    for path in named.values():
        if not path.name or os.path.isdir(path):
            raise MozartError(f"{path} is a folder: give the name of a file to write.")
        if not os.path.isdir(path.parent):
            raise MozartError(f"There is no folder {path.parent} to write {path.name} into: make it first.")
    suffixes = [f"-{number}" for number in range(1, count + 1)] if count > 1 else [""]
    outputs = [{kind: path.with_stem(path.stem + suffix) for kind, path in named.items()} for suffix in suffixes]
    everything = [os.path.abspath(path) for paths in outputs for path in paths.values()]
    for path in everything:
        if os.path.exists(path) and not os.path.isfile(path):
            raise MozartError(f"{path} is a folder or a device: give the name of a file to write.")
        if any(given and os.path.abspath(given) == path for given in (options.source, options.opening)):
            raise MozartError(f"{path} would be overwritten: give the new piece another file.")
    if len(set(everything)) < len(everything):
        raise MozartError("Two of --out, --wav, --musicxml and --pdf name the same file: give each another one.")
    return outputs


def _refuse_settings_beside_source(options: argparse.Namespace, request: Request) -> None:
    if set(request.settings()) - {"opening"} or options.candidates or (request.opening != "none" and not request.has_own_opening):
        raise MozartError("--from takes everything from the file's request: leave the other settings out.")


def _advance(bar: Any, done: int, total: int) -> bool:
    bar.total = total
    bar.update(done - bar.n)
    return True


def _write(piece: "Composition", options: argparse.Namespace, paths: dict[str, Path], seconds: float) -> None:
    from mozart.rendering.formats import wav_bytes

    atomic.write(paths["out"], piece.midi())
    if options.json:
        print(json.dumps({**piece.to_json(), "seconds": round(seconds, 3)}))
    else:
        print(f"{paths['out']}: {piece.title}, {piece.describe()}, composed in {seconds:.1f} s with seed {piece.seed}.")
        for remark in (piece.originality_sentence(), *piece.remarks):
            print(remark)
    try:
        if "musicxml" in paths:
            atomic.write(paths["musicxml"], piece.musicxml().encode())
        if "pdf" in paths:
            atomic.write(paths["pdf"], piece.pdf())
        if "wav" in paths:
            atomic.write(paths["wav"], wav_bytes(piece.audio()))
    except MozartError as error:
        raise MozartError(f"{error} {paths['out']} was written nevertheless.") from error


def _measure(options: argparse.Namespace) -> None:
    from mozart.composing.publishing import measure_checkpoint

    pieces = _whole(options.pieces, "--pieces", 10, MAX_PIECES)
    seed = _whole(options.seed, "--seed", 0, 2**31)
    print(measure_checkpoint(options.checkpoint, options.archive, pieces, seed))


def _card(options: argparse.Namespace) -> None:
    from mozart.composing.publishing import write_checkpoint_card

    print(f"Written: {write_checkpoint_card(options.checkpoint)}")


def _push_corpus(options: argparse.Namespace) -> None:
    from mozart.training.dataset import push

    revision, music = push(options.folder, options.dataset, options.licence, private=options.private)
    for file, reason in music.skipped[:20]:
        print(f"left out: {file}: {reason}")
    if len(music.skipped) > 20:
        print(f"and {len(music.skipped) - 20:,} more")
    print(f"Published as {options.dataset}, revision {revision}: {len(music.scores):,} files, {sum(music.scores.sizes):,} notes.")


def _gallery(_: argparse.Namespace) -> None:
    from mozart.composing.composer import Composer
    from mozart.page.gallery import make_gallery

    make_gallery(Composer.load())


def _whole(text: str, flag: str, least: int, most: int) -> int:
    try:
        number = int(text[:20])
    except ValueError:
        number = None
    if number is None or not least <= number <= most:
        raise MozartError(f"{flag} {text[:20]} is not possible: choose a whole number from {least} to {most:,}.")
    return number


if __name__ == "__main__":
    sys.exit(main())
