"""MusicXML, read again by eyes other than ours."""

import xml.etree.ElementTree as ET
from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mozart.errors import MozartError
from mozart.notes import TICKS, Metre, Score
from mozart.rendering import verovio
from mozart.rendering.musicxml import musicxml

Bars = list[dict[str, list[ET.Element]]]
KINDS = ["breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th"]


def piece(*notes: tuple[int, int, int, int], **settings: Any) -> Score:
    """A score of onsets, voices, pitches and durations."""
    return Score([(*note, 70) for note in notes], **settings)


# C major whatever else a test needs.
SCALE = piece(*[(480 * i, 0, pitch, 480) for i, pitch in enumerate([72, 76, 79, 72])], title="A <piece>")


def random_score(seed: int, metre: str) -> Score:
    """Notes of all lengths in all voices, at onsets on and off the grids."""
    generator = np.random.default_rng(seed)
    rows: dict[tuple[int, int], tuple[int, int, int, int, int]] = {}
    onset = int(generator.choice([0, 120, 160, 480, 700]))
    for _ in range(80):
        onset += int(generator.choice([0, 7, 24, 30, 40, 60, 80, 96, 120, 160, 240, 720]))
        voice, pitch = int(generator.integers(5)), int(generator.integers(12)) * 7 % 12 + 12 * int(generator.integers(2, 8))
        duration = int(generator.choice([25, 40, 95, 120, 190, 240, 480, 1800, 2880]))
        if not any(v == voice and p == pitch and o + d > onset for o, v, p, d, _ in rows.values()):
            rows[onset, voice] = (onset, voice, pitch, duration, 70)
    beats, unit = map(int, metre.split("/"))
    return Score(list(rows.values()), [(0, beats, unit)])


def bars_of(xml: str) -> Bars:
    """The notes and rests of each voice of each bar, after checking that all voices fill their bar."""
    found: Bars = []
    length = 0
    for bar in ET.fromstring(xml).iter("measure"):
        if beats := bar.findtext("attributes/time/beats"):
            length = int(beats) * 4 * TICKS // int(bar.findtext("attributes/time/beat-type") or 0)
        voices: dict[str, list[ET.Element]] = defaultdict(list)
        filled: dict[str, int] = defaultdict(int)
        for note in bar.iter("note"):
            voice, ticks = note.findtext("voice") or "", int(note.findtext("duration") or 0)
            voices[voice].append(note)
            assert written_length(note) == Fraction(ticks, TICKS)
            filled[voice] += ticks * (note.find("chord") is None)
        (fills,) = set(filled.values())
        assert 0 < fills < length if bar.get("implicit") else fills == length
        assert [backup.text for backup in bar.iterfind("backup/duration")] == [str(fills)] * (len(voices) - 1)
        found.append(voices)
    return found


def written_length(note: ET.Element) -> Fraction:
    """What the type, the dot and the triplet of a note say, in quarters."""
    if (kind := note.findtext("type")) is None:
        return Fraction(int(note.findtext("duration") or 0), TICKS)  # the rest of a whole bar
    length = Fraction(8, 2 ** KINDS.index(kind)) * (Fraction(3, 2) if note.find("dot") is not None else 1)
    actual, normal = (int(note.findtext(f"time-modification/{name}-notes") or 1) for name in ("actual", "normal"))
    return length * normal / actual


def read(xml: str) -> list[tuple[float, int]]:
    """Onset in quarters and pitch of every note that is struck, as music21 reads them."""
    from music21 import converter

    parsed: Any = converter.parse(xml, format="musicxml")
    return sorted(
        (round(float(element.offset), 4), note.pitch.midi)
        for element in parsed.flatten().notes
        for note in getattr(element, "notes", [element])
        if note.tie is None or note.tie.type == "start"
    )


def complaints(xml: str) -> str:
    """What verovio says while it reads."""
    import verovio as library

    toolkit = verovio._toolkit()
    library.enableLog(library.LOG_WARNING)
    try:
        assert toolkit.loadData(xml)
        said: str = toolkit.getLog()
    finally:
        library.enableLog(library.LOG_ERROR)
    return "\n".join(line for line in said.splitlines() if "MusicXML" in line)


def struck(score: Score, start: int = 0) -> list[tuple[float, int]]:
    return sorted((round((note.onset - start) / TICKS, 4), note.pitch) for note in score.notes)


