"""Openings are excerpts of test music."""

from pathlib import Path

import mido
import numpy as np
import pytest
import torch

import tiny
from mozart.errors import MozartError
from mozart.midi import midi_bytes
from mozart.openings import MOST, Openings, choose_openings, read_opening
from mozart.score import Work
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW


def chosen(works: list[Work]) -> tuple[Openings, Vocabulary]:
    vocabulary = Vocabulary.of(event.token for work in works for event in work.events)
    ids = torch.tensor(vocabulary.encode(event.token for work in works for event in work.events))
    return choose_openings(works, ids, torch.arange(len(ids) - WINDOW), seed=0), vocabulary


def test_openings_are_test_windows_inside_one_movement() -> None:
    """Each starts where a test window starts, stays in one movement of one work, and carries its events' own steps."""
    works = tiny.works(n_events=600)
    tokens = [event.token for work in works for event in work.events]
    vocabulary = Vocabulary.of(tokens)
    ids = torch.tensor(vocabulary.encode(tokens))
    starts = torch.arange(0, len(ids) - WINDOW, 3)
    openings = choose_openings(works, ids, starts, seed=0)
    assert len(openings) == MOST
    assert openings.ids.shape == openings.steps.shape == openings.durations.shape == (MOST, 200)
    windows = {tuple(ids[s : s + 200].tolist()): s for s in starts.tolist()}
    events = [(work.title, event) for work in works for event in work.events]
    for row in range(MOST):
        start = windows[tuple(openings.ids[row].tolist())]
        excerpt = events[start : start + 200]
        assert {(title, event.movement) for title, event in excerpt} == {(openings.works[row], openings.movements[row])}
        length = excerpt[-1][1].offset - excerpt[0][1].offset
        torch.testing.assert_close(openings.steps[row, :-1].sum().item(), length)


def test_music_without_long_movements_still_gives_openings() -> None:
    """Where no excerpt of 200 fits into a movement, windows of 100 are taken."""
    works = tiny.works(n_works=3, n_events=60)
    ids = torch.zeros(180, dtype=torch.int64)
    openings = choose_openings(works, ids, torch.tensor([3, 40]), seed=0)
    assert openings.ids.shape == (2, WINDOW)
    assert (openings.steps >= 0).all()


def test_one_opening() -> None:
    """It has the excerpt's first 100 events, its true continuation, its name and its place in the bar."""
    works = tiny.works()
    openings, vocabulary = chosen(works)
    opening = openings[3]
    assert [*opening.ids, *opening.continuation.ids] == openings.ids[3].tolist()
    assert len(opening.continuation.steps) == len(opening.continuation.durations) == len(opening.continuation.ids)
    assert len(opening.steps) == len(opening.durations) == WINDOW
    assert opening.name == f"{openings.works[3]}, movement {openings.movements[3]}"
    assert opening.time_signature == "4/4"
    tokens = vocabulary.decode(opening.ids)
    (work,) = (work for work in works if work.title == openings.works[3])
    starts = [i for i in range(len(work.events)) if [e.token for e in work.events[i : i + WINDOW]] == tokens]
    assert [work.events[start].bar_offset for start in starts] == [opening.bar_offset]
    assert opening.tempo == 120


def test_a_sonata_brings_its_tempo() -> None:
    """An excerpt of a movement that the catalogue knows has its customary tempo."""
    works = [Work("K. 545", [event._replace(movement=1) for event in tiny.works()[0].events])]
    assert chosen(works)[0][0].tempo == 132


def test_openings_are_found_by_their_movement() -> None:
    """All excerpts of a movement, however its name is written; an unknown one is answered with those that there are."""
    openings, _ = chosen(tiny.works())
    found = openings.find("work 1,Movement  2")
    assert found == [i for i in range(MOST) if (openings.works[i], openings.movements[i]) == ("Work 1", 2)]
    assert openings.find("Work 1") == [i for i in range(MOST) if openings.works[i] == "Work 1"]
    with pytest.raises(MozartError, match="no opening 'K. 1': choose random.*Work 0, movement 1; Work 0, movement 2"):
        openings.find("K. 1")


