"""MIDI files become events exactly as in the lab, once, and bad files are named."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mido
import pretty_midi
import pytest
from mido.midifiles.meta import KeySignatureError

import tiny
from mozart import score
from mozart.errors import MozartError
from mozart.score import Work, read_score, read_scores


def write_melody(path: Path) -> Path:
    """C4 and a chord of E4 and G4 a quarter later, at 120 quarters a minute."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=120)
    piano = pretty_midi.Instrument(0)
    piano.notes = [
        pretty_midi.Note(50, 60, 0.0, 0.5),
        pretty_midi.Note(60, 67, 0.5, 1.5),
        pretty_midi.Note(70, 64, 0.5, 1.5),
    ]
    midi.instruments.append(piano)
    midi.write(str(path))
    return path


def test_literal_events(tmp_path: Path) -> None:
    """A note and a chord come with token, offset, duration and velocity; a chord's pitches are sorted as strings."""
    note, chord = read_score(write_melody(tmp_path / "melody.mid"))
    assert (note.token, note.offset, note.duration, note.velocity) == ("C4", 0.0, 1.0, 50)
    assert (chord.token, chord.offset, chord.duration, chord.velocity) == ("E4.G4", 1.0, 2.0, 65)
    assert {note.movement, chord.movement} == {1}
    assert {note.time_signature, chord.time_signature} == {"4/4"}


def test_place_in_the_bar(tmp_path: Path) -> None:
    """Bars are counted anew from every time signature on; sums of thirds that all but reach a bar line stand on it."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=120)
    midi.time_signature_changes = [pretty_midi.TimeSignature(4, 4, 0), pretty_midi.TimeSignature(3, 8, 2)]
    piano = pretty_midi.Instrument(0)
    piano.notes = [pretty_midi.Note(64, 60, t, t + 0.1) for t in (0.25, 2.0, 2.5, 2.75)]
    midi.instruments.append(piano)
    midi.write(str(tmp_path / "metre.mid"))
    events = read_score(tmp_path / "metre.mid")
    assert [(e.offset, e.time_signature, e.bar_offset) for e in events] == [
        (0.5, "4/4", 0.5),
        (4.0, "3/8", 0.0),
        (5.0, "3/8", 1.0),
        (5.5, "3/8", 0.0),
    ]
    assert score.bar_length("6/8") == 3
    assert score.into_bar(3.9999999999, 0.0, "4/4") == 0


def test_order_pitches() -> None:
    """Distinct pitches, sorted as strings: C4 before G3, and every pitch once."""
    assert score.order_pitches(["G3", "C4", "G3"]) == ["C4", "G3"]


def test_a_note_over_a_bar_line_comes_again_as_its_tied_part(tmp_path: Path) -> None:
    """music21 breaks it in two: the second event says that it stops the tie."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=120)
    piano = pretty_midi.Instrument(0)
    piano.notes = [pretty_midi.Note(64, 60, 1.5, 2.5)]
    midi.instruments.append(piano)
    midi.write(str(tmp_path / "held.mid"))
    events = read_score(tmp_path / "held.mid")
    assert [(e.token, e.offset, e.tie) for e in events] == [("C4", 3.0, "start"), ("C4", 4.0, "stop")]


def test_tracks_are_told_apart(tmp_path: Path) -> None:
    """An event names the track it came from, although both tracks are one piano."""
    midi = pretty_midi.PrettyMIDI()
    for pitch in (72, 48):
        hand = pretty_midi.Instrument(0)
        hand.notes = [pretty_midi.Note(64, pitch, 0.0, 0.5)]
        midi.instruments.append(hand)
    midi.write(str(tmp_path / "hands.mid"))
    assert {e.token: e.track for e in read_score(tmp_path / "hands.mid")} == {"C5": 0, "C3": 1}


@pytest.mark.parametrize(
    ("markers", "starts"),
    [
        ([(0.0, "Mozart"), (10.0, "(2)"), (15.0, "1"), (20.0, "(3)"), (30.0, "(2) copy")], [10.0, 20.0]),
        ([(10.0, "2"), (20.0, "3"), (21.0, "3 copy")], [10.0, 20.0]),
        ([(10.0, "Adagio"), (20.0, "Allegretto")], [10.0, 20.0]),
        ([(0.0, "Mozart"), (5.0, "Thank you!")], []),
    ],
)
def test_movements_by_markers(markers: list[tuple[float, str]], starts: list[float]) -> None:
    """Movements are marked (2), or 2, or by a tempo word; variations and copies are none."""
    assert score._movement_starts(markers, []) == starts


def test_an_upbeat_belongs_to_its_movement() -> None:
    """A movement starts where the time signature changes, up to a bar before its marker."""
    assert score._movement_starts([(526.0, "(2)")], [0.0, 300.0, 525.0]) == [525.0]