def test_a_plain_bar() -> None:
    """Title, key and metre stand in it; the staff without notes has a whole bar's rest, and the last bar line is the end's."""
    xml = musicxml(SCALE)
    root = ET.fromstring(xml)
    assert root.findtext("work/work-title") == "A <piece>"
    assert (root.findtext(".//fifths"), root.findtext(".//mode")) == ("0", "major")
    assert (root.findtext(".//beats"), root.findtext(".//beat-type")) == ("4", "4")
    assert [clef.findtext("sign") for clef in root.iter("clef")] == ["G", "F"]
    ((bar),) = bars_of(xml)
    assert [note.findtext("type") for note in bar["1"]] == ["quarter"] * 4
    assert bar["5"][0].find("rest[@measure='yes']") is not None
    assert [style.text for style in root.iter("bar-style")] == ["light-heavy"]
    assert read(xml) == struck(SCALE)


@pytest.mark.parametrize(
    ("metre", "tempo", "mark"),
    [
        ("4/4", 126.4, ["quarter", "126"]),
        ("4/4", 250.0, ["half", "125"]),
        ("3/4", 250.0, ["half", ".", "83"]),
        ("2/2", 200.0, ["half", "100"]),
        ("6/8", 90.0, ["quarter", ".", "60"]),
        ("6/8", 55.0, ["eighth", "110"]),
        ("3/8", 60.0, ["eighth", "120"]),
        ("3/8", 120.0, ["quarter", ".", "80"]),
        ("6/4", 120.0, ["half", ".", "40"]),
        ("7/16", 100.0, ["eighth", "200"]),
    ],
)
def test_tempo(metre: str, tempo: float, mark: list[str]) -> None:
    """The word stands beside a metronome mark that counts beats, and players get quarters a minute."""
    beats, unit = map(int, metre.split("/"))
    root = ET.fromstring(musicxml(SCALE.replace(metres=[(0, beats, unit)], tempi=[(0, tempo)]), "Allegro"))
    (direction,) = root.iter("direction")
    assert (direction.findtext(".//words") or "").strip() == "Allegro"
    assert [element.text or "." for element in direction.iterfind(".//metronome/*")] == mark
    assert [float(sound.get("tempo", 0)) for sound in root.iter("sound")] == [tempo]
    assert ET.fromstring(musicxml(SCALE)).find(".//words") is None


def test_later_tempi_are_for_players() -> None:
    """A slower end is heard, at its bar, and no mark is shown for it."""
    score = piece(*[(480 * i, 0, 72 + i % 3, 480) for i in range(12)], tempi=[(0, 120.0), (3840, 90.0)])
    root = ET.fromstring(musicxml(score))
    assert len(list(root.iter("metronome"))) == 1
    assert [sound.get("tempo") for sound in root.iter("sound")] == ["120", "90"]


def test_an_upbeat_is_a_pickup() -> None:
    """Its number is 0, the right hand has no rests in it, and the music that follows is where it was."""
    score = piece((1440, 0, 67, 480), (1920, 0, 72, 960), (2880, 0, 76, 960), (1920, 2, 48, 1920))
    xml = musicxml(score)
    root = ET.fromstring(xml)
    assert [(bar.get("number"), bar.get("implicit")) for bar in root.iter("measure")] == [("0", "yes"), ("1", None)]
    first, _ = bars_of(xml)
    assert [note.find("rest") is None for note in first["1"]] == [True]
    assert read(xml) == struck(score, 1440)
    assert complaints(xml) == ""


def test_silent_bars_at_the_beginning_are_left_out() -> None:
    """Bar 1 is the first that has a note."""
    score = piece((2 * 1920, 0, 72, 1920), (3 * 1920, 0, 76, 1920))
    xml = musicxml(score)
    assert [bar.get("number") for bar in ET.fromstring(xml).iter("measure")] == ["1", "2"]
    assert read(xml) == struck(score, 2 * 1920)


