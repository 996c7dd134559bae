"""Small pieces for tests: broken chords under a tune, four bars and their return, a cadence at the end."""

import random

from mozart.notes import TICKS, Note, Score

BAR = 4 * TICKS
_SCALE = (0, 2, 4, 5, 7, 9, 11)
_CHORDS = {"I": (0, 4, 7), "IV": (5, 9, 12), "V": (-1, 2, 7), "vi": (-3, 0, 4)}


def sonatina(seed: int = 0, bars: int = 16, title: str = "") -> Score:
    """A piece in C major and 4/4 that closes; the same for the same seed."""
    rng = random.Random(seed)
    phrase = [_bar(rng) for _ in range(4)]
    notes: list[Note] = []
    for bar in range(bars - 1):
        # The phrase comes back after a contrast of four bars.
        content = phrase[bar % 4] if bar // 4 % 2 == 0 else _bar(rng)
        notes += [note._replace(onset=note.onset + bar * BAR) for note in content]
    last = (bars - 1) * BAR
    notes += [Note(last, 0, 72, BAR, 80), Note(last, 2, 52, BAR, 60), Note(last, 2, 48, BAR, 60)]
    return Score(notes, title=title)


def _bar(rng: random.Random) -> list[Note]:
    """Broken chords in eighths, and a tune of quarters and eighths that mostly moves by step."""
    low, middle, high = sorted(48 + step for step in rng.choice(list(_CHORDS.values())))
    figure = [low, high, middle, high] * 2
    notes = [Note(eighth * TICKS // 2, 2, pitch, TICKS // 2, 60) for eighth, pitch in enumerate(figure)]
    degree, onset = rng.randrange(7), 0
    while onset < BAR:
        length = rng.choice([TICKS, TICKS // 2]) if onset % TICKS == 0 else TICKS // 2
        degree = min(max(degree + rng.choice([-2, -1, -1, 1, 1, 2]), 0), 9)
        notes.append(Note(onset, 0, 72 + _SCALE[degree % 7] + 12 * (degree // 7), length, rng.choice([78, 80, 82])))
        onset += length
    return notes
