"""Compose with the laboratory's network: its pieces become compositions like any other."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mozart.checkpoint.folder import explained, identify, read_folder
from mozart.composing.composition import Composition
from mozart.composing.request import MAX_LENGTHS, Request, require_playable
from mozart.composing.writing import OnProgress
from mozart.errors import MozartError
from mozart.lab.checkpoint import LabCheckpoint, from_files
from mozart.lab.generating import generate_piece
from mozart.lab.windows import WINDOW
from mozart.model.offsets import FIXED
from mozart.notes import TICKS

if TYPE_CHECKING:
    from mozart.composing.composer import Composer

_TEMPO = 120.0  # quarters a minute, unless the request has a tempo
_SAMPLED = 0.26  # quarters from one element to the next, on average, with sampled offsets
_QUARTERS_A_BAR = 4


@dataclass(frozen=True)
class Laboratory:
    """The laboratory's checkpoint, and its identity: a hash of all that composing needs."""

    checkpoint: LabCheckpoint
    identity: str

    @property
    def metrics(self) -> dict[str, Any]:
        """The checkpoint's measurements."""
        return dict(self.checkpoint.metrics)


def load(folder: Path) -> Laboratory:
    """Load the laboratory's network from a folder; raise MozartError when it is damaged."""
    config, contents = read_folder(folder)
    if config["recipe"] != "lab":
        raise MozartError(f"{folder} is not a checkpoint of the laboratory's recipe: give one that train.py --recipe lab made.")
    with explained(folder):
        return Laboratory(from_files(contents), identify(config))


def compose(composer: "Composer", request: Request, on_progress: OnProgress) -> Composition:
    """Compose as in the laboratory: a random test sequence, then the most probable element each time."""
    if request.opening != "random":
        raise MozartError("The laboratory's network always continues a random test sequence: leave the opening out.")
    length = count_elements(request)
    tempo = request.tempo or _TEMPO
    require_playable((length + WINDOW) * _quarters_an_element(request) * 60 / tempo, tempo)
    laboratory = composer.lab
    tokens, score, remarks = generate_piece(
        laboratory.checkpoint, length, request.offsets, request.seed or 0, on_progress=on_progress
    )
    if request.tempo is not None:
        score = score.replace(tempi=[(0, request.tempo)])
    require_playable(score.seconds, tempo)
    opening = sum(len(token.split(".")) for token in tokens[:WINDOW])
    if not request.include_opening:
        first = int(score.onsets[opening])
        moved = score.columns[opening:].copy()
        moved[:, 0] -= first
        return Composition(score.replace(notes=moved), request, composer, remarks=remarks)
    return Composition(score, request, composer, opening_notes=opening, remarks=remarks)


def count_elements(request: Request) -> int:
    """Convert a length to a number of notes and chords in the laboratory's even rhythm."""
    quantity, unit = request.measure
    if unit == "bars":
        quantity *= round(_QUARTERS_A_BAR / _quarters_an_element(request))
    elif unit == "s":
        quantity /= _quarters_an_element(request) * 60 / (request.tempo or _TEMPO)
    return max(1, min(round(quantity), MAX_LENGTHS["notes"]))


def _quarters_an_element(request: Request) -> float:
    return FIXED[request.offsets] / TICKS if request.offsets in FIXED else _SAMPLED
