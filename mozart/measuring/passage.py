"""What the features look at: bars and beats, what sounds in each slice of time, the melody, the key of each bar.

Conventions
-----------
A beat is what a conductor beats: the unit of a simple metre, three units of a compound one (6/8, 9/8, 12/8, 3/8, 6/4).
A slice is the time between two neighbouring moments at which a note begins or ends, or a beat begins; within it, what sounds
does not change. Times are in ticks, 480 a quarter.
"""

from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.model.harmony import beat_ticks
from mozart.model.viterbi import best_path
from mozart.notes import LEFT, RIGHT, TICKS, Metre, Score
from mozart.notes.keys import CLASSES, PROFILES

PITCHES = 128
# The probability of staying in the key from one bar to the next; the rest is shared by all other keys.
_STAYS = 0.99
_MAJOR, _MINOR = (profile / profile.sum() for profile in PROFILES)
_LOG_PROFILES = np.log([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(CLASSES)])
# Notes count by their duration up to a quarter, so that a pedal point does not decide the key.
_EVIDENCE = TICKS

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def cut_passages(score: Score, bars: int) -> list[Score]:
    """Cut a work into consecutive passages of `bars` bars, each inside one movement and one metre, and drop the rest."""
    movements = np.searchsorted(score.movements, score.bars, side="right")
    metres = [score.metre_at(int(start)) for start in score.bars]
    found, first = [], 0
    for _, stretch in groupby(zip(movements.tolist(), metres, strict=True), key=lambda bar: (bar[0], bar[1].beats, bar[1].unit)):
        length = len(list(stretch))
        found += [score.bars_slice(start, start + bars) for start in range(first, first + length - bars + 1, bars)]
        first += length
    return [passage for passage in found if len(passage)]


