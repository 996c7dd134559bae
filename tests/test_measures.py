"""Features of tiny passages by hand; overlaps of a thing with itself, and of things that share nothing."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

import tiny
from mozart import measures
from mozart.measures import Passage, compare, describe, likeness, overlap_area, real_passages, repetition_distances
from mozart.score import Event, Work

SCALE = ["C4", "D4", "E4", "F4", "G4", "A4", "B4"]


def passage(tokens: list[str], step: float = 0.25) -> Passage:
    return Passage(tokens, [step * i for i in range(len(tokens))])


def random_passages(n: int, seed: int, tokens: list[str]) -> list[Passage]:
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        offsets = np.cumsum(chance.choice([0.0, 0.25, 0.5], size=60)).tolist()
        made.append(Passage(chance.choice(tokens, size=60).tolist(), offsets))
    return made


def test_features_by_hand() -> None:
    """Each feature of a passage of six events is what one counts by hand."""
    described = describe(Passage(["C4", "C4.E4", "G5", "C4", "C4.E4", "F#4"], [0.5, 1.0, 1.0, 1 + 1 / 3, 1.5, 1.625]))
    assert described["pitch range"] == 19
    # Four C, two E, one G and one F sharp.
    assert math.isclose(described["pitch-class entropy"], 4 / 8 * 1 + 2 / 8 * 2 + 2 / 8 * 3)
    assert described["scale consistency"] == 7 / 8 + 1 / 8  # C, E, F sharp and G are of G major
    assert described["chords"] == 2 / 6
    assert described["distinct tokens"] == 4
    assert described["repeated 4-grams"] == 0
    assert described["simultaneous notes"] == 1 / 5
    assert described["onsets on a beat"] == 2 / 6
    assert described["onsets on the sixteenth grid"] == 4 / 6


def test_bounds_of_entropy_and_scale() -> None:
    """One pitch class has no entropy, all twelve have log2 12; a scale holds itself in any key, and 7 of 12 pitches."""
    chromatic = ["C4", "C#4", "D4", "E-4", "E4", "F4", "F#4", "G4", "G#4", "A4", "B-4", "B4"]
    assert describe(passage(["C3", "C4", "C5", "C6"]))["pitch-class entropy"] == 0
    everything = describe(passage(chromatic))
    assert math.isclose(everything["pitch-class entropy"], math.log2(12))
    assert math.isclose(everything["scale consistency"], 7 / 12)
    assert math.isclose(describe(passage(SCALE))["scale consistency"], 1)
    assert math.isclose(describe(passage(["C4", "D4", "E-4", "F4", "G4", "G#4", "B-4"]))["scale consistency"], 1)  # C minor


def test_repetitions_and_their_distance() -> None:
    """A run counts from its second time on, at the distance of its latest time."""
    theme = ["C4", "D4", "E4", "F4"]
    tokens = [*theme, "G4", *theme, *theme]
    assert repetition_distances(tokens) == [5, 4]
    assert describe(passage(tokens))["repeated 4-grams"] == 2 / 10
    assert describe(passage(["C4"] * 10))["repeated 4-grams"] == 6 / 7


def test_thirds_count_as_what_was_meant() -> None:
    """Sums of thirds stand on the beat although they carry rounding errors, and their steps are equal."""
    offsets = np.cumsum([1 / 3] * 300).tolist()
    assert any(offset != round(offset) for offset in offsets[2::3])
    thirds = Passage(["C4"] * 300, offsets)
    assert describe(thirds)["onsets on a beat"] == 1 / 3
    exact = Passage(["C4"] * 300, [(i + 1) / 3 for i in range(300)])
    assert compare([thirds], [exact])["steps"] == {"overlap": 1.0}


@pytest.mark.parametrize("wrong", [Passage(["C4"] * 3, [0.0, 1.0, 2.0]), Passage(["C4"] * 4, [0.0, 1.0, 2.0])])
def test_what_is_no_passage(wrong: Passage) -> None:
    """Fewer than four events, or too few offsets, are refused."""
    with pytest.raises(ValueError, match="at least 4 events"):
        describe(wrong)


def test_overlap_of_two_normal_samples() -> None:
    """Two normal distributions two deviations apart overlap by 2 Φ(-1) = 0.317, in either order; the same sample wholly."""
    chance = np.random.default_rng(0)
    a, b = chance.normal(0, 1, 4000), chance.normal(2, 1, 4000)
    assert abs(overlap_area(a, b) - 0.317) < 0.03
    assert overlap_area(a, b) == overlap_area(b, a)
    assert math.isclose(overlap_area(a, a), 1, abs_tol=1e-4)
    assert overlap_area(a, b + 100) < 1e-6


def test_bandwidth_is_scotts() -> None:
    """Two values a deviation of 1 apart give the density that Scott's rule gives by hand."""
    a, b = [0.0, math.sqrt(2)], [0.0]
    bandwidth = 2**-0.2

    def normal(x: float) -> float:
        return math.exp(-0.5 * (x / bandwidth) ** 2) / (bandwidth * math.sqrt(2 * math.pi))

    points = [i / 1000 for i in range(-6000, 8000)]
    by_hand = sum(min((normal(x) + normal(x - math.sqrt(2))) / 2, normal(x)) for x in points) / 1000
    assert math.isclose(overlap_area(a, b), by_hand, abs_tol=1e-3)


