"""Three pieces made beforehand, to be heard the moment the page opens.

``python -m mozart gallery`` makes them anew from the shipped checkpoint.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mozart import atomic, audio
from mozart.composer import Composer
from mozart.request import Request

FOLDER = Path(__file__).parent / "gallery"
_PIECES = "pieces.json"
# One in each of three movements: a quick one, a slow one, one in three.
REQUESTS = (
    Request(length="16bars", seed=3, opening="K. 457, movement 1", include_opening=False),
    Request(length="16bars", seed=5, opening="K. 281, movement 2", include_opening=False),
    Request(length="16bars", seed=8, opening="K. 311, movement 3", include_opening=False),
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
    made = []
    for number, request in enumerate(REQUESTS, start=1):
        piece = composer.compose(request)
        atomic.write(folder / f"{number}.mp3", audio.mp3_bytes(audio.render(piece.midi())))
        made.append(
            {
                "name": f"After {piece.opening.name}",
                "tokens": piece.tokens,
                "offsets": [round(offset, 6) for offset in piece.offsets],
                "durations": [round(duration, 6) for duration in piece.durations],
                "tempo": piece.tempo,
            }
        )
    atomic.write(folder / _PIECES, (json.dumps(made) + "\n").encode())


def load_gallery(folder: Path = FOLDER) -> list[Ready]:
    """The pieces; none where they have not been made."""
    path = folder / _PIECES
    if not path.is_file():
        return []
    made = json.loads(path.read_text())
    return [Ready(**piece, sound=folder / f"{number}.mp3") for number, piece in enumerate(made, start=1)]
