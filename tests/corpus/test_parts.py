"""Which hand and which voice the notes of a file belong to."""

from pathlib import Path

import numpy as np
import pytest

from midi_bytes import Notes, meta, midi, strikes, tune
from mozart.corpus.parts import divide_hands
from mozart.corpus.reader import read_midi, read_midi_bytes


def voices_of(*parts: Notes) -> list[int]:
    """The voices of a file of these parts, from its highest note to its lowest."""
    score = read_midi_bytes(midi(*map(strikes, parts)), "some.mid").score
    return [int(score.voices[i]) for i in np.argsort(-score.pitches, kind="stable")]


@pytest.mark.parametrize(
    ("pitches", "voices"),
    [
        ([72, 48], [0, 2]),
        ([48, 72], [0, 2]),
        ([72, 67, 48], [0, 1, 2]),
        ([48, 67, 72], [0, 1, 2]),
        ([72, 67, 55, 48], [0, 1, 2, 3]),
        ([72, 67, 60, 55, 48], [0, 1, 2, 3, 4]),
        ([72, 60, 67, 55, 48], [0, 2, 1, 3, 4]),
    ],
)
def test_two_to_five_parts_are_voices(pitches: list[int], voices: list[int]) -> None:
    """In the order of the file, turned round where its first part lies lowest; of two the lower one is the left hand."""
    assert voices_of(*([(0, 480, pitch)] for pitch in pitches)) == voices


def test_more_parts_are_put_together() -> None:
    """Neighbours become one voice, none of their notes is lost, and it is said."""
    score, remarks = read_midi_bytes(midi(*(strikes([(0, 480, pitch)]) for pitch in range(80, 40, -4))), "some.mid")
    assert score.voices.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert remarks == ("10 parts are put together as 5 voices, by how high they lie.",)


def test_one_part_for_two_hands() -> None:
    """A bass below a melody goes to the left hand, also where it comes up to middle C."""
    right, left = tune(pitch=76), tune(pitch=52)
    score = read_midi_bytes(midi(strikes([*right, *left])), "some.mid").score
    assert np.array_equal(score.voices == 0, score.pitches >= 76)
    assert set(score.voices.tolist()) == {0, 2}


@pytest.mark.parametrize(("pitch", "voice"), [(60, 0), (50, 2)])
def test_a_single_line(pitch: int, voice: int) -> None:
    """It is one hand's."""
    assert set(voices_of(tune(pitch=pitch))) == {voice}


def test_channels_are_voices_in_files_of_this_product() -> None:
    """Two tracks that are called after the hands hold the voices by channel."""
    right = meta(3, b"Right hand") + strikes([(0, 480, 72)], channel=1)
    left = meta(3, b"Left hand") + strikes([(0, 480, 40)], channel=3) + strikes([(0, 480, 41)], channel=4)
    assert read_midi_bytes(midi(right, left), "some.mid").score.voices.tolist() == [1, 3, 4]


def test_a_key_that_two_parts_strike_at_once() -> None:
    """A voice strikes it once, for the longer time, and that is said."""
    unison = [strikes([(0, 480 + i, 60)]) for i in range(6)]
    score, remarks = read_midi_bytes(midi(*unison), "some.mid")
    assert [(note.voice, note.duration) for note in score.notes] == [(0, 481), (1, 482), (2, 483), (3, 484), (4, 485)]
    assert remarks[-1] == "1 note is left out, because a voice strikes a key once at a time."


def test_a_key_that_is_struck_while_its_voice_holds_it() -> None:
    """The earlier note ends there."""
    parts = [strikes([(240 * i, 960, 60)]) for i in range(6)]
    score = read_midi_bytes(midi(*parts), "some.mid").score
    assert [note.duration for note in score.notes if note.voice == 0] == [240, 720]


@pytest.mark.corpus
def test_hands_of_the_sonatas(sonata_files: list[Path]) -> None:
    """Put into one track, 92 % of the notes come back to the hand that plays them."""
    scores = [read_midi(path) for path in sonata_files]
    # Onset, an end that does not matter, pitch and velocity.
    voices = [divide_hands(score.columns[:, [0, 0, 2, 4]].astype(np.int64)) for score in scores]
    right = sum(np.sum((ours == 0) == (score.hands == 0)) for ours, score in zip(voices, scores, strict=True))
    assert right / sum(map(len, scores)) == pytest.approx(0.919, abs=0.001)
