"""Problem 1: MIDI files → the list of notes and chords as strings, with music21.

Conventions
-----------
Offsets are in quarter lengths from the start of the file. Elements stand in music21's order, which is that of their offsets
within one instrument. A note that is held over a bar line appears again as its tied continuation: that is how music21 parses
MIDI, and how the text counts.

The library's way is left in one place: bars that it misplaces are put back (:func:`put_bars_right`). No element is added or
lost by that; in the sonatas it concerns 106 bars of one track of K. 311.
"""

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from mozart.corpus.archive import sonatas
from mozart.corpus.reader import TRACK_DAMAGED, read_file
from mozart.corpus.structure import METRE_REPLACED
from mozart.errors import MozartError

# Change this when the reader gives other elements for the same file.
READER_VERSION = 3
# The longest sonata has 1,104. music21's time grows with their square: 5,000 take it 40 seconds.
MAX_BARS = 1_500

# music21 spells the pitches of MIDI files with these twelve names.
_NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
# From the lowest octave up: E-1 is the E flat of the piano, not the E five octaves below it.
_NUMBERS = {f"{name}{octave}": 12 * (octave + 1) + place for octave, (place, name) in product(range(-1, 10), enumerate(_NAMES))}


class Elements(NamedTuple):
    """A file's notes and chords.

    Attributes
    ----------
    tokens : as strings
    offsets : where each begins, in quarter lengths from the start of the file
    """

    tokens: tuple[str, ...]
    offsets: tuple[float, ...]


def download_data(source: str | None = None) -> list[Path]:
    """Find the sonatas' MIDI files, sorted by name; downloaded, verified and unpacked where they are not there yet.

    Parameters
    ----------
    source
        A path or an address of the archive. Without one, the environment's ``MOZART_ARCHIVE``, else the public address.

    Raises
    ------
    MozartError
        When the archive cannot be had, or is not the sonatas'.
    """
    return sonatas(source)


def order_pitches(pitches: Iterable[object]) -> list[str]:
    """List a chord's distinct pitches as strings, sorted as strings."""
    return sorted({str(pitch) for pitch in pitches})


def midi_pitches(token: str) -> tuple[int, ...]:
    """List the MIDI numbers of a token's pitches, ascending; C4 is 60. Raise KeyError for a name that notes never get."""
    return tuple(sorted({_NUMBERS[name] for name in token.split(".")}))


def parse(path: Path) -> Elements:
    """Read a MIDI file's notes and chords as strings, and their offsets. (Problem 1.)

    Raises
    ------
    MozartError
        When the file is missing, is not MIDI, holds no notes, or has more than `MAX_BARS` bars.
    """
    _refuse_other_files(path)
    _refuse_many_bars(path)
    from music21 import chord, converter, instrument, note

    try:
        # forceSource: music21 would otherwise leave pickles of its own in the temporary folder.
        midi: Any = converter.parse(path, forceSource=True)
        put_bars_right(midi)
        by_instrument: Any = instrument.partitionByInstrument(midi)
        notes_to_parse = list(by_instrument.parts.stream().recurse())
    except Exception as error:  # music21 raises whatever a malformed file provokes deep inside it
        raise MozartError(f"{path} cannot be read as MIDI: music21 fails on it ({type(error).__name__}).") from error
    tokens, offsets = [], []
    for element in notes_to_parse:
        if isinstance(element, note.Note):
            tokens.append(str(element.pitch))
        elif isinstance(element, chord.Chord):
            tokens.append(".".join(order_pitches(element.pitches)))
        else:
            continue
        offsets.append(float(element.offset))
    if not tokens:
        raise MozartError(f"{path} holds no notes with a pitch (it is empty, or drums only).")
    return Elements(tuple(tokens), tuple(offsets))


def put_bars_right(midi: Any) -> int:
    """Move every bar of a parsed file, in place, to where the bars before it end; how many were moved.

    Where notes of unlike length meet at a bar line, music21 makes the bar longer than its metre says, and all later bars of
    that part late (music21 bug #2020).
    """
    moved = 0
    for part in midi.parts:
        start = 0.0
        for measure in part.getElementsByClass("Measure"):
            if measure.offset != start:
                part.setElementOffset(measure, start)
                moved += 1
            start += measure.barDuration.quarterLength
    return moved


def _refuse_many_bars(path: Path) -> None:
    """Refuse what music21 would make too many bars of, also of metres and distances that the common reader leaves out."""
    try:
        score, remarks = read_file(path)
    except MozartError:
        return  # what the common reader refuses, music21 may still read, or refuse at once
    wrong = next((remark for remark in remarks if METRE_REPLACED in remark or TRACK_DAMAGED in remark), None)
    if wrong:
        raise MozartError(f"{path} is not for music21, which might read it for hours: mend or remove it. {wrong}")
    if len(score.bars) > MAX_BARS:
        count = f"{len(score.bars):,} bars"
        raise MozartError(f"{path} has {count}, which music21 would read for minutes: give files of up to {MAX_BARS:,}.")


def _refuse_other_files(path: Path) -> None:
    """Refuse what is not a MIDI file before music21 looks at it."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"MThd":
                raise MozartError(f"{path} is not a MIDI file.")
    except OSError as error:
        raise MozartError(f"{path} cannot be read ({error.strerror}).") from error
