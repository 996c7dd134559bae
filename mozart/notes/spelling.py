"""The names of pitches in a key: whether a pitch is C sharp or D flat."""

from mozart.notes.keys import CLASSES, STEPS, Key

_SIGNS = {-2: "𝄫", -1: "♭", 0: "", 1: "♯", 2: "𝄪"}


def line_of_fifths(key: Key) -> tuple[int, ...]:
    """Return each pitch class's place on the line of fifths when it is spelled in `key`; 0 for C, 1 for G.

    These are the twelve places nearest to the key: in C major from E flat to G sharp, in A minor from B flat to D sharp.
    """
    lowest = key.fifths - (3 if key.mode == "major" else 2)
    places = range(lowest, lowest + CLASSES)
    return tuple(next(place for place in places if place * 7 % CLASSES == pitch_class) for pitch_class in range(CLASSES))


def spell(pitch: int, places: tuple[int, ...]) -> tuple[str, int, int]:
    """Return a pitch's step (``C`` to ``B``), alteration in semitones, and octave; `places` are :func:`line_of_fifths`."""
    place = places[pitch % CLASSES] + 1
    alteration = place // len(STEPS)
    # C flat belongs to the octave above the B that it sounds as.
    return STEPS[place % len(STEPS)], alteration, (pitch - alteration) // CLASSES - 1


def name(pitch: int, key: Key) -> str:
    """Name a pitch for people: ``B♭4``."""
    step, alteration, octave = spell(pitch, line_of_fifths(key))
    return f"{step}{_SIGNS[alteration]}{octave}"
