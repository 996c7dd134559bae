"""Notes, metres and tempi in exact time: reading and composing make a Score, and all else takes one.

Conventions
-----------
Times are integers, in ticks of 1/480 quarter. Time 0 is a bar line. A metre holds until the next one, which always begins a
bar. So an upbeat is either silence at the beginning of a full first bar, or a short first bar that the next metre cuts off,
as in the sonatas' files.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError

TICKS = 480
GRID = TICKS // 24  # the grid on which nearly all onsets and note values of the sonatas lie
VOICES = 5
RIGHT, LEFT = 0, 1
RIGHT_VOICES, LEFT_VOICES = range(2), range(2, VOICES)
UNITS = (1, 2, 4, 8, 16, 32)

# Limits of a score: far beyond the longest sonata (9,464 notes, 1,104 bars), and small enough to handle in a moment.
MAX_NOTES = 200_000
MAX_BARS = 20_000
MAX_BEATS = 64
MAX_TICKS = 2**30
TEMPI = (1.0, 2_000.0)

Ticks = NDArray[np.int32]


class Note(NamedTuple):
    """A note.

    Attributes
    ----------
    onset
        When the note begins, in ticks, 0 or later.
    voice
        0 to 4, from the top; the right hand plays 0 and 1.
    pitch
        MIDI pitch, 0 to 127; 60 is middle C.
    duration
        In ticks, at least 1.
    velocity
        1 to 127.
    """

    onset: int
    voice: int
    pitch: int
    duration: int
    velocity: int


class Metre(NamedTuple):
    """A time signature, from `onset` ticks on: `beats` of one `unit` each, 3/8 being three eighths."""

    onset: int
    beats: int
    unit: int

    @property
    def bar(self) -> int:
        """How long a bar is, in ticks."""
        return self.beats * 4 * TICKS // self.unit

    @property
    def is_compound(self) -> bool:
        """Whether a beat has three units, as in 3/8, 6/8, 9/8, 12/8 and 6/4."""
        return self.beats % 3 == 0 and (self.beats > 3 or self.unit >= 8)

    def __str__(self) -> str:
        return f"{self.beats}/{self.unit}"


class Tempo(NamedTuple):
    """A tempo, from `onset` ticks on, in quarter notes a minute."""

    onset: int
    quarters_per_minute: float


Change = TypeVar("Change", Metre, Tempo)


class Score:
    """A piece or a work: immutable, and checked when it is made.

    Two scores are equal when their notes and metres are.

    Parameters
    ----------
    notes
        Notes, or rows of (onset, voice, pitch, duration, velocity), in any order.
    metres
        The first at 0.
    tempi
        The first at 0.
    movements
        The ticks at which movements begin, the first at 0.
    title
        The name that people read.

    Raises
    ------
    MozartError
        When a value is out of its range, or a voice strikes a key that it still holds.
    """

    def __init__(
        self,
        notes: Iterable[Sequence[int]] | NDArray[np.integer],
        metres: Iterable[tuple[int, int, int]] = ((0, 4, 4),),
        tempi: Iterable[tuple[int, float]] = ((0, 120.0),),
        movements: Iterable[int] = (0,),
        title: str = "",
    ) -> None:
        rows = _to_rows(notes)
        # A chord's notes go from the top down.
        rows = rows[np.lexsort((-rows[:, 2], rows[:, 1], rows[:, 0]))]
        _check_notes(rows)
        self.metres = _check_metres([Metre(*metre) for metre in metres])
        self.tempi = _check_tempi([Tempo(int(onset), float(tempo)) for onset, tempo in tempi])
        self.movements = _check_starts([int(start) for start in movements], "movement")
        self.title = title
        self._rows = rows.astype(np.int32)
        self._rows.flags.writeable = False
        if len(self.bars) > MAX_BARS:
            raise MozartError(f"The music has more than {MAX_BARS:,} bars: take a shorter part, or a longer metre.")

    @property
    def columns(self) -> Ticks:
        """Onset, voice, pitch, duration and velocity of every note, shape (N, 5), read-only."""
        return self._rows

    @property
    def onsets(self) -> Ticks:
        """In ticks, ascending, shape (N,)."""
        return self._rows[:, 0]

    @property
    def voices(self) -> Ticks:
        """0 to 4, shape (N,)."""
        return self._rows[:, 1]

    @property
    def pitches(self) -> Ticks:
        """0 to 127, shape (N,)."""
        return self._rows[:, 2]

    @property
    def durations(self) -> Ticks:
        """In ticks, shape (N,)."""
        return self._rows[:, 3]

    @property
    def velocities(self) -> Ticks:
        """1 to 127, shape (N,)."""
        return self._rows[:, 4]

    @property
    def hands(self) -> Ticks:
        """`RIGHT` or `LEFT`, shape (N,)."""
        return np.where(self.voices < len(RIGHT_VOICES), RIGHT, LEFT).astype(np.int32)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """In order of onset, then voice, then pitch from the top."""
        return tuple(map(Note._make, self._rows.tolist()))

    @cached_property
    def end(self) -> int:
        """The end of the note that ends last, in ticks."""
        return int((self.onsets + self.durations).max(initial=0))

    @cached_property
    def bars(self) -> Ticks:
        """Where bars begin, in ticks, ascending: at least one, and as many as the notes need, shape (B,)."""
        stops = [metre.onset for metre in self.metres[1:]] + [max(self.end, self.metres[-1].onset + 1)]
        needed = sum(-(-max(stop - metre.onset, 0) // metre.bar) for metre, stop in zip(self.metres, stops, strict=True))
        if needed > MAX_BARS:  # before they take memory
            raise MozartError(f"The music has more than {MAX_BARS:,} bars: take a shorter part, or a longer metre.")
        starts = [np.arange(metre.onset, stop, metre.bar) for metre, stop in zip(self.metres, stops, strict=True)]
        return np.concatenate(starts).astype(np.int32)

    @property
    def seconds(self) -> float:
        """The duration, in seconds."""
        return float(self.seconds_at(self.end))

    def seconds_at(self, ticks: NDArray[np.integer] | int) -> NDArray[np.float64]:
        """Convert ticks to seconds from the beginning, in the shape of `ticks`."""
        starts = np.array([tempo.onset for tempo in self.tempi])
        lengths = np.array([60 / tempo.quarters_per_minute / TICKS for tempo in self.tempi])  # seconds a tick
        before = np.concatenate([[0.0], np.cumsum(np.diff(starts) * lengths[:-1])])
        here = np.searchsorted(starts, ticks, side="right") - 1
        seconds: NDArray[np.float64] = before[here] + (np.asarray(ticks) - starts[here]) * lengths[here]
        return seconds

    def metre_at(self, tick: int) -> Metre:
        """Return the metre that holds at `tick`."""
        return self.metres[int(np.searchsorted([metre.onset for metre in self.metres], tick, side="right")) - 1]

    def bar_at(self, ticks: NDArray[np.integer] | int) -> NDArray[np.intp]:
        """Return the index of the bar that holds each of `ticks`, from 0; later ticks count to the last bar."""
        bars: NDArray[np.intp] = np.searchsorted(self.bars, ticks, side="right") - 1
        return bars

    def place_in_bar(self, ticks: NDArray[np.integer] | int) -> NDArray[np.int64]:
        """Return how far each of `ticks` is into its bar, in ticks."""
        place: NDArray[np.int64] = np.asarray(ticks, dtype=np.int64) - self.bars[self.bar_at(ticks)]
        return place

    def cut(self, start: int, stop: int) -> "Score":
        """Take the notes that begin from `start` to before `stop`, in ticks; the bar that holds `start` moves to 0."""
        origin = int(self.bars[self.bar_at(start)])
        within = (self.onsets >= start) & (self.onsets < stop)
        rows = self._rows[within] - np.array([origin, 0, 0, 0, 0], dtype=np.int32)
        return Score(
            rows,
            [(max(metre.onset - origin, 0), metre.beats, metre.unit) for metre in _during(self.metres, origin, stop)],
            [(max(tempo.onset - origin, 0), tempo.quarters_per_minute) for tempo in _during(self.tempi, origin, stop)],
            [0, *(movement - origin for movement in self.movements if origin < movement < stop)],
            self.title,
        )

    def bars_slice(self, first: int, last: int) -> "Score":
        """Take the bars from `first` to before `last`, counted from 0."""
        if not 0 <= first < last <= len(self.bars):
            raise MozartError(f"There are no bars {first + 1} to {last}: choose from 1 to {len(self.bars)}.")
        return self.cut(int(self.bars[first]), int(self.bars[last]) if last < len(self.bars) else MAX_TICKS)

    def movement(self, index: int) -> "Score":
        """Take one movement, counted from 0."""
        stops = [*self.movements[1:], MAX_TICKS]
        return self.cut(self.movements[index], stops[index])

    def transpose(self, semitones: int) -> "Score":
        """Move all notes by so many semitones; raise MozartError where a pitch would leave 0 to 127."""
        rows = self._rows + np.array([0, 0, semitones, 0, 0], dtype=np.int32)
        return Score(rows, self.metres, self.tempi, self.movements, self.title)

    def replace(self, **changes: object) -> "Score":
        """Copy the score with `changes`: notes, metres, tempi, movements or title."""
        values = {"notes": self._rows, "metres": self.metres, "tempi": self.tempi, "movements": self.movements, "title": self.title}
        return Score(**{**values, **changes})  # type: ignore[arg-type]

    @staticmethod
    def concatenate(scores: Sequence["Score"]) -> "Score":
        """Join scores: each begins at the bar line where the one before it ends. The first gives the title."""
        rows, metres, tempi, movements, start = [], [], [], [], 0
        for score in scores:
            rows.append(score.columns + np.array([start, 0, 0, 0, 0], dtype=np.int32))
            metres += [(metre.onset + start, metre.beats, metre.unit) for metre in score.metres]
            tempi += [(tempo.onset + start, tempo.quarters_per_minute) for tempo in score.tempi]
            movements += [movement + start for movement in score.movements]
            last = int(score.bars[-1])
            start += last + score.metre_at(last).bar
        return Score(np.concatenate(rows), metres, tempi, movements, scores[0].title)

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Score) and self.metres == other.metres and np.array_equal(self._rows, other._rows)

    def __hash__(self) -> int:
        return hash((self.metres, self._rows.tobytes()))

    def __repr__(self) -> str:
        return f"<Score {self.title!r}: {len(self)} notes, {len(self.bars)} bars>"


def _to_rows(notes: Iterable[Sequence[int]] | NDArray[np.integer]) -> NDArray[np.int64]:
    rows = np.asarray(notes if isinstance(notes, np.ndarray) else list(notes))
    if rows.size and (rows.ndim != 2 or rows.shape[1] != len(Note._fields) or rows.dtype.kind not in "iu"):
        raise MozartError("A note is five whole numbers: onset, voice, pitch, duration and velocity.")
    if len(rows) > MAX_NOTES:
        raise MozartError(f"The music has {len(rows):,} notes, and {MAX_NOTES:,} are possible: take a part of it.")
    return rows.reshape(-1, len(Note._fields)).astype(np.int64)


def _check_notes(rows: NDArray[np.int64]) -> None:
    ranges = ((0, MAX_TICKS), (0, VOICES - 1), (0, 127), (1, MAX_TICKS), (1, 127))
    for name, values, (least, most) in zip(Note._fields, rows.T, ranges, strict=True):
        wrong = values[(values < least) | (values > most)]
        if len(wrong):
            raise MozartError(f"A note has {name} {wrong[0]}: it must be from {least} to {most:,}.")
    order = np.lexsort((rows[:, 0], rows[:, 2], rows[:, 1]))
    onsets, voices, pitches, durations, _ = rows[order].T
    same_key = (np.diff(voices) == 0) & (np.diff(pitches) == 0)
    held = np.flatnonzero(same_key & (onsets[1:] < onsets[:-1] + durations[:-1]))
    if len(held):
        first = held[0]
        raise MozartError(
            f"Voice {voices[first]} strikes pitch {pitches[first]} at tick {onsets[first + 1]} while it still holds it: "
            "end the first note before, or give the second to another voice."
        )


def _check_metres(metres: list[Metre]) -> tuple[Metre, ...]:
    for metre in metres:
        if not 1 <= metre.beats <= MAX_BEATS or metre.unit not in UNITS:
            raise MozartError(f"A metre of {metre} is not possible: choose 1 to {MAX_BEATS} beats of 1, 2, 4, 8, 16 or 32.")
    _check_starts([metre.onset for metre in metres], "metre")
    kept = metres[:1]
    for metre in metres[1:]:
        # A metre that is repeated at one of its own bar lines changes nothing.
        if metre[1:] != kept[-1][1:] or (metre.onset - kept[-1].onset) % metre.bar:
            kept.append(metre)
    return tuple(kept)


def _check_tempi(tempi: list[Tempo]) -> tuple[Tempo, ...]:
    for tempo in tempi:
        if not TEMPI[0] <= tempo.quarters_per_minute <= TEMPI[1]:
            raise MozartError(f"A tempo of {tempo.quarters_per_minute:g} is not possible: choose 1 to 2,000 quarters a minute.")
    _check_starts([tempo.onset for tempo in tempi], "tempo")
    return tuple(tempi)


def _check_starts(starts: list[int], what: str) -> tuple[int, ...]:
    ascending = all(before < after for before, after in pairwise(starts))
    if not starts or starts[0] != 0 or not ascending or starts[-1] > MAX_TICKS:
        raise MozartError(f"The first {what} must begin at 0, and each later than the one before it.")
    return tuple(starts)


def _during(changes: Sequence[Change], start: int, stop: int) -> list[Change]:
    """Select the change that holds at `start`, and those that follow before `stop`."""
    held = max((i for i, change in enumerate(changes) if change.onset <= start), default=0)
    return [change for i, change in enumerate(changes) if i == held or (i > held and change.onset < stop)]
