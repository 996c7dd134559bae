"""What was played so far, and what each part of the next note is predicted from.

One code serves training and composing: fed a piece's notes in order, a History tells before each of them what the network
reads. Parts are asked for in order, each given those before it; what is known at each stage is told as a row of ids. Nothing
depends on the key: pitches are told as intervals, as degrees of the home key, over the root of the chord, and how high they lie
as if the home key were C.

Of everything it is told what the same place was like a beat, a bar, and two, four and eight bars ago: music repeats its figures
and its phrases. What stood there is matched by order: the second note of a chord by the second note of the chord then.
"""

import copy
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mozart.model.setting import LAGS, N_TONES, Setting, place_sizes, tone_id
from mozart.model.vocabulary import FIRST_KEY, KEYS, LOUDNESSES, UNIT, Vocabulary, loudness_id, on_keyboard, to_units
from mozart.notes import VOICES, Note
from mozart.notes.keys import CLASSES

NONE = -1

# Intervals further than two octaves count as two octaves.
REACH = 24
INTERVALS = 2 * REACH + 1
_NEAR = 13  # how far a note lies from that of a lag: an octave, or more
_RUNS = (1, 2, 4, 8, 16)  # for how many notes the music has gone on as at a lag
_SINCE = (1, 4, 7, 13, 25, 49, 97, 193)  # units since the voice's latest note
# Units until a voice falls silent: notes end early when they are detached.
_UNTIL = (1, 5, 8, 11, 14, 20, 26, 50)
_MOST_IN_CHORD, _MOST_TOGETHER = 8, 7
_OCTAVES = 18  # of eight semitones; 0 where none is told
_DEGREES = 2 * CLASSES + 1  # of major and of minor; 0 where none is told

# The pitches from which intervals are counted: each voice's latest, the one before it in this voice, and for each lag its pitch,
# and the voice's latest moved as the voice moved then.
REFERENCES = VOICES + 1 + 2 * len(LAGS)
# What sounds on, what begins now, what began within a beat, within a bar, and everything, fading with each note.
FIELDS = 5
FIELD_STEPS = 255  # in which they are stored
_FADING = np.float32(0.95)
# How lately each pitch class was struck, forgotten faster and slower.
TRACES = 2
_FORGETTING = np.array([[0.85], [0.97]], np.float32)
# What could be copied: an IOI and a voice of each lag; a note length and a loudness of the chord, of the voice, of each lag.
COPIES = {"ioi": len(LAGS), "voice": len(LAGS), "duration": 2 + len(LAGS), "loudness": 2 + len(LAGS)}

Ids = tuple[int, ...]


def row_sizes(vocabulary: Vocabulary) -> dict[str, dict[str, int]]:
    """The stages, and for each how many values each of its ids has; 0 is for what is not there or not told."""
    iois, durations, place = vocabulary.n_iois + 1, len(vocabulary.durations) + 1, place_sizes(vocabulary)
    voices, intervals, loudness = VOICES + 1, INTERVALS + 1, LOUDNESSES + 1
    return {
        "note": {
            "ioi": iois,
            "voice": voices,
            "duration": durations,
            "loudness": loudness,
            "interval in voice": intervals,
            "interval": intervals,
            "degree": _DEGREES,
            "tone": N_TONES,
            "octave": _OCTAVES,
            **place,
            **_each_lag("difference", 2 * _NEAR + 2),
            **_each_lag("rhythm alike", len(_RUNS) + 1),
            **_each_lag("pitch alike", len(_RUNS) + 1),
        },
        "next": {
            "together": _MOST_TOGETHER + 1,
            "voice": voices,
            **place,
            **_each_voice("until", len(_UNTIL) + 1),
            **_each_lag("rhythm alike", len(_RUNS) + 1),
            **_each_lag("pitch alike", len(_RUNS) + 1),
            **_each_lag("next ioi", iois),
            **_each_lag("next voice", voices),
        },
        "time": {
            "ioi": iois,
            "voice before": voices,
            **place,
            **_each_voice("since", len(_SINCE) + 2),
            **_each_voice("until", len(_UNTIL) + 1),
            **_each_lag("voice", voices),
        },
        "voice": {
            "voice": voices,
            "in chord": _MOST_IN_CHORD,
            "since": len(_SINCE) + 2,
            "interval before": intervals,
            "degree": _DEGREES,
            "tone": N_TONES,
            **_each_lag("interval", intervals),
        },
        "pitch": {
            "interval": intervals,
            "degree": _DEGREES,
            "tone": N_TONES,
            "octave": _OCTAVES,
            "duration before": durations,
            "duration of chord": durations,
            **_each_lag("duration", durations),
        },
        "loudness": {"loudness before": loudness, "loudness in voice": loudness, "loudness of hand": loudness},
    }