def test_overlap_without_spread() -> None:
    """Equal constants are alike and different ones share nothing; a constant is compared by the other's bandwidth."""
    assert overlap_area([0.1] * 3, [0.1] * 7) == 1
    assert overlap_area([0.1] * 3, [0.2]) == 0
    spread = np.random.default_rng(0).normal(0, 1, 50)
    assert 0 < overlap_area(spread, [5.0]) < overlap_area(spread, [0.0]) < 0.6
    assert math.isclose(overlap_area([1.0] * 50, [1.0] * 49 + [0.999]), 1, abs_tol=0.05)


@pytest.mark.parametrize("samples", [([], [1.0]), ([1.0], []), ([], [])])
def test_overlap_of_nothing(samples: tuple[list[float], list[float]]) -> None:
    """An empty sample is refused."""
    with pytest.raises(ValueError, match="empty"):
        overlap_area(*samples)


def test_overlap_of_narrow_samples() -> None:
    """Samples that are narrow beside the whole range overlap by no more than 1, and by nothing when they lie apart."""
    narrow = np.random.default_rng(0).normal(0, 1e-6, 50)
    assert 0.9 < overlap_area(np.append(narrow, 1000), np.append(narrow, -1000)) <= 1
    assert 0.9 < overlap_area(narrow, narrow) <= 1
    assert overlap_area(narrow, narrow + 1000) < 1e-6


def test_histograms_overlap_by_their_shares() -> None:
    """Steps, step pairs and repetition distances are pooled over the pieces: the sum of the smaller shares."""
    quarters, eighths = passage(SCALE * 3, 1.0), passage(SCALE * 3, 0.5)
    half = compare([quarters, eighths], [quarters])
    assert math.isclose(half["steps"]["overlap"], 0.5)
    assert math.isclose(half["step pairs"]["overlap"], 0.5)
    assert half["repetition distances"] == {"overlap": 1.0}
    assert compare([passage(["C4"] * 12)], [quarters])["repetition distances"] == {"overlap": 0.0}
    assert compare([passage(SCALE)], [quarters])["repetition distances"] == {"overlap": 0.0}
    assert compare([passage(SCALE)], [passage(SCALE)])["repetition distances"] == {"overlap": 1.0}


def test_nearby_repetition_distances_count_as_one() -> None:
    """Distances of 4 to 7 fall into one bin, 8 into the next."""

    def every(period: int) -> Passage:
        return passage((["C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5"][:period] * 5)[:20])

    assert compare([every(5)], [every(7)])["repetition distances"]["overlap"] == 1
    assert compare([every(7)], [every(8)])["repetition distances"]["overlap"] == 0


def test_step_pairs_see_the_order() -> None:
    """The same steps in another order overlap wholly as steps, and not as pairs."""
    rows = [[0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0], [0.0, 0.25, 0.75, 1.0, 1.5, 1.75, 2.25, 2.5, 3.0]]
    a, b = (Passage(["C4"] * 9, offsets) for offsets in rows)
    compared = compare([a], [b])
    assert compared["steps"]["overlap"] == 1
    assert math.isclose(compared["step pairs"]["overlap"], 1 / 7)


