"""Problem 1: MIDI files become notes and chords as strings, as in the text."""

from pathlib import Path

import mido
import pytest
from mido.midifiles.meta import KeySignatureError
from music21 import converter
from music21.pitch import Pitch

from lab_music import write_midi, write_ticks
from mozart.errors import MozartError
from mozart.lab.parsing import Work
from mozart.lab.pitches import MAX_BARS, midi_pitches, order_pitches, parse, put_bars_right

# In 6/8: three notes that begin together, are held over two bar lines and end apart, and one in the fourth bar.
HELD = [(0, 3125, 69), (40, 3120, 73), (80, 1768, 76), (4320, 4800, 60)]


def test_literal_elements(tmp_path: Path) -> None:
    """A note and a chord come with their offsets; a chord's pitches are sorted as strings."""
    path = write_ticks(tmp_path / "melody.mid", [(0, 480, 60), (480, 960, 67), (480, 960, 60)])
    assert parse(path) == (("C4", "C4.G4"), (0.0, 1.0))


def test_order_pitches() -> None:
    """Distinct pitches, sorted as strings: C4 before G3, and every pitch once."""
    assert order_pitches(["G3", "C4", "G3"]) == ["C4", "G3"]


def test_pitches_are_midi_numbers() -> None:
    """C4 is 60 and A4 69; a chord's pitches ascend whatever the order of their names; E-1 is a flat, not an octave."""
    assert midi_pitches("C4") == (60,)
    assert midi_pitches("A4") == (69,)
    assert midi_pitches("B-3.E-4.G3") == (55, 58, 63)
    assert midi_pitches("E-1") == (27,)
    with pytest.raises(KeyError):
        midi_pitches("H4")


def test_a_note_over_a_bar_line_comes_again_as_its_tied_part(tmp_path: Path) -> None:
    """music21 breaks it in two, and the text counts both."""
    assert parse(write_ticks(tmp_path / "held.mid", [(1440, 2400, 60)])) == (("C4", "C4"), (3.0, 4.0))


def test_bars_that_music21_misplaces_are_put_right(tmp_path: Path) -> None:
    """A note in the fourth bar stands there, where music21 alone has it 3.5 quarters late; no element comes or goes."""
    path = write_ticks(tmp_path / "late.mid", HELD, (6, 8))
    tokens, offsets = parse(path)
    assert (tokens[-1], offsets[-1]) == ("C4", 9.0)
    by_music21 = converter.parse(path, forceSource=True)
    assert [float(note.getOffsetInHierarchy(by_music21)) for note in by_music21.recurse().notes][-1] == 12.5
    n_elements = len(by_music21.recurse().notes)
    assert put_bars_right(by_music21) == 3
    assert len(by_music21.recurse().notes) == n_elements == len(tokens)
    assert put_bars_right(by_music21) == 0


def bad_file(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.mid"
    match kind:
        case "text":
            path.write_text("no music")
        case "nothing":
            path.touch()
        case "cut":
            path.write_bytes(write_midi(path).read_bytes()[:40])
        case "garbage":
            path.write_bytes(write_midi(path).read_bytes()[:60] + b"\xff" * 90)
        case "empty":
            mido.MidiFile(tracks=[mido.MidiTrack()]).save(path)
        case "drums":
            write_midi(path, drums=True)
    return path


@pytest.mark.parametrize("kind", ["text", "nothing", "cut", "garbage", "empty", "drums", "missing"])
def test_bad_files_are_named(tmp_path: Path, kind: str) -> None:
    """What cannot be read as music gives one sentence with the file's name."""
    with pytest.raises(MozartError, match=rf"{kind}\.mid") as error:
        parse(bad_file(tmp_path, kind))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("metre", "bar", "said"),
    [((1, 8), 240, "has 1,501 bars, .* up to 1,500"), ((1, 32), 60, "The metre 1/32 is replaced by 1/8")],
)
def test_too_many_bars_are_refused_before_music21_counts_them(
    metre: tuple[int, int], bar: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two notes thousands of bars apart would take it minutes: the file is refused in a sentence that says what is possible."""
    monkeypatch.setattr(converter, "parse", lambda *_, **__: pytest.fail("music21 was asked"))
    path = write_ticks(tmp_path / "far.mid", [(0, 60, 60), (bar * MAX_BARS, bar * MAX_BARS + 60, 62)], metre)
    with pytest.raises(MozartError, match=said):
        parse(path)


def test_a_damaged_track_is_refused_before_music21_reads_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the common reader stops, music21 would go on, perhaps for thousands of bars."""
    monkeypatch.setattr(converter, "parse", lambda *_, **__: pytest.fail("music21 was asked"))
    path = write_ticks(tmp_path / "torn.mid", [(0, 480, 60), (480, 960, 62)])
    content = path.read_bytes()
    path.write_bytes(content[:-4] + b"\xff\xff\xff\xff\x7f")  # a distance that no file may have
    with pytest.raises(MozartError, match="might read it for hours: .* is damaged at quarter"):
        parse(path)


def test_a_file_that_only_mido_refuses_is_read(tmp_path: Path) -> None:
    """music21 reads a file whose key signature is none."""
    path = write_ticks(tmp_path / "melody.mid", [(0, 480, 60)])
    content = path.read_bytes()
    bad_key = bytes([0, 0xFF, 0x59, 2, 100, 7])
    start = content.index(b"MTrk") + 4
    length = int.from_bytes(content[start : start + 4], "big") + len(bad_key)
    path.write_bytes(content[:start] + length.to_bytes(4, "big") + bad_key + content[start + 4 :])
    with pytest.raises(KeySignatureError):
        mido.MidiFile(path)
    assert parse(path).tokens == ("C4",)


@pytest.mark.corpus
def test_the_real_sonatas(lab_works: list[Work]) -> None:
    """114,215 notes and chords, 668 distinct, with music21 10.5.1, and as many in each file as were measured."""
    tokens = [token for work in lab_works for token in work.tokens]
    assert (len(tokens), len(set(tokens))) == (114_215, 668)
    # In the order of the file names.
    counts = [4920, 4410, 5056, 3011, 4426, 9443, 6601, 7026, 6619, 5171]
    counts += [8665, 6328, 7041, 5310, 5890, 3560, 3256, 5747, 4649, 7086]
    assert [len(work.tokens) for work in lab_works] == counts


@pytest.mark.corpus
def test_pitches_agree_with_music21(lab_works: list[Work]) -> None:
    """Every token of the sonatas is read as music21 reads it."""
    for token in {token for work in lab_works for token in work.tokens}:
        assert midi_pitches(token) == tuple(sorted(Pitch(name).midi for name in token.split(".")))


@pytest.mark.corpus
def test_no_note_stands_far_from_its_tick(lab_works: list[Work]) -> None:
    """In K. 311 every note of the file has an element with its pitch within half a quarter: no bar is late."""
    from mozart.lab.pitches import download_data

    (path,) = [path for path in download_data() if "311" in path.name]
    (work,) = [work for work in lab_works if work.title == "K. 311"]
    offsets: dict[int, list[float]] = {}
    for token, offset in zip(work.tokens, work.offsets, strict=True):
        for pitch in midi_pitches(token):
            offsets.setdefault(pitch, []).append(offset)
    midi = mido.MidiFile(path)
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                onset = tick / midi.ticks_per_beat
                assert min(abs(onset - offset) for offset in offsets[message.note]) < 0.5, (onset, message.note)
