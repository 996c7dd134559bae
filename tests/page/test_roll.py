"""The roll's HTML, read again as XML."""

import re
import xml.etree.ElementTree as ET

import pytest

from mozart.notes import TICKS, Score
from mozart.page.roll import describe, pitch_range, roll_html
from tune import BAR, piece


def roll(score: Score, **settings: object) -> ET.Element:
    return ET.fromstring(roll_html(score, **settings).replace(" hidden>", ">"))  # type: ignore[arg-type]


def of(html: ET.Element, kind: str) -> list[ET.Element]:
    found = html.find(f".//div[@class='{kind}']")
    return [] if found is None else list(found)


def place(element: ET.Element) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"--(\w+):([^;]+)", element.get("style", ""))}


def test_a_note_stands_at_its_time_and_pitch() -> None:
    """In the order of the score: onset and duration in quarters, and semitones from the top."""
    score = piece()
    _, highest = pitch_range(score)
    drawn = of(roll(score), "notes")
    assert [place(note) for note in drawn] == [
        {"x": note.onset / TICKS, "w": note.duration / TICKS, "y": highest - note.pitch} for note in score.notes
    ]
    assert [note.get("class") for note in drawn] == [("right", "left")[hand] for hand in score.hands]


def test_every_note_has_a_key() -> None:
    """From the top down, one a semitone, black and white as on a piano, the Cs with their names."""
    score = piece()
    lowest, highest = pitch_range(score)
    keys = of(roll(score), "keys")
    assert [int(key.get("data-pitch", 0)) for key in keys] == list(range(highest, lowest - 1, -1))
    assert {key.text for key in keys if key.text} == {"C3", "C4", "C5"}
    assert all(("black" if int(key.get("data-pitch", 0)) % 12 in (1, 3, 6, 8, 10) else "white") == key.get("class") for key in keys)


@pytest.mark.parametrize("pitches", [(0, 1), (126, 127), (60, 60), (0, 127)])
def test_the_keyboard_ends_where_a_pitch_ends(pitches: tuple[int, int]) -> None:
    """There is room for all notes, and no key outside MIDI's pitches."""
    lowest, highest = pitch_range(Score([(0, voice, pitch, 480, 64) for voice, pitch in enumerate(pitches)]))
    assert 0 <= lowest <= min(pitches) <= max(pitches) <= highest <= 127
    assert highest - lowest + 1 >= 25


def test_bars_are_numbered_where_they_begin() -> None:
    """Also where the metre changes; one number can be reached with the tab key."""
    html = roll(Score([(0, 0, 60, 480, 64), (5 * TICKS, 0, 60, 480, 64)], [(0, 2, 4), (2 * TICKS, 3, 4)]))
    assert [(number.text, place(number)["x"], place(number)["w"]) for number in of(html, "ruler")] == [
        ("1", 0, 2), ("2", 2, 3), ("3", 5, 3),
    ]  # fmt: skip
    assert [number.get("tabindex") for number in of(html, "ruler")] == ["0", "-1", "-1"]


def test_brackets_do_not_lie_on_one_another() -> None:
    """What overlaps stands on a line of its own, the longer above."""
    brackets = of(roll(piece(), returns=[(1, 4, "a"), (1, 8, "A"), (5, 8, "b"), (9, 16, "<A>")]), "brackets")
    found = {
        "".join(bracket.itertext()): (place(bracket)["line"], place(bracket)["x"], place(bracket)["w"]) for bracket in brackets
    }
    assert found == {"A": (0, 0, 24), "a": (1, 0, 12), "b": (1, 12, 12), "<A>": (0, 24, 24)}


def test_harmonies_stand_at_their_bars() -> None:
    """One a bar, as many as are given."""
    html = roll(piece(), harmony=["I", "V⁷"])
    assert [(numeral.text, place(numeral)["x"]) for numeral in of(html, "harmony")] == [("I", 0), ("V⁷", 3)]
    assert not of(roll(piece()), "harmony")


def test_what_is_shared_and_the_opening_are_tinted() -> None:
    """From the first of these notes to the end of the last one; shared notes are marked one by one."""
    score = piece()
    html = roll(score, shared=range(3, 6), opening_notes=2)
    tinted = {
        element.get("class"): place(element) for element in of(html, "lanes") if element.get("class") in ("opening", "shared")
    }
    shared = score.notes[3:6]
    stop = max(note.onset + note.duration for note in shared)
    assert tinted["shared"] == {"x": shared[0].onset / TICKS, "w": (stop - shared[0].onset) / TICKS}
    assert tinted["opening"]["x"] == 0
    assert [i for i, note in enumerate(of(html, "notes")) if "common" in note.get("class", "")] == [3, 4, 5]


def test_a_roll_in_words() -> None:
    """Who does not see it is told how many notes and bars there are, how long they last, and their range."""
    assert describe(piece(), 3) == "Piano roll: 144 notes in 16 bars, 27 seconds, from B2 to F5; the first 3 are the opening"
    assert describe(Score([])) == "Piano roll without notes"
    assert "1 note in 1 bar" in describe(Score([(0, 0, 60, BAR, 64)]))


def test_an_empty_roll() -> None:
    """No notes, one bar, two octaves of keys."""
    html = roll(Score([]))
    assert not of(html, "notes")
    assert len(of(html, "ruler")) == 1
    assert len(of(html, "keys")) == 25


def test_a_long_roll_stays_small() -> None:
    """1,000 notes take fewer than 80 kB."""
    assert len(roll_html(Score([(240 * i, 0, 60 + i % 12, 230, 64) for i in range(1000)]))) < 80_000