def _each_voice(name: str, size: int) -> Mapping[str, int]:
    return {f"voice {voice}: {name}": size for voice in range(VOICES)}


def _each_lag(name: str, size: int) -> Mapping[str, int]:
    return {f"{lag}: {name}": size for lag in LAGS}


class Played(NamedTuple):
    """A note that was played: its time in units, its IOI as an id, and its other parts."""

    time: int
    ioi: int
    voice: int
    pitch: int
    duration: int
    loudness: int


class PitchInputs(NamedTuple):
    """What pitches are scored by.

    Attributes
    ----------
    references
        MIDI pitches, or `NONE`.
    fields
        How much each key is there, 0 to 1, shape (`FIELDS`, `KEYS`).
    traces
        How lately each pitch class was struck, 0 to 1, shape (`TRACES`, 12).
    roots
        The tonic, the root of this beat's chord and of the next one's, or `NONE`.
    below
        The pitch that this one must lie under, or 128.
    """

    references: Ids
    fields: NDArray[np.float32]
    traces: NDArray[np.float32]
    roots: tuple[int, int, int]
    below: int


class History:
    """The notes so far.

    Parameters
    ----------
    setting
        What stands before the notes.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.vocabulary = setting.vocabulary
        self.notes: list[Played] = []
        self._times: list[int] = []
        self._orders: list[int] = []  # ascending: where each note stands in the score
        self._before: list[int] = []  # for each note, the pitch before it in its voice
        self._in_chord = 0  # how many notes of its voice and time went before the latest note
        self._last = [(NONE, NONE)] * VOICES  # each voice's latest two pitches
        self._latest = [NONE] * VOICES  # each voice's latest note
        self._until = [0] * VOICES  # when each voice falls silent, in ticks
        self._held: list[tuple[int, int]] = []  # pitches, and until when they sound, in ticks
        self._fading = np.zeros(KEYS, np.float32)
        self._traces = np.zeros((TRACES, CLASSES), np.float32)
        self._rhythm_runs, self._pitch_runs = [0] * len(LAGS), [0] * len(LAGS)
        self._differences = [[NONE] * VOICES for _ in LAGS]
        self._next = [NONE] * len(LAGS)  # the note that came next at each lag
        self._together = 0  # how many notes began with the latest one, and it
        self._row: Ids = (0,) * len(row_sizes(setting.vocabulary)["note"])
        # Of the note that is asked about.
        self._asked: tuple[int, int] | None = None  # its time and voice
        self._chord_place = 0
        self._found: list[int] = []  # the note that it is matched with at each lag

    def fork(self) -> Self:
        """A copy that goes its own way."""
        other = copy.copy(self)
        for name, value in self.__dict__.items():
            if isinstance(value, list):
                setattr(other, name, value.copy())
        other._differences = [row.copy() for row in self._differences]
        return other  # arrays are never changed

    @property
    def time(self) -> int:
        """When the latest note began; the first bar line where there is none."""
        return self._times[-1] if self._times else self.setting.bars[0]

    def note_row(self) -> Ids:
        """The latest note, where it stands, and what the same place was like at the lags."""
        return self._row

    def next_row(self) -> tuple[Ids, Ids]:
        """What the next IOI depends on: place, what sounds on, what came next at the lags; the IOIs that could be copied."""
        time = self.time
        iois = tuple(self._next_ioi(lag) for lag in range(len(LAGS)))
        voices = (self.notes[index].voice if index != NONE else NONE for index in self._next)
        row = (
            self._together,
            self.notes[-1].voice + 1 if self.notes else 0,
            *self.setting.place(time),
            *self._silences(time),
            *(bisect_right(_RUNS, run) for run in self._rhythm_runs),
            *(bisect_right(_RUNS, run) for run in self._pitch_runs),
            *(ioi + 1 for ioi in iois),
            *(voice + 1 for voice in voices),
        )
        return row, iois

    def time_row(self, time: int) -> tuple[Ids, Ids]:
        """Of a note that begins at `time`: its place, and what sounds; the voices that could be copied."""
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
        """Of a note of `voice` that begins at `time`: what the voice did, and what its pitch is scored by."""
        self._ask(time, voice)
        place, (last, before) = self.setting.place(time), self._last[voice]
        steps = [self._step(found) for found in self._found]
        row = (
            voice + 1,
            min(self._chord_place, _MOST_IN_CHORD - 1),
            self._since(time, voice),
            _interval(last, before),
            self._degree(last),
            self._tone(last, place.chord),
            *(0 if step is None else _clip(step) for step in steps),
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
        """What its pitch is, and how long notes were lately; the lengths that could be copied."""
        self._ask(time, voice)
        latest = self._latest[voice]
        before = self.notes[latest].duration if latest != NONE else NONE
        of_chord = self.notes[-1].duration if self._times and self._times[-1] == time else NONE
        lags = tuple(self.notes[found].duration if found != NONE else NONE for found in self._found)
        row = (
            _interval(pitch, self._last[voice][0]),
            self._degree(pitch),
            self._tone(pitch, self.setting.place(time).chord),
            self._octave(pitch),
            before + 1,
            of_chord + 1,
            *(lag + 1 for lag in lags),
        )
        return row, (of_chord, before, *lags)

    def loudness_row(self, time: int, voice: int) -> tuple[Ids, Ids]:
        """How loud notes were lately; what could be copied."""
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
        self._together = min(self._together + 1, _MOST_TOGETHER) if self.notes and time == self.time else 1
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
        return (
            note.ioi + 1,
            note.voice + 1,
            note.duration + 1,
            note.loudness + 1,
            _interval(note.pitch, last),
            _interval(note.pitch, previous),
            self._degree(note.pitch),
            self._tone(note.pitch, place.chord),
            self._octave(note.pitch),
            *place,
            *(0 if found == NONE else _near(row[note.voice]) for found, row in zip(self._found, self._differences, strict=True)),
            *(bisect_right(_RUNS, run) for run in self._rhythm_runs),
            *(bisect_right(_RUNS, run) for run in self._pitch_runs),
        )

    def _ask(self, time: int, voice: int) -> None:
        """Find what a note of this time and voice is matched with."""
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
        """For how many notes the music has gone on as at each lag, and how far above it the voice lies."""
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
        """The note that came after a place in the score at `time`."""
        return NONE if time < 0 else bisect_right(self._orders, _order(time, 0, 0) + order)

    def _find(self, time: int, order: int) -> int:
        """The note at a place in the score at `time`."""
        wanted = _order(time, 0, 0) + order
        index = bisect_left(self._orders, wanted)
        return index if time >= 0 and index < len(self._orders) and self._orders[index] == wanted else NONE

    def _next_ioi(self, lag: int) -> int:
        """How long it took at a lag until the next note, as an id; `NONE` where no distance is exactly so long."""
        index = self._next[lag]
        if index == NONE:
            return NONE
        return self.vocabulary.exact_ioi_id(self._times[index] - self.time + self.setting.lags(self.time)[lag])

    def _voice_at(self, time: int, together: bool) -> int:
        """The voice of the note that came next at `time`: after those that match the ones struck already, if there are some."""
        if time < 0 or not self.notes:
            return NONE
        if together:
            index = self._following(time, _order(0, self.notes[-1].voice, self._in_chord))
        else:
            index = bisect_left(self._times, time)
        return self.notes[index].voice if index < len(self._times) and self._times[index] == time else NONE

    def _since(self, time: int, voice: int) -> int:
        latest = self._latest[voice]
        return 0 if latest == NONE else 1 + bisect_right(_SINCE, time - self._times[latest])

    def _silences(self, time: int) -> list[int]:
        """How long each voice sounds on."""
        return [bisect_right(_UNTIL, -((time * UNIT - until) // UNIT)) for until in self._until]

    def _step(self, found: int) -> int | None:
        """The interval by which the voice came to a note."""
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


def _interval(pitch: int, before: int) -> int:
    return 0 if NONE in (pitch, before) else _clip(pitch - before)


def _clip(interval: int) -> int:
    return max(-REACH, min(REACH, interval)) + REACH + 1


def _near(difference: int) -> int:
    return max(-_NEAR, min(_NEAR, difference)) + _NEAR + 1


def _order(time: int, voice: int, in_chord: int) -> int:
    """A number that grows as notes stand in a score."""
    return time * 64 + voice * 8 + min(in_chord, _MOST_IN_CHORD - 1)
