"""What is known of the notes so far."""

import pytest

from mozart.model.history import History
from mozart.model.inputs import COPIES, FIELDS, NONE, row_sizes
from mozart.model.setting import LAGS, Setting
from mozart.model.vocabulary import FIRST_KEY, Vocabulary
from mozart.notes import Metre, Note
from mozart.notes.keys import Key

VOCABULARY = Vocabulary((0, 6, 12, 24, 48, 96), (120, 240, 480), ((4, 4),))
BAR, BEAT = LAGS.index("bar"), LAGS.index("beat")


def note(quarters: float, pitch: int, voice: int = 0, duration: int = 240, velocity: int = 64) -> Note:
    return Note(int(quarters * 480), voice, pitch, duration, velocity)


def read(*notes: Note, tonic: int = 0) -> History:
    metre = Metre(0, 4, 4)
    history = History(Setting.make(VOCABULARY, Key(tonic, "major"), [1920 * bar for bar in range(12)], [metre] * 12, None))
    for each in notes:
        history.feed(each)
    return history


FIGURE = [note(0, 60), note(0.5, 64), note(1, 67), note(2, 72)]


def test_an_ioi_of_a_bar_ago_can_be_copied() -> None:
    """After the second note of a bar that begins as the one before, what came then after its second note."""
    history = read(*FIGURE, note(4, 62), note(4.5, 66))
    _, iois = history.next_row()
    assert VOCABULARY.iois[iois[BAR]] == 12
    history.feed(note(5, 69))
    assert VOCABULARY.iois[history.next_row()[1][BAR]] == 24


def test_nothing_can_be_copied_from_before_the_beginning() -> None:
    """In the first bar no bar went before."""
    _, iois = read(*FIGURE).next_row()
    assert iois[BAR] == NONE
    assert read().next_row()[1] == (NONE,) * COPIES["ioi"]


def test_a_voice_of_a_bar_ago_can_be_copied() -> None:
    """At the same place; and of a chord, after the voices that were struck already."""
    history = read(note(0, 72), note(0, 48, voice=2), note(4, 74))
    _, voices = history.time_row(96)
    assert voices[BAR] == 2
    _, voices = history.time_row(96 + 24)
    assert voices[BAR] == NONE


def test_pitches_are_moved_as_the_voice_moved() -> None:
    """A bar ago the voice rose a third: from where it is now, a third up is a reference, and so is the pitch of then."""
    history = read(*FIGURE, note(4, 62))
    _, inputs = history.pitch_inputs(96 + 12, 0)
    assert inputs.references[6 + 2 * BAR : 8 + 2 * BAR] == (64, 66)
    assert inputs.references[:6] == (62, NONE, NONE, NONE, NONE, 72)


def test_fields_tell_what_sounds_and_what_was_struck() -> None:
    """A held note sounds on; one that has ended does not; both were struck in this bar, one in this beat."""
    history = read(note(0, 40, voice=2, duration=1920), note(0.5, 60, duration=100), note(1, 64))
    _, inputs = history.pitch_inputs(30, 0)
    struck = [set((row.nonzero()[0] + FIRST_KEY).tolist()) for row in inputs.fields]
    assert len(struck) == FIELDS
    assert struck == [{40, 64}, set(), {60, 64}, {40, 60, 64}, {40, 60, 64}]
    _, inputs = history.pitch_inputs(95, 0)
    assert (inputs.fields[0].nonzero()[0] + FIRST_KEY).tolist() == [40]


def test_a_note_that_ends_now_sounds_no_more() -> None:
    """A note from the first quarter sounds until the second, and not at it."""
    history = read(note(0, 60, duration=480), note(0, 52, voice=2, duration=500))
    _, inputs = history.pitch_inputs(24, 0)
    assert (inputs.fields[0].nonzero()[0] + FIRST_KEY).tolist() == [52]


def test_a_chord_of_one_voice_is_read_from_the_top_down() -> None:
    """The second note of a chord lies under the first one, and is matched with the second note of the chord then."""
    history = read(note(0, 72), note(0, 67), note(4, 74))
    row, inputs = history.pitch_inputs(96, 0)
    assert row[1] == 1
    assert inputs.below == 74
    assert inputs.references[6 + 2 * BAR] == 67
    assert history.pitch_inputs(120, 0)[1].below == 128


