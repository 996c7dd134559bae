"""MusicXML, read again by eyes other than ours, and sheet music."""

import builtins
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mozart import engraving
from mozart.engraving import TICKS, engrave, write_musicxml
from mozart.errors import MozartError
from mozart.score import Work, bar_length
from mozart.vocabulary import pitches

# token, offset, duration, hand
Row = tuple[str, float, float, int]
THIRD = 1 / 3
# A scale, so that the key is C major whatever else a test needs.
SCALE: list[Row] = [(name, i, 1.0, 0) for i, name in enumerate(["C5", "E5", "G5", "C5"])]


def write(rows: list[Row], time_signature: str = "4/4", bar_offset: float = 0.0) -> str:
    tokens, offsets, durations, hands = zip(*rows, strict=True)
    return write_musicxml(
        tokens, offsets, durations, hands, time_signature=time_signature, bar_offset=bar_offset, tempo=90.0, title="A <piece>"
    )


def voices(xml: str) -> dict[tuple[int, str], list[ET.Element]]:
    """The notes and rests of each voice of each bar, after checking that every voice fills its bar and staves have two at most."""
    found: dict[tuple[int, str], list[ET.Element]] = defaultdict(list)
    root = ET.fromstring(xml)
    beats, unit = root.findtext(".//beats"), root.findtext(".//beat-type")
    for place, bar in enumerate(root.iter("measure")):
        filled: dict[str, int] = defaultdict(int)
        for note in bar.iter("note"):
            voice = note.findtext("voice") or ""
            found[place, voice].append(note)
            if note.find("chord") is None:
                filled[voice] += int(note.findtext("duration") or 0)
        assert len(set(filled.values())) == 1
        length = filled.popitem()[1]
        whole = bar_length(f"{beats}/{unit}") * TICKS
        assert length < whole if bar.get("implicit") else length == whole
        assert set(filled) <= {"1", "2", "5", "6"}
        assert [backup.text for backup in bar.iterfind("backup/duration")] == [str(length)] * len(list(bar.iter("backup")))
    for notes in found.values():
        for note in notes:
            assert written_length(note) == Fraction(int(note.findtext("duration") or 0), TICKS)
    return found


def written_length(note: ET.Element) -> Fraction:
    """What the type, the dot and the triplet of a note say, in quarter lengths."""
    kinds = ["breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th"]
    if (kind := note.findtext("type")) is None:
        return Fraction(int(note.findtext("duration") or 0), TICKS)  # the rest of a whole bar
    length = Fraction(8, 2 ** kinds.index(kind))
    if note.find("dot") is not None:
        length *= Fraction(3, 2)
    if note.find("time-modification") is not None:
        length *= Fraction(2, 3)
    return length


def read(xml: str) -> list[tuple[float, int, float]]:
    """Onset, MIDI number and whole duration of every note, as music21 reads them, tied notes joined."""
    from music21 import converter

    score: Any = converter.parse(xml, format="musicxml")
    found: list[tuple[float, int, float]] = []
    # (end, pitch) → onset and duration so far, of each voice that ties such a note
    lasting: dict[tuple[float, int], list[tuple[float, float]]] = defaultdict(list)
    for element in sorted(score.flatten().notes, key=lambda n: n.offset):
        for note in getattr(element, "notes", [element]):
            onset, length = float(element.offset), float(element.quarterLength)
            if note.tie is not None and note.tie.type in ("stop", "continue"):
                start, before = lasting[round(onset, 4), note.pitch.midi].pop(0)
                onset, length = start, before + length
            if note.tie is not None and note.tie.type in ("start", "continue"):
                end = float(element.offset + element.quarterLength)
                lasting[round(end, 4), note.pitch.midi].append((onset, length))
            else:
                found.append((round(onset, 4), note.pitch.midi, round(length, 4)))
    assert not any(lasting.values())
    return sorted(found)


def struck(rows: list[Row], into_bar: float = 0.0) -> set[tuple[float, int]]:
    """Onset and MIDI number of every note that was asked for, on the grid of ticks."""
    start = into_bar - min(row[1] for row in rows)
    return {(round(round((row[1] + start) * TICKS) / TICKS, 4), pitch) for row in rows for pitch in pitches(row[0])}


def check(rows: list[Row], time_signature: str = "4/4", bar_offset: float = 0.0) -> str:
    """Everything that must hold of any piece."""
    xml = write(rows, time_signature, bar_offset)
    voices(xml)
    begins_with_pickup = "implicit" in xml
    start = 0.0 if begins_with_pickup else bar_offset
    heard = {(onset, pitch) for onset, pitch, _ in read(xml)}
    assert heard == struck(rows, start)
    assert engrave(xml)
    assert engraving._toolkit().getLog() == ""
    return xml


