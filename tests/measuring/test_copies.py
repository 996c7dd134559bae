"""A quotation is found with its length and its place, whatever its key; nothing else is."""

import random

import numpy as np
import pytest

from mozart.errors import MozartError
from mozart.measuring.copies import GRAM, LINES, CopyIndex, Follower, hash_grams, line_of
from mozart.notes import TICKS, Note, Score
from sonatina import sonatina

EIGHTH = TICKS // 2


def tune(length: int, seed: int) -> list[int]:
    """So many random pitches."""
    rng = random.Random(seed)
    return [rng.randrange(48, 84) for _ in range(length)]


def score(pitches: list[int], title: str = "", wait: int = EIGHTH) -> Score:
    return Score([Note(index * wait, 0, pitch, wait, 80) for index, pitch in enumerate(pitches)], title=title)


FIRST, SECOND = tune(100, 1), tune(120, 2)
WORKS = [score(FIRST, "First"), Score.concatenate([score(SECOND[:64], "Second"), score(SECOND[64:])])]
INDEX = CopyIndex.of(WORKS)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("semitones", [0, 5])
def test_a_quotation_is_found_in_any_key(line: str, semitones: int) -> None:
    """With its length, where it stands in the piece, and the work, movement and note that it is from."""
    piece = score(tune(30, 3) + [pitch + semitones for pitch in SECOND[70:90]] + tune(30, 4))
    found = INDEX.look_up(piece, line)
    copy = found.longest
    assert copy is not None
    assert (copy.length, copy.start, copy.work, copy.movement, copy.note) == (20, 30, "Second", 2, 6)
    assert found.shares == {8: 13 / 73, 12: 9 / 69, 16: 5 / 65}
    assert found.length == 20


