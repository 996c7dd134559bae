"""A piece's sound and files, served from Gradio's cache, which deletes them in time; and small players."""

import tempfile
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.notes import RIGHT, TICKS, Score
from mozart.page.room import Room
from mozart.page.sentences import file_name
from mozart.rendering.timemap import Timemap, read_timemap

if TYPE_CHECKING:
    from mozart.composing.composition import Composition

_KINDS = {"pdf": "PDF", "mid": "MIDI", "musicxml": "MusicXML", "mp3": "MP3", "wav": "WAV"}
SERVED = "gradio_api/file="
_room = Room()
_HEIGHT, _LENGTH = 64, 640  # of a sketch, in its own units


def serve(box: Any, name: str, content: bytes) -> str:
    """Store `content` as a file in the cache of `box`, which is any component, and return its address."""
    try:
        _room.make(Path(box.GRADIO_CACHE), len(content))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            kept = box.move_resource_to_block_cache(path)
    except OSError as error:
        raise MozartError(f"The page has no room for {name} ({error.strerror}): try again later.") from error
    return f"{SERVED}{kept}"


def serve_sound(box: Any, name: str, samples: NDArray[np.int16]) -> str:
    """Store a sound as FLAC, which is small, quickly written and lossless, and return its address."""
    from mozart.rendering import formats

    return serve(box, f"{name}.flac", formats.flac_bytes(samples))


def play(score: Score) -> NDArray[np.int16]:
    """Render the samples of a passage; raise MozartError without FluidSynth."""
    from mozart.rendering import sound

    samples: NDArray[np.int16] = sound.render(score)
    return samples


def engrave(piece: "Composition", narrow: bool) -> tuple[list[str], Timemap]:
    """Engrave sheet music as SVG pages, with the times of its heads; raise MozartError without verovio."""
    from mozart.rendering.verovio import engrave_with

    return engrave_with(piece.musicxml(), narrow, read_timemap)


def read_sound(url: str | None) -> NDArray[np.int16] | None:
    """Read the samples that :func:`serve_sound` has written; None if there are none, or no longer."""
    from mozart.rendering import formats

    if url is None or not (path := Path(url.removeprefix(SERVED))).is_file():
        return None
    return formats.read_flac(path)


def write_files(piece: "Composition", samples: NDArray[np.int16] | None, is_drawn: bool = False) -> dict[str, bytes]:
    """Write the files to download, by extension; without sound if there are no samples, and with a PDF if `is_drawn`."""
    from mozart.rendering import formats

    files = {"mid": piece.midi(), "musicxml": piece.musicxml().encode()}
    if is_drawn:
        files["pdf"] = piece.pdf()
    if samples is not None:
        files |= {"mp3": formats.mp3_bytes(samples, piece.title), "wav": formats.wav_bytes(samples)}
    return files


def offer(box: Any, piece: "Composition", files: Mapping[str, bytes]) -> str:
    """Write links to the files, each named after the piece; with a PDF also a button for a picture of the first page."""
    name = file_name(piece)
    links = "".join(
        f'<a id="{ending}" class="mozart-download" download="{escape(name)}.{ending}" '
        f'href="{escape(serve(box, f"{name}.{ending}", files[ending]))}">{label}</a>'
        for ending, label in _KINDS.items()
        if ending in files
    )
    if "pdf" in files:
        # The browser has drawn the page already.
        links += f'<button type="button" id="png" class="mozart-download" data-picture="{escape(name)}.png">PNG</button>'
    return f'<nav class="mozart-downloads" aria-label="Take it home">{links}</nav>'


def player_html(name: str, sound: str | None, score: Score | None = None, about: str = "") -> str:
    """Write a small player: a name, a sketch of the notes if a score is given, and the browser's own controls."""
    sketch = sketch_svg(score) if score is not None else ""
    audio = f'<audio controls preload="none" src="{escape(sound)}" aria-label="{escape(name)}"></audio>' if sound else ""
    said = f"<span>{escape(about)}</span>" if about else ""
    return f'<figure class="mozart-small"><figcaption><b>{escape(name)}</b>{said}</figcaption>{sketch}{audio}</figure>'


def sketch_svg(score: Score) -> str:
    """Draw the notes as a still picture: time to the right, pitch upwards, a class for each hand."""
    if not len(score):
        return ""
    low, high, start = int(score.pitches.min()), int(score.pitches.max()), int(score.onsets[0])
    wide, tall = _LENGTH / max(score.end - start, TICKS), _HEIGHT / (high - low + 1)
    paths = {"right": "", "left": ""}
    for note, hand in zip(score.notes, score.hands, strict=True):
        paths["right" if hand == RIGHT else "left"] += (
            f"M{(note.onset - start) * wide:.1f} {(high - note.pitch + 0.5) * tall:.1f}h{max(1.5, note.duration * wide - 0.8):.1f}"
        )
    drawn = "".join(f'<path class="{hand}" d="{path}" stroke-width="{max(tall * 0.9, 1.6):.1f}"/>' for hand, path in paths.items())
    return (
        f'<svg class="mozart-sketch" aria-hidden="true" viewBox="0 0 {_LENGTH} {_HEIGHT}" preserveAspectRatio="none">{drawn}</svg>'
    )
