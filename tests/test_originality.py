"""A piece's copies are found with their places, whatever their key; loops are known before they close."""

import json
import random

import numpy as np
import pytest
import torch

import tiny
from mozart.originality import (
    CYCLES,
    GRAM,
    LONGEST_PERIOD,
    NEAR,
    SHORTEST_LOOP,
    CorpusIndex,
    Ids,
    LoopWatch,
    describe_held_out,
    find_loop,
)
from mozart.score import Event, Work
from mozart.vocabulary import Vocabulary

NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
NOTES = [f"{name}{octave}" for octave in (3, 4, 5) for name in NAMES]
# In id order by pitch, and after them every fifth as a chord from the same note, so moved music is other ids.
VOCABULARY = Vocabulary([*NOTES, *(f"{low}.{high}" for low, high in zip(NOTES, NOTES[7:], strict=False))])


def work(title: str, ids: list[int]) -> Work:
    tokens = VOCABULARY.decode(ids)
    middle = len(ids) // 2
    return Work(title, [Event(token, i / 4, 0.25, 64, None, 0, 1 + (i >= middle), "4/4") for i, token in enumerate(tokens)])


def wander(n_ids: int, seed: int, lowest: int = 0) -> list[int]:
    """Random notes of the middle octave, or of the one that begins `lowest` semitones from C3."""
    chance = random.Random(seed)
    return [lowest + chance.randrange(12) for _ in range(n_ids)]


def array(ids: list[int]) -> Ids:
    return np.array(ids, dtype=np.int64)


MUSIC = {"First": wander(100, seed=1), "Second": wander(120, seed=2)}
INDEX = CorpusIndex.of([work(title, ids) for title, ids in MUSIC.items()], VOCABULARY)


def test_an_exact_copy_is_found_with_its_place() -> None:
    """A quotation is found with its length, where it stands in the piece, and the work and movement it is from."""
    piece = array(wander(30, seed=3, lowest=20) + MUSIC["Second"][70:90] + wander(30, seed=4, lowest=20))
    found = INDEX.look_up(piece)
    copy = found.longest_exact
    assert copy is not None
    assert (copy.length, copy.start, copy.place, copy.work, copy.movement) == (20, 30, 170, "Second", 2)
    assert found.longest == copy
    assert found.shares_exact == {8: 13 / 73, 12: 9 / 69, 16: 5 / 65}
    assert found.shares == found.shares_exact


def test_a_copy_in_another_key_is_found_in_any_key_alone() -> None:
    """Moved by seven semitones a quotation is no exact copy, and still the same run of the same work."""
    piece = array(wander(30, seed=3, lowest=20) + [note + 7 for note in MUSIC["First"][10:25]])
    found = INDEX.look_up(piece)
    assert found.longest_exact is None
    assert found.shares_exact == {8: 0, 12: 0, 16: 0}
    copy = found.longest
    assert copy is not None
    assert (copy.length, copy.start, copy.place, copy.work, copy.movement) == (15, 30, 10, "First", 1)
    assert found.shares == {8: 8 / 38, 12: 4 / 34, 16: 0}


def test_chords_are_told_apart_from_notes_and_from_each_other() -> None:
    """The same lowest pitches with a fifth above one of them are another run, and the order of chords counts."""
    theme = MUSIC["First"][:8]
    fifth = len(NOTES)
    assert INDEX.look_up(array(theme)).longest is not None
    assert INDEX.look_up(array([*theme[:4], theme[4] + fifth, *theme[5:]])).longest is None
    still = CorpusIndex.of([work("Still", [fifth, *[0] * 7])], VOCABULARY)
    assert still.look_up(array([fifth, *[0] * 7])).longest is not None
    for place in range(1, 8):
        assert still.look_up(array([0] * place + [fifth] + [0] * (7 - place))).longest is None


def test_unrelated_music_is_its_own() -> None:
    """Random music holds nothing of the corpus; a piece shorter than a gram holds nothing of anything."""
    for piece in (wander(500, seed=5), MUSIC["First"][:7], []):
        found = INDEX.look_up(array(piece))
        assert found.longest_exact is None
        assert found.longest is None
        assert found.shares == found.shares_exact == {8: 0, 12: 0, 16: 0}


