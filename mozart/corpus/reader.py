"""One MIDI file → a score, with every note at its own time.

The reader leaves out what a score cannot hold, and says so in one sentence each: drums, events that make no sense, the rest
of a damaged track. It refuses a file beyond the limits below in one sentence. Both take less than a second.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mozart.corpus import midi_events
from mozart.corpus.catalogue import printable, title
from mozart.corpus.midi_events import DAMAGE, MidiFile
from mozart.corpus.parts import assign_voices, is_ours, one_key_once
from mozart.corpus.structure import fit_metres, in_order, movement_starts
from mozart.errors import MozartError
from mozart.notes.score import MAX_TICKS, TEMPI, TICKS, VOICES, Score

# The longest sonata has 105,560 bytes and 2,289 quarters, and takes 22 minutes.
MAX_BYTES = 500_000
MAX_QUARTERS = 100_000
MAX_SECONDS = 6 * 60 * 60

_DRUMS = 9
TRACK_DAMAGED = "is damaged at quarter"  # what the remark about it says


class Reading(NamedTuple):
    """A score, and a sentence for each thing in its file that the score leaves out."""

    score: Score
    remarks: tuple[str, ...]


@dataclass
class _Contents:
    """The content of the tracks, in the file's own ticks, and counts of what makes no sense in it."""

    parts: dict[tuple[int, int], list[tuple[int, int, int, int]]] = field(default_factory=lambda: defaultdict(list))
    names: dict[int, str] = field(default_factory=dict)
    metres: list[tuple[int, tuple[int, int]]] = field(default_factory=list)
    tempi: list[tuple[int, float]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    drums: int = 0
    damage: dict[int, int] = field(default_factory=dict)
    senseless: Counter[str] = field(default_factory=Counter)


def read_midi(path: Path) -> Score:
    """Read the score of one MIDI file; raise MozartError when it is missing, is not MIDI, or holds no notes."""
    return read_file(path).score


def read_file(path: Path) -> Reading:
    """Read the score of one MIDI file, and what it leaves out; see :func:`read_midi`."""
    return read_midi_bytes(read_bytes(path), printable(path.name))


def read_bytes(path: Path) -> bytes:
    """Read a file's bytes, but only one byte too many of one that is too long; raise MozartError when that fails."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not possible"
        raise MozartError(f"{printable(path)} cannot be read ({reason}).") from error


def read_midi_bytes(data: bytes, name: str) -> Reading:
    """Read the score in a MIDI file's bytes; `name` is the file's, for title and sentences.

    Raises
    ------
    MozartError
        When the bytes are not MIDI, hold no notes with a pitch, or are too many, or too many bars, notes or seconds.
    """
    if len(data) > MAX_BYTES:
        raise MozartError(f"{name} has more than {MAX_BYTES:,} bytes: choose a smaller MIDI file.")
    file = midi_events.read_chunks(data, name)
    contents = _Contents()
    for index, track in enumerate(file.tracks):
        _read_track(index, track, contents)
    if not contents.parts:
        only = "drums only" if contents.drums else "it is empty"
        raise MozartError(f"{name} holds no notes with a pitch ({only}): choose another file.")
    remarks = _describe_losses(file, contents)
    try:
        score = _make_score(file, contents, title(Path(name)), remarks)
    except MozartError as error:
        raise MozartError(f"{name} cannot be read: {error}") from error
    if score.seconds > MAX_SECONDS:
        raise MozartError(
            f"{name} lasts {score.seconds / 3600:,.1f} hours, and {MAX_SECONDS // 3600} are possible: take a part of it."
        )
    return Reading(score, tuple(remarks))


def _read_track(index: int, track: bytes, contents: _Contents) -> None:
    held: dict[int, list[int]] = {}  # channel and key: onset, velocity, and whether this stroke ended an earlier one
    tick = 0
    for tick, status, first, second in midi_events.read_events(track):
        if status >= 0xA0 or status == DAMAGE:
            _read_other(index, tick, status, first, second, contents)
            continue
        assert isinstance(second, int)
        channel = status & 0x0F
        strikes = status >= midi_events.NOTE_ON and second > 0
        if channel == _DRUMS:
            contents.drums += strikes
            continue
        if first > 127:
            contents.senseless["note"] += strikes
            continue
        key = channel << 7 | first
        note = held.get(key)
        if strikes:
            if note:
                contents.parts[index, channel].append((note[0], tick, first, note[1]))
            held[key] = [tick, min(second, 127), bool(note)]
        elif note:
            # A release beside a new stroke of the same key belongs to the stroke before it.
            if note[2] and note[0] == tick:
                note[2] = False
            else:
                contents.parts[index, channel].append((note[0], tick, first, note[1]))
                del held[key]
    for key, (onset, velocity, _) in held.items():  # never released
        contents.parts[index, key >> 7].append((onset, tick, key & 0x7F, velocity))


def _read_other(index: int, tick: int, status: int, kind: int, content: int | bytes, contents: _Contents) -> None:
    if status == DAMAGE:
        contents.damage[index] = tick
        return
    assert isinstance(content, bytes)
    if not midi_events.makes_sense(kind, content):
        contents.senseless[midi_events.NAMES[kind]] += 1
    elif kind == midi_events.TEMPO:
        tempo = 60e6 / int.from_bytes(content)
        if tempo <= TEMPI[1]:
            contents.tempi.append((tick, tempo))
        else:
            contents.senseless["tempo"] += 1
    elif kind == midi_events.METRE:
        contents.metres.append((tick, (content[0], 2 ** content[1])))
    elif kind == midi_events.MARKER:
        contents.markers.append((tick, content.decode("latin-1").strip()))
    elif kind == midi_events.TRACK_NAME:
        contents.names.setdefault(index, content.decode("latin-1").strip())


def _describe_losses(file: MidiFile, contents: _Contents) -> list[str]:
    remarks = []
    if file.counts_seconds:
        remarks.append("The file counts seconds (SMPTE time), not quarters: it is read at 120 quarters a minute.")
    if contents.drums:
        remarks.append(_left_out(contents.drums, "drum stroke"))
    for name, number in contents.senseless.items():
        remarks.append(_left_out(number, name, f" that make{'s' * (number == 1)} no sense"))
    if contents.damage:
        track, tick = next(iter(contents.damage.items()))
        others = f", and {len(contents.damage) - 1:,} more are" if len(contents.damage) > 1 else ""
        quarter = tick / file.ticks_per_quarter
        remarks.append(f"Track {track + 1} {TRACK_DAMAGED} {quarter:,.0f}{others}: what follows is left out.")
    return remarks


def _make_score(file: MidiFile, contents: _Contents, name: str, remarks: list[str]) -> Score:
    def in_ticks(tick: int) -> int:
        return math.floor(tick * TICKS / file.ticks_per_quarter + 0.5)

    quarters = max(end for part in contents.parts.values() for _, end, _, _ in part) / file.ticks_per_quarter
    if quarters > MAX_QUARTERS:
        raise MozartError(f"it goes on for {quarters:,.0f} quarters, as if a rest or a note in it had a wrong length.")
    keys = sorted(contents.parts)
    channels = [channel for _, channel in keys]
    parts = [np.array(sorted(contents.parts[key]), dtype=np.int64) for key in keys]
    for part in parts:
        part[:, :2] = np.floor(part[:, :2] * TICKS / file.ticks_per_quarter + 0.5)
    ours = is_ours([contents.names.get(track, "") for track, _ in keys], channels)
    if len(parts) > VOICES:
        remarks.append(f"{len(parts)} parts are put together as {VOICES} voices, by how high they lie.")
    voices = np.repeat(channels, list(map(len, parts))) if ours else assign_voices(parts)
    onsets, ends, pitches, velocities = np.concatenate(parts).T
    rows, doubled = one_key_once(np.stack([onsets, voices, pitches, np.maximum(ends, onsets + 1), velocities], axis=1))
    if doubled:
        remarks.append(_left_out(doubled, "note", why=", because a voice strikes a key once at a time"))
    rows[:, 3] -= rows[:, 0]
    metres = {in_ticks(tick): metre for tick, metre in in_order(contents.metres)}
    if not ours:
        fit_metres(metres, remarks)
    tempi = {} if file.counts_seconds else {in_ticks(tick): tempo for tick, tempo in in_order(contents.tempi)}
    markers = [(in_ticks(tick), text) for tick, text in in_order(contents.markers)]
    last = MAX_TICKS if ours else int(ends.max())
    return Score(
        rows,
        [(onset, *metre) for onset, metre in ({0: (4, 4)} | metres).items() if onset < last],
        [(onset, tempo) for onset, tempo in ({0: 120.0} | tempi).items() if onset < last],
        [start for start in movement_starts(markers, list(metres)) if start < last],
        name,
    )


def _left_out(number: int, noun: str, which: str = "", why: str = "") -> str:
    return f"{number:,} {noun}{'s' * (number > 1)}{which} {'is' if number == 1 else 'are'} left out{why}."
