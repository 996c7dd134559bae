"""Draw notes one after another, bar by bar."""

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
# The temperature of each part; one for all makes some parts too even. Chosen on pieces beside works held out to validate
# (docs/experiments.md).
HEATS = {"ioi": 0.95, "voice": 0.8, "pitch": 0.95, "duration": 0.95, "loudness": 1.0}
# How much more probable, in nats, chord tones of the plan become: while composing, the network relies too much on its own notes.
CHORD_PULL = 0.3
MAX_TOGETHER = 8  # notes that may begin at once
REACH = 16  # semitones, a tenth: the span that a hand strikes or holds at once
_RECENT = 24  # notes in which those that still sound are searched for
_OVERLAP = TICKS // 8  # a note that ends sooner than this is released in time

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass
class Draft:
    """A piece that is being composed.

    Attributes
    ----------
    moment
        The network's state.
    notes
        The notes so far.
    log_probability
        The log-probability of the parts that were drawn.
    rng, loudness_rng
        The only random generators.
    steps
        For each place of a quarter, the IOIs that may start there, in units of the grid.
    balance
        The pull on registers and density.
    temperature
        The temperature of the draws, times HEATS.
    top_p
        The top-p of the draws.
    copies, max_copy
        The longest run that the piece may share with the training works; no limit without `copies`.
    pending
        The onset of the next note, in units of the grid, if it was drawn before its bar.
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
        """Copy the draft with new random generators, so that both can go on independently."""
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
        """From here on share no longer run of notes with the training works."""
        self.copies, self.max_copy = Follower(index), most

    def add(self, note: Note) -> None:
        """Add a note."""
        self.notes.append(note)
        self.moment.feed(note)
        self.balance = self.balance.after(note)
        self.loops.take(note)
        if self.copies is not None:
            self.copies.take(note)

    def adopt(self, other: Self) -> None:
        """Take over the state of a copy."""
        for name in ("moment", "notes", "pending", "balance", "loops", "copies"):
            setattr(self, name, getattr(other, name))

    def draw_region(self, start: int, stop: int, upbeat: int = 0, carry: bool = False) -> None:
        """Draw the notes that begin from `start` to before `stop`, in ticks.

        Parameters
        ----------
        start, stop
            The region, in ticks.
        upbeat
            The silence at its beginning, in ticks.
        carry
            Keep the IOI that leads out of the region, for a next region that is drawn too.
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
        """Draw the onset of the next note, in units of the grid, not before `earliest`."""
        history = self.moment.history
        iois = np.array(history.vocabulary.iois)
        scores = self.balance.tilt_iois(self.moment.iois()[: len(iois)], iois)
        possible = history.time + iois >= earliest
        if history.time >= earliest and not self._has_room():
            possible[0] = False
        if not possible.any():
            return earliest
        place = history.setting.place_in_bar(history.time) % UNITS_A_QUARTER
        steps = {0, *self.steps.get(place, ())}  # 0, to the next note of a chord, is always possible
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
        """Draw a note that begins at `time`, of these voices and pitch classes, below a pitch; None if none is possible."""
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
        if easy.any() or len(classes) == CLASSES:  # a last chord may be out of reach of held notes
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
        """Find the keys that the voice's hand reaches beside what it holds, without those that sound already."""
        held = [note for note in self.notes[-_RECENT:] if note.onset + note.duration > time * UNIT + _OVERLAP]
        possible = np.ones(PITCHES, dtype=bool)
        possible[[note.pitch for note in held]] = False
        mates = [note.pitch for note in held if (note.voice in LEFT_VOICES) == (voice in LEFT_VOICES)]
        if mates:
            possible[: max(max(mates) - REACH, 0)] = possible[min(mates) + REACH + 1 :] = False
        return possible

    def _is_free(self, note: Note) -> bool:
        """Tell whether a note neither completes a loop nor makes a copied run too long."""
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
    """Find the pitches of these classes within the compass of Mozart's piano."""
    of_class = np.zeros(CLASSES, dtype=bool)
    of_class[[*classes]] = True
    keys = np.resize(of_class, PITCHES)
    keys[:LOWEST] = keys[HIGHEST + 1 :] = False
    return keys
