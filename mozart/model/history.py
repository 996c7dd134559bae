"""The notes so far, and from them all that the network reads before each part of the next note.

Training and composing share this code: feed a History a piece's notes in order, and it tells the network's inputs before each
of them. Ask for the parts in order; what is known at each stage comes as a row of ids (:mod:`~mozart.model.inputs`). Nothing
depends on the key: pitches become intervals, degrees of the home key, intervals over the chord's root, and heights as if the
home key were C.

Music repeats its figures and phrases, so the rows also tell what happened at the same place a beat, a bar, and two, four and
eight bars ago: the lags. Notes are matched with those at a lag by their order: the second note of a chord with the second
note of the chord there.
"""

import copy
from bisect import bisect_left, bisect_right
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mozart.model.inputs import (
    FIELD_STEPS,
    FIELDS,
    MOST_IN_CHORD,
    MOST_TOGETHER,
    NONE,
    RUNS,
    SINCE,
    TRACES,
    UNTIL,
    Ids,
    PitchInputs,
    clip_interval,
    difference_id,
    interval_id,
    row_sizes,
)
from mozart.model.setting import LAGS, Setting, tone_id
from mozart.model.vocabulary import FIRST_KEY, KEYS, UNIT, loudness_id, on_keyboard, to_units
from mozart.notes import VOICES, Note
from mozart.notes.keys import CLASSES

# What is left, after each note, of the fading field, and of the short and the long memory of pitch classes.
_FADING = np.float32(0.95)
_FORGETTING = np.array([[0.85], [0.97]], np.float32)


class Played(NamedTuple):
    """A note so far: its time in units, its IOI as an id, and its other parts."""

    time: int
    ioi: int
    voice: int
    pitch: int
    duration: int
    loudness: int