def spelled(xml: str) -> list[str]:
    """The pitches of the upper staff as they are written: step, alteration, octave."""
    notes = ET.fromstring(xml).iterfind(".//note[staff='1'][pitch]")
    return [f"{n.findtext('pitch/step')}{n.findtext('pitch/alter') or ''}/{n.findtext('pitch/octave')}" for n in notes]


def accidentals(xml: str) -> list[str | None]:
    """The accidentals of the upper staff's notes."""
    return [note.findtext("accidental") for note in ET.fromstring(xml).iterfind(".//note[staff='1'][pitch]")]


def test_a_plain_bar() -> None:
    """Notes, title, tempo, key and metre stand in the MusicXML; the staff without notes has a whole bar's rest."""
    xml = check(SCALE)
    root = ET.fromstring(xml)
    assert root.findtext("work/work-title") == "A <piece>"
    assert root.findtext(".//per-minute") == "90"
    assert (root.findtext(".//fifths"), root.findtext(".//mode")) == ("0", "major")
    assert (root.findtext(".//beats"), root.findtext(".//beat-type")) == ("4", "4")
    assert [n.findtext("type") for n in voices(xml)[0, "1"]] == ["quarter"] * 4
    (rest,) = voices(xml)[0, "5"]
    assert rest.find("rest[@measure='yes']") is not None


def test_triplets() -> None:
    """Thirds of a quarter are triplets, bracketed from the first to the last."""
    rows = [("C5", 0.0, THIRD, 0), ("D5", THIRD, THIRD, 0), ("E5", 2 * THIRD, THIRD, 0), ("G5", 1.0, 3.0, 0)]
    notes = voices(check(rows))[0, "1"]
    assert [n.findtext("type") for n in notes] == ["eighth", "eighth", "eighth", "half"]
    assert [n.findtext("time-modification/actual-notes") for n in notes] == ["3", "3", "3", None]
    assert [t.get("type") for n in notes for t in n.iter("tuplet")] == ["start", "stop"]
    assert [[b.text for b in n.iter("beam")] for n in notes] == [["begin"], ["continue"], ["end"], []]


def test_triplets_played_short_and_with_rests() -> None:
    """A note that ends a little before the next third lasts as long as it; a longer silence is a triplet's rest."""
    for rows in (
        [("C5", 0.0, 0.25, 0), ("D5", THIRD, 0.25, 0), ("E5", 2 * THIRD, THIRD, 0)],
        [("C5", 0.0, THIRD, 0), ("E5", 2 * THIRD, THIRD, 0)],
    ):
        notes = voices(check([*rows, ("G5", 1.0, 3.0, 0)]))[0, "1"]
        assert [n.findtext("type") for n in notes] == ["eighth", "eighth", "eighth", "half"]


def test_triplets_off_the_beat() -> None:
    """Thirds that start anywhere, and last across beats and bar lines, still add up."""
    check([("C5", 0.0, 0.25, 0), *[("D5", 0.25 + i * THIRD, THIRD, i % 2) for i in range(20)], ("E5", 7.0, 1 / 12, 0)])


def test_chords_in_both_hands() -> None:
    """Simultaneous events of one hand and length are one chord; each hand has its staff."""
    found = voices(check([("C5", 0.0, 4.0, 0), ("E5.G5", 0.0, 4.0, 0), ("C3.C4", 0.0, 4.0, 1)]))
    assert len(found[0, "1"]) == 3
    assert len(found[0, "5"]) == 2
    assert {n.findtext("staff") for n in found[0, "5"]} == {"2"}
    assert (0, "2") not in found


def test_two_lines_in_one_hand() -> None:
    """A note held above moving ones is the upper voice's, one held below them the lower's, whichever starts first."""
    above = voices(check([("G5", 0.0, 4.0, 0), ("C5", 1.0, 1.0, 0), ("D5", 2.0, 1.0, 0), ("E5", 3.0, 1.0, 0)]))
    assert [n.findtext("type") for n in above[0, "1"]] == ["whole"]
    below = voices(check([("C5", 0.0, 4.0, 0), ("G5", 1.0, 1.0, 0), ("F5", 2.0, 1.0, 0), ("E5", 3.0, 1.0, 0)]))
    assert [n.findtext("type") for n in below[0, "2"]] == ["whole"]
    assert [n.get("print-object") for n in below[0, "1"]] == ["no", None, None, None]


