"""The laboratory's way as a composer's: its network's pieces are compositions like any other."""

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

if TYPE_CHECKING:
    from mozart.composing.composer import Composer

# A sampled rhythm may stand still for a while: so many notes are composed at most for a length in seconds or bars.
_TEMPO = 120.0  # quarters a minute, where none is asked for
_SECONDS_AN_ELEMENT, _ELEMENTS_A_BAR = {"0.25": 0.125, "0.5": 0.25, "sampled": 0.13}, {"0.25": 16, "0.5": 8, "sampled": 15}


@dataclass(frozen=True)
class Laboratory:
    """The laboratory's network, ready to compose: its checkpoint, and a hash of all that composing needs."""

    checkpoint: LabCheckpoint
    identity: str

    @property
    def metrics(self) -> dict[str, Any]:
        """What was measured of it."""
        return dict(self.checkpoint.metrics)


def load(folder: Path) -> Laboratory:
    """The laboratory's network in a folder. Raises MozartError when it is not whole."""
    config, contents = read_folder(folder)
    if config["recipe"] != "lab":
        raise MozartError(f"{folder} is no checkpoint of the laboratory's recipe: give one that train.py --recipe lab has made.")
    with explained(folder):
        return Laboratory(from_files(contents), identify(config))


def compose(composer: "Composer", request: Request, on_progress: OnProgress) -> Composition:
    """A piece as in the laboratory: a random test sequence, then the most probable element each time."""
    if request.opening != "random":
        raise MozartError("The laboratory's network goes on from a random test sequence: leave the opening out.")
    length = count_elements(request)
    tempo = request.tempo or _TEMPO
    require_playable((length + WINDOW) * _SECONDS_AN_ELEMENT[request.offsets] * _TEMPO / tempo, tempo)
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
    """How many notes and chords a length amounts to, in the laboratory's even rhythm."""
    quantity, unit = request.measure
    if unit == "bars":
        quantity *= _ELEMENTS_A_BAR[request.offsets]
    elif unit == "s":
        quantity /= _SECONDS_AN_ELEMENT[request.offsets] * _TEMPO / (request.tempo or _TEMPO)
    return max(1, min(round(quantity), MAX_LENGTHS["notes"]))