class History:
    """The notes of a piece so far.

    Parameters
    ----------
    setting
        The setting of the piece.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.vocabulary = setting.vocabulary
        self.notes: list[Played] = []
        self._times: list[int] = []
        self._orders: list[int] = []  # each note's place in the score, ascending
        self._before: list[int] = []  # for each note, the previous pitch of its voice
        self._in_chord = 0  # how many notes of its voice and time came before the latest note
        self._last = [(NONE, NONE)] * VOICES  # each voice's latest two pitches
        self._latest = [NONE] * VOICES  # each voice's latest note
        self._until = [0] * VOICES  # when each voice falls silent, in ticks
        self._held: list[tuple[int, int]] = []  # pitches, and when they end, in ticks
        self._fading = np.zeros(KEYS, np.float32)
        self._traces = np.zeros((TRACES, CLASSES), np.float32)
        self._rhythm_runs, self._pitch_runs = [0] * len(LAGS), [0] * len(LAGS)
        self._differences = [[NONE] * VOICES for _ in LAGS]
        self._next = [NONE] * len(LAGS)  # the note that came next at each lag
        self._together = 0  # how many notes began at the latest onset so far
        self._row: Ids = (0,) * len(row_sizes(setting.vocabulary)["note"])
        # The note that is asked about.
        self._asked: tuple[int, int] | None = None  # its time and voice
        self._chord_place = 0
        self._found: list[int] = []  # the note that matches it at each lag

    def fork(self) -> Self:
        """Copy the history, so that both can go on independently."""
        other = copy.copy(self)
        for name, value in self.__dict__.items():
            if isinstance(value, list):
                setattr(other, name, value.copy())
        other._differences = [row.copy() for row in self._differences]
        return other  # arrays are never changed

    @property
    def time(self) -> int:
        """The onset of the latest note, in units; the first bar line before the first note."""
        return self._times[-1] if self._times else self.setting.bars[0]

    def note_row(self) -> Ids:
        """Return the latest note, its place, and how it compares with the notes at the lags."""
        return self._row

    def next_row(self) -> tuple[Ids, Ids]:
        """Return what the next IOI depends on: place, held notes, the next note at the lags; and the IOIs that could be copied."""
        time = self.time
        iois = tuple(self._next_ioi(lag) for lag in range(len(LAGS)))
        voices = (self.notes[index].voice if index != NONE else NONE for index in self._next)
        row = (
            self._together,
            self.notes[-1].voice + 1 if self.notes else 0,
            *self.setting.place(time),
            *self._silences(time),
            *(bisect_right(RUNS, run) for run in self._rhythm_runs),
            *(bisect_right(RUNS, run) for run in self._pitch_runs),
            *(ioi + 1 for ioi in iois),
            *(voice + 1 for voice in voices),
        )
        return row, iois

    def time_row(self, time: int) -> tuple[Ids, Ids]:
        """Return the place of a note that begins at `time`, and what sounds; and the voices that could be copied."""
        together = bool(self._times) and self._times[-1] == time
        before = self.notes[-1].voice if together else NONE
        voices = tuple(self._voice_at(time - lag, together) for lag in self.setting.lags(time))
        row = (
            self.vocabulary.ioi_id(time - self.time) + 1,
            before + 1,
            *self.setting.place(time),
            *(self._since(time, voice) for voice in range(VOICES)),
            *self._silences(time),
            *(voice + 1 for voice in voices),
        )
        return row, voices

    def pitch_inputs(self, time: int, voice: int) -> tuple[Ids, PitchInputs]:
        """Return what `voice` did before a note that begins at `time`, and the inputs that its pitch is scored by."""
        self._ask(time, voice)
        place, (last, before) = self.setting.place(time), self._last[voice]
        steps = [self._step(found) for found in self._found]
        row = (
            voice + 1,
            min(self._chord_place, MOST_IN_CHORD - 1),
            self._since(time, voice),
            interval_id(last, before),
            self._degree(last),
            self._tone(last, place.chord),
            *(0 if step is None else clip_interval(step) for step in steps),
        )
        references = [pair[0] for pair in self._last] + [before]
        for found, step in zip(self._found, steps, strict=True):
            references.append(NONE if found == NONE else self.notes[found].pitch)
            moved = NONE if step is None or last == NONE else last + step
            references.append(moved if moved < 128 else NONE)  # beyond MIDI
        # As training stores them.
        fields = self._fields(time)
        traces = self._traces.astype(np.float16).astype(np.float32)
        below = self.notes[-1].pitch if self._chord_place else 128
        return row, PitchInputs(tuple(references), fields, traces, self.setting.roots(time), below)

    def duration_row(self, time: int, voice: int, pitch: int) -> tuple[Ids, Ids]:
        """Return the pitch of a note, and how long notes were lately; and the durations that could be copied."""
        self._ask(time, voice)
        latest = self._latest[voice]
        before = self.notes[latest].duration if latest != NONE else NONE
        of_chord = self.notes[-1].duration if self._times and self._times[-1] == time else NONE
        lags = tuple(self.notes[found].duration if found != NONE else NONE for found in self._found)
        row = (
            interval_id(pitch, self._last[voice][0]),
            self._degree(pitch),
            self._tone(pitch, self.setting.place(time).chord),
            self._octave(pitch),
            before + 1,
            of_chord + 1,
            *(lag + 1 for lag in lags),
        )
        return row, (of_chord, before, *lags)

    def loudness_row(self, time: int, voice: int) -> tuple[Ids, Ids]:
        """Return how loud notes were lately; and the values that could be copied."""
        self._ask(time, voice)
        latest = self._latest[voice]
        before = self.notes[-1].loudness if self.notes else NONE
        in_voice = self.notes[latest].loudness if latest != NONE else NONE
        together = bool(self._times) and self._times[-1] == time and (self.notes[-1].voice < 2) == (voice < 2)
        of_hand = before if together else NONE
        lags = tuple(self.notes[found].loudness if found != NONE else NONE for found in self._found)
        return (before + 1, in_voice + 1, of_hand + 1), (of_hand, in_voice, *lags)

    def feed(self, note: Note) -> None:
        """Take in the next note; notes come in a score's order."""
        time, voice, pitch = int(to_units(note.onset)), note.voice, on_keyboard(note.pitch)
        self._ask(time, voice)
        ioi = self.vocabulary.ioi_id(time - self.time)
        previous, last = self.notes[-1].pitch if self.notes else NONE, self._last[voice][0]
        self._follow_lags(voice, pitch)
        self._together = min(self._together + 1, MOST_TOGETHER) if self.notes and time == self.time else 1
        self._latest[voice] = len(self.notes)
        played = Played(time, ioi, voice, pitch, self.vocabulary.duration_id(note.duration), loudness_id(note.velocity))
        self.notes.append(played)
        self._times.append(time)
        self._orders.append(_order(time, voice, self._chord_place))
        self._before.append(last)
        self._in_chord = self._chord_place
        self._last[voice] = (pitch, last)
        end = note.onset + note.duration
        self._until[voice] = max(self._until[voice], end)
        self._held = [(held, until) for held, until in self._held if until > note.onset] + [(pitch, end)]
        self._fading = self._fading * _FADING
        self._fading[pitch - FIRST_KEY] = 1
        self._traces = self._traces * _FORGETTING
        self._traces[:, pitch % CLASSES] = 1
        order = _order(0, voice, self._chord_place)
        self._next = [self._following(time - lag, order) for lag in self.setting.lags(time)]
        self._row = self._describe(played, last, previous)
        self._asked = None

    def _describe(self, note: Played, last: int, previous: int) -> Ids:
        place = self.setting.place(note.time)
        lags = zip(self._found, self._differences, strict=True)
        differences = (0 if found == NONE else difference_id(row[note.voice]) for found, row in lags)
        return (
            note.ioi + 1,
            note.voice + 1,
            note.duration + 1,
            note.loudness + 1,
            interval_id(note.pitch, last),
            interval_id(note.pitch, previous),
            self._degree(note.pitch),
            self._tone(note.pitch, place.chord),
            self._octave(note.pitch),
            *place,
            *differences,
            *(bisect_right(RUNS, run) for run in self._rhythm_runs),
            *(bisect_right(RUNS, run) for run in self._pitch_runs),
        )

    def _ask(self, time: int, voice: int) -> None:
        """Find the notes that match a note of this time and voice at the lags."""
        if self._asked == (time, voice):
            return
        self._asked = time, voice
        same_chord = bool(self._times) and self._times[-1] == time and self.notes[-1].voice == voice
        self._chord_place = self._in_chord + 1 if same_chord else 0
        order = _order(0, voice, self._chord_place)
        self._found = [self._find(time - lag, order) for lag in self.setting.lags(time)]

    def _fields(self, time: int) -> NDArray[np.float32]:
        fields = np.zeros((FIELDS, KEYS), np.float32)
        for pitch, until in self._held:
            if until > time * UNIT:
                fields[0, pitch - FIRST_KEY] = 1
        beat, bar, *_ = self.setting.lags(time)
        for number, start in ((1, time), (2, time - beat), (3, time - bar)):
            fields[number, [note.pitch - FIRST_KEY for note in self.notes[bisect_left(self._times, start) :]]] = 1
        fields[4] = np.round(self._fading * FIELD_STEPS) / FIELD_STEPS
        return fields

    def _follow_lags(self, voice: int, pitch: int) -> None:
        """Count for how many notes the music repeats that at each lag, and how far above it the voice lies."""
        for lag, found in enumerate(self._found):
            if found == NONE:
                self._rhythm_runs[lag] = self._pitch_runs[lag] = 0
                continue
            difference = pitch - self.notes[found].pitch
            alike = difference == self._differences[lag][voice]
            self._differences[lag][voice] = difference
            self._rhythm_runs[lag] += 1
            self._pitch_runs[lag] = self._pitch_runs[lag] + 1 if alike else 0

    def _following(self, time: int, order: int) -> int:
        """Find the note that came after a place in the score at `time`."""
        return NONE if time < 0 else bisect_right(self._orders, _order(time, 0, 0) + order)

    def _find(self, time: int, order: int) -> int:
        """Find the note at a place in the score at `time`."""
        wanted = _order(time, 0, 0) + order
        index = bisect_left(self._orders, wanted)
        return index if time >= 0 and index < len(self._orders) and self._orders[index] == wanted else NONE

    def _next_ioi(self, lag: int) -> int:
        """Return the id of the IOI to the next note at a lag; `NONE` if the vocabulary does not have it."""
        index = self._next[lag]
        if index == NONE:
            return NONE
        return self.vocabulary.exact_ioi_id(self._times[index] - self.time + self.setting.lags(self.time)[lag])

    def _voice_at(self, time: int, together: bool) -> int:
        """Find the voice of the next note at `time`, after the notes there that match those struck already."""
        if time < 0 or not self.notes:
            return NONE
        if together:
            index = self._following(time, _order(0, self.notes[-1].voice, self._in_chord))
        else:
            index = bisect_left(self._times, time)
        return self.notes[index].voice if index < len(self._times) and self._times[index] == time else NONE

    def _since(self, time: int, voice: int) -> int:
        latest = self._latest[voice]
        return 0 if latest == NONE else 1 + bisect_right(SINCE, time - self._times[latest])

    def _silences(self, time: int) -> list[int]:
        """Return the classes of how long each voice will still sound."""
        return [bisect_right(UNTIL, -((time * UNIT - until) // UNIT)) for until in self._until]

    def _step(self, found: int) -> int | None:
        """Return the interval by which its voice came to a note."""
        if found == NONE or self._before[found] == NONE:
            return None
        return self.notes[found].pitch - self._before[found]

    def _degree(self, pitch: int) -> int:
        if pitch == NONE:
            return 0
        return 1 + self.setting.mode * CLASSES + (pitch - self.setting.key.tonic) % CLASSES

    def _octave(self, pitch: int) -> int:
        return 1 + (pitch - self.setting.shift) // 8

    def _tone(self, pitch: int, chord: int) -> int:
        return 0 if pitch == NONE else tone_id(pitch - self.setting.key.tonic, chord)


def _order(time: int, voice: int, in_chord: int) -> int:
    """Return a number that grows in the order of a score's notes."""
    return time * 64 + voice * 8 + min(in_chord, MOST_IN_CHORD - 1)
