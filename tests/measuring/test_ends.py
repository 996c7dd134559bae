"""How pieces begin and end."""

import pytest

from mozart.measuring.ends import ENDS, ends
from mozart.notes import TICKS, Note, Score
from sonatina import BAR, sonatina


def end_with(*notes: tuple[int, int, int]) -> dict[str, float]:
    """The ends of a sonatina whose last bar holds these notes: ticks into the bar, pitch, duration."""
    piece = sonatina(1)
    last = int(piece.bars[-1])
    kept = [note for note in piece.notes if note.onset < last]
    return ends(Score(kept + [Note(last + place, 2, pitch, duration, 60) for place, pitch, duration in notes]))


def test_a_piece_that_closes() -> None:
    """The sonatina closes at home, with the tonic on top, and holds its last chord."""
    found = ends(sonatina(1))
    assert set(found) == set(ENDS)
    for name in ("tonic in the bass", "its triad", "on a beat", "closes", "at home", "melody on the tonic", "last chord held"):
        assert found[name] == 1, name


@pytest.mark.parametrize(
    ("notes", "missing"),
    [
        ([(0, 52, BAR), (0, 60, BAR)], "tonic in the bass"),
        ([(0, 48, BAR), (0, 62, BAR)], "its triad"),
        ([(TICKS // 2, 48, TICKS)], "on a beat"),
        ([(0, 43, BAR), (0, 59, BAR)], "tonic in the bass"),
    ],
)
def test_a_piece_that_does_not_close(notes: list[tuple[int, int, int]], missing: str) -> None:
    """A sixth chord, a foreign note, an offbeat and a half close are no ends."""
    found = end_with(*notes)
    assert found[missing] == 0
    assert found["closes"] == 0


def test_a_rolled_chord_is_on_the_beat_of_its_first_note() -> None:
    """A last chord that is struck from the bottom up is one chord."""
    rolled = end_with((0, 48, 1900), (40, 52, 1860), (80, 55, 1820), (120, 60, 1780))
    assert rolled["closes"] == 1
    assert rolled["melody on the tonic"] == 1
    slow = end_with((0, 48, 1900), (240, 52, 1660), (720, 60, 1180))
    assert slow["on a beat"] == 0


def test_a_note_that_overlaps_by_a_moment_is_not_of_the_last_chord() -> None:
    """What legato leaves of the note before does not spoil the triad; what is held on does."""
    piece = sonatina(1)
    last = int(piece.bars[-1])
    kept = [note for note in piece.notes if note.onset < last - TICKS or note.onset >= last]
    leading = Note(last - TICKS, 1, 71, TICKS + 30, 60)
    assert ends(Score([*kept, leading]))["closes"] == 1
    assert ends(Score([*kept, leading._replace(duration=4 * TICKS)]))["closes"] == 0


def test_a_cadence_before_the_end() -> None:
    """G and B in the last beat but one, then C; without the leading note it is none."""
    for third, cadence in ((59, 1), (60, 0)):
        notes = [Note(bar * BAR, 2, 48, BAR, 60) for bar in range(6)] + [Note(bar * BAR, 0, 64, BAR, 60) for bar in range(6)]
        close = [(6 * BAR, 43), (6 * BAR, third), (7 * BAR, 48)]
        assert ends(Score(notes + [Note(onset, 2, pitch, BAR, 60) for onset, pitch in close]))["after a cadence"] == cadence


def test_another_key_does_not_matter_to_an_end() -> None:
    """Moved up or down, a piece ends as it did."""
    piece = sonatina(2)
    assert all(ends(piece.transpose(semitones)) == ends(piece) for semitones in (-5, 1, 6))


def test_an_end_in_another_key_is_not_at_home() -> None:
    """Sixteen bars in C and sixteen in E flat: it closes, and elsewhere."""
    found = ends(Score.concatenate([sonatina(1), sonatina(1).transpose(3)]))
    assert (found["closes"], found["at home"]) == (1, 0)