def test_second_reading_comes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file is parsed once; the events that are remembered are equal."""
    path = write_melody(tmp_path / "melody.mid")
    first, _ = read_scores([path])

    def fail(*_: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(score, "ProcessPoolExecutor", fail)
    second, _ = read_scores([path])
    assert first == second == [Work("melody", read_score(path))]


def test_a_changed_file_or_a_damaged_cache_is_parsed_again(tmp_path: Path) -> None:
    """The cache answers for content, not for names."""
    path = write_melody(tmp_path / "melody.mid")
    read_scores([path])
    for remembered in (tmp_path / "cache" / "parsed").iterdir():
        remembered.write_text(json.dumps({"token": ["X"]}))
    assert len(read_scores([path])[0][0].events) == 2
    tiny.write_midi(path, 20)
    assert len(read_scores([path])[0][0].events) == 20


def bad_file(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.mid"
    match kind:
        case "text":
            path.write_text("no music")
        case "nothing":
            path.touch()
        case "cut":
            path.write_bytes(tiny.write_midi(path).read_bytes()[:40])
        case "garbage":
            path.write_bytes(tiny.write_midi(path).read_bytes()[:60] + b"\xff" * 90)
        case "empty":
            mido.MidiFile(tracks=[mido.MidiTrack()]).save(path)
        case "drums":
            tiny.write_midi(path, drums=True)
    return path


def test_a_file_that_only_the_marker_reader_refuses_is_read(tmp_path: Path) -> None:
    """Markers are a convenience: music21 reads a file whose key signature is none."""
    path = write_melody(tmp_path / "melody.mid")
    content = path.read_bytes()
    bad_key = bytes([0, 0xFF, 0x59, 2, 100, 7])
    start = content.index(b"MTrk") + 4
    length = int.from_bytes(content[start : start + 4], "big") + len(bad_key)
    path.write_bytes(content[:start] + length.to_bytes(4, "big") + bad_key + content[start + 4 :])
    with pytest.raises(KeySignatureError):
        mido.MidiFile(path)
    assert len(read_score(path)) == 2


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before the long part, and no file is blamed for it."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOZART_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(score, "ProcessPoolExecutor", None)
    with pytest.raises(MozartError, match="cache.*cannot be written") as error:
        read_scores([write_melody(tmp_path / "melody.mid")], skip_unreadable=True)
    assert "melody" not in str(error.value)


def has_ended(group: int) -> bool:
    """Whether all processes of a group end within ten seconds: workers notice that nobody talks to them any more."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.process
