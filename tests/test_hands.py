"""Which hand plays what."""

import json

import numpy as np
import pytest

import tiny
from mozart.hands import Hands, _features
from mozart.score import Event, Work
from mozart.vocabulary import pitches


def work(low: list[str], high: list[str], tracks: tuple[int, int] = (0, 1)) -> Work:
    """A lower and an upper line, together from onset to onset; the upper stands on the first track."""
    events = []
    for i, (below, above) in enumerate(zip(low, high, strict=True)):
        events.append(Event(above, i / 2, 0.5, 64, None, tracks[0], 1, "4/4"))
        events.append(Event(below, i / 2, 0.5, 64, None, tracks[1], 1, "4/4"))
    return Work("a", events)


def lines(octave: int, n: int = 100, seed: int = 0) -> tuple[list[str], list[str]]:
    chance = np.random.default_rng(seed)
    low = [f"{name}{octave}" for name in chance.choice(["C", "D", "E", "G"], n)]
    high = [f"{name}{octave + 1}" for name in chance.choice(["C", "D", "E", "G"], n)]
    return low, high


HANDS = Hands.of([work(*lines(octave)) for octave in (2, 3, 4, 5)])


@pytest.mark.parametrize("octave", [2, 5])
def test_hands_are_told_apart_in_any_register(octave: int) -> None:
    """The lower of two lines is the left hand's, on whichever side of middle C both lie."""
    music = work(*lines(octave, seed=1)).events
    assert HANDS.assign([e.token for e in music], [e.offset for e in music]) == [0, 1] * 100


def test_one_line_after_another() -> None:
    """Without notes at the same moment the neighbours alone tell the hands apart."""
    tokens = ["C3", "G5", "E3", "A5"] * 20
    assert HANDS.assign(tokens, [i / 4 for i in range(80)]) == [1, 0] * 40


def test_without_tracks_middle_c_is_the_border() -> None:
    """A corpus of files with one track teaches nothing."""
    hands = Hands.of([work(*lines(3), tracks=(0, 0))])
    assert hands.assign(["C4", "B3", "C4.E4", "A3.C5"], [0.0, 0.25, 0.25, 0.5]) == [0, 1, 0, 1]
    assert hands == Hands.of([])


def test_of_three_tracks_the_first_two_are_the_right_hands() -> None:
    """The second of two tracks is the left hand's, the second of three the right's."""
    low, high = lines(4)
    third = work(["C2"] * 100, ["C2"] * 100, tracks=(2, 2)).events
    three = Hands.of([Work("a", [*work(low, high).events, *third])])
    assert set(three.assign([*low, *high], [i / 2 for i in range(200)])) == {0}
    assert 1 in HANDS.assign([*low, *high], [i / 2 for i in range(200)])


def test_nothing_and_one_token() -> None:
    """No tokens have no hands; one token has one."""
    assert HANDS.assign([], []) == []
    assert len(HANDS.assign(["C4"], [0.0])) == 1


def test_rounding_errors_of_onsets_do_not_matter() -> None:
    """Notes together by a hair's breadth are together."""
    tokens = ["C3", "E4.G4"] * 4
    together = np.repeat(np.arange(4) / 3, 2)
    assert np.array_equal(_features(tokens, together), _features(tokens, together + np.tile([0.0, 1e-12], 4)))


def test_json_round_trip() -> None:
    """What is written reads back equal, and other weights are not equal; a wrong number of them is refused."""
    content = json.loads(json.dumps(HANDS.to_json()))
    assert Hands.from_json(content) == HANDS != Hands.of([])
    with pytest.raises(ValueError, match="weights"):
        Hands.from_json({"weights": [1.0]})


def test_music_without_sense_teaches_without_harm() -> None:
    """Tracks that have nothing to do with pitch leave weights that are numbers."""
    assert np.isfinite(Hands.of(tiny.works()).weights).all()


@pytest.mark.corpus
def test_better_than_middle_c(sonatas: list[Work]) -> None:
    """Of works that taught nothing, more than nine events in ten fall to their hand; middle C gets eight right."""
    held_out = {"K. 280", "K. 333", "K. 545", "K. 547a"}
    hands = Hands.of([w for w in sonatas if w.title not in {*held_out, "K. 281", "K. 311", "K. 457"}])
    right, by_middle_c, total = 0, 0, 0
    for music in (w for w in sonatas if w.title in held_out):
        assigned = hands.assign([e.token for e in music.events], [e.offset for e in music.events])
        for hand, event in zip(assigned, music.events, strict=True):
            truth = int(event.track > 1)
            right += hand == truth
            by_middle_c += (pitches(event.token)[0] < 60) == truth
            total += 1
    assert (round(right / total, 2), round(by_middle_c / total, 2)) == (0.96, 0.80)
