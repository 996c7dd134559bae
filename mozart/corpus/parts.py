"""Which voice a note of a MIDI file belongs to: 0 and 1 for the right hand, 2 to 4 for the left, from the top.

A part is what one channel of one track plays. Two to five parts become the voices, in the file's order, or in reverse where
the last part lies higher than the first; the second of two is the left hand. More than five are sorted by mean pitch, and
neighbours are merged. A single part is divided between two hands, beat by beat. In files that this product wrote, whose
tracks are called ``Right hand`` and ``Left hand``, the channel is the voice.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mozart.notes.score import TICKS, VOICES

_TWO_HANDS = (0, 2)
_MIDDLE_C, _OCTAVE = 60, 12

Rows = NDArray[np.int64]


def is_ours(names: Sequence[str], channels: Sequence[int]) -> bool:
    """Tell whether this product wrote the file, from the names of the parts' tracks and the parts' channels."""
    voices = {"Right hand": (0, 1), "Left hand": (2, 3, 4)}
    return all(channel in voices.get(name, ()) for name, channel in zip(names, channels, strict=True))


def assign_voices(parts: Sequence[Rows]) -> Rows:
    """Return the voice of every note of the parts, one part after the other, shape (N,).

    Parameters
    ----------
    parts
        Each of shape (n, 4), n > 0: onset, end, pitch and velocity, in order of onset.
    """
    if len(parts) == 1:
        return divide_hands(parts[0])
    if len(parts) <= VOICES:
        voices: Sequence[int] = _TWO_HANDS if len(parts) == len(_TWO_HANDS) else range(len(parts))
        if _mean_pitch(parts[-1]) > _mean_pitch(parts[0]):
            voices = voices[::-1]
    else:
        from_the_top = sorted(range(len(parts)), key=lambda part: -_mean_pitch(parts[part]))
        voice_of = {part: place * VOICES // len(parts) for place, part in enumerate(from_the_top)}
        voices = [voice_of[part] for part in range(len(parts))]
    return np.repeat(voices, [len(part) for part in parts])


def divide_hands(part: Rows) -> Rows:
    """Return voice 0 or 2 for every note of a part that holds both hands, shape (N,).

    The border lies in the middle between the highest and the lowest pitch of a beat and of its neighbours. Where these span no
    more than an octave, one hand plays them all: the one on whose side of middle C they lie. With the sonatas in one track,
    this gives 92 % of the notes to the hand that plays them; middle C alone as the border gives 78 %.
    """
    beats, pitches = part[:, 0] // TICKS, part[:, 2]
    starts = np.flatnonzero(np.diff(beats, prepend=-1))
    lowest = np.pad(np.minimum.reduceat(pitches, starts), 1, mode="edge")
    highest = np.pad(np.maximum.reduceat(pitches, starts), 1, mode="edge")
    lowest = np.minimum.reduce([lowest[:-2], lowest[1:-1], lowest[2:]])
    highest = np.maximum.reduce([highest[:-2], highest[1:-1], highest[2:]])
    middle = (lowest + highest) / 2
    border = np.where(highest - lowest > _OCTAVE, middle, np.where(middle >= _MIDDLE_C, 0, 128))
    return np.where(pitches > np.repeat(border, np.diff(np.append(starts, len(part)))), *_TWO_HANDS)


def one_key_once(rows: Rows) -> tuple[Rows, int]:
    """End a note where its voice strikes the same key again, and keep one of several at the same time.

    Parameters
    ----------
    rows
        Onset, voice, pitch, end and velocity, shape (N, 5).

    Returns
    -------
    rows, doubled
        The rows that stay, and how many were left out.
    """
    rows = rows[np.lexsort((-rows[:, 3], rows[:, 0], rows[:, 2], rows[:, 1]))]
    key = rows[:, 1] * 128 + rows[:, 2]
    doubled = np.concatenate([[False], (np.diff(key) == 0) & (np.diff(rows[:, 0]) == 0)])
    rows, key = rows[~doubled], key[~doubled]
    again = np.flatnonzero(np.diff(key) == 0)
    rows[again, 3] = np.minimum(rows[again, 3], rows[again + 1, 0])
    return rows, int(doubled.sum())


def _mean_pitch(part: Rows) -> float:
    return float(part[:, 2].mean())
