"""A MIDI file's score: times, metres, tempi, movements, and what is said of the rest."""

import itertools
from pathlib import Path

import mido
import numpy as np
import pytest

from midi_bytes import meta, midi, number, strikes, tune
from mozart.corpus import reader
from mozart.corpus.reader import read_file, read_midi, read_midi_bytes
from mozart.errors import MozartError
from mozart.notes.score import Metre, Score, Tempo

NOTES = strikes(tune())


def read(*tracks: bytes, resolution: int = 480) -> Score:
    return read_midi_bytes(midi(*tracks, resolution=resolution), "some.mid").score


def metre(beats: int, power: int, delta: int = 0) -> bytes:
    return meta(0x58, bytes([beats, power, 24, 8]), delta)


def tempo(microseconds: int, delta: int = 0) -> bytes:
    return meta(0x51, microseconds.to_bytes(3), delta)


def write(score: Score) -> bytes:
    """A score as this product writes it: a track for time, two for the hands, a channel for each voice."""
    onsets = [0, *(here.onset for here in score.metres)]
    deltas = [onset - before for before, onset in itertools.pairwise(onsets)]
    tracks = [b"".join(metre(m.beats, m.unit.bit_length() - 1, delta) for m, delta in zip(score.metres, deltas, strict=True))]
    for hand, name in enumerate((b"Right hand", b"Left hand")):
        rows = [(note.onset, 1, note) for note in score.notes if (note.voice > 1) == hand]
        rows += [(note.onset + note.duration, 0, note) for _, _, note in rows]
        events, before = meta(3, name), 0
        for tick, begins, note in sorted(rows):
            events += number(tick - before) + bytes([0x90 | note.voice, note.pitch, note.velocity * begins])
            before = tick
        tracks.append(events)
    return midi(*tracks)


def random_score(seed: int) -> Score:
    """Notes, metres and voices of every kind that a score can have, with upbeats."""
    rng = np.random.default_rng(seed)
    keys = itertools.product(range(5), rng.choice(128, 6, replace=False))
    notes = []
    for voice, pitch in keys:
        ends = np.sort(rng.choice(20_000, 10, replace=False)).reshape(-1, 2)
        notes += [(on, voice, pitch, rng.integers(1, off - on, endpoint=True), rng.integers(1, 128)) for on, off in ends]
    metres = [(0, 1, 32)] + [
        (int(at), int(rng.integers(1, 13)), int(rng.choice([1, 2, 4, 8, 16, 32]))) for at in (480, 4_321, 9_000)
    ]
    return Score(np.array(notes), metres)


@pytest.mark.parametrize("seed", range(20))
def test_what_this_product_writes_comes_back(seed: int) -> None:
    """Equal, voices and metres too."""
    score = random_score(seed)
    assert read_midi_bytes(write(score), "some.mid") == (score, ())


def test_a_metre_that_changes_while_the_last_note_sounds() -> None:
    """It holds."""
    assert read(metre(4, 2) + metre(3, 2, delta=1_920), strikes([(0, 3_360, 60)])).metres == (Metre(0, 4, 4), Metre(1_920, 3, 4))


@pytest.mark.parametrize("resolution", [1, 24, 96, 120, 240, 480, 960, 15_360])
def test_other_resolutions(resolution: int) -> None:
    """A quarter is a quarter, whatever it is counted in."""
    notes = strikes(tune(step=resolution))
    assert read(notes, resolution=resolution).onsets.tolist() == list(range(0, 16 * 480, 480))


def test_times_between_ticks_are_rounded_to_the_nearest() -> None:
    """Ends too, so that what touches there touches here."""
    notes = strikes(tune(step=7), velocity=80)
    score = read(notes, resolution=1_000)
    assert score.onsets.tolist() == [round(7 * i * 0.48) for i in range(16)]
    assert (score.onsets + score.durations)[:-1].tolist() == score.onsets[1:].tolist()


