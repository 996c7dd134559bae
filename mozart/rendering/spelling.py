"""Choose the key signatures of a score, and spell its notes: as C sharp or D flat.

The signature is that of a movement's key. Notes are spelled in this key too, or, where the key of the bars around them is
remote, in that one: a passage in C minor has A flats within a movement in A minor.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from mozart.notes import Score
from mozart.notes.keys import CLASSES, STEPS, Key, estimate_key, key_of_classes
from mozart.notes.spelling import line_of_fifths, spell
from mozart.rendering.symbols import Symbol

_AROUND = 2  # bars before and after
# In fifths: nearer keys are spelled like the movement's key; farther ones are a near key under another name.
_NEAR, _FAR = 3, 6
_ALTERATIONS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}

Places = tuple[int, ...]  # of the twelve pitch classes, on the line of fifths


def movement_keys(score: Score) -> list[Key]:
    """Return the key of every bar's movement."""
    starts = score.bar_at(np.array(score.movements)).tolist()
    keys: list[Key] = []
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(score.bars)], strict=True)):
        part = score.movement(number)
        keys += [estimate_key(part if len(part) else score)] * (stop - start)
    return keys


def bar_places(score: Score, keys: Sequence[Key]) -> list[Places]:
    """Choose every bar's spelling: by its movement's key, or by that of the five bars around it if this is remote."""
    sounding = np.zeros((len(keys), CLASSES))
    np.add.at(sounding, (score.bar_at(score.onsets), score.pitches % CLASSES), score.durations)
    places = []
    for index, home in enumerate(keys):
        around = sounding[max(index - _AROUND, 0) : index + _AROUND + 1].sum(0)
        local = key_of_classes(around) if around.any() else home
        places.append(line_of_fifths(local if _NEAR <= abs(local.fifths - home.fifths) <= _FAR else home))
    return places


def name_pitches(bars: Iterable[Sequence[Sequence[Symbol]]], places: Sequence[Places]) -> None:
    """Give every pitch of a staff its step, alteration and octave; tied notes keep theirs."""
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
            # The signature's alteration of this step, by the step's place on the line of fifths.
            signature = (key.fifths - STEPS.index(step) + 6) // 7
            if valid.get((step, octave), signature) != alteration:
                symbol.accidentals[pitch] = _ALTERATIONS[alteration]
            valid[step, octave] = alteration
