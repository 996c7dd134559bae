"""The voices of a score → the content of each staff's bars: chords in lines, in two lines if these are enough.

Performers end notes early: in the sonatas a detached eighth sounds for 9.5/24 of a quarter, a staccato note for half its
length. These rules find the note value that is meant:

1. a note extends to the next onset of its voice if it sounds for six tenths of the way, or else to the first onset of its hand
   after its end, likewise; half of the way is enough if this is at most a quarter;
2. a note that sounds past the next onset of its voice is cut off there, unless it outlasts the note that begins there; then it
   is held;
3. any other note gets the shortest plain note value that it fits into, and a rest follows;
4. notes of one hand that are struck together and sound about equally long get the same note value.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

import numpy as np

from mozart.notes import TICKS, Score
from mozart.rendering.arpeggios import unroll
from mozart.rendering.metre import SHORTEST, Bar, snap

_FILLED, _FILLED_SHORT = 0.6, 0.5  # the shares of rule 1
_ABOUT = 20  # ticks
_PLAIN = (60, 120, 240, 480, 720, 960, 1440, 1920)
_IN_TRIPLETS = (20, 40, 80, 160, 320, 480, 960, 1440, 1920)
_ON_GRID = 60


@dataclass
class Chord:
    """Notes that begin and end together; a rest if there are none.

    Attributes
    ----------
    start, end
        The written times, in ticks.
    pitches
        The MIDI pitches.
    tied_from, tied_to
        The pitches that are tied to the chord before, and to the one after.
    is_rolled
        Whether it is struck from the bottom up.
    """

    start: int
    end: int
    pitches: frozenset[int]
    tied_from: frozenset[int] = frozenset()
    tied_to: frozenset[int] = frozenset()
    is_rolled: bool = False

    @property
    def height(self) -> float:
        """The mean pitch."""
        return sum(self.pitches) / len(self.pitches)

    def inside(self, bar: Bar) -> "Chord":
        """Cut out the part of the chord that lies in a bar."""
        none: frozenset[int] = frozenset()
        return Chord(
            max(self.start, bar.start),
            min(self.end, bar.stop),
            self.pitches,
            self.pitches if self.start < bar.start else none,
            self.pitches if self.end > bar.stop else none,
            self.is_rolled and self.start >= bar.start,
        )

    def __or__(self, other: "Chord") -> "Chord":
        return Chord(
            self.start,
            self.end,
            self.pitches | other.pitches,
            self.tied_from | other.tied_from,
            self.tied_to | other.tied_to,
            self.is_rolled or other.is_rolled,
        )


Line = list[Chord]


@dataclass
class _Sounding:
    """A note with its written onset, its duration as it sounds, and its written end."""

    start: int
    voice: int
    pitch: int
    duration: int
    is_rolled: bool
    end: int = 0


def staff_lines(score: Score, hand: int, bars: Sequence[Bar]) -> list[list[Line]]:
    """Find for every bar the lines of one hand's staff, the upper first; none if it is silent."""
    lines = [line for chords in _written(score, hand, bars) for line in _lines(chords)]
    inside: list[list[Line]] = [[] for _ in bars]
    starts = [bar.start for bar in bars]
    for line in lines:
        shares: dict[int, Line] = defaultdict(list)
        for chord in line:
            for number in range(max(bisect_right(starts, chord.start) - 1, 0), bisect_right(starts, chord.end - 1)):
                shares[number].append(chord.inside(bars[number]))
        for number, share in shares.items():
            inside[number].append(share)
    return [_arrange(bar_lines) for bar_lines in inside]


def _written(score: Score, hand: int, bars: Sequence[Bar]) -> Iterable[list[Chord]]:
    """Yield the chords of each voice of a hand, in order of onset, with their written ends."""
    columns, rolled = unroll(score.columns[score.hands == hand].astype(np.int64))
    # What begins just before the end would begin after it.
    last = snap(np.array([bars[-1].stop - SHORTEST]), columns[:, 0], bars)
    onsets = np.minimum(snap(columns[:, 0], columns[:, 0], bars), last)
    notes = [
        _Sounding(onset, voice, pitch, duration, is_rolled)
        for onset, (voice, pitch, duration), is_rolled in zip(
            onsets.tolist(), columns[:, 1:4].tolist(), rolled.tolist(), strict=True
        )
    ]
    _choose_ends(notes)
    ends = snap(np.array([note.end for note in notes], dtype=np.int64), columns[:, 0], bars)
    for note, end in zip(notes, ends.tolist(), strict=True):
        note.end = min(end, bars[-1].stop)
    for _, own in _by_voice(notes):
        yield _joined(Chord(note.start, note.end, frozenset([note.pitch]), is_rolled=note.is_rolled) for note in own)