def test_a_note_of_no_length_lasts_a_tick() -> None:
    """It is heard, and ends before the next one."""
    assert [note.duration for note in read(b"\x00\x90\x3c\x50\x00\x3c\x00" + strikes(tune(1, 62))).notes] == [480, 1]


def test_a_release_beside_the_next_stroke_ends_the_note_before() -> None:
    """Also where the file has the stroke first."""
    notes = b"\x00\x90\x3c\x50" + b"\x60\x3c\x50\x00\x3c\x00" + b"\x60\x3c\x00"
    assert [(note.onset, note.duration) for note in read(notes).notes] == [(0, 96), (96, 96)]


def test_a_stroke_without_a_release_before_it_is_released_once() -> None:
    """The later stroke ends the earlier one; its own release, which comes later, ends it, long before the track does."""
    notes = b"\x00\x90\x3c\x50" + b"\x60\x3c\x50" + b"\x60\x3c\x00" + b"\x60\x3e\x50" + b"\x60\x3e\x00"
    assert [(note.onset, note.duration) for note in read(notes).notes] == [(0, 96), (96, 96), (288, 96)]


def test_a_bar_before_the_metre_changes() -> None:
    """The metre holds from its tick on; before the first one it is 4/4."""
    score = read(metre(3, 2, delta=480) + NOTES)
    assert score.metres == (Metre(0, 4, 4), Metre(480, 3, 4))


def test_metres_and_tempi_of_one_tick() -> None:
    """The later one holds, in whichever track it stands."""
    score = read(metre(3, 2) + metre(2, 2) + tempo(1_000_000) + tempo(250_000), NOTES, metre(6, 3) + strikes(tune(pitch=40)))
    assert score.metres == (Metre(0, 6, 8),)
    assert score.tempi == (Tempo(0, 240.0),)


@pytest.mark.parametrize(
    ("beats", "power", "nearest"),
    [(12, 6, "6/32"), (255, 2, "63/1"), (255, 0, "64/1"), (1, 5, "1/8"), (3, 5, "1/8"), (1, 7, "1/8")],
)
def test_metres_that_a_score_cannot_have(beats: int, power: int, nearest: str) -> None:
    """The nearest one whose bars are no shorter than an eighth takes their place, and that is said."""
    score, remarks = read_midi_bytes(midi(metre(beats, power) + NOTES), "some.mid")
    assert str(score.metres[0]) == nearest
    assert remarks == (f"The metre {beats}/{2**power} is replaced by {nearest}.",)


def test_metres_after_the_last_note_mean_nothing() -> None:
    """They are left out, and so are tempi and movements."""
    late = metre(3, 2, delta=20_000) + tempo(1_000_000) + meta(6, b"(2)")
    score = read(NOTES + late)
    assert (score.metres, score.tempi, score.movements) == ((Metre(0, 4, 4),), (Tempo(0, 120.0),), (0,))


@pytest.mark.parametrize(
    ("texts", "starts"),
    [
        (["(2)", "x", "(3) "], (0, 480, 1_440)),
        (["2", "3", "5"], (0, 480, 960)),
        (["1", "(2)", "2"], (0, 960)),
        (["Adagio", "Variation", "ALLEGRETTO"], (0, 480, 1_440)),
        (["Trio", "", "3"], (0,)),
    ],
)
def test_movements(texts: list[str], starts: tuple[int, ...]) -> None:
    """Markers with a number in parentheses begin them, else with a bare number, else with a tempo word."""
    assert read(b"".join(meta(6, text.encode(), delta=480) for text in texts), NOTES).movements == starts


def test_a_movement_with_an_upbeat() -> None:
    """Where the metre changes within a bar before the marker, the movement begins."""
    assert read(metre(2, 2, delta=1_440) + meta(6, b"(2)", delta=480), NOTES).movements == (0, 1_440)