def test_a_copy_ends_at_a_works_border() -> None:
    """Music that goes on from one work's end into the next work's beginning is copied from either, never across."""
    last, first = MUSIC["First"][-12:], MUSIC["Second"][:10]
    copy = INDEX.look_up(array(last + first)).longest
    assert copy is not None
    assert (copy.length, copy.start, copy.work) == (12, 0, "First")
    assert INDEX.look_up(array(last[-7:] + first[:7])).longest is None


def test_a_run_is_as_long_as_one_place_goes_on() -> None:
    """A run that one work begins and another continues is two runs, not one."""
    theme, other = MUSIC["First"][:12], MUSIC["Second"]
    index = CorpusIndex.of([work("A", theme), work("B", theme[5:] + other[:6])], VOCABULARY)
    copy = index.look_up(array(theme + other[:6])).longest
    assert copy is not None
    assert (copy.length, copy.start, copy.work) == (13, 5, "B")


def test_of_equal_copies_the_first_is_named() -> None:
    """A theme that stands twice is named by its first place in the corpus, an exact copy before one in another key."""
    theme = MUSIC["First"][:12]
    index = CorpusIndex.of([work("Moved", [note + 3 for note in theme]), work("A", theme), work("B", theme)], VOCABULARY)
    found = index.look_up(array(theme))
    assert found.longest is not None
    assert found.longest.work == "A"
    assert found.longest == found.longest_exact


def test_works_can_be_ignored() -> None:
    """What stands in an ignored work alone stands nowhere."""
    piece = array(MUSIC["First"][:20] + MUSIC["Second"][:10])
    found = INDEX.look_up(piece, ignoring=("First",))
    assert found.longest is not None
    assert (found.longest.length, found.longest.work) == (10, "Second")
    assert INDEX.look_up(piece, ignoring=("First", "Second")).longest is None


def test_an_index_survives_storage() -> None:
    """Tensors and places through JSON give the same index."""
    tensors, places = INDEX.tensors(), json.loads(json.dumps(INDEX.places()))
    assert places == [["First", 1, 0], ["First", 2, 50], ["Second", 1, 100], ["Second", 2, 160]]
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()} == {
        "exact": (torch.int32, (220,)),
        "any_key": (torch.int32, (220,)),
    }
    again = CorpusIndex.from_tensors(tensors, places, VOCABULARY)
    assert again.places() == places
    assert all(torch.equal(again.tensors()[name], tensor) for name, tensor in tensors.items())
    piece = array(wander(30, seed=3, lowest=20) + MUSIC["Second"][70:90])
    assert again.look_up(piece) == INDEX.look_up(piece)


def test_hashes_stay_what_they_are() -> None:
    """A stored index can be read on every machine, by every later version."""
    scale = array([0, 2, 4, 5, 7, 9, 11, 12])
    assert [hashes.tolist() for hashes in INDEX.hash_grams(scale)] == [[951969284], [-1963022299]]