def _by_voice(notes: Iterable[_Sounding]) -> Iterable[tuple[int, Iterable[_Sounding]]]:
    return groupby(sorted(notes, key=lambda note: (note.voice, note.start)), key=lambda note: note.voice)


def _choose_ends(notes: list[_Sounding]) -> None:
    """Choose the written ends of a hand's notes."""
    onsets = sorted({note.start for note in notes})
    uneven = {note.start // TICKS for note in notes if note.start % SHORTEST}
    nexts: dict[tuple[int, int], int | None] = {}
    for voice, own in _by_voice(notes):
        at_onset = {start: list(group) for start, group in groupby(own, key=lambda n: n.start)}
        for start, after in zip(at_onset, [*list(at_onset)[1:], None], strict=False):
            nexts[voice, start] = after
            outlasts = min((n.start + n.duration for n in at_onset[after]), default=0) if after is not None else 0
            for note in at_onset[start]:
                at = bisect_left(onsets, max(start + note.duration - _ABOUT, start + 1))
                following = onsets[at] if at < len(onsets) else None
                in_triplet = start % SHORTEST != 0 or start // TICKS in uneven
                note.end = _written_end(note, after, following, outlasts, in_triplet)
    _end_together(notes, nexts)


def _written_end(note: _Sounding, own: int | None, following: int | None, outlasts: int, in_triplet: bool) -> int:
    """Apply rules 1 to 3, given the next onset of its own voice, its hand's following onset, and the next note's end."""
    start, duration = note.start, note.duration
    if own is not None and start + duration > own:
        if start + duration < outlasts - _ABOUT:
            return own
    elif own is not None and duration >= _FILLED * (own - start):
        return own
    elif following is not None and duration >= _FILLED * (following - start):
        return following
    elif own is not None and own - start <= TICKS and duration >= _FILLED_SHORT * (own - start):
        return own
    lengths = _IN_TRIPLETS if in_triplet and duration <= TICKS else _PLAIN
    length = next((length for length in lengths if length >= duration - _ABOUT // 2), -(-(duration - _ABOUT) // TICKS) * TICKS)
    end = start + length
    if not in_triplet:
        end = -(-end // _ON_GRID) * _ON_GRID
    # A held note extends beyond its voice's next onset, any other note does not.
    if own is not None:
        return max(end, own) if start + duration > own else min(end, own)
    return end


def _end_together(notes: list[_Sounding], nexts: dict[tuple[int, int], int | None]) -> None:
    """Apply rule 4."""
    for _, struck in groupby(sorted(notes, key=lambda n: (n.start, n.duration)), key=lambda n: n.start):
        together: list[_Sounding] = []
        for note in [*struck, None]:
            if note is not None and (not together or note.duration - together[-1].duration <= _ABOUT):
                together.append(note)
                continue
            end = max(n.end for n in together)
            for member in together:
                following = nexts[member.voice, member.start]
                if following is None or following >= end or member.end > following:
                    member.end = end
            together = [] if note is None else [note]


def _lines(chords: Sequence[Chord]) -> list[Line]:
    """Distribute chords over as few lines as possible, without overlaps in a line."""
    lines: list[Line] = []
    for chord in sorted(chords, key=lambda c: (c.start, -c.height)):
        free = [line for line in lines if line[-1].end <= chord.start]
        if free:
            # The free line whose last chord was nearest in height.
            min(free, key=lambda line: abs(line[-1].height - chord.height)).append(chord)
        else:
            lines.append([chord])
    return lines


def _arrange(lines: list[Line]) -> list[Line]:
    """Arrange one bar of a staff: lines of the same rhythm are merged, and more than two lines are reduced if possible."""
    while pair := next((pair for pair in combinations(lines, 2) if _same_rhythm(*pair)), None):
        lines = [line for line in lines if line is not pair[0] and line is not pair[1]] + [_joined([*pair[0], *pair[1]])]
    if len(lines) > 2:
        lines = _lines(_joined([chord for line in lines for chord in line]))
    return sorted(lines, key=lambda line: -sum(chord.height for chord in line) / len(line))


def _same_rhythm(one: Line, other: Line) -> bool:
    """Tell whether overlapping chords of the two lines begin and end together."""
    spans = {(chord.start, chord.end) for chord in one}
    return all(
        (chord.start, chord.end) in spans or all(end <= chord.start or start >= chord.end for start, end in spans)
        for chord in other
    )


def _joined(chords: Iterable[Chord]) -> Line:
    """Merge chords that begin and end together, and sort them."""
    by_span: dict[tuple[int, int], Chord] = {}
    for chord in chords:
        span = chord.start, chord.end
        by_span[span] = by_span[span] | chord if span in by_span else chord
    return [by_span[span] for span in sorted(by_span)]
