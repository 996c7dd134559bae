"""Events → music21 stream → MIDI file. (Lab, Problem 5.)"""

from collections.abc import Sequence
from typing import Any

TEMPO = 120  # quarter notes a minute; what players assume of a file that names none, like the lab's


def to_stream(tokens: Sequence[str], offsets: Sequence[float], durations: Sequence[float]) -> Any:
    """Tokens → a music21 Stream of Note and Chord objects, played by a piano at 120 quarter notes a minute.

    Parameters
    ----------
    tokens
        Such as ``A5``, or ``C4.G3`` for a chord.
    offsets, durations
        One for each token, in quarter lengths; offsets count from the start of the piece.
    """
    from music21 import chord, instrument, note, stream, tempo

    piece: Any = stream.Stream()
    piano = instrument.Piano()  # type: ignore[no-untyped-call]
    piece.insert(0, piano)
    piece.insert(0, tempo.MetronomeMark(number=TEMPO))
    for token, offset, duration in zip(tokens, offsets, durations, strict=True):
        notes = [note.Note(pitch) for pitch in token.split(".")]
        for new_note in notes:
            new_note.storedInstrument = piano
        element = chord.Chord(notes) if len(notes) > 1 else notes[0]
        element.quarterLength = duration
        piece.insert(offset, element)
    return piece


def midi_bytes(tokens: Sequence[str], offsets: Sequence[float], durations: Sequence[float]) -> bytes:
    """The same as :func:`to_stream`, as the content of a .mid file: the same notes give the same bytes."""
    from music21 import defaults, midi

    # music21's own 10,080 ticks a quarter take long pieces past what other programs accept; 480 hold thirds and sixths.
    defaults.ticksPerQuarter = 480
    file = midi.translate.streamToMidiFile(to_stream(tokens, offsets, durations))
    content: bytes = file.writestr()
    return content