def test_runs_say_how_long_a_bar_is_like_the_one_before() -> None:
    """As long as each note stands where one stood; pitch as long as it lies as far away; and both end."""
    names = list(row_sizes(VOCABULARY)["note"])
    rhythm, pitch = names.index("bar: rhythm alike"), names.index("bar: pitch alike")
    history = read(*FIGURE, note(4, 62), note(4.5, 66), note(5, 69))
    assert history.note_row()[rhythm] == 2  # three notes
    assert history.note_row()[pitch] == 2  # two of them as far away as the one before
    history.feed(note(6, 75))
    assert (history.note_row()[rhythm], history.note_row()[pitch]) == (
        3,
        0,
    )  # four notes; this one lies a third above, not a second
    history.feed(note(6.25, 70))
    assert history.note_row()[rhythm] == history.note_row()[pitch] == 0


def test_loudness_can_be_copied_from_the_hand_and_the_bar() -> None:
    """What is struck together with it in one hand, and what stood there a bar ago; the other hand's is another matter."""
    history = read(note(0, 72, velocity=40), note(0, 48, voice=2, velocity=90), note(4, 74, velocity=60))
    _, copies = history.loudness_row(96, 2)
    assert copies[0] == NONE
    assert copies[2 + BAR] == 90 // 8
    assert history.loudness_row(96, 1)[1][0] == 60 // 8


def test_a_length_can_be_copied_from_the_chord() -> None:
    """Notes struck together are mostly equally long."""
    history = read(note(0, 72, duration=480))
    _, copies = history.duration_row(0, 2, 48)
    assert VOCABULARY.durations[copies[0]] == 480
    assert history.duration_row(24, 2, 48)[1][0] == NONE


@pytest.mark.parametrize("tonic", [1, 5, 6, 7, 11])
def test_every_row_is_the_same_in_every_key(tonic: int) -> None:
    """Moved with its key, music is told alike."""
    low, high = read(*FIGURE), read(*(each._replace(pitch=each.pitch + tonic) for each in FIGURE), tonic=tonic)
    # What lies above F sharp is read an octave lower, from the nearest C.
    moved = tonic if tonic <= 6 else tonic - 12
    high = read(*(each._replace(pitch=each.pitch + moved) for each in FIGURE), tonic=tonic)
    assert low.note_row() == high.note_row()
    assert low.pitch_inputs(60, 0)[0] == high.pitch_inputs(60, 0)[0]
    assert low.duration_row(60, 0, 65) == high.duration_row(60, 0, 65 + moved)


def test_ids_fit_their_tables() -> None:
    """No row holds an id that has no embedding, whatever is played."""
    sizes = row_sizes(VOCABULARY)
    wild = [note(0, 127, velocity=127), note(0, 0, voice=4, duration=9000, velocity=1), note(47, 3, voice=4), note(47.3, 120)]
    history = read()
    for each in wild:
        time = each.onset // 20
        rows = {
            "note": history.note_row(),
            "next": history.next_row()[0],
            "time": history.time_row(time)[0],
            "voice": history.pitch_inputs(time, each.voice)[0],
            "pitch": history.duration_row(time, each.voice, each.pitch)[0],
            "loudness": history.loudness_row(time, each.voice)[0],
        }
        for stage, row in rows.items():
            assert len(row) == len(sizes[stage])
            assert all(0 <= id_ < size for id_, size in zip(row, sizes[stage].values(), strict=True)), stage
        history.feed(each)


def test_a_fork_shares_nothing_that_changes() -> None:
    """What a copy is fed leaves the first as it was."""
    history = read(*FIGURE, note(4, 62))
    before = history.note_row(), history.next_row(), history.pitch_inputs(108, 0)
    other = history.fork()
    for each in (note(4.5, 50), note(4.5, 45), note(5, 60, voice=3)):
        other.feed(each)
    after = history.note_row(), history.next_row(), history.pitch_inputs(108, 0)
    assert before[:2] == after[:2]
    assert (before[2][1].fields == after[2][1].fields).all()
    assert len(history.notes) == 5
    names = list(row_sizes(VOCABULARY)["note"])
    history.feed(note(4.5, 66))  # as far above the bar before as the note before it: that is still known
    assert history.note_row()[names.index("bar: pitch alike")] == 1