def test_three_lines_in_one_hand() -> None:
    """The third line shortens another; no note is lost, and no staff has a third voice."""
    check(
        [
            ("C5", 0.0, 4.0, 0),
            ("E5", 0.0, 2.5, 0),
            ("G5", 0.0, 1.0, 0),
            ("A5", 1.0, 3.0, 0),
            ("B5", 2.0, 2.0, 0),
            ("D5", 2.0, 1.0, 0),
        ]
    )


def test_the_same_key_twice() -> None:
    """A pitch struck twice at once by one hand is written once, as long as the longer."""
    assert read(check([("C5", 0.0, 1.0, 0), ("C5", 0.0, 4.0, 0), ("C5.E5", 0.0, 1.0, 0)])) == [(0, 72, 4), (0, 76, 1)]


def test_notes_across_bar_lines_are_tied() -> None:
    """They last as long as they sound, in as many symbols as the metre asks for."""
    xml = check([("C5", 0.0, 3.0, 0), ("E5", 3.0, 6.0, 0), ("G5", 9.0, 1.0, 0), ("C4", 0.5, 1.0, 1)])
    assert (3, 76, 6) in read(xml)
    assert [n.findtext("type") for n in voices(xml)[1, "1"]] == ["whole"]
    assert [t.get("type") for n in voices(xml)[1, "1"] for t in n.iter("tie")] == ["stop", "start"]


def test_syncopation_shows_the_middle_of_the_bar() -> None:
    """A note over the middle of a bar of four that starts off the beat is cut there."""
    notes = voices(check([("C5", 0.0, 1.5, 0), ("E5", 1.5, 1.0, 0), ("G5", 2.5, 1.5, 0)]))[0, "1"]
    assert [n.findtext("type") for n in notes] == ["quarter", "eighth", "eighth", "quarter"]


def test_lengths_as_they_are_meant() -> None:
    """A note that ends a sixteenth early, or late, ends at the next; a longer silence is a rest."""
    early = [("C5", 0.0, 0.75, 0), ("D5", 1.0, 1.25, 0), ("E5", 2.0, 0.5, 0), ("F5", 3.0, 0.75, 0)]
    assert [length for *_, length in read(check(early))] == [1, 1, 0.5, 1]


def test_notes_that_end_about_together_are_one_chord() -> None:
    """Of two notes struck together, one that ends a sixteenth before the next onset is as long as one that reaches it."""
    found = voices(check([("C5", 0.0, 0.75, 0), ("E5", 0.0, 1.0, 0), ("G5", 1.0, 3.0, 0)]))
    assert (0, "2") not in found
    assert len(found[0, "1"]) == 3


def test_a_rest_shows_only_once() -> None:
    """Where both voices of a staff are silent, the upper's rest is seen; where the lower sounds throughout, none is."""
    rows = [("C5", 0.0, 2.0, 0), ("G5", 1.0, 1.0, 0), ("G5", 3.0, 1.0, 0)]
    found = voices(check(rows))
    seen = [(voice, n.get("print-object") is None) for voice in "12" for n in found[0, voice] if n.find("rest") is not None]
    assert seen == [("1", False), ("1", True), ("2", False)]


