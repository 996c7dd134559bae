"""What was played so far, and what each part of the next note is predicted from.

One code serves training and composing: fed a piece's notes in order, a History tells before each of them what the network
reads. Everything is counted from the home key's tonic, so that all keys are one; times are in units of the grid.

Of everything it is told what the same place was like one beat, one bar and two bars ago: music repeats its figures. What
stood there is matched by order: the second note of a chord by the second note of the chord then.
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mozart.model.setting import Setting
from mozart.model.vocabulary import LOUDNESSES, PITCHES, UNIT, UNITS_A_QUARTER, loudness_id, to_units
from mozart.notes import VOICES, Note
from mozart.notes.keys import CLASSES

REFERENCES = 12  # pitches that a pitch is seen from
SPAN = 18  # semitones; farther from a reference it counts as far
FAR = 2 * SPAN + 1
# When a pitch was struck last: at this moment, within a quarter, four, sixteen, sixty-four, or longer ago.
_RECENT = np.array([1, 24, 96, 384, 1536])
RECENCIES = 2 * (len(_RECENT) + 1)
_LONG_AGO = -(10**6)
_HALF_LIVES = np.array([[48.0], [384.0]])  # of how much each pitch class sounded: two quarters, and sixteen
SOUNDS = len(_HALF_LIVES) * CLASSES
VOICE_FLOATS = 2 * VOICES
_MOST_TOGETHER = 6
_MOST_IN_CHORD = 3

Ids = list[int]
Floats = NDArray[np.float32]


class Played(NamedTuple):
    """A note that was played: its time in units, and its parts as ids."""

    time: int
    voice: int
    pitch: int
    duration: int
    loudness: int


class PitchInputs(NamedTuple):
    """What a pitch is predicted from.

    Attributes
    ----------
    references : pitches, from the home key, that the pitch is seen from; -1 for none, REFERENCES of them
    recencies : for each pitch, when it was struck last and whether it still sounds, shape (PITCHES,)
    sounds : how much each pitch class, from the tonic, sounded lately and longer, shape (SOUNDS,)
    chord_place : whether the voice has struck at this moment, and its how manyeth note this is
    """

    references: Ids
    recencies: NDArray[np.uint8]
    sounds: Floats
    chord_place: tuple[int, int]


class History:
    """The notes so far.

    Parameters
    ----------
    setting
        What stands before the notes; pitches are counted from its home key.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.vocabulary = setting.vocabulary
        self.notes: list[Played] = []
        self.iois: Ids = []  # to each note from the one before it
        self._latest = [-1] * VOICES  # the index of each voice's latest note
        self._before: list[int] = []  # for each note, the one before it in its voice
        self._at: dict[tuple[int, int, int], int] = {}  # voice, time and place in the chord → note
        self._first: dict[int, int] = {}  # time → first note
        self._together: dict[int, int] = {}  # time → how many notes
        # By pitch from the home key.
        self._struck = np.full(PITCHES, _LONG_AGO)
        self._until = np.full(PITCHES, _LONG_AGO)
        self._voice_struck = np.full(VOICES, _LONG_AGO)
        self._voice_until = np.full(VOICES, _LONG_AGO)
        self._sounds = np.zeros((len(_HALF_LIVES), CLASSES))
        self._sounds_time = 0
        self._matches: Ids = []  # what the note whose pitch was asked for last is matched with

    def fork(self) -> Self:
        """A copy that goes its own way."""
        other = copy.copy(self)
        for name, value in self.__dict__.items():
            if isinstance(value, list | dict | np.ndarray):
                setattr(other, name, value.copy())
        return other

    @property
    def time(self) -> int:
        """When the latest note began; the first bar line where there is none."""
        return self.notes[-1].time if self.notes else self.setting.bars[0]

    def note_ids(self) -> Ids:
        """The latest note and where it stood: what the network's memory reads."""
        vocabulary, place = self.vocabulary, self.setting.place(self.time)
        if not self.notes:
            return [vocabulary.n_iois, VOICES, PITCHES, len(vocabulary.durations), LOUDNESSES, *place, self.setting.mode]
        note = self.notes[-1]
        pitch = self._from_home(note.pitch)
        return [self.iois[-1], note.voice, pitch, note.duration, note.loudness, *place, self.setting.mode]

    def ioi_ids(self) -> Ids:
        """What the distance to the next note is predicted from, beside the place: how many notes begin here, and what followed."""
        if not self.notes:
            return [0, *[self.vocabulary.n_iois] * 3]
        count = self._together[self.time]
        return [min(count, _MOST_TOGETHER), *(self._followed(self.time - lag, count) for lag in self.setting.lags(self.time))]

    def voice_ids(self, time: int) -> Ids:
        """What the voice of a note that begins at `time` is predicted from."""
        together = self._together.get(time, 0)
        latest = self.notes[-1].voice if together else VOICES
        matched = [self._voice_of(time - lag, together) for lag in self.setting.lags(time)]
        return [self._ioi_to(time), *self.setting.place(time), latest, *matched]

    def voice_floats(self, time: int) -> Floats:
        """How long ago each voice struck, in bars of four quarters up to 2, and whether it sounds, shape (VOICE_FLOATS,)."""
        since = np.minimum(time - self._voice_struck, 8 * UNITS_A_QUARTER) / (4 * UNITS_A_QUARTER)
        return np.concatenate([since, self._voice_until > time]).astype(np.float32)

    def pitch_inputs(self, time: int, voice: int) -> PitchInputs:
        """What the pitch of a note of `voice` that begins at `time` is predicted from."""
        latest = self._latest[voice]
        place = self._place_in_chord(voice, time)
        self._matches = [self._at.get((voice, time - lag, place), -1) for lag in self.setting.lags(time)]
        references = [
            self._pitch_of(latest),
            self._pitch_of(self._before[latest] if latest >= 0 else -1),
            *(self._pitch_of(self._latest[other]) for other in range(VOICES) if other != voice),
            self._pitch_of(len(self.notes) - 1),
            *(self._moved_alike(latest, match) for match in self._matches),
            *(self._pitch_of(match) for match in self._matches[1:]),
        ]
        recencies = _RECENT.searchsorted(time - self._struck, side="right") + (len(_RECENT) + 1) * (self._until > time)
        sounds = self._sounds * 0.5 ** ((time - self._sounds_time) / _HALF_LIVES)
        return PitchInputs(
            [self._from_home(pitch) if pitch >= 0 else -1 for pitch in references],
            recencies.astype(np.uint8),
            sounds.ravel().astype(np.float32),
            (int(latest >= 0 and self.notes[latest].time == time), min(place, _MOST_IN_CHORD)),
        )

    def duration_ids(self, time: int, voice: int) -> Ids:
        """What the note's length is predicted from; asked for after its pitch."""
        absent, latest = len(self.vocabulary.durations), self._latest[voice]
        matched = [self.notes[match].duration if match >= 0 else absent for match in self._matches]
        before = self.notes[latest].duration if latest >= 0 else absent
        return [*matched, before, int(latest >= 0 and self.notes[latest].time == time)]

    def loudness_ids(self, time: int, voice: int) -> Ids:
        """What the note's loudness is predicted from: that of the note struck together with it, and of its voice's latest."""
        together = self.notes[-1].loudness if self._together.get(time) else LOUDNESSES
        return [together, self.notes[self._latest[voice]].loudness if self._latest[voice] >= 0 else LOUDNESSES]

    def feed(self, note: Note) -> None:
        """Take in the next note; notes come in a score's order."""
        time, index = int(to_units(note.onset)), len(self.notes)
        self.iois.append(self._ioi_to(time))
        self._at[note.voice, time, self._place_in_chord(note.voice, time)] = index
        self._first.setdefault(time, index)
        self._together[time] = self._together.get(time, 0) + 1
        self._before.append(self._latest[note.voice])
        self._latest[note.voice] = index
        duration = self.vocabulary.duration_id(note.duration)
        self.notes.append(Played(time, note.voice, note.pitch, duration, loudness_id(note.velocity)))
        end = time + max(round(note.duration / UNIT), 1)
        pitch = self._from_home(note.pitch)
        self._struck[pitch], self._until[pitch] = time, max(end, self._until[pitch])
        self._voice_struck[note.voice], self._voice_until[note.voice] = time, end
        if time > self._sounds_time:
            self._sounds *= 0.5 ** ((time - self._sounds_time) / _HALF_LIVES)
            self._sounds_time = time
        self._sounds[:, (note.pitch - self.setting.shift) % CLASSES] += min(note.duration / (UNIT * UNITS_A_QUARTER), 2.0)

    def _ioi_to(self, time: int) -> int:
        return self.vocabulary.ioi_id(time - self.time) if self.notes else self.vocabulary.n_iois

    def _followed(self, time: int, count: int) -> int:
        """The distance after the note that was struck as the `count`-th at `time`, or after the last one there."""
        first = self._first.get(time)
        if first is None:
            return self.vocabulary.n_iois
        following = first + min(count, self._together[time])
        return self.iois[following] if following < len(self.iois) else self.vocabulary.n_iois

    def _voice_of(self, time: int, together: int) -> int:
        """The voice of the note that was struck at `time` after so many others."""
        first = self._first.get(time)
        return self.notes[first + together].voice if first is not None and together < self._together[time] else VOICES

    def _place_in_chord(self, voice: int, time: int) -> int:
        place = 0
        while (voice, time, place) in self._at:
            place += 1
        return place

    def _pitch_of(self, index: int) -> int:
        return self.notes[index].pitch if index >= 0 else -1

    def _moved_alike(self, latest: int, match: int) -> int:
        """The voice's latest pitch, moved as the voice moved to the note that this one is matched with; -1 where it did not."""
        if match < 0 or latest < 0 or self._before[match] < 0:
            return -1
        return self.notes[latest].pitch + self.notes[match].pitch - self.notes[self._before[match]].pitch

    def _from_home(self, pitch: int) -> int:
        return min(max(pitch - self.setting.shift, 0), PITCHES - 1)


def seen_from(references: Sequence[int]) -> Ids:
    """How far each reference but the first is from the first: an id of 2 * SPAN + 2, the last for none."""
    first = references[0]
    return [min(max(other - first, -SPAN), SPAN) + SPAN if other >= 0 and first >= 0 else FAR for other in references[1:]]
