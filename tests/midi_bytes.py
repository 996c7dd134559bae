"""MIDI files made byte by byte, as only a test would."""

from collections.abc import Sequence

Notes = Sequence[tuple[int, int, int]]  # onset and end in ticks, and the pitch


def number(value: int) -> bytes:
    """A number as MIDI writes it, seven bits a byte."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def meta(kind: int, content: bytes, delta: int = 0) -> bytes:
    return number(delta) + bytes([0xFF, kind]) + number(len(content)) + content


def strikes(notes: Notes, channel: int = 0, velocity: int = 80) -> bytes:
    """The events of some notes, releases before strokes at one tick."""
    events = [(end, 0, pitch) for _, end, pitch in notes] + [(onset, 1, pitch) for onset, _, pitch in notes]
    written, before = b"", 0
    for tick, begins, pitch in sorted(events):
        written += number(tick - before) + bytes([0x90 | channel, pitch, velocity * begins])
        before = tick
    return written


def track(events: bytes) -> bytes:
    content = events + meta(0x2F, b"")
    return b"MTrk" + len(content).to_bytes(4) + content


def midi(*tracks: bytes, resolution: int = 480, style: int = 1) -> bytes:
    header = style.to_bytes(2) + len(tracks).to_bytes(2) + resolution.to_bytes(2)
    return b"MThd" + len(header).to_bytes(4) + header + b"".join(map(track, tracks))


def tune(length: int = 16, pitch: int = 60, step: int = 480) -> Notes:
    """Single notes, one after the other."""
    return [(i * step, (i + 1) * step, pitch + i % 7) for i in range(length)]