def test_means_are_over_the_pieces() -> None:
    """A feature's mean is that of the pieces, not of the real music."""
    compared = compare([passage(SCALE), passage(["C4.E4"] * 7)], [passage(["C4.E4"] * 7)])
    assert compared["chords"]["mean"] == 0.5
    assert compared["distinct tokens"]["mean"] == 4
    assert set(compared) == {*describe(passage(SCALE)), "repetition distances", "steps", "step pairs"}
    with pytest.raises(ValueError, match="no passages"):
        compare([], [passage(SCALE)])


def test_likeness_orders_pieces() -> None:
    """Pieces of the same tokens are liker than pieces of other tokens; the best possible is 1."""
    real, same, other = (random_passages(20, seed, tokens) for seed, tokens in enumerate([SCALE, SCALE, ["C2", "F#6", "C#4.E6"]]))
    assert math.isclose(likeness(compare(real, real)), 1, abs_tol=1e-3)
    assert likeness(compare(other, real)) < likeness(compare(same, real)) < 1
    assert likeness({"a": {"mean": 9.0, "overlap": 0.5}, "b": {"overlap": 0.25}}) == 0.375


def test_real_passages_lie_inside_movements() -> None:
    """Passages are consecutive, of one length, inside one movement; what a movement has over is left out."""
    works = tiny.works(2, 100)
    passages = real_passages(works, 20)
    assert len(passages) == 2 * 2 * 2
    tokens = [event.token for event in works[0].events]
    expected = [tokens[start : start + 20] for start in (0, 20, 50, 70)]
    assert [list(p.tokens) for p in passages[:4]] == expected


def test_real_passages_are_in_phase_with_the_beat() -> None:
    """The first offset is the first event's place in its beat, whatever the offset in the file; steps are the events' own."""
    offsets = [10.25, 10.5, 11.0, 11.0, 12.25]
    events = [Event("C4", o, 1.0, 64, None, 0, 1, "4/4", (o + 1.5) % 4) for o in offsets]
    (made,) = real_passages([Work("a", events)], 5)
    assert made.offsets[0] == 0.75
    assert [b - a for a, b in pairwise(made.offsets)] == [b - a for a, b in pairwise(offsets)]


def test_table_has_mozart_as_the_ceiling() -> None:
    """Real music's halves overlap most, yet not wholly; other pieces less; the seed decides, and JSON can hold it."""
    real, other = random_passages(40, 0, SCALE), random_passages(20, 1, ["C2", "F#6", "C#4.E6"])
    made = measures.table({"other": other}, real)
    assert list(made) == ["Mozart", "other"]
    assert made["other"] == compare(other, real)
    assert made["Mozart"]["distinct tokens"]["mean"] == compare(real, real)["distinct tokens"]["mean"]
    assert likeness(made["other"]) < likeness(made["Mozart"]) < 0.99
    assert json.loads(json.dumps(made)) == made == measures.table({"other": other}, real)
    assert measures.table({}, real, seed=1) != measures.table({}, real)


def test_markdown() -> None:
    """A row for each feature, a column for each group, the mean overlap below."""
    columns = {"Mozart": {"chords": {"mean": 0.1, "overlap": 0.9}, "steps": {"overlap": 0.8}}}
    columns["the lab"] = {"chords": {"mean": 47.72, "overlap": 0.25}, "steps": {"overlap": 0.5}}
    assert measures.markdown(columns).splitlines() == [
        "|  | Mozart | the lab |",
        "| --- | ---: | ---: |",
        "| chords | 0.1 (0.90) | 47.7 (0.25) |",
        "| steps | (0.80) | (0.50) |",
        "| *mean overlap* | 0.85 | 0.38 |",
    ]


@pytest.mark.corpus
def test_mozart_as_measured(sonatas: list[Work]) -> None:
    """In passages of 300, Mozart repeats 17 % of his 4-grams, is on the beat with 46 % of onsets and on the grid with 96 %."""
    real = real_passages(sonatas, 300)
    means = {name: columns.get("mean", 0.0) for name, columns in compare(real, real).items()}
    assert abs(means["repeated 4-grams"] - 0.177) < 0.005
    assert abs(means["onsets on a beat"] - 0.467) < 0.01
    assert abs(means["onsets on the sixteenth grid"] - 0.958) < 0.01
    assert abs(means["scale consistency"] - 0.906) < 0.005
    assert abs(means["chords"] - 0.101) < 0.01
