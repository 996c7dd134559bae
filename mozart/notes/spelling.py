"""The names of pitches in a key: which of C sharp and D flat is meant."""

from mozart.notes.keys import CLASSES, Key

STEPS = "FCGDAEB"
_SIGNS = {-2: "𝄫", -1: "♭", 0: "", 1: "♯", 2: "𝄪"}


def line_of_fifths(key: Key) -> tuple[int, ...]:
    """Where each of the twelve pitch classes lies on the line of fifths when it is spelled in `key`; 0 for C, 1 for G.

    The twelve places nearest to the key: in C major from E flat to G sharp, in A minor from B flat to D sharp.
    """
    lowest = key.fifths - (3 if key.mode == "major" else 2)
    places = range(lowest, lowest + CLASSES)
    return tuple(next(place for place in places if place * 7 % CLASSES == pitch_class) for pitch_class in range(CLASSES))


def spell(pitch: int, places: tuple[int, ...]) -> tuple[str, int, int]:
    """A pitch's step (``C`` to ``B``), its alteration in semitones, and its octave; `places` are :func:`line_of_fifths`."""
    place = places[pitch % CLASSES] + 1
    alteration = place // len(STEPS)
    # C flat belongs to the octave above the B that it sounds as.
    return STEPS[place % len(STEPS)], alteration, (pitch - alteration) // CLASSES - 1


def name(pitch: int, key: Key) -> str:
    """What people call it: ``B♭4``."""
    step, alteration, octave = spell(pitch, line_of_fifths(key))
    return f"{step}{_SIGNS[alteration]}{octave}"
