"""Tokens become notes and chords in a MIDI file."""

import io

import pretty_midi
import pytest

from mozart.midi import midi_bytes, to_stream

TOKENS = ["A5", "C4.G3", "B-4", "F#4"]
OFFSETS = [0.0, 0.25, 1 / 3 + 0.25, 2.0]
DURATIONS = [0.25, 1.0, 0.25, 0.5]


def test_stream_holds_notes_and_chords() -> None:
    """A token with a full stop is a chord; every note knows that it is a piano's."""
    elements = list(to_stream(TOKENS, OFFSETS, DURATIONS).notes)
    assert [element.classes[0] for element in elements] == ["Note", "Chord", "Note", "Note"]
    assert [str(pitch) for pitch in elements[1].pitches] == ["C4", "G3"]
    assert [float(element.offset) for element in elements] == pytest.approx(OFFSETS)
    assert elements[0].storedInstrument.instrumentName == "Piano"


def test_file_holds_the_same_music() -> None:
    """Pitches, starts and ends come back in seconds at 120 quarters a minute, on one piano."""
    midi = pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(TOKENS, OFFSETS, DURATIONS)))
    (piano,) = midi.instruments
    found = sorted((note.start, note.pitch, note.end) for note in piano.notes)
    expected = [(0.0, 81, 0.125), (0.125, 55, 0.625), (0.125, 60, 0.625), (0.2917, 70, 0.4167), (1.0, 66, 1.25)]
    assert [pitch for _, pitch, _ in found] == [pitch for _, pitch, _ in expected]
    for (start, _, end), (expected_start, _, expected_end) in zip(found, expected, strict=True):
        assert (start, end) == pytest.approx((expected_start, expected_end), abs=1e-3)
    assert piano.program == 0


def test_long_pieces_open_elsewhere() -> None:
    """10,000 quarters stay below the ticks that pretty_midi takes for a damaged file."""
    midi = pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(["C4", "D4"], [0.0, 10_000.0], [1.0, 1.0])))
    assert midi.get_end_time() == pytest.approx(5000.5)


def test_same_notes_same_bytes() -> None:
    """The file does not depend on when it was written."""
    assert midi_bytes(TOKENS, OFFSETS, DURATIONS) == midi_bytes(TOKENS, OFFSETS, DURATIONS)
