"""Compose from the command line, measure what a checkpoint composes, put the page online.

python -m mozart compose --length 60s --seed 7 --out mozart.mid --wav mozart.wav
python -m mozart compose --from mozart.mid --out again.mid
python -m mozart measure --pieces 200
python -m mozart card --checkpoint runs/stream-works
python -m mozart space user/space --dry-run
"""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mozart import atomic, corpus, figures, hub, likeness, space
from mozart.audio import wav_bytes
from mozart.card import CURVES, measures_table, shown, write_card
from mozart.checkpoint import CARD, METRICS, Checkpoint, load_checkpoint, save_checkpoint
from mozart.composer import Composer, Composition, find_checkpoint, recompose
from mozart.errors import MozartError
from mozart.gallery import make_card_pieces, make_gallery
from mozart.request import MEMORY, TEMPERATURE, TOP_P, Request
from mozart.score import read_scores

MOST_CANDIDATES = 100
# Of the measured pieces: in shorter ones little can come again, and of longer ones the sonatas have few.
MOST_PIECES, LEAST_LENGTH, MOST_LENGTH = 10_000, 50, 1_000


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 after an error that was said in one sentence, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
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
    compose.set_defaults(run=_compose)
    what = compose.add_argument_group("what to compose")
    what.add_argument("--length", help="after the opening: notes and chords (up to 10,000), or 60s, or 32bars (default 500)")
    what.add_argument("--offsets", help="0.25, 0.5, sampled, or contextual (default; 0.25 with --lab)")
    what.add_argument("--temperature", help=f"below 1 more predictable, above 1 wilder, up to 100 (default {TEMPERATURE})")
    what.add_argument("--top-p", help=f"draw only from the most probable notes that together have this share (default {TOP_P})")
    what.add_argument("--memory", help=f"0 to 1: how much of what the piece did before is mixed in (default {MEMORY})")
    what.add_argument("--max-copy", help="the longest run of notes, 7 or more, that may stand in the sonatas it has learned from")
    what.add_argument(
        "--opening",
        help='random (default), a movement such as "K. 281, movement 1", or a MIDI file of 100 events and more, up to 250 kB',
    )
    what.add_argument("--no-opening", action="store_true", help="leave the opening out of the result")
    what.add_argument("--tempo", help="quarter notes a minute, 20 to 400 (default: the opening's; 120 with --lab)")
    what.add_argument("--seed", help="the same seed gives the same piece; without it one is drawn, and said")
    what.add_argument("--lab", action="store_true", help="the lab's way: the most probable note each time")
    what.add_argument("--from", dest="source", type=Path, metavar="FILE.mid", help="compose the piece of this file again")
    compose.add_argument(
        "--candidates", help="compose so many pieces, numbered, with seeds that follow each other (default 1, up to 100)"
    )
    compose.add_argument(
        "--checkpoint",
        help="a folder, user/name or user/name@revision on the Hub, or pretrained/lab (default: pretrained/unseen, it ships here)",
    )
    compose.add_argument("--out", type=Path, default=Path("mozart.mid"), help="the MIDI file (default mozart.mid)")
    compose.add_argument("--wav", type=Path, help="also play it into this WAV file, with FluidSynth")
    compose.add_argument("--musicxml", type=Path, help="also write it as a score, on two staves")
    compose.add_argument("--json", action="store_true", help="print a JSON object about each piece")

    measure = commands.add_parser("measure", help="how like Mozart the pieces are, and how much they copy")
    measure.set_defaults(run=_measure)
    measure.add_argument("--pieces", default="200", help="how many to compose in each way (default 200; the lab's way a tenth)")
    measure.add_argument("--length", default="500", help="notes and chords in each (default 500)")
    measure.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    measure.add_argument("--checkpoint", help="a folder (default: that of pretrained/unseen)")

    card = commands.add_parser("card", help="write a checkpoint's model card anew, with its pictures and pieces")
    card.set_defaults(run=_card)
    card.add_argument("--checkpoint", help="a folder (default: that of pretrained/unseen)")

    online = commands.add_parser("space", help="put the page online as a Space: upload what git tracks")
    online.set_defaults(run=_space)
    online.add_argument("repo", metavar="user/space", help="the Space's name; it is made where it is missing")
    online.add_argument(
        "--model", metavar="USER/NAME", help="the checkpoint on the Hub that it composes from (default: as before, or what ships)"
    )
    online.add_argument("--revision", help="the checkpoint's commit, tag or branch (default: main, the latest)")
    online.add_argument("--dry-run", action="store_true", help="list what would go, and stop; needs no token")

    made = commands.add_parser("gallery", help="make the page's three ready pieces anew")
    made.set_defaults(run=lambda _: make_gallery(Composer.load()))
    return parser


