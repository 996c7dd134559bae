"""The chord of each beat, held to chords that were written down from the score."""

import re

import numpy as np
import pytest

from mozart.model.harmony import CHORD_TONES, KINDS, SILENT, beats, find_chords, lowest_pitches
from mozart.notes import Note, Score

NAMES = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"]
SUFFIXES = ("", "m", "o", "m7", "7", "o7")  # in the order of KINDS

# Root and kind of each beat, bar by bar, as the printed score has them; a point where analysts differ, or where one beat holds two.
# Bars are the files': the first is silent, and an upbeat stands at its end.
PASSAGES = {
    ("K. 545", 0): """
        1 C C C C; 2 G7 G7 C C; 3 F F C C; 4 G7 G7 C C; 5 F F F F; 6 C C C C; 7 Bo Bo Bo Bo; 8 C C C C; 9 Dm Dm Dm Dm;
        10 Dm Dm . .; 11 G C G C; 12 G G G .; 14 G G G G; 15 . D7 . D7; 16 G G G G; 18 G G C C; 19 F#o F#o Bm Bm;
        20 Em Em Am Am; 21 D D G G; 22 Am Am Am Am; 23 Am Am Am Am; 24 G G G G; 25 D7 D7 D7 D7; 26 G G G D7; 27 G G G D7""",
    ("K. 331", 0): "1 A A; 2 E7 E7; 3 F#m7 E; 4 A .; 5 A A; 6 E7 E7; 7 . A; 8 . A; 17 A D; 18 D A",
    ("K. 333", 0): """
        1 Bb Bb Bb .; 2 Cm Cm Cm Cm; 3 F7 F7 F7 F7; 4 . Bb Bb Bb; 5 Cm Bb Cm Ao; 6 Bb Bb . .; 7 Cm Bb Cm Ao; 8 Bb Bb Bb Bb;
        9 F7 Bb Cm .; 10 Bb Bb Bb .; 11 Bb Bb Bb .; 12 C7 C7 C7 C7; 13 C7 C7 C7 C7; 14 F F F F; 15 C7 C7 F F; 16 C7 C7 F F;
        17 Gm Gm G7 G7; 18 C C C .""",
    ("K. 280", 0): """
        1 F F F; 2 F F .; 3 F . F7; 4 Bb Bb Bb; 5 C7 C7 C7; 6 F F F; 7 C7 C7 C7; 8 F C7 F; 9 Bb Gm C; 10 C7 C7 C7; 11 F C7 F;
        12 Bb Gm C; 13 F F C7; 14 F C F; 15 C C7 F; 16 C F C7; 17 F . F; 18 Bo7 C .; 19 F#o7 . .; 20 G#o7 A .; 21 F#o7 G .;
        22 C#o7 F F; 23 Gm Gm Gm; 24 Gm Gm Gm; 25 Gm Gm Gm; 26 F C .""",
    ("K. 310", 0): "1 Am Am Am Am; 2 E7 E7 E7 E7; 3 Am Am Am Am; 4 E7 E7 E7 E7; 5 Am Am Am .; 6 . Dm G .; 7 . C F .; 8 . Bo Am E7",
    ("K. 283", 0): """
        1 G G G; 2 D7 D7 D7; 3 D7 D7 D7; 4 G G .; 5 C C C; 6 G G G; 7 D7 G D; 8 G G .; 9 . G D7; 10 G G .; 11 C C C; 12 G G G;
        13 D7 G D; 14 G G .; 15 . G D7; 16 G . .""",
    ("K. 332", 0): """
        1 F F F; 2 . F7 F7; 3 Bb Bb Bb; 5 F F .; 6 . F F; 8 . C .; 9 F . Bb; 11 Gm Gm C7; 12 F . .; 13 F F .; 14 F F F;
        15 C C C; 16 C F .; 17 F F .; 18 F F F; 19 C7 C7 C7; 20 F . C7; 21 F . C7; 22 F . .""",
    ("K. 309", 0): """
        1 C C C C; 2 C . C .; 3 C C A7 A7; 4 G7 G7 G .; 5 C C C .; 6 Dm Dm Dm Dm; 7 Dm Dm C G7; 8 C C C C; 10 C C A7 A7;
        11 G7 G7 . .; 12 C C C C; 13 C#o7 C#o7 Dm Dm; 14 Eo Eo F .""",
    ("K. 330", 1): "1 F F C7; 2 Gm F .; 3 Bb F Bo; 4 . C C; 5 G7 G7 C; 6 G7 C C; 7 Dm C G7; 8 C C .",
    ("K. 284", 2): "1 D D Bm Bm; 2 Em Em A7 A7; 3 D D Em Em; 4 . A A A; 5 D D Bm Bm; 6 E7 E7 E7 E7; 7 A Bm A E7; 8 . A A A",
}


def parse(chord: str) -> tuple[int, int]:
    """Root and kind of a chord such as ``F#m7``."""
    name = max((name for name in NAMES if chord.startswith(name)), key=len)
    return NAMES.index(name), SUFFIXES.index(chord[len(name) :])


def broken(chords: str) -> Score:
    """Each chord for a bar of 4/4: broken in eighths in the left hand, its third and a neighbour above in the right."""
    notes = []
    for bar, (root, kind) in enumerate(map(parse, chords.split())):
        tones = [root + tone for tone in CHORD_TONES[kind]]
        for eighth in range(8):
            notes.append(Note(1920 * bar + 240 * eighth, 2, 48 + [tones[0], tones[-1], tones[1], tones[2]][eighth % 4], 230, 60))
        for half in range(2):
            notes.append(Note(1920 * bar + 960 * half, 0, 72 + tones[1], 840, 70))
            notes.append(Note(1920 * bar + 960 * half + 840, 0, 74 + tones[1], 120, 70))
    return Score(notes)