class Passage:
    """A score, with the properties that several features need; each is computed at its first use.

    Parameters
    ----------
    score
        A score with at least one note.

    Attributes
    ----------
    onsets, ends, pitches, velocities
        Arrays of int64, shape (N,), in the score's order.
    left
        Array of bool, shape (N,): whether the left hand plays the note.
    bar, place
        The index of each note's bar, and the ticks into it.
    beat, into_beat
        The index of each note's beat, and the ticks into it.

    Raises
    ------
    MozartError
        When there are no notes.
    """

    def __init__(self, score: Score) -> None:
        if not len(score):
            raise MozartError("There are no notes to measure: give at least one.")
        self.score = score
        self.onsets, self.pitches = score.onsets.astype(np.int64), score.pitches.astype(np.int64)
        self.ends = self.onsets + score.durations
        self.velocities = score.velocities.astype(np.int64)
        self.left: Flags = score.hands == LEFT
        self.bar, self.place = score.bar_at(self.onsets).astype(np.int64), score.place_in_bar(self.onsets)
        self.beat = self.beat_at(self.onsets)
        self.into_beat = self.onsets - self.beats[self.beat]

    @cached_property
    def beats(self) -> Ints:
        """The ticks at which the beats of all bars begin, shape (B,)."""
        starts = self.score.bars.astype(np.int64)
        last = self.score.metre_at(int(starts[-1]))
        stops = np.append(starts[1:], starts[-1] + last.bar)
        lengths = [beat_ticks(self.score.metre_at(int(start))) for start in starts]
        return np.concatenate([np.arange(a, b, n) for a, b, n in zip(starts, stops, lengths, strict=True)])

    def beat_at(self, ticks: Ints) -> Ints:
        """Return the index of the beat that holds each of `ticks`."""
        return np.searchsorted(self.beats, ticks, side="right").astype(np.int64) - 1

    @cached_property
    def metre(self) -> Metre:
        """The metre of most bars."""
        metres = [self.score.metre_at(int(start)) for start in self.score.bars]
        return max(metres, key=lambda metre: sum(other[1:] == metre[1:] for other in metres))

    @cached_property
    def times(self) -> Ints:
        """The moments at which something is struck, ascending, shape (T,)."""
        return np.unique(self.onsets)

    @cached_property
    def struck(self) -> Ints:
        """The number of notes that each hand strikes at each of `times`, by pitch, shape (2, T, 128)."""
        counts = np.zeros((2, len(self.times), PITCHES), dtype=np.int64)
        np.add.at(counts, (self.left.astype(np.int64), np.searchsorted(self.times, self.onsets), self.pitches), 1)
        return counts

    @cached_property
    def next_struck(self) -> Ints:
        """For each hand and each of `times`, the index of the next one at which the hand strikes, or -1; shape (2, T)."""
        later = np.full((2, len(self.times)), -1)
        for hand in (RIGHT, LEFT):
            at = np.flatnonzero(self.struck[hand].any(1))
            after = np.searchsorted(at, np.arange(len(self.times)), side="right")
            later[hand, after < len(at)] = at[after[after < len(at)]]
        return later

    @cached_property
    def edges(self) -> Ints:
        """The ticks at which slices begin, and at which the last one ends, shape (S + 1,)."""
        within = (self.beats > self.onsets[0]) & (self.beats < self.ends.max())
        return np.unique(np.concatenate([self.onsets, self.ends, self.beats[within]]))

    @cached_property
    def lengths(self) -> Ints:
        """The length of each slice, in ticks, shape (S,)."""
        return np.diff(self.edges)

    @cached_property
    def sounding(self) -> Ints:
        """The number of notes that each hand holds in each slice, by pitch, shape (2, S, 128)."""
        change = np.zeros((2, len(self.edges), PITCHES), dtype=np.int64)
        hand = self.left.astype(np.int64)
        np.add.at(change, (hand, np.searchsorted(self.edges, self.onsets), self.pitches), 1)
        np.add.at(change, (hand, np.searchsorted(self.edges, self.ends), self.pitches), -1)
        return np.cumsum(change, axis=1)[:, :-1]

    @cached_property
    def classes(self) -> Ints:
        """The number of notes held in each slice, by pitch class, shape (S, 12)."""
        return fold_classes(self.sounding.sum(0))

    @cached_property
    def slice_at(self) -> Ints:
        """The slice that begins at each of `times`, shape (T,)."""
        return np.searchsorted(self.edges, self.times)

    @cached_property
    def melody(self) -> Ints:
        """Indices of the melody's notes: the right hand's highest at each of its onsets, unless it still holds a higher one."""
        right = np.flatnonzero(~self.left)
        if not len(right):
            return right
        right = right[np.lexsort((-self.pitches[right], self.onsets[right]))]
        top = right[np.append(True, np.diff(self.onsets[right]) > 0)]
        held = highest(self.sounding[RIGHT])[np.searchsorted(self.edges, self.onsets[top])]
        unmasked: Ints = top[self.pitches[top] >= held]
        return unmasked

    @cached_property
    def keys(self) -> list[int]:
        """The key of each bar from the first note's to the last one's, 0 to 23: tonics of major keys, then of minor ones.

        It is the likeliest path of keys (Viterbi; Temperley, The Cognition of Basic Musical Structures, 2001, ch. 7).
        """
        first, last = int(self.bar[0]), int(self.bar[-1])
        counts = np.zeros((last - first + 1, CLASSES))
        weights = np.minimum(self.ends - self.onsets, _EVIDENCE) / _EVIDENCE + 0.25
        np.add.at(counts, (self.bar - first, self.pitches % CLASSES), weights)
        fit = counts @ _LOG_PROFILES.T
        change = np.full((len(_LOG_PROFILES),) * 2, np.log((1 - _STAYS) / (len(_LOG_PROFILES) - 1)))
        np.fill_diagonal(change, np.log(_STAYS))
        path: list[int] = best_path(fit, [change]).tolist()
        return path


def fold_classes(pitches: Ints) -> Ints:
    """Sum counts of pitches, shape (…, 128), to counts of pitch classes, shape (…, 12)."""
    padded = np.concatenate([pitches, np.zeros((*pitches.shape[:-1], -PITCHES % CLASSES), dtype=pitches.dtype)], axis=-1)
    folded: Ints = padded.reshape(*pitches.shape[:-1], -1, CLASSES).sum(-2)
    return folded


def highest(pitches: Ints) -> Ints:
    """Find the highest pitch of each row of counts, shape (…, 128); -1 where there is none."""
    found: Ints = np.where(pitches.any(-1), PITCHES - 1 - (pitches[..., ::-1] > 0).argmax(-1), -1)
    return found


def lowest(pitches: Ints) -> Ints:
    """Find the lowest pitch of each row of counts, shape (…, 128); 128 where there is none."""
    found: Ints = np.where(pitches.any(-1), (pitches > 0).argmax(-1), PITCHES)
    return found


def share(flags: object, weights: object = None) -> float:
    """Return the share of `flags` that are true, weighted by `weights` if given; NaN when there are none."""
    values = np.asarray(flags, dtype=np.float64)
    if weights is None:
        return float(values.mean()) if values.size else float("nan")
    weighed = np.asarray(weights, dtype=np.float64)
    return float((values * weighed).sum() / weighed.sum()) if weighed.sum() > 0 else float("nan")