@pytest.mark.parametrize(
    ("time_signature", "types"),
    [
        ("3/8", ["eighth", "eighth", "eighth"]),
        ("6/8", ["eighth", "eighth", "eighth", "eighth", "eighth", "eighth"]),
        ("2/2", ["eighth"] * 8),
        ("3/4", ["eighth"] * 6),
    ],
)
def test_beams_follow_the_metre(time_signature: str, types: list[str]) -> None:
    """Eighths are joined by dotted quarters in compound time, by halves of a bar of four quarters, by bars of three."""
    rows = [("C5" if i % 2 else "G5", i / 2, 0.5, i // 24) for i in range(48)]
    notes = voices(check(rows, time_signature))[0, "1"]
    assert [n.findtext("type") for n in notes] == types
    joined = {"3/8": 3, "6/8": 3, "2/2": 4, "3/4": 6}[time_signature]
    assert [n.findtext("beam") for n in notes] == (["begin", *["continue"] * (joined - 2), "end"] * (len(notes) // joined))


def test_compound_time_is_cut_at_its_beats() -> None:
    """A half note from the start of 6/8 is a dotted quarter tied to an eighth."""
    notes = voices(check([("C5", 0.0, 2.0, 0), ("E5", 2.0, 1.0, 0)], "6/8"))[0, "1"]
    assert [(n.findtext("type"), n.find("dot") is not None) for n in notes] == [
        ("quarter", True),
        ("eighth", False),
        ("quarter", False),
    ]


def test_a_sixteenth_beside_a_dotted_eighth_has_a_hook() -> None:
    """Secondary beams without a neighbour are hooks towards the note beside them."""
    notes = voices(check([("C5", 0.0, 0.75, 0), ("E5", 0.75, 0.25, 0), ("G5", 1.0, 3.0, 0)]))[0, "1"]
    assert [[b.text for b in n.iter("beam")] for n in notes] == [["begin"], ["end", "backward hook"], []]


@pytest.mark.parametrize(("bar_offset", "pickup"), [(3.0, 1.0), (2.0, 2.0), (2 + 2 * THIRD, 2.0), (3.75, 0.25)])
def test_a_short_first_bar_is_a_pickup(bar_offset: float, pickup: float) -> None:
    """Its number is 0; it starts with a triplet's cell when it starts inside one."""
    xml = write([("C5", 5.0, 0.25, 0), ("E5", 5 + 4 - bar_offset, 2.0, 0), ("G5", 11 - bar_offset, 2.0, 0)], bar_offset=bar_offset)
    bars = list(ET.fromstring(xml).iter("measure"))
    assert [(bar.get("number"), bar.get("implicit")) for bar in bars] == [("0", "yes"), ("1", None)]
    assert sum(written_length(n) for n in voices(xml)[0, "1"]) == pickup
    assert (pickup, 76, 2) in read(xml)
    assert engrave(xml)


def test_a_late_start_is_a_rest() -> None:
    """A piece that starts early in its bar begins with rests, in bar 1."""
    xml = check([("C5", 7.0, 1.0, 0), ("E5", 8.0, 1.0, 0)], bar_offset=1.0)
    assert ET.fromstring(xml).find(".//measure[@number='0']") is None
    assert voices(xml)[0, "1"][0].find("rest") is not None


def test_one_note_and_none() -> None:
    """One note is a piece; none is not, and says so."""
    check([("A4", 0.0, 0.25, 1)])
    with pytest.raises(MozartError, match="no notes"):
        write_musicxml([], [], [], [], time_signature="4/4", bar_offset=0, tempo=120, title="")


def test_spelling_in_a_sharp_key() -> None:
    """The leading note of D major is C sharp, in the signature; C natural needs an accidental, and C sharp after it."""
    scale = [(f"{name}5", i / 2, 0.5, 0) for i, name in enumerate(["D", "F#", "A", "D", "G", "B", "C#", "A"])]
    tonic = ("D3.F#3.A3", 0.0, 8.0, 1)
    xml = check(
        [tonic, *scale, ("C#5", 4.0, 1.0, 0), ("C5", 5.0, 1.0, 0), ("C5", 6.0, 1.0, 0), ("C#5", 7.0, 1.0, 0), ("D5", 8.0, 4.0, 0)]
    )
    assert ET.fromstring(xml).findtext(".//fifths") == "2"
    assert spelled(xml)[8:] == ["C1/5", "C/5", "C/5", "C1/5", "D/5"]
    assert accidentals(xml)[8:] == [None, "natural", None, "sharp", None]


def test_spelling_in_a_flat_key() -> None:
    """What MIDI calls C sharp and G sharp are D flat and A flat in A flat major; C flat stands an octave above its B."""
    names = ["G#4", "C5", "E-5", "G#5", "C#5", "F5", "B-4", "E-5"]
    xml = check([*[(name, i / 2, 0.5, 0) for i, name in enumerate(names)], ("G#4.C5.E-5", 4.0, 3.0, 0), ("B4", 7.0, 1.0, 0)])
    assert ET.fromstring(xml).findtext(".//fifths") == "-4"
    assert spelled(xml)[:5] == ["A-1/4", "C/5", "E-1/5", "A-1/5", "D-1/5"]
    assert spelled(xml)[-1] == "C-1/5"
    assert accidentals(xml) == [None] * 11 + ["flat"]


def test_an_accidental_holds_for_its_bar_and_staff() -> None:
    """In the next bar and on the other staff it is shown again; a tied note does not repeat it."""
    rows = [("C5.E5.G5", 0.0, 4.0, 0), ("F#5", 4.0, 1.0, 0), ("F#5", 5.0, 5.0, 0), ("F#5", 10.0, 1.0, 0), ("F#3", 5.0, 1.0, 1)]
    xml = check([*rows, ("C5.E5.G5", 12.0, 30.0, 0)])
    by_voice = [
        [n.findtext("accidental") for n in voices(xml)[bar, voice] if n.find("pitch") is not None]
        for bar, voice in ((1, "1"), (2, "1"), (1, "5"))
    ]
    assert by_voice == [["sharp", None], [None, "sharp"], ["sharp"]]


def test_random_music_adds_up(capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever the steps and durations, in every metre: bars are filled, no note is lost, and verovio has nothing to say."""
    chance = np.random.default_rng(0)
    for time_signature in ["4/4", "3/8", "6/8", "2/2", "6/4", "5/8", "4/2", "3/2"]:
        steps = chance.choice([0, 1 / 16, 1 / 12, 1 / 8, 1 / 6, 0.25, THIRD, 0.5, 1.5], 60)
        offsets = np.cumsum(steps)
        durations = chance.choice([1 / 12, 0.25, THIRD, 0.5, 0.75, 1.0, 3.75, 2 / 3, 6.0], 60)
        tokens = chance.choice(["C4", "E-4", "G#3.B3", "C5.E5.G5", "D6", "B-2", "F#4"], 60)
        into_bar = chance.choice([0, 0.25, THIRD, 1.0])
        rows = list(zip(tokens.tolist(), offsets.tolist(), durations.tolist(), chance.integers(0, 2, 60).tolist(), strict=True))
        xml = write(rows, time_signature, into_bar)
        voices(xml)
        assert engrave(xml)
        assert engraving._toolkit().getLog() == ""
        if "implicit" not in xml:
            assert {(onset, pitch) for onset, pitch, _ in read(xml)} == struck(rows, into_bar)
    assert capfd.readouterr().err == ""


def test_pages_take_the_colour_of_their_surroundings() -> None:
    """No page holds a colour of its own, and the same music gives the same pages."""
    pages = engrave(write([("C5", i, 1.0, i % 2) for i in range(400)]))
    assert len(pages) > 1
    for page in pages:
        assert page.startswith("<svg")
        assert 'fill="currentColor"' in page
        assert "black" not in page
    assert pages == engrave(write([("C5", i, 1.0, i % 2) for i in range(400)]))


def test_narrow_pages() -> None:
    """On a telephone's page the same music has larger notes: fewer bars a line, more pages."""
    xml = write([("C5", i, 1.0, i % 2) for i in range(400)])
    wide, narrow = engrave(xml), engrave(xml, narrow=True)
    assert len(narrow) > len(wide)
    assert sum(page.count('class="note"') for page in narrow) == sum(page.count('class="note"') for page in wide)
    assert engrave(xml) == wide


def test_long_bars_on_a_narrow_page(capfd: pytest.CaptureFixture[str]) -> None:
    """They are compressed, without a word."""
    rows = [("C5", i / 4, 0.25, i % 2) for i in range(200)]
    assert engrave(write(rows, time_signature="4/2"), narrow=True)
    assert capfd.readouterr().err == ""


def test_many_threads() -> None:
    """Pages may be drawn from many threads at once."""
    pieces = [write([(name, i, 1.0, 0) for i in range(40)]) for name in ("C5", "D5", "E5", "F5") * 2]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            drawn = list(pool.map(engrave, pieces))
    finally:
        sys.setswitchinterval(interval)
    assert drawn == [engrave(piece) for piece in pieces]


def test_what_is_no_musicxml() -> None:
    """Text that verovio cannot read is refused in one sentence."""
    with pytest.raises(MozartError, match="does not understand"):
        engrave("no music")


def test_without_verovio(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    real_import = builtins.__import__

    def no_verovio(name: str, *args: Any, **keywords: Any) -> Any:
        if name == "verovio":
            raise ImportError(name)
        return real_import(name, *args, **keywords)

    engraving._toolkit.cache_clear()
    monkeypatch.setattr(builtins, "__import__", no_verovio)
    with pytest.raises(MozartError, match="pip install verovio"):
        engrave(write(SCALE))


@pytest.mark.corpus
@pytest.mark.parametrize("title", ["K. 280", "K. 331", "K. 333", "K. 545", "K. 576"])
def test_real_passages(sonatas: list[Work], title: str) -> None:
    """100 events of the beginning of every movement, in its own metre, add up and lose no note."""
    (work,) = (work for work in sonatas if work.title == title)
    for movement in {event.movement for event in work.events}:
        events = [event for event in work.events if event.movement == movement][:100]
        rows = [(event.token, event.offset, event.duration, int(event.track > 1)) for event in events]
        xml = write(rows, events[0].time_signature, events[0].bar_offset)
        found = {pitch for _, pitch, _ in read(xml)}
        voices(xml)
        assert engrave(xml)
        assert engraving._toolkit().getLog() == ""
        assert found == {pitch for event in events for pitch in pitches(event.token)}