def _compose(options: argparse.Namespace) -> None:
    count = _count(options.candidates or "1", "--candidates", 1, MOST_CANDIDATES)
    named = [path for path in (options.out, options.wav, options.musicxml) if path]
    for path in named:
        if not path.name:
            raise MozartError(f"{path} is a folder: give the name of a file to write.")
    outputs = [_numbered(path, suffix) for path in named for suffix in _suffixes(count)]
    for path in outputs:
        if not os.path.isdir(path.parent):
            raise MozartError(f"There is no folder {path.parent} to write {path.name} into: make it first.")
        if os.path.exists(path) and not os.path.isfile(path):
            raise MozartError(f"{path} is a folder or a device: give the name of a file to write.")
        if any(given and os.path.abspath(given) == os.path.abspath(path) for given in (options.source, options.opening)):
            raise MozartError(f"{path} would be written over: give the new piece a file of its own.")
    if len({os.path.abspath(path) for path in outputs}) < len(outputs):
        raise MozartError("Two of --out, --wav and --musicxml name one file: give each a file of its own.")
    if options.source:
        _compose_again(options)
        return
    settings = _settings(options)
    unused = [name for name in ("temperature", "top_p", "memory") if options.lab and name in settings]
    if unused:
        raise MozartError(f"--{unused[0].replace('_', '-')} is not used with --lab: leave one of the two out.")
    request = Request(**settings)
    composer = Composer.load(options.checkpoint)
    started = time.perf_counter()
    with tqdm(desc="Composing", unit="note", leave=False) as bar:
        pieces = composer.compose_candidates(request, count, lambda done, length: _advance(bar, done, length))
    seconds = (time.perf_counter() - started) / count
    for suffix, piece in zip(_suffixes(count), pieces, strict=True):
        _write(piece, options, suffix, seconds)


def _compose_again(options: argparse.Namespace) -> None:
    if set(_settings(options)) - {"opening"} or options.candidates:
        raise MozartError("--from takes everything from the file's recipe: leave the other settings out.")
    started, before = time.perf_counter(), options.source.read_bytes() if os.path.isfile(options.source) else b""
    piece, matched = recompose(options.source, options.opening, options.checkpoint)
    _write(piece, options, "", time.perf_counter() - started)
    if not matched:
        said = "The notes are not those of the first time: recipe or opening were changed, or other versions computed them."
    elif piece.midi() == before:
        said = "The notes are the same, and so is the file."
    else:
        said = "The notes are those of the first time; the file was changed since."
    print(said, file=sys.stderr if options.json else sys.stdout)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """The Request's values that were given on the command line."""
    given: dict[str, Any] = {"length": options.length, "offsets": options.offsets, "opening": options.opening}
    for name in ("temperature", "top_p", "memory", "tempo"):
        given[name] = _real(getattr(options, name), f"--{name.replace('_', '-')}")
    for name in ("seed", "max_copy"):
        given[name] = _whole(getattr(options, name), f"--{name.replace('_', '-')}")
    given |= {"lab": options.lab or None, "include_opening": False if options.no_opening else None}
    return {name: value for name, value in given.items() if value is not None}


def _advance(bar: Any, done: int, length: int) -> None:
    bar.total = length
    bar.update(done - bar.n)


def _write(piece: Composition, options: argparse.Namespace, suffix: str, seconds: float) -> None:
    out = _numbered(options.out, suffix)
    atomic.write(out, piece.midi())
    if options.json:
        print(json.dumps({**piece.to_json(), "seconds": round(seconds, 3)}))
    else:
        for warning in piece.warnings:
            print(warning)
        opening = (
            f"the first {piece.opening_length} from {piece.opening.name}" if piece.opening_length else f"after {piece.opening.name}"
        )
        print(f"{out}: {len(piece.tokens)} notes and chords, {opening}, composed in {seconds:.1f} s with seed {piece.seed}.")
        print(piece.originality().sentence())
    try:
        if options.musicxml:
            atomic.write(_numbered(options.musicxml, suffix), piece.musicxml().encode())
        if options.wav:
            atomic.write(_numbered(options.wav, suffix), wav_bytes(piece.audio()))
    except MozartError as error:
        raise MozartError(f"{error} {out} was written all the same.") from error


