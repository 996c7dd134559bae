"""Pieces made beforehand: three to be heard the moment the page opens, and three beside every model card.

``python -m mozart gallery`` makes the page's anew from the shipped checkpoint, ``python -m mozart card`` a checkpoint's.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mozart import atomic, audio
from mozart.card import LONGEST_COPY, PIECES
from mozart.composer import Composer, Composition
from mozart.errors import MozartError
from mozart.request import Request

FOLDER = Path(__file__).parent / "gallery"
_PIECES = "pieces.json"
# One in each of three movements: a quick one, a slow one, one in three.
REQUESTS = (
    Request(length="16bars", seed=3, opening="K. 457, movement 1", include_opening=False),
    Request(length="16bars", seed=5, opening="K. 281, movement 2", include_opening=False),
    Request(length="16bars", seed=8, opening="K. 311, movement 3", include_opening=False),
)
# Whatever music the checkpoint has openings of, and none of it in the sound.
CARD_REQUESTS = tuple(
    Request(length="12s", seed=seed, include_opening=False, max_copy=LONGEST_COPY) for seed in range(1, len(PIECES) + 1)
)


class Ready(NamedTuple):
    """A piece with its sound."""

    name: str
    tokens: Sequence[str]
    offsets: Sequence[float]
    durations: Sequence[float]
    tempo: float
    sound: Path


def make_gallery(composer: Composer, folder: Path = FOLDER) -> None:
    """Compose and play the pieces into `folder`. Raises MozartError without FluidSynth."""
    paths = [folder / f"{number}.mp3" for number in range(1, len(REQUESTS) + 1)]
    made = [
        {
            "name": f"After {piece.opening.name}",
            "tokens": piece.tokens,
            "offsets": [round(offset, 6) for offset in piece.offsets],
            "durations": [round(duration, 6) for duration in piece.durations],
            "tempo": piece.tempo,
        }
        for piece in _play(composer, REQUESTS, paths)
    ]
    atomic.write(folder / _PIECES, (json.dumps(made) + "\n").encode())


def make_card_pieces(composer: Composer, folder: Path) -> None:
    """Compose and play the pieces of the model card in `folder`; without FluidSynth there are none."""
    paths = [folder / name for name in PIECES]
    for path in paths:
        path.unlink(missing_ok=True)  # another network's
    try:
        list(_play(composer, CARD_REQUESTS, paths))
    except MozartError as error:
        print(f"The model card has no pieces to listen to. {error}")


def _play(composer: Composer, requests: Sequence[Request], paths: Sequence[Path]) -> Iterator[Composition]:
    """The pieces, each after its sound has been written."""
    for request, path in zip(requests, paths, strict=True):
        piece = composer.compose(request)
        atomic.write(path, audio.mp3_bytes(piece.audio()))
        yield piece


def load_gallery(folder: Path = FOLDER) -> list[Ready]:
    """The pieces; none where they have not been made."""
    path = folder / _PIECES
    if not path.is_file():
        return []
    made = json.loads(path.read_text())
    return [Ready(**piece, sound=folder / f"{number}.mp3") for number, piece in enumerate(made, start=1)]