def test_a_persons_own_beginning(tmp_path: Path) -> None:
    """The first 100 events of a MIDI file with their own steps and durations, metre and tempo."""
    path = tiny.write_midi(tmp_path / "mine.mid", 200)
    vocabulary = Vocabulary([f"{name}4" for name in ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")])
    opening, unknown = read_opening(path, vocabulary)
    assert len(opening.ids) == len(opening.steps) == len(opening.durations) == WINDOW
    assert opening.ids[1:5] == [7, 2, 9, 4]
    assert set(opening.steps.tolist()) == {0.25, 0.5}
    assert opening.steps[-1] > 0
    assert len(opening.continuation.ids) == len(opening.continuation.steps) == 100
    assert (opening.name, opening.time_signature, opening.tempo, opening.bar_offset) == ("mine.mid", "4/4", 120, 0)
    assert unknown == 20  # the chords


def test_unknown_tokens_become_the_nearest(tmp_path: Path) -> None:
    """First the same pitch classes, then the most common pitches: C8 is nearest to C6, a third to the same third."""
    path = tmp_path / "high.mid"
    midi = mido.MidiFile()
    track = mido.MidiTrack()
    for pitches in [(108,), (48, 52)] * 55:
        track.extend(mido.Message("note_on", note=pitch, velocity=64) for pitch in pitches)
        track.extend(mido.Message("note_off", note=pitch, time=480 * (i == 0)) for i, pitch in enumerate(pitches))
    midi.tracks.append(track)
    midi.save(path)
    opening, unknown = read_opening(path, Vocabulary(["B7", "C4", "C4.E4", "C4.G4", "C6"]))
    assert opening.ids == [4, 2] * 50
    assert unknown == WINDOW
    np.testing.assert_allclose(opening.steps, 1)


def test_two_instruments_play_together(tmp_path: Path) -> None:
    """The first 100 events are the first 100 moments, whatever plays them; drums are nobody's, however many."""
    midi = mido.MidiFile()
    for program, channel, note in ((0, 0, 60), (42, 1, 48), (0, 9, 40)):
        track = mido.MidiTrack([mido.Message("program_change", program=program, channel=channel)])
        for i in range(1200 if channel == 9 else 150):
            track.append(mido.Message("note_on", note=note + i % 2, channel=channel, time=0))
            track.append(mido.Message("note_off", note=note + i % 2, channel=channel, time=240))
        midi.tracks.insert(0, track)
    midi.save(tmp_path / "two.mid")
    vocabulary = Vocabulary(["C3", "C#3", "C4", "C#4", "C3.C4", "C#3.C#4"])
    opening, unknown = read_opening(tmp_path / "two.mid", vocabulary)
    assert unknown == 0
    heard = {pitch for token in vocabulary.decode(opening.ids) for pitch in token.split(".")}
    assert heard == {"C3", "C#3", "C4", "C#4"}
    assert (opening.steps >= 0).all()
    assert opening.steps.sum() <= 50


def test_a_composed_piece_as_an_opening(tmp_path: Path) -> None:
    """A file that begins with a bar for its upbeat goes on in its metre, as far into the bar as it was."""
    path = tmp_path / "waltz.mid"
    tokens = ["C4", "E4", "G4"] * 50
    offsets = [0.5 * i for i in range(150)]
    path.write_bytes(midi_bytes(tokens, offsets, [0.5] * 150, time_signature="3/4", bar_offset=2.0))
    opening, _ = read_opening(path, Vocabulary(["C4", "E4", "G4"]))
    assert (opening.time_signature, opening.bar_offset) == ("3/4", 2.0)


def test_names_of_files(tmp_path: Path) -> None:
    """What cannot be printed in a file's name does not go into other files."""
    path = tiny.write_midi(tmp_path / "bell\a.mid", 150)
    opening, _ = read_opening(path, Vocabulary(["C4"]))
    assert opening.name == "bell?.mid"


def test_thick_chords(tmp_path: Path) -> None:
    """Where a thousand notes make fewer than 100 chords, the sentence says so."""
    midi = mido.MidiFile(tracks=[mido.MidiTrack()])
    for _ in range(150):
        for kind in ("note_on", "note_off"):
            midi.tracks[0] += [mido.Message(kind, note=40 + 2 * i, time=240 * (i == 0)) for i in range(12)]
    midi.save(tmp_path / "thick.mid")
    with pytest.raises(MozartError, match=r"holds \d+ notes and chords in its first 1,000 notes, and an opening needs 100"):
        read_opening(tmp_path / "thick.mid", Vocabulary(["C4"]))


def test_a_beginning_that_is_too_short(tmp_path: Path) -> None:
    """Fewer than 100 events are no opening, and the sentence says how many there are."""
    path = tiny.write_midi(tmp_path / "short.mid", 57)
    with pytest.raises(MozartError, match="short.mid holds 57 notes and chords, and an opening needs 100"):
        read_opening(path, Vocabulary(["C4"]))


def test_an_impossible_tempo_becomes_the_nearest(tmp_path: Path) -> None:
    """A file that asks for millions of quarters a minute is played at the fastest that a piece can have."""
    path = tiny.write_midi(tmp_path / "fast.mid", 150)
    midi = mido.MidiFile(path)
    midi.tracks[0].insert(0, mido.MetaMessage("set_tempo", tempo=1))
    for track in midi.tracks:
        track[:] = [m for m in track if m.type != "set_tempo" or m.tempo == 1]
    midi.save(path)
    assert read_opening(path, Vocabulary(["C4"]))[0].tempo == 400
