"""Events → music21 stream → MIDI file, and the recipe inside it. (Lab, Problem 5.)"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mozart.errors import MozartError
from mozart.score import MOST_BYTES, bar_length

TEMPO = 120.0  # quarter notes a minute; what players assume of a file that names none, like the lab's
_RECIPE = "Mozart recipe: "


def to_stream(
    tokens: Sequence[str],
    offsets: Sequence[float],
    durations: Sequence[float],
    velocities: Sequence[int] | None = None,
    tempo: float = TEMPO,
    *,
    time_signature: str = "4/4",
    bar_offset: float = 0.0,
) -> Any:
    """Tokens → a music21 Stream of Note and Chord objects, played by a piano.

    Parameters
    ----------
    tokens
        Such as ``A5``, or ``C4.G3`` for a chord.
    offsets, durations
        One for each token, in quarter lengths; offsets count from the start of the piece.
    velocities
        One for each token, 1 to 127; without them music21's own, the same for all.
    tempo
        Quarter notes a minute.
    time_signature
        Such as ``3/4``.
    bar_offset
        How far into its bar the piece starts, in quarter lengths: what is left of that bar is a bar of its own, where its
        length can be written as a metre.
    """
    from music21 import chord, instrument, meter, note, stream
    from music21 import tempo as music21_tempo

    piece: Any = stream.Stream()
    piano = instrument.Piano()  # type: ignore[no-untyped-call]
    piece.insert(0, piano)
    piece.insert(0, music21_tempo.MetronomeMark(number=tempo))
    upbeat = bar_length(time_signature) - bar_offset if bar_offset else 0.0
    if (upbeat * 8).is_integer():
        if upbeat:
            piece.insert(0, meter.TimeSignature(_write_metre(upbeat)))
        piece.insert(upbeat, meter.TimeSignature(time_signature))
    else:
        piece.insert(0, meter.TimeSignature(time_signature))
    for i, (token, offset, duration) in enumerate(zip(tokens, offsets, durations, strict=True)):
        notes = [note.Note(pitch) for pitch in token.split(".")]
        for new_note in notes:
            new_note.storedInstrument = piano
        element = chord.Chord(notes) if len(notes) > 1 else notes[0]
        element.quarterLength = duration
        if velocities is not None:
            element.volume.velocity = velocities[i]
        piece.insert(offset, element)
    return piece


def midi_bytes(
    tokens: Sequence[str],
    offsets: Sequence[float],
    durations: Sequence[float],
    velocities: Sequence[int] | None = None,
    tempo: float = TEMPO,
    recipe: Mapping[str, Any] | None = None,
    *,
    time_signature: str = "4/4",
    bar_offset: float = 0.0,
) -> bytes:
    """The same as :func:`to_stream`, as the content of a .mid file: the same notes give the same bytes.

    Parameters
    ----------
    recipe
        What the piece was composed from, as plain values; it becomes a text event, which players ignore.
    """
    from music21 import defaults, midi

    # music21's own 10,080 ticks a quarter take long pieces past what other programs accept; 480 hold thirds and sixths.
    defaults.ticksPerQuarter = 480
    piece = to_stream(tokens, offsets, durations, velocities, tempo, time_signature=time_signature, bar_offset=bar_offset)
    file = midi.translate.streamToMidiFile(piece)
    if recipe is not None:
        track = file.tracks[0]
        text = midi.MidiEvent(track, type=midi.MetaEvents.TEXT_EVENT)
        text.data = (_RECIPE + json.dumps(recipe)).encode("ascii")
        track.events[:0] = [midi.DeltaTime(track), text]
    content: bytes = file.writestr()
    return content


def _write_metre(quarters: float) -> str:
    """The metre of a bar that is so long, in the longest note value that counts it: ``2/4`` for 2, ``3/8`` for 1.5."""
    unit = next(unit for unit in (4, 8, 16, 32) if (quarters * unit / 4).is_integer())
    return f"{int(quarters * unit / 4)}/{unit}"


def read_recipe(path: Path) -> dict[str, Any]:
    """The recipe that :func:`midi_bytes` wrote into a file.

    Raises MozartError when the file cannot be read as MIDI or holds none.
    """
    import mido

    try:
        if not os.path.isfile(path):
            raise MozartError(f"There is no MIDI file {path} to read a recipe from.")
        if path.stat().st_size > MOST_BYTES:
            raise MozartError(f"{path} is larger than any piece composed here ({path.stat().st_size:,} bytes).")
        file = mido.MidiFile(path, clip=True)
        texts = [message.text for track in file.tracks for message in track if message.type == "text"]
    except MozartError:
        raise
    except Exception as error:  # mido raises whatever a malformed file provokes
        raise MozartError(f"{path} is not a MIDI file.") from error
    for text in texts:
        if text.startswith(_RECIPE):
            try:
                recipe = json.loads(text.removeprefix(_RECIPE))
            except (ValueError, RecursionError):
                continue
            if isinstance(recipe, dict):
                return recipe
    raise MozartError(f"{path} holds no recipe: only pieces that were composed here, and not changed since, can be composed again.")
