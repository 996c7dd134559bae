"""The laboratory's rhythms for a composed piece."""

import numpy as np
import pytest

from mozart.errors import MozartError
from mozart.model.offsets import count_offsets, find_events, offsets_from_json, retime
from mozart.notes import Note, Score

CHORDS = Score(
    [
        *(Note(240, 0, pitch, 480, 80) for pitch in (76, 72)),
        Note(240, 2, 48, 960, 80),
        Note(720, 0, 76, 480, 80),
        Note(1200, 0, 76, 480, 80),
        Note(1200, 2, 48, 480, 80),
    ]
)


def test_events_are_the_chords_of_a_voice() -> None:
    """Notes of one voice that begin together are one event; another voice's are another."""
    assert find_events(CHORDS).tolist() == [0, 0, 1, 2, 3, 4]
    assert find_events(Score([])).tolist() == []


def test_offsets_are_counted() -> None:
    """Five events have four distances, two of them 0."""
    assert count_offsets([CHORDS]) == {0: 2, 480: 2}


@pytest.mark.parametrize(("strategy", "step"), [("0.25", 120), ("0.5", 240)])
def test_fixed(strategy: str, step: int) -> None:
    """Every event begins one step after the one before it; pitches stay, and no key is struck while it is held."""
    again = retime(CHORDS, strategy, {}, np.random.default_rng(0))
    assert sorted(set(again.onsets.tolist())) == [240 + step * i for i in range(5)]
    assert again.pitches.tolist() == CHORDS.pitches.tolist()


def test_sampled() -> None:
    """Distances come as often as they were counted, and from the seed alone."""
    many = Score([Note(480 * i, 0, 60 + i % 12, 100, 80) for i in range(4_001)])
    again = retime(many, "sampled", {120: 3, 240: 1}, np.random.default_rng(0))
    assert np.mean(np.diff(again.onsets) == 120) == pytest.approx(0.75, abs=0.03)
    assert again == retime(many, "sampled", {120: 3, 240: 1}, np.random.default_rng(0))


def test_only_a_lower_voice_begins_together_with_another() -> None:
    """However often a distance of 0 is counted, a voice's own notes follow each other, and the order of all notes stays."""
    voices = [0, 0, 2, 4, 4, 1] * 100
    many = Score([Note(480 * i, voice, 60 + i % 12, 100, 80) for i, voice in enumerate(voices)])
    again = retime(many, "sampled", {0: 9, 120: 1}, np.random.default_rng(0))
    assert again.pitches.tolist() == many.pitches.tolist()
    together = np.diff(again.onsets) == 0
    assert together.any()
    assert (np.diff(again.voices)[together] > 0).all()


def test_nothing_has_no_rhythm() -> None:
    """An empty score stays empty."""
    assert len(retime(Score([]), "0.25", {}, np.random.default_rng(0))) == 0


@pytest.mark.parametrize("content", [{}, {"-1": 3}, {"120": 0}, {"120": -1}, {"99999999": 1}])
def test_impossible_counts_are_refused(content: dict[str, int]) -> None:
    """A checkpoint's counts are looked at before they are used."""
    with pytest.raises(MozartError, match="distances"):
        offsets_from_json(content)
    assert offsets_from_json({"120": 3}) == {120: 3}
