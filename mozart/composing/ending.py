"""End a piece: write several drafts of its last bars, and keep the most probable one that closes with a held tonic chord.

The end comes from the movement whose plan the piece inherits: where the last chord begins, how long it is held, and which
degree the melody has there. (Anticipation-RNN, Hadjeres and Nielsen 2018, trains a network to end on given notes; here drafts
serve.)
"""

from mozart.composing.drawing import Draft
from mozart.model.harmony import MINOR, SILENT
from mozart.model.plan import Plan
from mozart.model.vocabulary import UNIT
from mozart.notes import VOICES, Note
from mozart.notes.keys import CLASSES, Key
from mozart.notes.score import LEFT_VOICES, RIGHT_VOICES

CLOSING_BARS = 2
DRAFTS = 6
_MOST_IN_CHORD = 5
_THIRDS = {True: 3, False: 4}  # of a minor chord, and of others
_FIFTH = 7


def draw_ending(draft: Draft, plan: Plan, key: Key, start: int, seed: int) -> None:
    """Compose the last bars, from `start` in ticks to the last chord."""
    assert plan.close is not None
    last = start + plan.metre.bar * (min(CLOSING_BARS, len(plan)) - 1) + plan.close.place
    drafts = []
    for number in range(DRAFTS):
        candidate = draft.fork(seed + number)
        before = len(candidate.notes)
        candidate.draw_region(start, last)
        if draw_last_chord(candidate, plan, key, last):
            drafts.append((candidate.log_probability / (len(candidate.notes) - before), -number, candidate))
    if drafts:
        draft.adopt(max(drafts)[2])


def draw_last_chord(draft: Draft, plan: Plan, key: Key, time: int) -> bool:
    """Draw the tonic triad in root position at `time`, in ticks, and end all notes before it; tell whether that was possible."""
    assert plan.close is not None
    minor = plan.chords[-1][-1] == (0, MINOR) or (plan.chords[-1][-1][0] != 0 and key.mode == "minor")
    triad = [(key.tonic + step) % CLASSES for step in (0, _THIRDS[minor], _FIFTH)]
    units = time // UNIT
    before = len(draft.notes)
    draft.draw_note(units, RIGHT_VOICES, _top_classes(plan, key, triad))
    while len(draft.notes) - before < _MOST_IN_CHORD and draft.draw_time(units) == units:
        if draft.draw_note(units, range(VOICES), triad) is None:
            break
    chord = draft.notes[before:]
    lowest = min((note.pitch for note in chord), default=128)
    if not any(note.voice in LEFT_VOICES and note.pitch == lowest and lowest % CLASSES == key.tonic for note in chord):
        if draft.draw_note(units, LEFT_VOICES, [key.tonic], lowest) is None:
            return False
        chord = draft.notes[before:]
    draft.notes[:before] = [_until(note, time) for note in draft.notes[:before]]
    draft.notes[before:] = [note._replace(duration=plan.close.duration) for note in chord]
    return True


def _top_classes(plan: Plan, key: Key, triad: list[int]) -> list[int]:
    """Return the pitch class of the plan's last melody note; all of the triad if the plan has none."""
    assert plan.close is not None
    row = plan.melody[-1]
    degree = row[min(plan.close.place * len(row) // plan.metre.bar, len(row) - 1)] if row else SILENT
    wanted = (key.tonic + degree) % CLASSES
    return [wanted] if degree != SILENT and wanted in triad else triad


def _until(note: Note, time: int) -> Note:
    return note._replace(duration=min(note.duration, max(time - note.onset, 1)))
