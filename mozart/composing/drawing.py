"""Notes drawn one after another, bar by bar, as a plan has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mozart.composing.balance import Balance
from mozart.composing.sampling import draw
from mozart.measuring.copies import CopyIndex, Follower
from mozart.measuring.loops import LoopWatch
from mozart.model.stepper import PITCHES, Moment
from mozart.model.vocabulary import UNIT, UNITS_A_QUARTER, velocity_of
from mozart.notes import TICKS, VOICES, Note
from mozart.notes.keys import CLASSES
from mozart.notes.score import LEFT_VOICES

# The compass of Mozart's piano, FF to f3.
LOWEST, HIGHEST = 29, 89
# What is drawn as cool as pitches must be is too even. Chosen on pieces beside works held out to validate (docs/experiments.md).
HEATS = {"ioi": 0.95, "voice": 0.8, "pitch": 0.95, "duration": 0.95, "loudness": 1.0}
# How much more probable, in nats, the notes of the plan's chord are: a network that reads its own notes trusts them more than it.
CHORD_PULL = 0.3
# However probable, a moment holds no more notes than two hands reach.
MAX_TOGETHER = 8
REACH = 16  # semitones, a tenth: what a hand strikes or holds at once
_RECENT = 24  # notes among which those that still sound are looked for
_OVERLAP = TICKS // 8  # what sounds on for less is let go in time

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass
class Draft:
    """A piece that is being composed.

    Attributes
    ----------
    moment
        What the network knows of it.
    notes
        So far, in ticks.
    log_probability
        Of the parts that were drawn.
    rng, loudness_rng
        The only sources of chance.
    steps
        From which places of a quarter time goes on by how much, in units of the grid.
    balance
        Where the piece lies, and where it should.
    temperature
        Of the draws, times HEATS.
    top_p
        Of the draws.
    copies, max_copy
        How long a run may be that stands in the training works too; no bound without the first.
    pending
        When the next note begins, in units of the grid, where that was drawn before its bar.
    """

    moment: Moment
    rng: np.random.Generator
    loudness_rng: np.random.Generator
    steps: Mapping[int, frozenset[int]]
    balance: Balance
    temperature: float = 1.0
    top_p: float = 1.0
    notes: list[Note] = field(default_factory=list)
    log_probability: float = 0.0
    loops: LoopWatch = field(default_factory=LoopWatch)
    copies: Follower | None = None
    max_copy: int = 0
    pending: int | None = None

    def fork(self, seed: int) -> Self:
        """A copy that goes its own way, with chance of its own."""
        notes, loudness = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(2))
        return replace(
            self,
            moment=self.moment.fork(),
            notes=[*self.notes],
            rng=notes,
            loudness_rng=loudness,
            log_probability=0.0,
            loops=self.loops.fork(),
            copies=self.copies and self.copies.fork(),
        )

    def watch_copies(self, index: CopyIndex, most: int) -> None:
        """From here on let no longer run of notes stand in the training works too."""
        self.copies, self.max_copy = Follower(index), most

    def add(self, note: Note) -> None:
        """Take a note as it is."""
        self.notes.append(note)
        self.moment.feed(note)
        self.balance = self.balance.after(note)
        self.loops.take(note)
        if self.copies is not None:
            self.copies.take(note)

    def adopt(self, other: Self) -> None:
        """Go on as a copy has gone."""
        for name in ("moment", "notes", "pending", "balance", "loops", "copies"):
            setattr(self, name, getattr(other, name))

    def draw_region(self, start: int, stop: int, upbeat: int = 0, carry: bool = False) -> None:
        """Draw the notes that begin from `start` to before `stop`, in ticks.

        Parameters
        ----------
        upbeat
            How long the region is silent at first.
        carry
            Whether the distance that leads out of the region is kept, for a region that follows and is drawn too.
        """
        earliest = (start + upbeat) // UNIT
        time = self.pending if self.pending is not None and self.pending >= earliest else None
        if time is None:
            time = self.draw_time(earliest) if self.moment.history.notes else earliest
        while time * UNIT < stop:
            if self.draw_note(time) is None:
                earliest = time + 1  # the moment is full
            time = self.draw_time(earliest)
        self.pending = time if carry else None

    def draw_time(self, earliest: int) -> int:
        """When the next note begins, in units of the grid; not before `earliest`."""
        history = self.moment.history
        iois = np.array(history.vocabulary.iois)
        scores = self.balance.tilt_iois(self.moment.iois()[: len(iois)], iois)
        possible = history.time + iois >= earliest
        if history.time >= earliest and not self._has_room():
            possible[0] = False
        if not possible.any():
            return earliest
        place = history.setting.place_in_bar(history.time) % UNITS_A_QUARTER
        steps = {0, *self.steps.get(place, ())}  # to the next note of a chord, always
        usual = possible & np.array([ioi in steps for ioi in history.vocabulary.iois])
        if usual.any():
            possible = usual
        scores = np.where(possible, scores, -np.inf)
        drawn = self._draw("ioi", scores)
        self._count(scores, drawn)
        return int(history.time + iois[drawn])

    def draw_note(
        self,
        time: int,
        voices: Sequence[int] = range(VOICES),
        classes: Sequence[int] = range(CLASSES),
        below: int = HIGHEST + 1,
    ) -> Note | None:
        """Draw a note that begins at `time`, of some voices and pitch classes and below a pitch; None where none is possible."""
        together = [note for note in self._latest() if note.onset == time * UNIT]
        least = together[-1].voice if together else 0
        possible = np.array([voice >= least and voice in voices for voice in range(VOICES)])
        scores = self.moment.voices(time)
        while possible.any():
            masked = np.where(possible, scores, -np.inf)
            voice = self._draw("voice", masked)
            pitch = self._draw_pitch(time, voice, together, classes, below)
            if pitch is not None:
                self._count(masked, voice)
                return self._finish(time, voice, pitch)
            possible[voice] = False
        return None

    def _draw_pitch(self, time: int, voice: int, together: Sequence[Note], classes: Sequence[int], below: int) -> int | None:
        scores = self.balance.tilt_pitches(self.moment.pitches(time, voice), voice)
        scores = scores + CHORD_PULL * _keys_of(self.moment.history.setting.chord_tones(time))
        possible = _keys_of(classes)
        possible[below:] = False
        for note in together:
            possible[note.pitch] = False
            if note.voice == voice:
                possible[note.pitch :] = False
        easy = possible & self._within_reach(time, voice)
        if easy.any() or len(classes) == CLASSES:  # a last chord is struck whatever is still held
            possible = easy
        while (possible & np.isfinite(scores)).any():
            masked = np.where(possible, scores, -np.inf)
            pitch = self._draw("pitch", masked)
            if self._is_free(Note(time * UNIT, voice, pitch, 1, 1)):
                self._count(masked, pitch)
                return pitch
            possible[pitch] = False
        return None

    def _within_reach(self, time: int, voice: int) -> Flags:
        """Which keys the voice's hand reaches beside what it holds; none that sounds already."""
        held = [note for note in self.notes[-_RECENT:] if note.onset + note.duration > time * UNIT + _OVERLAP]
        possible = np.ones(PITCHES, dtype=bool)
        possible[[note.pitch for note in held]] = False
        mates = [note.pitch for note in held if (note.voice in LEFT_VOICES) == (voice in LEFT_VOICES)]
        if mates:
            possible[: max(max(mates) - REACH, 0)] = possible[min(mates) + REACH + 1 :] = False
        return possible

    def _is_free(self, note: Note) -> bool:
        """Whether a note completes no loop, and no longer run that stands in the training works than may be."""
        return (self.copies is None or self.copies.length_with(note) <= self.max_copy) and not self.loops.would_loop(note)

    def _finish(self, time: int, voice: int, pitch: int) -> Note:
        history = self.moment.history
        duration = self._draw("duration", self.moment.durations(time, voice, pitch))
        loudness = self._draw("loudness", self.moment.loudnesses(time, voice))
        note = Note(time * UNIT, voice, pitch, history.vocabulary.durations[duration], velocity_of(loudness))
        self.add(note)
        return note

    def _draw(self, part: str, scores: Floats) -> int:
        rng = self.loudness_rng if part == "loudness" else self.rng
        return draw(scores, rng, self.temperature * HEATS[part], self.top_p)

    def _latest(self) -> list[Note]:
        return self.notes[-MAX_TOGETHER:]

    def _has_room(self) -> bool:
        latest = self._latest()
        return len(latest) < MAX_TOGETHER or latest[0].onset != latest[-1].onset

    def _count(self, scores: Floats, drawn: int) -> None:
        self.log_probability += float(scores[drawn])


def _keys_of(classes: Sequence[int]) -> Flags:
    """Which pitches are of these classes and within Mozart's compass."""
    of_class = np.zeros(CLASSES, dtype=bool)
    of_class[[*classes]] = True
    keys = np.resize(of_class, PITCHES)
    keys[:LOWEST] = keys[HIGHEST + 1 :] = False
    return keys
