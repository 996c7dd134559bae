"""Tokens become notes and chords in a MIDI file."""

import io
from pathlib import Path

import mido
import pretty_midi
import pytest

from mozart.errors import MozartError
from mozart.midi import midi_bytes, read_recipe, to_stream
from mozart.score import read_score

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


@pytest.mark.parametrize(
    ("time_signature", "bar_offset", "metres"),
    [
        ("3/4", 0.0, [(0, "3/4")]),
        ("3/4", 2.0, [(0, "1/4"), (480, "3/4")]),
        ("6/8", 0.75, [(0, "9/16"), (1080, "6/8")]),
        ("3/8", 5 / 6, [(0, "3/8")]),
    ],
)
def test_the_metre_with_its_upbeat(time_signature: str, bar_offset: float, metres: list[tuple[int, str]]) -> None:
    """The file has the piece's metre, and before it what is left of a bar, where that can be written."""
    content = midi_bytes(TOKENS, OFFSETS, DURATIONS, time_signature=time_signature, bar_offset=bar_offset)
    file, tick, found = mido.MidiFile(file=io.BytesIO(content)), 0, []
    for message in mido.merge_tracks(file.tracks):
        tick += message.time
        if message.type == "time_signature":
            found.append((tick, f"{message.numerator}/{message.denominator}"))
    assert found == metres


def test_long_pieces_open_elsewhere() -> None:
    """10,000 quarters stay below the ticks that pretty_midi takes for a damaged file."""
    midi = pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(["C4", "D4"], [0.0, 10_000.0], [1.0, 1.0])))
    assert midi.get_end_time() == pytest.approx(5000.5)


def test_same_notes_same_bytes() -> None:
    """The file does not depend on when it was written."""
    assert midi_bytes(TOKENS, OFFSETS, DURATIONS) == midi_bytes(TOKENS, OFFSETS, DURATIONS)


def test_velocities_and_tempo() -> None:
    """Every note of a token has its velocity; at twice the tempo all takes half the time."""
    slow, fast = (
        pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(TOKENS, OFFSETS, DURATIONS, [40, 60, 80, 100], tempo))) for tempo in (60, 120)
    )
    assert sorted(note.velocity for note in slow.instruments[0].notes) == [40, 60, 60, 80, 100]
    assert slow.get_end_time() == pytest.approx(2 * fast.get_end_time())
    assert slow.get_tempo_changes()[1].tolist() == [pytest.approx(60)]


def test_the_recipe_comes_back(tmp_path: Path) -> None:
    """What the piece was composed from is read again, in any script, and the notes are the same with it and without."""
    path = tmp_path / "piece.mid"
    recipe = {"length": "60s", "seed": 4294967295, "top_p": 0.95, "tempo": None, "opening": "Sonate für Ännchen.mid"}
    path.write_bytes(midi_bytes(TOKENS, OFFSETS, DURATIONS, recipe=recipe))
    assert read_recipe(path) == recipe
    (tmp_path / "plain.mid").write_bytes(midi_bytes(TOKENS, OFFSETS, DURATIONS))
    assert read_score(path) == read_score(tmp_path / "plain.mid")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no MIDI file"),
        (midi_bytes(TOKENS, OFFSETS, DURATIONS, recipe={"a": 1}).replace(b'{"a": 1}', b"[" * 8), "holds no recipe"),
        (b"no MIDI", "is not a MIDI file"),
        (b"", "is not a MIDI file"),
        (bytes(300_000), "larger than any piece composed here"),
        (midi_bytes(TOKENS, OFFSETS, DURATIONS), "holds no recipe"),
        (midi_bytes(TOKENS, OFFSETS, DURATIONS, recipe={"a": 1}).replace(b'{"a"', b'["a"'), "holds no recipe"),
    ],
)
def test_files_without_a_recipe(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """One sentence each."""
    path = tmp_path / "a.mid"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MozartError, match=sentence):
        read_recipe(path)
