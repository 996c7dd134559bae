"""Problem 5: strings become notes with offsets, as a music21 stream, a MIDI file and a Score."""

import io
from fractions import Fraction

import mido
import numpy as np
import pytest

from lab_music import works
from mozart.errors import MozartError
from mozart.lab.parsing import Work
from mozart.lab.writing import choose_offsets, count_distances, find_durations, most_common, to_score, to_stream, write_midi
from mozart.notes import Note

TOKENS = ["C4", "C4.G3", "B-5", "C4", "E-1.C5"]


def test_distances_by_hand() -> None:
    """Counted inside each work, in ticks, and not where another instrument begins anew."""
    music = [Work("a", ("C4",) * 4, (0.0, 1 / 3, 2 / 3, 0.0)), Work("b", ("C4",) * 2, (5.0, 5.0))]
    assert count_distances(music) == {0: 1, 160: 2}
    assert most_common(count_distances(music), 1) == [(Fraction(1, 3), 2 / 3)]


def test_fixed_offsets() -> None:
    """0.25 or 0.5 quarters apart, the first at 0."""
    generator = np.random.default_rng(0)
    assert choose_offsets(4, "0.25", {}, generator) == [0, 0.25, 0.5, 0.75]
    assert choose_offsets(3, "0.5", {}, generator) == [0, 0.5, 1.0]
    with pytest.raises(MozartError, match=r"choose 0.25, 0.5 or sampled"):
        choose_offsets(3, "composed", {}, generator)


def test_sampled_offsets_follow_the_distribution() -> None:
    """Distances are drawn as often as they were counted, 0 among them, and long sums of thirds stay exact."""
    offsets = choose_offsets(4001, "sampled", {0: 1, 160: 3}, np.random.default_rng(0))
    ticks = np.array(offsets) * 480
    np.testing.assert_allclose(ticks, ticks.round(), atol=1e-9)
    assert set(np.diff(ticks.round())) == {0, 160}
    assert np.mean(np.diff(ticks.round()) == 160) == pytest.approx(0.75, abs=0.03)


def test_durations() -> None:
    """A quarter; shorter where a key is struck again before, and not by what is struck at the same moment."""
    assert find_durations(["C4", "D4", "C4.E4", "E4"], [0.0, 0.25, 0.5, 0.5]) == [0.5, 1.0, 1.0, 1.0]


def test_the_stream_is_the_texts() -> None:
    """Notes for single names, Chords for joined ones, each at its offset and played by a piano."""
    from music21 import chord, instrument, note

    stream = to_stream(TOKENS, [0.0, 0.5, 1.0, 1.5, 2.0])
    elements = list(stream.notes)
    assert [type(element) for element in elements] == [note.Note, chord.Chord, note.Note, note.Note, chord.Chord]
    assert [float(element.offset) for element in elements] == [0, 0.5, 1, 1.5, 2]
    assert [str(pitch) for pitch in elements[1].pitches] == ["C4", "G3"]
    assert isinstance(elements[0].storedInstrument, instrument.Piano)


def test_the_file_and_the_score_have_the_same_notes() -> None:
    """What music21 writes, read by another library, is the Score's notes; writing again gives the same bytes."""
    (work,) = works(1, 60)
    offsets = choose_offsets(60, "sampled", count_distances(works()), np.random.default_rng(1))
    content = write_midi(work.tokens, offsets)
    assert write_midi(work.tokens, offsets) == content
    file = mido.MidiFile(file=io.BytesIO(content))
    onsets: dict[int, int] = {}
    notes = set()
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                onsets[message.note] = tick
            elif message.type in ("note_on", "note_off") and message.note in onsets:
                onset = onsets.pop(message.note)
                notes.add((onset, message.note, tick - onset))
    score = to_score(work.tokens, offsets)
    assert file.ticks_per_beat == 480
    assert {(note.onset, note.pitch) for note in score.notes} == {(onset, pitch) for onset, pitch, _ in notes}
    assert {(note.onset, note.pitch, note.duration) for note in score.notes} == notes


def test_the_score_by_hand() -> None:
    """Quarter notes at their ticks, hands apart at middle C; a key struck twice at one moment is one note."""
    score = to_score(["C4.G3", "E4", "E4", "C4"], [0.0, 0.25, 0.25, 0.5])
    assert score.notes == (
        Note(0, 0, 60, 240, 90),
        Note(0, 2, 55, 240, 90),
        Note(120, 0, 64, 480, 90),
        Note(240, 0, 60, 480, 90),
    )
    assert [str(metre) for metre in score.metres] == ["4/4"]
    assert score.tempi[0].quarters_per_minute == 120


@pytest.mark.corpus
def test_table_1_1(lab_works: list[Work]) -> None:
    """The three most common distances, as measured: the text says that 0 is the most common, in this reading 0.25 is."""
    distances = count_distances(lab_works)
    table = {str(distance): round(share, 4) for distance, share in most_common(distances)}
    assert table == {"1/4": 0.3516, "0": 0.3412, "1/2": 0.2002}