def test_interrupting_the_parsing(tmp_path: Path) -> None:
    """Ctrl-C ends the parsing at once, worker processes too, with one line."""
    for number in range(12):
        tiny.write_midi(tmp_path / f"{number}.mid", 1500, seed=number)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "train.py", "--midi-dir", str(tmp_path), "--dry-run"]
    process = subprocess.Popen(
        command, cwd=Path(score.__file__).parents[1], env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        assert process.stderr is not None
        said = ""
        while "1/12" not in said:
            said += process.stderr.read(1)
        os.killpg(process.pid, signal.SIGINT)
        said += process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.endswith("\nStopped.\n")
    assert len(list((tmp_path / "cache" / "parsed").iterdir())) < 12
    assert has_ended(process.pid)


@pytest.mark.parametrize("kind", ["text", "nothing", "cut", "garbage", "empty", "drums", "missing"])
def test_bad_files_are_named(tmp_path: Path, kind: str) -> None:
    """What cannot be read as music gives one sentence with the file's name."""
    with pytest.raises(MozartError, match=rf"{kind}\.mid") as error:
        read_score(bad_file(tmp_path, kind))
    assert "\n" not in str(error.value)


def test_an_unreadable_file_among_good_ones(tmp_path: Path) -> None:
    """It stops the reading with its name, or is left out and listed when that was asked for."""
    files = [tiny.write_midi(tmp_path / "a.mid", 20), bad_file(tmp_path, "text"), tiny.write_midi(tmp_path / "z.mid", 30)]
    with pytest.raises(MozartError, match=r"text\.mid is not a MIDI file.*--skip-unreadable"):
        read_scores(files)
    works, unreadable = read_scores(files, skip_unreadable=True)
    assert [(work.title, len(work.events)) for work in works] == [("a", 20), ("z", 30)]
    assert unreadable == [f"{tmp_path / 'text.mid'} is not a MIDI file."]


def test_nothing_readable(tmp_path: Path) -> None:
    """When no file can be read there is no music, whatever was asked for."""
    with pytest.raises(MozartError, match="None of the files"):
        read_scores([bad_file(tmp_path, "text")], skip_unreadable=True)


@pytest.mark.corpus
def test_the_real_sonatas(sonatas: list[Work]) -> None:
    """114,215 notes and chords, 668 distinct, with music21 10.5.1, and as many in each file as were measured."""
    tokens = [event.token for work in sonatas for event in work.events]
    assert (len(tokens), len(set(tokens))) == (114_215, 668)
    # In the order of the file names.
    counts = [4920, 4410, 5056, 3011, 4426, 9443, 6601, 7026, 6619, 5171]
    counts += [8665, 6328, 7041, 5310, 5890, 3560, 3256, 5747, 4649, 7086]
    assert [len(work.events) for work in sonatas] == counts


@pytest.mark.corpus
def test_the_real_movements(sonatas: list[Work]) -> None:
    """Three movements nearly everywhere; K. 400 is one, and K. 547a has one marker."""
    movements = {work.title: max(event.movement for event in work.events) for work in sonatas}
    assert movements.pop("K. 400") == 1
    assert movements.pop("K. 547a") == 2
    assert set(movements.values()) == {3}
    assert sum(event.tie in ("stop", "continue") for work in sonatas for event in work.events) == 917


def test_a_beginning_is_read_alone(tmp_path: Path) -> None:
    """A long file's first events, as the whole file has them, and its tempo."""
    path = tiny.write_midi(tmp_path / "long.mid", 3_000)
    events, tempo = score.read_beginning(path)
    assert tempo == 120
    assert 800 <= len(events) <= 1_000
    assert [event.token for event in events[:5]] == ["C4.E4", "G4", "D4", "A4", "E4"]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    """Ten million events are refused by the file's size."""
    path = tmp_path / "large.mid"
    with path.open("wb") as file:
        file.truncate(30_000_000)
    with pytest.raises(MozartError, match="large.mid is too large .30,000,000 bytes.: choose"):
        score.read_beginning(path)


def test_distant_notes_are_refused(tmp_path: Path) -> None:
    """A few notes that spread over hours would make a million bars: refused before they are made."""
    midi, track = mido.MidiFile(), mido.MidiTrack()
    for _ in range(20):
        track += [mido.Message("note_on", note=60, time=268_000_000), mido.Message("note_off", note=60, time=9)]
    midi.tracks.append(track)
    midi.save(tmp_path / "slow.mid")
    with pytest.raises(MozartError, match="slow.mid spreads its first notes over"):
        score.read_beginning(tmp_path / "slow.mid")


def test_a_note_that_is_held_for_ever_ends(tmp_path: Path) -> None:
    """A last note-off hours later does not make as many bars."""
    midi, track = mido.MidiFile(), mido.MidiTrack()
    track += [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=268_000_000)]
    midi.tracks.append(track)
    midi.save(tmp_path / "held.mid")
    events, _ = score.read_beginning(tmp_path / "held.mid")
    assert [(event.token, event.offset, event.duration) for event in events] == [("C4", 0, 1)]


@pytest.mark.parametrize(("drums", "content"), [(True, None), (False, b""), (False, b"MThd"), (False, b"a text")])
def test_beginnings_that_are_no_music(tmp_path: Path, drums: bool, content: bytes | None) -> None:
    """Drums alone, an empty file, a damaged one and a text each give one sentence."""
    path = tiny.write_midi(tmp_path / "bad.mid", drums=drums)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MozartError, match=r"bad.mid") as error:
        score.read_beginning(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("trouble", ["signatures", "tracks", "notes at once"])
def test_a_beginning_is_cut_down_to_what_can_be_read(tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of signatures, tracks or notes on one tick never reach music21, which would take minutes."""
    midi, track = mido.MidiFile(), mido.MidiTrack()
    if trouble == "signatures":
        for i in range(5_000):
            track += [mido.MetaMessage("time_signature", numerator=3 + i % 2, time=1)]
    for i in range(10_000 if trouble == "notes at once" else 200):
        track += [mido.Message("note_on", note=40 + i % 40, time=0 if trouble == "notes at once" else 60)]
    midi.tracks = [track, *([mido.MidiTrack([mido.Message("note_on", note=60)])] * (2_000 if trouble == "tracks" else 0))]
    midi.save(tmp_path / "slow.mid")
    seen: list[mido.MidiFile] = []

    def read(path: Path) -> list[score.Event]:
        seen.append(mido.MidiFile(path))
        return []

    monkeypatch.setattr(score, "read_score", read)
    score.read_beginning(tmp_path / "slow.mid")
    (cut,) = seen
    messages = [message for kept in cut.tracks for message in kept]
    assert len(cut.tracks) <= 16
    assert sum(message.type == "note_on" for message in messages) <= 1_000
    assert sum(message.type == "time_signature" for message in messages) <= 100


def test_a_file_without_ticks(tmp_path: Path) -> None:
    """A header that gives a quarter no ticks is refused in a sentence."""
    path = tiny.write_midi(tmp_path / "ticks.mid")
    content = bytearray(path.read_bytes())
    content[12:14] = b"\0\0"
    path.write_bytes(content)
    with pytest.raises(MozartError, match=r"ticks\.mid cannot be read as MIDI"):
        score.read_beginning(path)
