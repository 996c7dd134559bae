"""Which signature a score has, and which of C sharp and D flat its notes are.

The signature is that of a movement's key. Notes are spelled in it too, or in the key of the bars around them where that is
remote: a passage in C minor has A flats within a movement in A minor.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from mozart.notes import Score
from mozart.notes.keys import CLASSES, Key, estimate_key, key_of_classes
from mozart.notes.spelling import STEPS, line_of_fifths, spell
from mozart.rendering.symbols import Symbol

_AROUND = 2  # bars before and after
# In fifths: what is nearer is spelled as the movement's own key does; what is farther is a near key under another name.
_NEAR, _FAR = 3, 6
_ALTERATIONS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}

Places = tuple[int, ...]  # of the twelve pitch classes, on the line of fifths


def movement_keys(score: Score) -> list[Key]:
    """The key of every bar's movement."""
    starts = score.bar_at(np.array(score.movements)).tolist()
    keys: list[Key] = []
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(score.bars)], strict=True)):
        part = score.movement(number)
        keys += [estimate_key(part if len(part) else score)] * (stop - start)
    return keys


def bar_places(score: Score, keys: Sequence[Key]) -> list[Places]:
    """How every bar spells: in its movement's key, or in that of the five bars around it where the music has gone far from home."""
    sounding = np.zeros((len(keys), CLASSES))
    np.add.at(sounding, (score.bar_at(score.onsets), score.pitches % CLASSES), score.durations)
    places = []
    for index, home in enumerate(keys):
        around = sounding[max(index - _AROUND, 0) : index + _AROUND + 1].sum(0)
        local = key_of_classes(around) if around.any() else home
        places.append(line_of_fifths(local if _NEAR <= abs(local.fifths - home.fifths) <= _FAR else home))
    return places


def name_pitches(bars: Iterable[Sequence[Sequence[Symbol]]], places: Sequence[Places]) -> None:
    """Give every pitch of a staff its step, alteration and octave; a tied one keeps them."""
    latest: dict[int, tuple[str, int, int]] = {}
    for lines, spelling in zip(bars, places, strict=True):
        for symbol in (symbol for line in lines for symbol in line):
            for pitch in symbol.pitches:
                if pitch not in symbol.tied_from or pitch not in latest:
                    latest[pitch] = spell(pitch, spelling)
                symbol.names[pitch] = latest[pitch]


def show_accidentals(lines: Iterable[Iterable[Symbol]], key: Key) -> None:
    """Give one bar of a staff the accidentals that it needs."""
    valid: dict[tuple[str, int], int] = {}
    for symbol in sorted((symbol for line in lines for symbol in line), key=lambda symbol: symbol.start):
        for pitch in sorted(symbol.pitches - symbol.tied_from):
            step, alteration, octave = symbol.names[pitch]
            # The signature alters the steps that lie this far along the line of fifths.
            signature = (key.fifths - STEPS.index(step) + 6) // 7
            if valid.get((step, octave), signature) != alteration:
                symbol.accidentals[pitch] = _ALTERATIONS[alteration]
            valid[step, octave] = alteration
