"""The bytes of a MIDI file: its tracks, and a track's events.

Files depart from the standard (MIDI 1.0, "Standard MIDI Files", RP-001) in every way that bytes can. This reads what is
there: a header may be longer than six bytes, the count of tracks and a chunk's length may be wrong, other chunks may come
between the tracks, the whole may lie in a RIFF container, and a track may break off. Whatever the bytes, it looks at each of
them once, and takes no more memory than they do.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from mozart.errors import MozartError

NOTE_ON, META = 0x90, 0xFF
DAMAGE = 0

TRACK_NAME, MARKER, END_OF_TRACK, TEMPO, METRE = 0x03, 0x06, 0x2F, 0x51, 0x58
_SEQUENCE_NUMBER, _CHANNEL_PREFIX, _PORT, _SMPTE_OFFSET, _KEY = 0x00, 0x20, 0x21, 0x54, 0x59

_SYSTEM_EXCLUSIVE = (0xF0, 0xF7)
_FRAMES = {24: 24.0, 25: 25.0, 29: 30_000 / 1_001, 30: 30.0}
_SMPTE_QUARTER = 0.5  # seconds: a file that counts seconds gets the quarters of a file without a tempo

# Tick, status with its channel, and two data bytes. For META these are type and content; after DAMAGE nothing can be read.
Event = tuple[int, int, int, int | bytes]


class MidiFile(NamedTuple):
    """The content of a MIDI file's chunks.

    Attributes
    ----------
    ticks_per_quarter
        A whole number, unless `counts_seconds`.
    counts_seconds
        Whether ticks are parts of a second (SMPTE time), so that tempi mean nothing.
    tracks
        Each track's bytes.
    """

    ticks_per_quarter: float
    counts_seconds: bool
    tracks: list[bytes]


def read_chunks(data: bytes, name: str) -> MidiFile:
    """Find a MIDI file's tracks, and how it counts time; raise MozartError when it has no usable header."""
    header = data.find(b"MThd", 0, 1_024)  # after a RIFF container's or a Macintosh's own header
    if header < 0 or len(data) < header + 14:
        raise MozartError(f"{name} is not a MIDI file.")
    length, style = int.from_bytes(data[header + 4 : header + 8]), int.from_bytes(data[header + 8 : header + 10])
    ticks, counts_seconds = _read_division(data[header + 12 : header + 14], name)
    position = _chunk_end(data, header + 8, length)
    tracks = []
    while 0 <= position < len(data) - 8:
        start = position + 8
        end = _chunk_end(data, start, int.from_bytes(data[position + 4 : start]))
        if data.startswith(b"MTrk", position):
            tracks.append(data[start:end])
        position = end
    if style == 2 and len(tracks) > 1:
        raise MozartError(f"{name} holds {len(tracks)} separate pieces (MIDI format 2): save the one you mean as a file.")
    return MidiFile(ticks, counts_seconds, tracks)


def read_events(track: bytes) -> Iterator[Event]:
    """Yield the notes and meta events of a track, in order, up to its end or to where it is damaged."""
    tick = status = position = 0
    try:
        while position < len(track):
            delta = track[position]
            position += 1
            if delta >= 0x80:
                delta, position = _read_number(track, position - 1)
            tick += delta
            if track[position] >= 0x80:
                message = track[position]
                position += 1
                if message < 0xF0:
                    status = message  # it holds until the next one ("running status")
            else:
                message = status
            if message < 0xA0:
                if not message:
                    raise IndexError  # data bytes without a status
                yield tick, message, track[position], track[position + 1]
                position += 2
            elif message < 0xF0:
                position += 1 if 0xC0 <= message < 0xE0 else 2
            elif message == META:
                kind = track[position]
                length, start = _read_number(track, position + 1)
                position = start + length
                if position > len(track):
                    raise IndexError
                yield tick, META, kind, track[start:position]
                if kind == END_OF_TRACK:
                    return
            elif message in _SYSTEM_EXCLUSIVE:
                length, start = _read_number(track, position)
                position = start + length
            else:  # a message such as a clock's, for the cable and not for a file
                position += {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(message, 0)
    except IndexError:
        yield tick, DAMAGE, 0, b""


def makes_sense(kind: int, content: bytes) -> bool:
    """Tell whether a meta event is as the standard has it; texts and unknown kinds always are."""
    lengths = {_SEQUENCE_NUMBER: 2, _CHANNEL_PREFIX: 1, _PORT: 1, TEMPO: 3, _SMPTE_OFFSET: 5, METRE: 4, _KEY: 2}
    if kind not in lengths:
        return True
    if len(content) != lengths[kind]:
        return kind == _SEQUENCE_NUMBER and not content
    if kind == TEMPO:
        return any(content)
    if kind == METRE:
        return content[0] > 0 and content[1] < 8
    if kind == _SMPTE_OFFSET:
        return content[0] & 0x1F < 24 and content[1] < 60 and content[2] < 60 and content[3] < 30
    if kind == _KEY:
        return (content[0] < 8 or content[0] > 248) and content[1] < 2
    return True


NAMES = {
    _SEQUENCE_NUMBER: "sequence number",
    _CHANNEL_PREFIX: "channel prefix",
    _PORT: "port",
    TEMPO: "tempo",
    _SMPTE_OFFSET: "SMPTE offset",
    METRE: "metre",
    _KEY: "key signature",
}


def _read_division(division: bytes, name: str) -> tuple[float, bool]:
    if division[0] < 0x80:
        ticks, counts_seconds = float(int.from_bytes(division)), False
    else:
        ticks, counts_seconds = _FRAMES.get(256 - division[0], 0.0) * division[1] * _SMPTE_QUARTER, True
    if not ticks:
        raise MozartError(f"{name} does not say how many ticks a quarter has, so the times of its notes are unknown.")
    return ticks, counts_seconds


def _chunk_end(data: bytes, start: int, length: int) -> int:
    """Find a chunk's end: where its length says, if another chunk or nothing follows, else where the next track begins."""
    end = start + length
    if end == len(data) or re.match(rb"[ -~]{4}", data[end : end + 8]):
        return end
    following = data.find(b"MTrk", start)
    return following if following >= 0 else len(data)


def _read_number(track: bytes, position: int) -> tuple[int, int]:
    """Read a variable-length number of up to four bytes, seven bits in each; return it and where it ends."""
    number = 0
    for here in range(position, position + 4):
        number = number << 7 | track[here] & 0x7F
        if track[here] < 0x80:
            return number, here + 1
    raise IndexError
