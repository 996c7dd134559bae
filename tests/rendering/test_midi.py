"""Scores become MIDI files, and come back."""

import io
import itertools
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest

from mozart.errors import MozartError
from mozart.notes import Score
from mozart.rendering.midi import HANDS, MAX_BYTES, midi_bytes, read_text

PREFIX = "Mozart request: "
# Onset, voice, pitch, duration, velocity.
ROWS = [(0, 0, 81, 120, 70), (120, 1, 60, 480, 40), (120, 2, 55, 480, 90), (280, 0, 70, 120, 60), (960, 4, 42, 240, 100)]
SCORE = Score(ROWS, [(0, 1, 4), (480, 3, 4)], [(0, 90.0), (480, 45.0)], [0, 480], "Menuetto in B♭ major")


def read(content: bytes) -> tuple[Score, list[tuple[int, str]]]:
    """A score by mido alone, channels being voices, and the text of every meta event that has one."""
    file = mido.MidiFile(file=io.BytesIO(content))
    assert [track.name for track in file.tracks[1:]] == list(HANDS.values())
    notes, metres, tempi, texts = [], [], [], []
    held: dict[tuple[int, int], tuple[int, int]] = {}
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on":
                assert held.setdefault((message.channel, message.note), (tick, message.velocity))[0] == tick
            elif message.type == "note_off":
                onset, velocity = held.pop((message.channel, message.note))
                notes.append((onset, message.channel, message.note, tick - onset, velocity))
            elif message.type == "time_signature":
                metres.append((tick, message.numerator, message.denominator))
            elif message.type == "set_tempo":
                tempi.append((tick, 60e6 / message.tempo))
            elif message.type in ("marker", "key_signature"):
                texts.append((tick, message.text if message.type == "marker" else message.key))
    assert not held
    return Score(notes, metres, tempi), texts


def random_score(seed: int, repeats: int = 300) -> Score:
    """Notes that touch, overlap in different voices, and strike one key again and again."""
    generator = np.random.default_rng(seed)
    rows, at = [], dict.fromkeys(itertools.product(range(5), range(58, 63)), 0)
    for _ in range(repeats):
        voice, pitch = int(generator.integers(5)), int(generator.integers(58, 63))
        onset = at[voice, pitch] + int(generator.choice([0, 0, 1, 40, 480]))
        duration = int(generator.choice([1, 40, 95, 480, 2_000]))
        at[voice, pitch] = onset + duration
        rows.append((onset, voice, pitch, duration, int(generator.integers(1, 128))))
    return Score(rows, [(0, 3, 8), (720, 6, 8), (2_000, 5, 32)], [(0, 120.0), (7, 33.3)])


@pytest.mark.parametrize("score", [SCORE, Score([]), *map(random_score, range(20))])
def test_what_is_written_comes_back(score: Score) -> None:
    """Notes, voices and metres are the same after a file, and tempi as exact as a file can say them."""
    found, _ = read(midi_bytes(score))
    assert found == score
    assert [tempo.quarters_per_minute for tempo in found.tempi] == pytest.approx(
        [tempo.quarters_per_minute for tempo in score.tempi], rel=1e-5
    )


def test_movements_and_keys_stand_in_the_file() -> None:
    """A movement after the first has its number as a marker; each has the signature of its own key."""
    scale = [(240 * i, 0, pitch, 240, 70) for i, pitch in enumerate([58, 62, 65, 60, 62, 63, 65, 67, 69, 70])]
    minor = [(4800 + 240 * i, 0, pitch, 240, 70) for i, pitch in enumerate([57, 60, 64, 57, 59, 60, 64, 68, 69, 57])]
    _, texts = read(midi_bytes(Score([*scale, *minor], movements=[0, 3840])))
    assert texts == [(0, "Bb"), (3840, "(2)"), (3840, "Am")]


def test_a_title_and_a_text_in_any_script() -> None:
    """Both stand in the first track as UTF-8, and the notes are the same with them and without."""
    content = midi_bytes(SCORE, PREFIX + "für Ännchen ♭")
    assert "Menuetto in B♭ major".encode() in content
    assert read_text(content, PREFIX) == "für Ännchen ♭"
    assert read(content) == read(midi_bytes(SCORE))
    assert read_text(midi_bytes(SCORE, PREFIX + "\ud800"), PREFIX) == "?"


def test_the_file_ends_with_its_last_note() -> None:
    """No track lasts longer, also where a tempo would change after it."""
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(SCORE.replace(tempi=[(0, 60.0), (9_600, 30.0)]))))
    assert max(sum(message.time for message in track) for track in file.tracks) == SCORE.end == 1_200
    assert file.length == pytest.approx(1_200 / 480)


def test_other_programs_hear_the_same() -> None:
    """pretty_midi finds every note at its second, on pianos alone."""
    midi = pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(SCORE)))
    assert {piano.program for piano in midi.instruments} == {0}
    found = sorted((note.start, note.pitch, note.end, note.velocity) for piano in midi.instruments for note in piano.notes)
    expected = sorted(
        (float(SCORE.seconds_at(note.onset)), note.pitch, float(SCORE.seconds_at(note.onset + note.duration)), note.velocity)
        for note in SCORE.notes
    )
    assert found == [pytest.approx(row, abs=1e-4) for row in expected]


def test_same_score_same_bytes() -> None:
    """The file depends on the score and the text alone, not on when it was written."""
    assert midi_bytes(SCORE, "a") == midi_bytes(SCORE, "a")
    assert midi_bytes(SCORE, "a") != midi_bytes(SCORE, "b")


@pytest.mark.parametrize("text", ["", "a", "x" * 127, "x" * 128, "ÿ\x01" * 100, "x" * 100_000])
def test_a_text_comes_back(text: str) -> None:
    """However long it is, behind a text of another kind, and in a file that was cut off after it."""
    content = midi_bytes(SCORE.replace(title="\xff\x01"), PREFIX + text)
    assert read_text(content, PREFIX) == text
    assert read_text(b"RIFF    RMIDdata    " + content, PREFIX) == text
    assert read_text(content[: content.index(PREFIX.encode()) + len(PREFIX) + len(text.encode())], PREFIX) == text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no MIDI", "not a MIDI file"),
        (b"", "not a MIDI file"),
        (midi_bytes(SCORE) + bytes(MAX_BYTES), "larger than any piece composed here"),
        (midi_bytes(SCORE), "does not say what it was composed from"),
        (midi_bytes(SCORE, "another text"), "does not say what it was composed from"),
        (b"MThd" + b"\xff\x01" * 500_000, "does not say what it was composed from"),
        (b"MThd\xff\x01\xff\xff\xff\xff", "does not say what it was composed from"),
    ],
)
def test_files_without_a_text(content: bytes, sentence: str) -> None:
    """One sentence each, whatever the bytes."""
    with pytest.raises(MozartError, match=sentence):
        read_text(content, PREFIX)


@pytest.mark.corpus
def test_the_sonatas_come_back(scores: dict[str, Score], tmp_path: Path) -> None:
    """All twenty, through the reader: every note, voice and metre, and where movements begin."""
    from mozart.corpus.reader import read_midi

    for score in scores.values():
        (tmp_path / "a.mid").write_bytes(midi_bytes(score))
        found = read_midi(tmp_path / "a.mid")
        assert found == score
        assert found.movements == score.movements