def _suffixes(count: int) -> list[str]:
    return [f"-{number}" for number in range(1, count + 1)] if count > 1 else [""]


def _numbered(path: Path, suffix: str) -> Path:
    return path.with_stem(path.stem + suffix)


def _measure(options: argparse.Namespace) -> None:
    pieces = _count(options.pieces, "--pieces", 2, MOST_PIECES)
    length = _count(options.length, "--length", LEAST_LENGTH, MOST_LENGTH)
    found = find_checkpoint(options.checkpoint)
    composer = Composer(load_checkpoint(found.folder), found.name)
    if "originality" not in composer.checkpoint.metrics:
        raise MozartError(f"{found.name} is still in training: measure it when train.py has finished it.")
    works, _ = read_scores(corpus.sonatas(options.archive))
    with tqdm(total=likeness.count_pieces(pieces), desc="Composing", unit="piece", leave=False) as bar:
        measured = likeness.measure_pieces(composer, works, pieces, length, lambda _: bar.update())
    metrics = {**composer.checkpoint.metrics, "measures": measured}
    print(measures_table(measured, metrics["originality"]))
    if found.is_on_hub:
        print(f"Not written into {found.name}, which is on the Hub: measure the folder that train.py wrote, and publish it.")
        return
    _save(replace(composer.checkpoint, metrics=metrics), found.folder)
    print(f"Written into {found.folder / METRICS} and the model card.")


def _card(options: argparse.Namespace) -> None:
    found = find_checkpoint(options.checkpoint)
    folder, name = found.folder, found.name
    if found.is_on_hub:
        raise MozartError(
            f"The card of {name}, which is on the Hub, is written in the folder that train.py made: give that folder."
        )
    composer = Composer(load_checkpoint(folder), name)
    history = composer.checkpoint.metrics["epochs"]
    for picture, plot in zip(CURVES, (figures.plot_losses, figures.plot_accuracy), strict=True):
        atomic.write(folder / picture, plot(history))
    make_card_pieces(composer, folder)
    _save(composer.checkpoint, folder)
    print(f"Written: {folder / CARD}")


def _save(checkpoint: Checkpoint, folder: Path) -> None:
    card = write_card(checkpoint.metrics, checkpoint.provenance, len(checkpoint.vocabulary), shown(folder))
    save_checkpoint(checkpoint, folder, card)


def _space(options: argparse.Namespace) -> None:
    for name in filter(None, (options.repo, options.model)):
        if not hub.is_repo_id(name):
            raise MozartError(f"{name} is not the name of a repository: write it as user/name.")
    if options.revision and not options.model:
        raise MozartError("--revision is that of a checkpoint on the Hub: name it with --model.")
    variables = {"MOZART_MODEL": options.model, "MOZART_REVISION": options.revision or "main"} if options.model else {}
    names = space.tracked_files(space.ROOT)
    sizes = [(space.ROOT / name).stat().st_size for name in names]
    what = f"{len(names)} files, {sum(sizes) / 1e6:.1f} MB" + "".join(f", {key}={value}" for key, value in variables.items())
    if options.dry_run:
        for name, size in zip(names, sizes, strict=True):
            print(f"{size:>10,}  {name}")
        print(f"Would go to the Space {options.repo}: {what}.")
        return
    print(f"Uploading to the Space {options.repo}: {what} …", flush=True)
    print(f"Uploaded; it starts in some minutes: {space.put_online(options.repo, names, variables, space.ROOT)}")


def _count(text: str, flag: str, least: int, most: int) -> int:
    number = _whole(text, flag)
    if number is None or not least <= number <= most:
        raise MozartError(f"{flag} {text} is not possible: choose a whole number from {least} to {most:,}.")
    return number


def _whole(text: str | None, flag: str) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise MozartError(f"{flag} {text} is not a whole number.") from error


def _real(text: str | None, flag: str) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError as error:
        raise MozartError(f"{flag} {text} is not a number.") from error


if __name__ == "__main__":
    sys.exit(main())
