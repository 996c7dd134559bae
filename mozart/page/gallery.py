"""Pieces made beforehand, which a visitor can hear as soon as the page opens.

A piece is three files of one name: a MIDI file with the notes, an MP3, and JSON with its title and request.
:func:`make_gallery` writes them.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mozart import atomic
from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.notes import Score
from mozart.page import files

if TYPE_CHECKING:
    from mozart.composing.composer import Composer

FOLDER = Path(__file__).parent / "gallery"
# A quick one, a slow one, one in three: chosen by eye and ear among two dozen seeds each.
REQUESTS = (
    Request(character="Allegro", key="C major", length="24bars", seed=9),
    Request(character="Andante", key="F major", length="16bars", seed=17),
    Request(character="Menuetto", key="G major", length="24bars", seed=12),
)


class Ready(NamedTuple):
    """A piece with its sound.

    Attributes
    ----------
    name
        The title for people.
    score
        The notes.
    sound
        An MP3 file.
    settings
        The settings of its request, with the seed.
    """

    name: str
    score: Score
    sound: Path
    settings: dict[str, object]


def make_gallery(composer: "Composer", folder: Path = FOLDER, requests: Sequence[Request] = REQUESTS) -> None:
    """Compose the pieces into `folder`, in place of the old ones; raise MozartError without FluidSynth."""
    from mozart.rendering import formats

    made = []
    for number, request in enumerate(requests, start=1):
        piece = composer.compose(request)
        about = {"name": piece.title, "settings": piece.request.settings()}
        made += [
            (f"{number}.mid", piece.midi()),
            (f"{number}.mp3", formats.mp3_bytes(piece.audio())),
            (f"{number}.json", (json.dumps(about, indent=1) + "\n").encode()),
        ]
    for old in folder.glob("*"):
        if old.suffix in (".mid", ".mp3", ".json"):
            old.unlink()
    for name, content in made:
        atomic.write(folder / name, content)


def load_gallery(folder: Path = FOLDER) -> list[Ready]:
    """Load the pieces in order of their names, without those that miss a file or cannot be read."""
    ready = []
    for path in sorted(folder.glob("*.json")):
        try:
            ready.append(_load(path))
        except (MozartError, OSError, ValueError, KeyError, TypeError):
            continue
    return ready


def show_gallery(ready: Sequence[Ready]) -> str:
    """Write the pieces' players as HTML."""
    if not ready:
        return ""
    players = "".join(files.player_html(piece.name, f"{files.SERVED}{piece.sound}", piece.score) for piece in ready)
    return f'<h2>Composed beforehand</h2><div class="mozart-row">{players}</div>'


def _load(path: Path) -> Ready:
    from mozart.corpus.reader import read_midi

    about = json.loads(path.read_text(encoding="utf-8"))
    sound = path.with_suffix(".mp3")
    if not sound.is_file():
        raise FileNotFoundError(sound)
    return Ready(str(about["name"]), read_midi(path.with_suffix(".mid")), sound, dict(about["settings"]))