@pytest.mark.parametrize(
    ("metres", "expected"),
    [
        ([(0, 4, 4)], [0, 480, 960, 1440, 1920]),
        ([(0, 2, 2)], [0, 960, 1920]),
        ([(0, 6, 8)], [0, 720, 1440]),
        ([(0, 3, 8)], [0, 720, 1440]),
        ([(0, 6, 4)], [0, 1440]),
        ([(0, 4, 4), (600, 4, 4)], [0, 120, 600, 1080, 1560]),
    ],
)
def test_a_beat_is_the_unit_and_three_of_them_in_compound_metres(metres: list[tuple[int, int, int]], expected: list[int]) -> None:
    """Bars begin with a beat, and an upbeat's are counted back from its end."""
    assert beats(Score([Note(0, 0, 60, 2000, 80)], metres)).tolist() == expected


@pytest.mark.parametrize("chords", ["C F G7 C", "Am Dm E7 Am", "G Em Am7 D7 G", "D Bo7 C F#o G", "Eb Ao7 Bb7 Eb"])
def test_broken_chords_are_found(chords: str) -> None:
    """A figure's notes add up to its chord, and neighbouring notes of the melody change nothing."""
    found = find_chords(broken(chords))
    assert [tuple(chord) for chord in found.tolist()] == [parse(chord) for chord in chords.split() for _ in range(4)]


def test_chords_are_transposed_with_the_score() -> None:
    """Whatever the notes, moving them by any interval moves the roots, and changes nothing else."""
    generator = np.random.default_rng(1)
    rows = [(120 * i, int(generator.integers(5)), int(generator.integers(40, 80)), 110, 70) for i in range(800)]
    # So short that none is the bass: each of its four notes is as likely the root.
    symmetric = [(0, 0, pitch, 50, 70) for pitch in (60, 63, 66, 69)]
    for score in (Score(rows, [(0, 6, 8)]), Score(symmetric)):
        chords = find_chords(score)
        for semitones in range(-11, 12):
            moved = find_chords(score.transpose(semitones))
            assert np.array_equal(moved[:, 0], (chords[:, 0] + semitones) % 12)
            assert np.array_equal(moved[:, 1], chords[:, 1])


def test_the_chord_of_a_voiceless_bass_follows_the_harmony_around_it() -> None:
    """A lone bass note on the first beat belongs to the chord that the next beats hold."""
    bar = [Note(0, 2, 40, 480, 60), *(Note(480 * beat, 3, pitch, 400, 60) for beat in (1, 2) for pitch in (60, 67))]
    assert find_chords(Score(bar, [(0, 3, 4)])).tolist() == [[0, KINDS.index("major")]] * 3


def test_silence_has_no_root() -> None:
    """A beat in which nothing sounds is said to be silent, in a piece and in an empty score."""
    score = Score([Note(0, 0, 60, 480, 80), Note(960, 0, 64, 480, 80)])
    assert (find_chords(score)[:, 0] == SILENT).tolist() == [False, True, False]
    assert find_chords(Score([])).tolist() == [[SILENT, 0]]


def test_lowest_pitches_leave_out_what_hardly_sounds() -> None:
    """A grace note under a beat is not its bass; a note that is held is."""
    score = Score([Note(0, 2, 48, 960, 80), Note(480, 3, 36, 30, 80), Note(960, 0, 72, 480, 80)])
    assert lowest_pitches(score).tolist() == [48, 48, 72]


@pytest.mark.corpus
def test_chords_that_were_written_down_are_found(works: dict[str, Score]) -> None:
    """Nine roots of ten, in 449 beats of ten movements."""
    roots, chords = [], []
    for (work, number), text in PASSAGES.items():
        score = works[work].movement(number)
        found, bars = find_chords(score), score.bar_at(beats(score))
        for line in re.split(r";\s*", text.strip()):
            bar, *expected = line.split()
            for (root, kind), chord in zip(found[bars == int(bar)], expected, strict=True):
                if chord != ".":
                    roots.append(root == parse(chord)[0])
                    chords.append((root, kind) == parse(chord))
    assert len(roots) == 449
    assert np.mean(roots) > 0.9
    assert np.mean(chords) > 0.87


@pytest.mark.corpus
def test_mozarts_harmony_is_what_analysts_count(works: dict[str, Score]) -> None:
    """Kinds and root motions lie beside those of the annotated sonatas (Hentschel, Neuwirth and Rohrmeier, TISMIR 2021)."""
    found = [chords[chords[:, 0] != SILENT].astype(int) for chords in map(find_chords, works.values())]
    kinds = np.bincount(np.concatenate(found)[:, 1], minlength=len(KINDS)) / sum(map(len, found))
    # Counted in their table of chords, by the longest of each beat: .52, .19, .04, .01, .19, .05.
    assert np.abs(kinds - [0.52, 0.19, 0.04, 0.01, 0.19, 0.05]).max() < 0.05
    moves = np.concatenate([np.diff(chords[:, 0]) % 12 for chords in found])
    changed = moves[moves != 0]
    assert len(changed) / len(moves) == pytest.approx(0.50, abs=0.05)
    by_fifths = np.isin(changed, (5, 7)).mean()
    assert by_fifths == pytest.approx(0.59, abs=0.05)