def test_metres_and_movements() -> None:
    """A new metre and a new movement's key stand in their bars; a movement ends with the end's bar line."""
    minor = [(3840 + 240 * i, 0, pitch, 240) for i, pitch in enumerate([69, 72, 76, 68, 71, 69])]
    score = piece(
        *[(480 * i, 0, 72 + (0, 4, 7)[i % 3], 480) for i in range(8)], *minor, metres=[(0, 4, 4), (3840, 3, 8)], movements=[0, 3840]
    )
    bars = list(ET.fromstring(musicxml(score)).iter("measure"))
    assert [bar.findtext("attributes/time/beats") for bar in bars] == ["4", None, "3", None]
    assert [bar.findtext("attributes/key/mode") for bar in bars] == ["major", None, "minor", None]
    assert [bar.findtext("barline/bar-style") for bar in bars] == [None, "light-heavy", None, "light-heavy"]


def test_chords_and_two_lines() -> None:
    """Notes of one rhythm are a chord, others have stems up and down; every staff has voices of its own."""
    (bar,) = bars_of(
        musicxml(piece((0, 0, 79, 1920), (0, 0, 76, 1920), *[(480 * i, 1, 60, 480) for i in range(4)], (0, 2, 48, 1920)))
    )
    assert {voice: len(notes) for voice, notes in bar.items()} == {"1": 2, "2": 4, "5": 1}
    assert [note.findtext("stem") for note in bar["2"]] == ["down"] * 4
    assert {note.findtext("staff") for note in bar["5"]} == {"2"}


def test_only_what_goes_on_is_tied() -> None:
    """In a chord one note may be tied and the other not."""
    xml = musicxml(piece((960, 0, 72, 1900), (960, 0, 76, 900), (0, 0, 74, 960), (1920, 0, 77, 960)))
    tied = [
        (n.findtext("pitch/step"), tie.get("type")) for n in ET.fromstring(xml).iter("note") if (tie := n.find("tie")) is not None
    ]
    assert tied == [("C", "start"), ("C", "stop")]
    assert complaints(xml) == ""


def test_a_rolled_chord_has_its_sign() -> None:
    """Every note of it, and no other."""
    xml = musicxml(piece((0, 2, 48, 480), (24, 2, 52, 456), (48, 2, 55, 432), (480, 2, 48, 480)))
    assert [n.find("notations/arpeggiate") is not None for n in ET.fromstring(xml).iterfind(".//note[pitch]")] == [True] * 3 + [
        False
    ]


def test_clefs_change_where_notes_are() -> None:
    """The left hand's high bar has a treble clef, and a bass clef after it; within a bar the change stands before its note."""
    pitches = [48, 48, 48, 48, 76, 77, 79, 76, 48, 48, 48, 79, 79, 79, 79, 79]
    bars = list(ET.fromstring(musicxml(piece(*[(480 * i, 2, pitch, 480) for i, pitch in enumerate(pitches)]))).iter("measure"))
    assert [[clef.findtext("sign") for clef in bar.iter("clef") if clef.get("number") == "2"] for bar in bars] == [
        ["F"],
        ["G"],
        ["F", "G"],
        [],
    ]
    children = list(bars[2])
    change = max(i for i, child in enumerate(children) if child.tag == "attributes")
    assert (children[change + 1].findtext("pitch/step"), children[change + 1].findtext("pitch/octave")) == ("G", "5")


def test_no_notes() -> None:
    """There is no sheet music without."""
    with pytest.raises(MozartError, match="no notes"):
        musicxml(Score([]))


def test_the_shortest_piece() -> None:
    """One note of one tick is a piece."""
    assert len(read(musicxml(piece((0, 4, 0, 1))))) == 1


@pytest.mark.parametrize("metre", ["4/4", "3/8", "6/8", "2/2", "6/4", "5/8", "4/2", "3/2", "7/16", "5/32", "1/1"])
def test_random_music_adds_up(metre: str) -> None:
    """Whatever is played, in every metre: all voices fill their bars, no pitch is lost, and verovio has nothing to say."""
    for seed in range(3):
        score = random_score(seed, metre)
        xml = musicxml(score)
        written = [note for bar in bars_of(xml) for notes in bar.values() for note in notes if note.find("pitch") is not None]
        begun = [note for note in written if note.find("tie[@type='stop']") is None]
        # Two notes of one pitch that are a few ticks apart are one on paper.
        assert 0.9 * len(score) <= len(begun) <= len(score)
        assert complaints(xml) == ""