def test_the_title_is_the_files_name() -> None:
    """That of a sonata is its Köchel number."""
    assert read_midi_bytes(midi(NOTES), "a tune.mid").score.title == "a tune"
    assert read_midi_bytes(midi(NOTES), "piano_sonata_593.mid").score.title == "K. 533/494"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not a MIDI file"),
        (b"RIFF, and nothing more", "is not a MIDI file"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0", r"holds no notes with a pitch \(it is empty\)"),
        (midi(strikes(tune(), channel=9)), r"holds no notes with a pitch \(drums only\)"),
        (midi(NOTES, resolution=0), "does not say how many ticks a quarter has"),
        (midi(NOTES, resolution=0x8001), "does not say how many ticks a quarter has"),
        (midi(NOTES, NOTES, style=2), r"holds 2 separate pieces \(MIDI format 2\)"),
        (midi(metre(1, 3) + strikes([(0, 480 * 20_000, 60)])), "more than 20,000 bars"),
        (midi(strikes([(0, 480 * 100_001, 60)])), "goes on for 100,001 quarters"),
        (midi(tempo(16_000_000) + strikes([(0, 480 * 20_000, 60)])), "lasts 88.9 hours, and 6 are possible"),
    ],
)
def test_what_cannot_be_read(data: bytes, why: str) -> None:
    """One sentence, with the file's name."""
    with pytest.raises(MozartError, match=rf"^some\.mid .*{why}[^\n]*\.$"):
        read_midi_bytes(data, "some.mid")


def test_too_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read than is needed to say so."""
    monkeypatch.setattr(reader, "MAX_BYTES", 100)
    (tmp_path / "long.mid").write_bytes(midi(NOTES))
    with pytest.raises(MozartError, match=r"^long\.mid has more than 100 bytes"):
        read_midi(tmp_path / "long.mid")


@pytest.mark.parametrize("name", ["nowhere.mid", ".", "a\0b.mid"])
def test_no_file(name: str, tmp_path: Path) -> None:
    """What is missing, or no file, or cannot be one, is named."""
    with pytest.raises(MozartError, match="cannot be read"):
        read_file(tmp_path / name)


@pytest.mark.corpus
def test_the_sonatas_note_for_note(sonata_files: list[Path]) -> None:
    """Onset, pitch, duration, velocity and voice are what an independent reader finds: 126,083 notes in 20 files."""
    count = 0
    for path in sonata_files:
        score, remarks = read_file(path)
        assert remarks == ()
        expected = read_with_mido(path)
        assert sorted(score.notes) == expected
        count += len(expected)
    assert (len(sonata_files), count) == (20, 126_083)


@pytest.mark.corpus
def test_the_sonatas_come_back_as_written(sonata_files: list[Path]) -> None:
    """Equal, with metres and upbeats."""
    for path in sonata_files:
        score = read_midi(path)
        assert read_midi_bytes(write(score), "some.mid").score == score


@pytest.mark.corpus
def test_movements_of_a_sonata(sonata_files: list[Path]) -> None:
    """K. 311 has three, which begin at bar lines."""
    (score,) = (read_midi(path) for path in sonata_files if "311" in path.name)
    assert score.movements == (0, 452 * 480, 824 * 480)
    assert score.place_in_bar(np.array(score.movements)).tolist() == [0, 0, 0]


def read_with_mido(path: Path) -> list[tuple[int, int, int, int, int]]:
    """Onset, voice, pitch, duration and velocity of a sonata's notes, in order."""
    midi = mido.MidiFile(path)
    tracks = [track for track in midi.tracks if any(message.type == "note_on" for message in track)]
    notes = []
    for index, messages in enumerate(tracks):
        voice = 2 * index if len(tracks) == 2 else index
        tick = 0
        held: dict[int, tuple[int, int]] = {}
        for message in messages:
            tick += message.time * 480 // midi.ticks_per_beat
            if message.type in ("note_on", "note_off"):
                if message.note in held:
                    onset, velocity = held.pop(message.note)
                    notes.append((onset, voice, message.note, tick - onset, velocity))
                if message.type == "note_on" and message.velocity:
                    held[message.note] = tick, message.velocity
        assert not held
    return sorted(notes)
