"""The names of notes, and their accidentals."""

from mozart.notes import Metre, Score
from mozart.notes.keys import Key
from mozart.notes.spelling import line_of_fifths
from mozart.rendering.metre import Bar
from mozart.rendering.spelling import bar_places, movement_keys, name_pitches, show_accidentals
from mozart.rendering.symbols import Symbol, write_symbols
from mozart.rendering.voices import Chord

A_MINOR, C_MINOR = (57, 60, 64, 69, 71, 60, 68, 69), (60, 63, 67, 68, 71, 67, 63, 60)


def piece(*bars: tuple[int, ...]) -> Score:
    return Score([(1920 * i + 240 * j, 0, pitch, 240, 70) for i, bar in enumerate(bars) for j, pitch in enumerate(bar)])


def bar_of(*notes: tuple[int, int, int]) -> list[list[Symbol]]:
    """A bar of one staff, from start, end and pitch."""
    line = [Chord(start, end, frozenset([pitch])) for start, end, pitch in notes]
    return [write_symbols(line, Bar(0, 1920, Metre(0, 4, 4)))]


def steps(lines: list[list[Symbol]]) -> list[tuple[str, int, int]]:
    return [name for line in lines for symbol in line for name in symbol.names.values()]


def test_a_remote_passage_is_spelled_in_its_own_key() -> None:
    """The signature stays that of the whole; A flat is none of A minor's notes, and one of C minor's."""
    score = piece(*[A_MINOR] * 8, *[C_MINOR] * 5, *[A_MINOR] * 4)
    keys = movement_keys(score)
    places = bar_places(score, keys)
    assert set(keys) == {Key(9, "minor")}
    assert (places[0][8], places[10][8], places[16][8]) == (8, -4, 8)  # G sharp, A flat


def test_a_near_key_is_spelled_like_the_movements() -> None:
    """In G major within C major nothing changes."""
    score = piece(*[(60, 64, 67, 72, 65, 69, 71, 72)] * 8, *[(67, 71, 74, 79, 78, 76, 74, 78)] * 5)
    places = bar_places(score, movement_keys(score))
    assert len(set(places)) == 1


def test_every_movement_has_its_key() -> None:
    """From the bar in which it begins."""
    score = piece(*[A_MINOR] * 3, *[C_MINOR] * 3).replace(movements=[0, 3 * 1920])
    assert movement_keys(score) == [Key(9, "minor")] * 3 + [Key(0, "minor")] * 3


def test_a_tied_note_keeps_its_name() -> None:
    """Also over a bar line after which others are spelled otherwise."""
    sharp, flat = (tuple(8 if pc == 8 else 0 for pc in range(12)), tuple(-4 if pc == 8 else 0 for pc in range(12)))
    bar = Bar(0, 1920, Metre(0, 4, 4))
    held = Chord(0, 960, frozenset([68]), tied_from=frozenset([68]))
    staff = [bar_of((0, 1920, 68)), [write_symbols([held, Chord(960, 1920, frozenset([68]))], bar)]]
    name_pitches(staff, [sharp, flat])
    assert [name[0] for lines in staff for name in steps(lines)] == ["G", "G", "A"]


def signs(key: Key, *pitches: int) -> list[str | None]:
    """The accidentals of notes of one length."""
    length = 1920 // len(pitches)
    lines = bar_of(*[(length * i, length * i + length, pitch) for i, pitch in enumerate(pitches)])
    name_pitches([lines], [line_of_fifths(key)])
    show_accidentals(lines, key)
    return [symbol.accidentals.get(pitch) for symbol, pitch in zip(lines[0], pitches, strict=True)]


def test_accidentals_hold_for_the_bar() -> None:
    """A leading note of the signature has none; another note has one, and what comes back after it."""
    assert signs(Key(2, "major"), 73, 72, 72, 73) == [None, "natural", None, "sharp"]
    assert signs(Key(8, "major"), 68, 71, 73, 61) == [None, "flat", None, None]


def test_an_accidental_holds_in_its_octave() -> None:
    """In another one it is shown again."""
    assert signs(Key(0, "major"), 66, 78, 66, 65) == ["sharp", "sharp", None, "natural"]


def test_a_tied_note_shows_its_accidental_once() -> None:
    """Not again after the bar line; the next stroke of its key in that bar does."""
    bar, sharp = Bar(0, 1920, Metre(0, 4, 4)), frozenset([66])
    lines = [write_symbols([Chord(0, 960, sharp, tied_from=sharp), Chord(960, 1920, sharp)], bar)]
    name_pitches([lines], [line_of_fifths(Key(0, "major"))])
    show_accidentals(lines, Key(0, "major"))
    assert [symbol.accidentals for symbol in lines[0]] == [{}, {66: "sharp"}]