@pytest.mark.parametrize("onset", [1905, 1909, 1915, 1919])
def test_a_note_just_before_the_end_is_written(onset: int) -> None:
    """Though the last bar line is nearest to it."""
    assert [pitch for _, pitch in read(musicxml(piece((0, 0, 60, 480), (onset, 0, 72, 1))))] == [60, 72]


@pytest.mark.parametrize("ticks", [(65, 1985, 4007), (10, 20, 1919), (1925, 3333, 6061), (1860, 2160, 3780)])
def test_metres_that_begin_anywhere_add_up(ticks: tuple[int, int, int]) -> None:
    """Also where a metre begins beside every written place: each voice's symbols, as long as they say, fill their bar."""
    metres = [(0, 4, 4), *((tick, beats, unit) for tick, (beats, unit) in zip(ticks, ((5, 32), (3, 8), (4, 4)), strict=True))]
    for seed in range(8):
        score = random_score(seed, "4/4").replace(metres=metres, movements=[0, ticks[0]])
        root = ET.fromstring(musicxml(score))
        begun = [note for note in root.iter("note") if note.find("pitch") is not None and note.find("tie[@type='stop']") is None]
        assert 0.9 * len(score) <= len(begun) <= len(score)
        for bar in root.iter("measure"):
            filled: dict[str, Fraction] = defaultdict(Fraction)
            for note in bar.iter("note"):
                is_whole_bar = note.find("rest[@measure]") is not None
                length = Fraction(int(note.findtext("duration") or 0), TICKS)
                assert is_whole_bar or written_length(note) == length
                filled[note.findtext("voice") or ""] += length * (note.find("chord") is None)
            assert len(set(filled.values())) == 1


@pytest.mark.process
@pytest.mark.parametrize("metre", ["4/4", "6/8", "5/16"])
@pytest.mark.filterwarnings("error")
def test_music21_reads_the_same(metre: str) -> None:
    """Onsets on the grid and pitches come back, without a warning."""
    loose = random_score(1, metre)
    on_grid = {(onset // 40 * 40, voice, pitch): duration for onset, voice, pitch, duration, _ in loose.notes}
    rows = [(onset, voice, pitch, 35) for onset, voice, pitch in on_grid]
    score = piece(
        (0, 0, 72, 480), *[(480 + onset, voice, pitch, duration) for onset, voice, pitch, duration in rows], metres=loose.metres
    )
    assert set(read(musicxml(score))) == set(struck(score))


@pytest.mark.corpus
def test_the_sonatas_are_written(scores: dict[str, Score]) -> None:
    """All twenty: every bar adds up, and but for K. 400, whose file knows nothing of beats, no note is lost."""
    for number, score in scores.items():
        written = [note for bar in bars_of(musicxml(score)) for notes in bar.values() for note in notes]
        begun = sum(note.find("pitch") is not None and note.find("tie[@type='stop']") is None for note in written)
        assert len(score) - 10 * (number == "400") <= begun <= len(score)


@pytest.mark.corpus
@pytest.mark.parametrize(("number", "rests", "two_lines"), [("545", 0, 2), ("331", 0, 14), ("332", 0, 8)])
def test_excerpts_read_like_an_edition(scores: dict[str, Score], number: str, rests: int, two_lines: int) -> None:
    """The first 24 bars: no short rests, no ties but over beats, few staves with two lines; music21 and verovio are content."""
    movement = scores[number].movement(0)
    first = int(movement.bar_at(int(movement.onsets[0])))
    excerpt = movement.bars_slice(first, first + 24)
    xml = musicxml(excerpt, "Allegro")
    bars = bars_of(xml)
    notes = [note for bar in bars for voice in bar.values() for note in voice]
    short = [n for n in notes if n.find("rest") is not None and n.get("print-object") is None and n.findtext("type") in KINDS[6:]]
    assert len(short) <= rests
    assert sum(("2" in bar) + ("6" in bar) for bar in bars) <= two_lines
    assert not any({"3", "7"} & set(bar) for bar in bars)
    assert complaints(xml) == ""
    assert len(read(xml)) == len(excerpt)


def test_metre_is_shown_as_it_is() -> None:
    """A bar of 5/8 has five eighths."""
    (bar,) = bars_of(musicxml(piece(*[(240 * i, 0, 72, 240) for i in range(5)], metres=[Metre(0, 5, 8)])))
    assert [note.findtext("type") for note in bar["1"]] == ["eighth"] * 5
