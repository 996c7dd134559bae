"""Two samples compared: a sample with itself, with another by hand, and with what has been done to it."""

import math
import random
import sys
from collections.abc import Callable

import numpy as np
import pytest

from mozart.errors import MozartError
from mozart.measuring.classifiers import auc, tell_apart
from mozart.measuring.compare import MOST, NAMES, Sample, differences, distances, floors, giveaways, variety
from mozart.measuring.features import FAMILIES
from mozart.notes import Note, Score
from sonatina import BAR, sonatina

BARS = 8
WORKS = [Score.concatenate([sonatina(10 * work + part, title=f"K. {work}") for part in range(2)]) for work in range(6)]


def sample_of(*columns: list[float]) -> Sample:
    """A sample whose first features have these values, and whose others were never there."""
    rows = np.full((len(columns[0]), len(NAMES)), math.nan)
    rows[:, : len(columns)] = np.array(columns).T
    return Sample(rows, tuple(f"work {index}" for index in range(len(rows))))


def change(works: list[Score], how: Callable[[Note, random.Random], Note]) -> list[Score]:
    rng = random.Random(0)
    return [work.replace(notes=[how(note, rng) for note in work.notes]) for work in works]


def shuffle_bars(work: Score, seed: int) -> Score:
    """The same bars in another order."""
    order = list(range(len(work.bars)))
    random.Random(seed).shuffle(order)
    notes = [note._replace(onset=note.onset + (order[note.onset // BAR] - note.onset // BAR) * BAR) for note in work.notes]
    return work.replace(notes=notes)


@pytest.fixture(scope="module")
def real() -> Sample:
    """All passages of the works."""
    return Sample.of_works(WORKS, BARS)


def test_a_sample_is_no_distance_from_itself(real: Sample) -> None:
    """All distances are 0, and the variety is its own."""
    assert set(distances(real, real)) == {"together", *FAMILIES}
    assert all(distance == 0 for distance in distances(real, real).values())
    assert variety(real, real)["together"] == 1


def test_differences_by_hand() -> None:
    """How far the means lie apart, in the second sample's standard deviations, and 3 at most; what one lacks is left out."""
    ours = sample_of([2.0, 4.0], [9.0, 9.0], [1.0, math.nan], [5.0, 5.0], [5.0, 5.0])
    his = sample_of([1.0, 3.0], [1.0, 3.0], [1.0, 2.0], [5.0, 5.0], [4.0, 4.0])
    assert differences(ours, his) == pytest.approx({NAMES[0]: 1 / math.sqrt(2), NAMES[1]: MOST, NAMES[3]: 0.0, NAMES[4]: MOST})
    assert variety(ours, his)["together"] == pytest.approx(0.5)


def test_families_count_alike_and_dynamics_not_at_all(real: Sample) -> None:
    """The distance together is the mean over the families but loudness, however many features each has."""
    loud = change(WORKS, lambda note, rng: note._replace(velocity=rng.randrange(1, 128)))
    found = distances(Sample.of_works(loud, BARS), real)
    assert found["dynamics"] > 0.5
    assert found["together"] == 0
    rows = np.array([[1.0] * len(NAMES), [3.0] * len(NAMES)])
    moved = rows + np.array([2.0 * name.startswith("harmony") for name in NAMES])
    apart = distances(Sample(moved, ("a", "b")), Sample(rows, ("a", "b")))
    assert apart["harmony"] == pytest.approx(math.sqrt(2))
    assert apart["together"] == pytest.approx(math.sqrt(2) / (len(FAMILIES) - 1))


def test_what_is_done_to_the_music_shows_in_its_family(real: Sample) -> None:
    """Bars in another order change the form and no chord; short notes change durations; a moved left hand changes harmony."""
    shuffled = distances(Sample.of_works([shuffle_bars(work, seed) for seed, work in enumerate(WORKS)], BARS), real)
    assert shuffled["form"] > 2 * max(shuffled["durations"], shuffled["texture"], shuffled["register"])
    short = distances(Sample.of_works(change(WORKS, lambda note, _: note._replace(duration=60)), BARS), real)
    assert max(short, key=lambda family: short[family]) == "durations"
    assert short["form"] == short["melody"] == 0
    moved = distances(
        Sample.of_works(change(WORKS, lambda note, _: note._replace(pitch=note.pitch - (note.voice == 2))), BARS), real
    )
    assert max(moved, key=lambda family: moved[family]) == "harmony"


def test_pieces_that_are_all_one_have_no_variety(real: Sample) -> None:
    """Three times one passage lies at its own place, and varies in nothing."""
    piece = sonatina(3)
    assert variety(Sample.of_pieces([piece] * 3, BARS), real)["together"] == 0


def test_pieces_are_cut_to_the_passages_length() -> None:
    """What comes after so many bars is not looked at."""
    piece = sonatina(3)
    cut = Sample.of_pieces([piece, Score.concatenate([piece, sonatina(9)])], 16)
    assert np.array_equal(cut.rows[0], cut.rows[1], equal_nan=True)


def test_the_floor_is_of_works_against_the_rest(real: Sample) -> None:
    """Works of one composer lie near each other; the range is the same for the same seed, and needs works enough."""
    low, high = floors(real, 2)
    assert 0 < low < high < 1
    assert floors(real, 2) == (low, high)
    with pytest.raises(MozartError, match="5 works cannot be compared with the rest of 6"):
        floors(real, 5)


def test_giveaways_come_in_order() -> None:
    """The features with the largest differences, either way, with both means; loudness is none."""
    found = giveaways(sample_of([2.0, 2.0], [5.0, 5.0], [1.0, 1.0]), sample_of([1.0, 3.0], [1.0, 3.0], [1.0, 3.0]), most=2)
    assert [row["feature"] for row in found] == [NAMES[1], NAMES[2]]
    assert (found[0]["pieces"], found[0]["mozart"]) == (5.0, 2.0)


def test_too_little_is_refused() -> None:
    """One piece is no sample; works without two passages of that length are none."""
    with pytest.raises(MozartError, match="at least two pieces"):
        Sample.of_pieces([sonatina()], BARS)
    with pytest.raises(MozartError, match="fewer than two passages of 64 bars"):
        Sample.of_works([sonatina()], 64)


def test_auc_is_the_chance_to_be_above() -> None:
    """Every pair of a positive and another is compared, and a tie counts half."""
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 6, 50) / 5, rng.random(50) < 0.4
    pairs = [(a > b) + (a == b) / 2 for a in scores[positive] for b in scores[~positive]]
    assert auc(scores, positive) == pytest.approx(np.mean(pairs))
    assert math.isnan(auc(scores, np.ones(50, dtype=bool)))


def random_sample(n_groups: int, seed: int, shift: float = 0.0, size: int = 4) -> Sample:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_groups * size, len(NAMES)))
    rows[:, :3] += shift
    return Sample(rows, tuple(f"{seed} {index // size}" for index in range(len(rows))))


def test_classifiers_tell_apart_what_is_apart() -> None:
    """Samples of one kind are told apart by chance only; where three features lie three deviations off, nearly always."""
    apart = tell_apart(random_sample(10, 1, shift=3.0), random_sample(10, 2))
    for name, found in tell_apart(random_sample(10, 1), random_sample(10, 2)).items():
        assert 0.3 < found["auc"] < 0.7
        assert found["low"] < found["auc"] < found["high"]
        assert 0.85 < apart[name]["low"] <= apart[name]["auc"] <= apart[name]["high"] <= 1


def test_works_are_held_out_whole() -> None:
    """What is the same all through a work, and tells nothing of others, does not help to know a passage of it."""
    samples = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        rows = np.repeat(rng.normal(size=(15, len(NAMES))), 8, axis=0)
        samples.append(Sample(rows, tuple(f"{index // 8}" for index in range(len(rows)))))
    found = tell_apart(samples[0], samples[1])
    assert all(found[name]["auc"] < 0.75 for name in found)


def test_scikit_learn_is_asked_for_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is missing, one sentence says how to install it."""
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MozartError, match="pip install scikit-learn"):
        tell_apart(random_sample(3, 1), random_sample(3, 2))


def test_one_group_cannot_be_tested() -> None:
    """A classifier that has seen all works of a side cannot be tested."""
    with pytest.raises(MozartError, match="two works or pieces on each side"):
        tell_apart(random_sample(1, 1), random_sample(3, 2))


def test_loudness_is_not_looked_at() -> None:
    """Samples that differ in their velocities alone cannot be told apart."""
    ours, his = random_sample(10, 1), random_sample(10, 2)
    ours.rows[:, [name.startswith("dynamics") for name in NAMES]] += 10
    assert all(found["auc"] < 0.7 for found in tell_apart(ours, his).values())
