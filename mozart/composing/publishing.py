"""Prepare a finished checkpoint for publishing: measure its pieces, draw learning curves, compose three pieces, write its card."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mozart import atomic
from mozart.checkpoint.card import ACCURACY, LOSSES, PIECES, write_card
from mozart.checkpoint.checkpoint import load_checkpoint
from mozart.checkpoint.find import find_checkpoint
from mozart.checkpoint.folder import CARD, METRICS, json_bytes, parse_json, read_folder, write_folder
from mozart.composing.composer import Composer
from mozart.composing.request import Request
from mozart.corpus.archive import sonatas
from mozart.corpus.works import read_works
from mozart.errors import MozartError
from mozart.measuring import report
from mozart.notes import Score

LENGTH = "32bars"  # in shorter pieces little can return, and few movements are longer


def measure_checkpoint(source: str | Path | None, archive: str | None, pieces: int, seed: int) -> str:
    """Compose pieces with default settings, compare them with Mozart, and write the result into metrics and card.

    Parameters
    ----------
    source
        A folder, or a checkpoint that ships, whose first is the default.
    archive
        Path or address of the sonata archive; see :func:`mozart.corpus.archive.sonatas`.
    pieces
        The number of pieces, two or more; take a hundred for useful numbers.
    seed
        The first piece's seed; the others have the next ones.

    Returns
    -------
    str
        The table, as Markdown.

    Raises
    ------
    MozartError
        When the checkpoint is the laboratory's or cannot be changed, or was trained on other music than the archive's.
    """
    folder = _find_folder(source)
    checkpoint = load_checkpoint(folder)
    training, held_out = _split(read_works(sonatas(archive))[0], checkpoint.metrics)
    composer = Composer(checkpoint, str(folder))
    request = Request(length=LENGTH)
    composed = [
        composer.compose(request.changed(seed=number)).score
        for number in tqdm(range(seed, seed + pieces), desc="Composing", unit="piece", leave=False)
    ]
    measured = report.measure(composed, training, held_out, index=checkpoint.index)
    settings = {"length": LENGTH, "temperature": request.temperature, "top_p": request.top_p, "seeds": f"from {seed} on"}
    _rewrite(folder, {**checkpoint.metrics, "measures": {**measured, "settings": settings}})
    return report.markdown(measured)


def write_checkpoint_card(source: str | Path | None) -> Path:
    """Draw a checkpoint's learning curves, compose its three pieces, write its card again, and return the card's path.

    Raises
    ------
    MozartError
        When the checkpoint is damaged or cannot be changed, or without FluidSynth, which plays the pieces.
    """
    folder = _find_folder(source)
    config, contents = read_folder(folder)
    metrics = parse_json(folder, METRICS, contents[METRICS])
    if config["recipe"] == "notes":  # the laboratory draws its own while it trains
        draw_curves(metrics["epochs"], folder)
    make_pieces(Composer.load(folder), folder)
    _rewrite(folder, metrics)
    return folder / CARD


def draw_curves(history: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Draw the learning curves of a card into `folder`; draw nothing before the first epoch."""
    from mozart.rendering import figures

    if history:
        atomic.write(folder / LOSSES, figures.plot_losses(history))
        atomic.write(folder / ACCURACY, figures.plot_accuracy(history))


def make_pieces(composer: Composer, folder: Path) -> None:
    """Compose the pieces of a card into `folder` as MP3 files, with default settings and seeds from 1 on.

    They leave openings out, so that they hold no notes of other people's files. Raise MozartError without FluidSynth.
    """
    from mozart.rendering.formats import mp3_bytes

    request = Request(include_opening=False, lab=composer.checkpoint is None)
    for seed, name in enumerate(PIECES, start=1):
        piece = composer.compose(request.changed(seed=seed))
        atomic.write(folder / name, mp3_bytes(piece.audio(), piece.title))


def _find_folder(source: str | Path | None) -> Path:
    """Find the folder of a checkpoint that may be changed."""
    found = find_checkpoint(source)
    if found.is_on_hub:
        raise MozartError(f"{source} is in the Hub's cache, which must not be changed: copy it into a folder, and give that.")
    return found.folder


def _split(works: Sequence[Score], metrics: Any) -> tuple[list[Score], list[Score]]:
    """Divide works into those that a checkpoint was trained on, and those that it was not."""
    names = {*metrics.get("validation_works", ()), *metrics.get("test_works", ())}
    if not names or not names <= {work.title for work in works}:
        raise MozartError(
            "The works that this checkpoint was trained and tested on are not those of the archive: only a checkpoint that was "
            "trained on the sonatas can be compared with them."
        )
    return [work for work in works if work.title not in names], [work for work in works if work.title in names]


def _rewrite(folder: Path, metrics: Any) -> None:
    """Write metrics and card again, and keep all that composing needs."""
    config, contents = read_folder(folder)
    about = {name: value for name, value in config.items() if name not in ("format", "recipe", "sha256")}
    card = write_card(metrics, about, folder)
    write_folder(folder, config["recipe"], {**contents, METRICS: json_bytes(json.loads(json.dumps(metrics)))}, about, card)
