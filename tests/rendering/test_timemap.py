"""Heads of real sheet music, matched with the notes that they stand for."""

import re

import pytest

from mozart.notes import TICKS, Score
from mozart.rendering.musicxml import musicxml
from mozart.rendering.timemap import Head, Timemap, match_heads, number_heads, read_timemap
from mozart.rendering.verovio import engrave_with
from tune import BAR, engrave, piece


def test_every_head_of_sheet_music_finds_its_note() -> None:
    """As many heads as notes, each with its note's pitch, at its note's onset."""
    score = piece()
    _, timemap = engrave(score)
    notes = match_heads(score, timemap)
    assert sorted(notes.values()) == list(range(len(score)))
    for head in timemap.heads:
        note = score.notes[notes[head.id]]
        assert (note.pitch, note.onset) == (head.pitch, round(head.onset * TICKS))


def test_tied_heads_stand_for_one_note() -> None:
    """A head in the middle of a note, where none of its pitch begins, is that note's."""
    score = Score([(0, 0, 60, 2 * BAR, 64)], [(0, 3, 4)])
    timemap = Timemap((0.0, 3.0), (Head("a", 0.0, 60), Head("b", 3.0, 60)))
    assert match_heads(score, timemap) == {"a": 0, "b": 0}


def test_a_repeated_note_is_not_tied() -> None:
    """Where a note of the same pitch begins, a head stands for it, also when it is written a little early."""
    score = Score([(0, 0, 60, TICKS, 64), (TICKS + 40, 0, 60, TICKS, 64)])
    assert match_heads(score, Timemap((0.0,), (Head("a", 0.0, 60), Head("b", 1.0, 60)))) == {"a": 0, "b": 1}


def test_an_upbeat_may_be_written_short() -> None:
    """A first bar that is written shorter than the score's ends where that one ends."""
    score = Score([(2 * TICKS, 0, 60, TICKS, 64), (BAR, 0, 60, TICKS, 64)], [(0, 3, 4)])
    assert match_heads(score, Timemap((0.0, 1.0), (Head("a", 0.0, 60), Head("b", 1.0, 60)))) == {"a": 0, "b": 1}


def test_a_bar_that_is_written_longer_moves_nothing_after_it() -> None:
    """Bars are matched one by one."""
    score = Score([(bar * BAR, 0, 60 + bar, TICKS, 64) for bar in range(3)], [(0, 3, 4)])
    timemap = Timemap((0.0, 3.0, 7.0), (Head("a", 0.0, 60), Head("b", 3.0, 61), Head("c", 7.0, 62)))
    assert match_heads(score, timemap) == {"a": 0, "b": 1, "c": 2}


@pytest.mark.parametrize("head", [Head("a", 0.0, 61), Head("a", 2.0, 60)])
def test_an_unknown_head_has_no_note(head: Head) -> None:
    """An ornament's, say: it stays dark."""
    assert match_heads(Score([(0, 0, 60, TICKS, 64)]), Timemap((0.0,), (head,))) == {}


def test_pages_name_notes_alone() -> None:
    """Every head carries its note's index; the names that verovio drew are gone, but for the glyphs'."""
    score = piece()
    pages, timemap = engrave(score)
    numbered = number_heads(pages, match_heads(score, timemap))
    found = [int(note) for page in numbered for note in re.findall(r'<g data-note="(\d+)" class="note"', page)]
    assert sorted(found) == list(range(len(score)))
    assert not re.search(r'<g id="[^"]*" class=', "".join(numbered))
    glyphs = set(re.findall(r'xlink:href="#([^"]*)"', numbered[0]))
    assert glyphs <= set(re.findall(r'id="([^"]*)"', numbered[0]))


def test_silent_bars_at_the_beginning_are_not_written() -> None:
    """The first written bar is the one of the first note."""
    score = Score([(2 * BAR, 0, 60, TICKS, 64), (3 * BAR, 0, 62, TICKS, 64)], [(0, 3, 4)])
    assert match_heads(score, Timemap((0.0, 3.0), (Head("a", 0.0, 60), Head("b", 3.0, 62)))) == {"a": 0, "b": 1}


def test_bars_that_cannot_be_written_move_nothing() -> None:
    """Where two metres are written as one, there is a bar less; heads find their notes all the same."""
    score = Score(
        [(0, 0, 60, TICKS, 64), (2020, 0, 62, TICKS, 64), (3940, 0, 64, TICKS, 64), (5860, 0, 65, TICKS, 64)],
        [(0, 4, 4), (1940, 1, 32), (2000, 4, 4), (2020, 4, 4)],
    )
    timemap = engrave_with(musicxml(score), False, read_timemap)[1]
    notes = match_heads(score, timemap)
    assert [score.pitches[notes[head.id]] for head in timemap.heads] == [head.pitch for head in timemap.heads]