def test_no_hash_is_mistaken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if every hash came out as 0, the last seven places of a work would have no gram, and no other would be there."""
    monkeypatch.setattr("mozart.originality._mix", lambda state, _: state * 0)
    index = CorpusIndex.of([work(title, ids) for title, ids in MUSIC.items()], VOCABULARY)
    none = [*range(93, 100), *range(213, 220)]
    assert np.flatnonzero(index.exact == 0).tolist() == np.flatnonzero(index.any_key == 0).tolist() == none


def test_an_index_reads_another_vocabulary() -> None:
    """Where the same tokens have other ids, the same music is found."""
    other = Vocabulary(VOCABULARY.tokens[::-1])
    piece = wander(30, seed=3, lowest=20) + MUSIC["Second"][70:90]
    index = CorpusIndex.from_tensors(INDEX.tensors(), INDEX.places(), other)
    assert index.look_up(array(other.encode(VOCABULARY.decode(piece)))) == INDEX.look_up(array(piece))


def test_parts_that_do_not_fit_are_refused() -> None:
    """Hashes of two corpora, and places of another corpus, are no index."""
    tensors, places = INDEX.tensors(), INDEX.places()
    with pytest.raises(ValueError, match="220 exact hashes and 219"):
        CorpusIndex.from_tensors(tensors | {"any_key": tensors["any_key"][1:]}, places, VOCABULARY)
    third: list[str | int] = ["Third", 1, 220]
    for wrong in (places[:0], places[1:], places[::-1], [*places, third]):
        with pytest.raises(ValueError, match="below 220"):
            CorpusIndex.from_tensors(tensors, wrong, VOCABULARY)


def test_originality_is_plain_values() -> None:
    """What is looked up survives JSON."""
    content = INDEX.look_up(array([note + 7 for note in MUSIC["First"][10:25]])).to_json()
    assert content == json.loads(json.dumps(content))
    assert content["longest_exact"] is None
    assert content["longest"] == {"length": 15, "start": 0, "place": 10, "work": "First", "movement": 1}
    assert content["shares"] == {"8": 1.0, "12": 1.0, "16": 0.0}


def test_the_follower_agrees_with_looking_up() -> None:
    """At every step the run that would end with the next id is the longest that a look-up finds at the end."""
    chance = random.Random(0)
    everything = [*MUSIC["First"], *MUSIC["Second"]]
    piece: list[int] = []
    while len(piece) < 300:
        start, length, key = chance.randrange(len(everything)), chance.randrange(25), chance.choice([0, 0, 5])
        piece += [note + key for note in everything[start : start + length]]
    follower = INDEX.follow()
    longest = 0
    for end, number in enumerate(piece, start=1):
        found = follower.length_with(number)
        assert found == _longest_at_the_end(piece[:end])
        assert follower.length_with(number) == found, "asking changes nothing"
        follower.hear(number)
        longest = max(longest, found)
    copy = INDEX.look_up(array(piece)).longest
    assert copy is not None
    assert copy.length == longest > 16


def _longest_at_the_end(piece: list[int]) -> int:
    """The longest run that the piece ends with and that stands in one work, in any key: by comparing notes."""
    longest = 0
    for ids in MUSIC.values():
        for end in range(len(ids)):
            length = 0
            while length < min(end + 1, len(piece)) and piece[-1 - length] - piece[-1] == ids[end - length] - ids[end]:
                length += 1
            longest = max(longest, length)
    return longest if longest >= GRAM else 0


def test_held_out_music_is_described() -> None:
    """Works are cut into passages; a work that the index holds is ignored, with those that share a movement with it."""
    theme = wander(12, seed=6)
    works = [
        work("K. 545", wander(600, seed=7) + wander(400, seed=8) + theme),
        work("K. 547a", wander(600, seed=7)),
        work("K. 1", theme + wander(88, seed=9)),
    ]
    held_out = describe_held_out(works[:1], CorpusIndex.of(works[2:], VOCABULARY))
    assert held_out["passages"] == 2
    assert held_out["longest"] == {"median": 0, "max": 0}, "the theme stands in what is left over"
    leave_one_out = describe_held_out(works, CorpusIndex.of(works, VOCABULARY))
    assert leave_one_out["passages"] == 4
    assert leave_one_out["longest_exact"] == leave_one_out["longest"] == {"median": 0, "max": 12}
    assert leave_one_out["shares"] == {"8": 5 / 93 / 4, "12": 1 / 89 / 4, "16": 0}
    assert leave_one_out == json.loads(json.dumps(leave_one_out))


def test_made_up_works_are_indexed() -> None:
    """Every passage of the works themselves stands in their index, whole."""
    works = tiny.works()
    vocabulary = Vocabulary.of(event.token for work in works for event in work.events)
    index = CorpusIndex.of(works, vocabulary)
    ids = array(vocabulary.encode(event.token for event in works[1].events))
    copy = index.look_up(ids[200:300]).longest_exact
    assert copy is not None
    assert (copy.length, copy.place, copy.work, copy.movement) == (100, 520, "Work 1", 2)


@pytest.mark.parametrize(("period", "length"), [(1, 48), (7, 48), (16, 48), (17, 51), (128, 384)])
def test_a_loop_is_three_cycles_over_48_tokens(period: int, length: int) -> None:
    """The last of these tokens makes it a loop; the watch knows one token before, and is near to it eight before."""
    before = list(range(1000, 1030))
    cycle = list(range(period))
    piece = before + (cycle * length)[:length]
    assert find_loop(piece[:-1]) is None
    assert find_loop(piece) == (30, period)
    watch = LoopWatch()
    for number in piece[:-1]:
        watch.hear(number)
    assert watch.would_loop(piece[-1])
    assert not watch.would_loop(999)
    watch = LoopWatch()
    near = []
    for number in piece:
        watch.hear(number)
        near.append(watch.near)
    assert near == [False] * (len(piece) - NEAR - 1) + [True] * (NEAR + 1)


def test_a_longer_period_is_no_loop() -> None:
    """Three exact cycles of 129 are a piece that repeats its theme."""
    assert find_loop(list(range(129)) * 3) is None


def test_watch_and_search_agree_with_the_definition() -> None:
    """On music of few tokens, the first loop by comparing every stretch is the one that is found, and that is foreseen."""
    chance = random.Random(0)
    found = 0
    for _ in range(60):
        piece: list[int] = []
        while len(piece) < 150:
            motif = [chance.randrange(2) for _ in range(chance.randrange(1, 24))]
            piece += (motif * 90)[: chance.randrange(60)]
        expected = _first_loop(piece)
        assert find_loop(piece) == expected
        found += expected is not None
        watch = LoopWatch()
        foreseen = None
        for end, number in enumerate(piece, start=1):
            if watch.would_loop(number):
                foreseen = end
                break
            watch.hear(number)
            assert watch.period is None
        if expected:
            start, period = expected
            assert foreseen == start + max(CYCLES * period, SHORTEST_LOOP)
        else:
            assert foreseen is None
    assert 10 < found < 50


def _first_loop(piece: list[int]) -> tuple[int, int] | None:
    """The loop that is complete first, and of these the one with the shortest period: by comparing every stretch."""
    for end in range(len(piece) + 1):
        for period in range(1, LONGEST_PERIOD + 1):
            start = end - max(CYCLES * period, SHORTEST_LOOP)
            if start >= 0 and piece[start + period : end] == piece[start : end - period]:
                return start, period
    return None


@pytest.mark.corpus
def test_a_quotation_of_mozart_is_found(sonatas: list[Work]) -> None:
    """Twenty notes of K. 332 in random music are found where they stand, also when they are moved; the index is small."""
    vocabulary = Vocabulary.of(event.token for work in sonatas for event in work.events)
    index = CorpusIndex.of(sonatas, vocabulary)
    assert sum(tensor.nbytes for tensor in index.tensors().values()) < 1_000_000
    titles = [work.title for work in sonatas]
    place = sum(len(work.events) for work in sonatas[: titles.index("K. 332")]) + 100
    tokens = [event.token for event in sonatas[titles.index("K. 332")].events[100:120]]
    names = [f"{name}{octave}" for octave in range(1, 8) for name in NAMES]
    moved = [".".join(sorted(names[names.index(pitch) + 1] for pitch in token.split("."))) for token in tokens]
    around = np.random.default_rng(0).integers(0, len(vocabulary), (2, 240))
    for quotation, exact in ((tokens, True), (moved, False)):
        piece = np.concatenate([around[0], array(vocabulary.encode(quotation)), around[1]])
        found = index.look_up(piece)
        copy = found.longest
        assert copy is not None
        assert (copy.length, copy.start, copy.place, copy.work, copy.movement) == (20, 240, place, "K. 332", 1)
        assert (found.longest_exact == copy) == exact


@pytest.mark.corpus
def test_mozart_does_not_loop(sonatas: list[Work]) -> None:
    """No sonata has a loop, and 27 of all events are near to one."""
    vocabulary = Vocabulary.of(event.token for work in sonatas for event in work.events)
    near = 0
    for work in sonatas:
        watch = LoopWatch()
        for number in vocabulary.encode(event.token for event in work.events):
            watch.hear(number)
            assert watch.period is None
            near += watch.near
    assert near == 27