def test_another_rhythm_is_no_copy() -> None:
    """The same pitches in quarters are not the same music; a twenty-fourth of a quarter is told apart, less is not."""
    assert INDEX.look_up(score(FIRST, wait=TICKS)).longest is None
    assert INDEX.look_up(score(FIRST, wait=EIGHTH + TICKS // 24)).longest is None
    assert INDEX.look_up(score(FIRST, wait=EIGHTH + 5)).length == 100


def test_all_very_long_pauses_are_alike() -> None:
    """A copy is found across a pause that is longer than in the training work, when both are longer than forty bars."""

    def with_pause(ticks: int) -> Score:
        return Score([note._replace(onset=note.onset + ticks * (index > 5)) for index, note in enumerate(WORKS[0].notes)])

    index = CopyIndex.of([with_pause(100_000)])
    assert index.look_up(with_pause(200_000)).length == 100
    assert index.look_up(with_pause(50_000)).length == 94


def test_a_short_run_is_no_copy() -> None:
    """Seven notes in a row are not looked for, eight are."""
    assert INDEX.look_up(score(FIRST[10 : 10 + GRAM - 1])).longest is None
    assert INDEX.look_up(score(FIRST[10 : 10 + GRAM])).length == GRAM
    assert INDEX.look_up(score([])).shares == {8: 0, 12: 0, 16: 0}


def test_no_run_goes_on_from_one_movement_into_the_next() -> None:
    """What stands at the seam is two runs."""
    found = INDEX.look_up(score(SECOND[50:80]))
    assert found.longest is not None
    assert (found.length, found.longest.movement) == (16, 2)


def test_the_melody_is_followed_under_another_accompaniment() -> None:
    """Over new chords, a melody is still his; as a whole the piece is not."""
    chords = [Note(index * EIGHTH, 2, 30 + index % 9, EIGHTH, 60) for index in range(0, 100, 2)]
    piece = Score([*WORKS[0].notes, *chords])
    assert INDEX.look_up(piece, "melody").length == 100
    assert INDEX.look_up(piece, "notes").longest is None


def test_a_line_is_voice_0s_highest_notes() -> None:
    """Of a chord the top note, and nothing of the other voices."""
    onsets, pitches = line_of(
        Score([(0, 0, 60, 1, 1), (0, 0, 72, 1, 1), (0, 1, 80, 1, 1), (5, 2, 40, 1, 1), (9, 0, 50, 1, 1)]), "melody"
    )
    assert (onsets.tolist(), pitches.tolist()) == ([0, 9], [72, 50])


@pytest.mark.parametrize("line", LINES)
def test_runs_are_those_that_a_plain_search_finds(line: str) -> None:
    """The longest run, its place and all shares agree with comparing every place of the piece with every one of the works."""
    works = [sonatina(seed, title=f"K. {seed}") for seed in (1, 2, 3)]
    index = CopyIndex.of(works)
    piece = Score.concatenate([sonatina(9, 4), works[1].bars_slice(5, 9).transpose(2), sonatina(8, 5)])

    def codes(score: Score) -> list[tuple[int, int]]:
        onsets, pitches = line_of(score, line)
        return list(zip(np.diff(pitches).tolist(), np.diff(onsets).tolist(), strict=True))

    ours, longest = codes(piece), [0] * len(line_of(piece, line)[0])
    for work in works:
        theirs = codes(work)
        for start in range(len(theirs)):
            for here in range(len(ours)):
                length = 0
                while here + length < len(ours) and start + length < len(theirs) and ours[here + length] == theirs[start + length]:
                    length += 1
                    if length + 1 >= GRAM:
                        longest[here + length] = max(longest[here + length], length + 1)
    found = index.look_up(piece, line)
    assert found.length == max(longest)
    for n, share in found.shares.items():
        assert share == sum(length >= n for length in longest) / (len(longest) - n + 1)


def test_a_follower_knows_what_comes_of_a_note() -> None:
    """Before a note is taken it says how long the run would be, and the answer holds; asking changes nothing."""
    follower = Follower(INDEX)
    notes = score(tune(10, 7) + FIRST[20:50] + tune(5, 8)).notes
    lengths = []
    for note in notes:
        other = note._replace(pitch=note.pitch + 1)
        promised = [follower.length_with(candidate) for candidate in (other, note, other)]
        lengths.append(follower.take(note))
        assert promised[1] == lengths[-1]
        assert promised[0] == promised[2]
    assert lengths == [0] * 17 + list(range(8, 31)) + [0] * 5


def test_hashes_are_the_same_on_every_machine() -> None:
    """They are written into checkpoints: these three were computed once."""
    onsets, pitches = np.arange(10) * EIGHTH, np.array([60, 64, 67, 72, 48, 50, 52, 53, 55, 57])
    assert hash_grams(onsets, pitches).tolist() == [440421640, -1546850649, -1503951379, 0, 0, 0, 0, 0, 0, 0]


def test_an_index_is_stored_and_loaded() -> None:
    """Arrays and plain values are all that it is made of."""
    again = CopyIndex.load(INDEX.hashes, INDEX.places())
    piece = score(SECOND[70:90])
    assert again.look_up(piece) == INDEX.look_up(piece)
    assert sum(hashes.nbytes for hashes in INDEX.hashes.values()) == 2 * 4 * 220


@pytest.mark.parametrize(
    ("hashes", "places"),
    [
        ({"notes": INDEX.hashes["notes"]}, INDEX.places()),
        (INDEX.hashes, []),
        (INDEX.hashes, [["First", 1, 0]]),
        (INDEX.hashes, [["First", 1, 0, "0"]]),
        (INDEX.hashes, [["First", 1, 5, 5]]),
        (INDEX.hashes, [["First", 1, 0, 0], ["Second", 1, 10**6, 10**6]]),
        (INDEX.hashes, [["First", 1, 0, 0], ["Second", 1, 50, 50], ["Second", 2, 40, 40]]),
    ],
)
def test_a_damaged_index_is_refused(hashes: dict[str, np.ndarray], places: list[list[object]]) -> None:
    """Lines that are missing, and movements that do not lie in order within the notes."""
    with pytest.raises(MozartError, match="index of copies"):
        CopyIndex.load(hashes, places)
