"""Steps and durations, as counted and as drawn."""

import numpy as np
import pytest

from mozart.rhythm import RhythmTable, end_before_next_onset, event_steps
from mozart.score import Event, Work


def events(*rows: tuple[str, float, float]) -> list[Event]:
    return [Event(token, offset, duration, 64, None, 0, 1, "4/4") for token, offset, duration in rows]


WORKS = [
    Work("a", events(("C4", 0.0, 1.0), ("D4", 0.25, 0.5), ("E4", 0.25, 0.5), ("F4", 0.5, 2.0))),
    Work("b", events(("C4", 0.0, 0.25), ("D4", 0.25, 1.0))),
]


def test_counts_steps_within_works() -> None:
    """Steps are distances between offsets; none leads from one work to the next."""
    table = RhythmTable.of(WORKS)
    assert table.steps == {0.25: 3, 0.0: 1}
    assert table.durations == {0.25: {1.0: 1, 0.5: 1, 0.25: 1}, 0.0: {0.5: 1}}
    assert table.most_common(1) == [(0.25, 0.75)]


def test_thirds_are_one_value() -> None:
    """Differences of thirds that differ by a rounding error count as the same step."""
    thirds = events(*[("C4", i / 3, 1.0) for i in range(300)])
    assert set(event_steps(thirds)) == {1 / 3}


def test_json_round_trip() -> None:
    """What is written to rhythm.json reads back equal."""
    table = RhythmTable.of(WORKS)
    assert RhythmTable.from_json(table.to_json()) == table


@pytest.mark.parametrize("strategy", ["0.25", "0.5"])
def test_fixed_steps(strategy: str) -> None:
    """A fixed strategy is that step and no other, 0 never."""
    steps = RhythmTable.of(WORKS).draw_steps(strategy, 5, np.random.default_rng(0))
    assert steps.tolist() == [float(strategy)] * 5


def test_sampled_steps_follow_the_distribution() -> None:
    """Sampled steps come as often as in the corpus, 0 among them, and the seed decides."""
    table = RhythmTable.of(WORKS)
    steps = table.draw_steps("sampled", 4000, np.random.default_rng(0))
    assert set(steps) == {0.0, 0.25}
    assert abs((steps == 0.0).mean() - 0.25) < 0.02
    assert np.array_equal(steps, table.draw_steps("sampled", 4000, np.random.default_rng(0)))


def test_durations_are_those_before_such_a_step() -> None:
    """A duration comes from the corpus's events before the nearest known step."""
    durations = RhythmTable.of(WORKS).draw_durations(np.array([0.0, 0.01, 7.0, 7.0]), np.random.default_rng(0))
    assert durations[:2].tolist() == [0.5, 0.5]
    assert set(durations[2:]) <= {1.0, 0.5, 0.25}


def test_a_note_ends_before_its_pitch_comes_again() -> None:
    """Also when the pitch comes in a chord; a note at the same moment does not shorten it to nothing."""
    tokens = ["C4", "D4", "C4.E4", "C4"]
    shortened = end_before_next_onset(tokens, np.array([0.0, 0.25, 0.5, 0.5]), np.array([1.0, 1.0, 1.0, 1.0]))
    assert shortened.tolist() == [0.5, 1.0, 1.0, 1.0]


def test_no_note_outlasts_the_next_onset_of_its_pitch() -> None:
    """Over random music with many events at the same moment, whatever the order in which pitches meet."""
    chance = np.random.default_rng(0)
    for _ in range(50):
        tokens = [".".join(chance.choice(["C4", "D4", "E4"], chance.integers(1, 3), replace=False)) for _ in range(30)]
        offsets, durations = np.cumsum(chance.choice([0.0, 0.25, 1.0], 30)), chance.choice([0.25, 1.0, 3.0], 30)
        shortened = end_before_next_onset(tokens, offsets, durations)
        assert (shortened > 0).all()
        assert (shortened <= durations).all()
        for i, token in enumerate(tokens):
            later = [offsets[j] for j in range(30) if offsets[j] > offsets[i] and set(tokens[j].split(".")) & set(token.split("."))]
            assert shortened[i] == min([durations[i], *(onset - offsets[i] for onset in later)])


@pytest.mark.corpus
def test_the_labs_table(sonatas: list[Work]) -> None:
    """Table 1.1 as measured: 0.25, 0 and 0.5 are the most common distances; 32 are distinct."""
    table = RhythmTable.of(sonatas)
    assert [(step, round(100 * share, 2)) for step, share in table.most_common(3)] == [(0.25, 35.15), (0.0, 34.11), (0.5, 20.04)]
    assert len(table.steps) == 32
