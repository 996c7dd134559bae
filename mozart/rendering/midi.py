"""A score → the bytes of a MIDI file, and the text inside one.

The file is of type 1: a track for title, keys, metres, tempi and movements, then one for each hand. Voice k plays on channel k,
so that the reader, which recognizes the tracks by their names, gives every note its voice again.
"""

import io
from typing import Any

from mozart.errors import MozartError
from mozart.notes import LEFT, RIGHT, TICKS, VOICES, Score
from mozart.notes.keys import Key, estimate_key

HANDS = {RIGHT: "Right hand", LEFT: "Left hand"}  # the names of the tracks
MAX_BYTES = 2_000_000  # more than the longest composed score needs
_PIANO = 0
_SLOWEST = 2**24 - 1  # microseconds a quarter, the most that a tempo event can hold
_TEXT_EVENT = b"\xff\x01"


def midi_bytes(score: Score, text: str | None = None, key: Key | None = None) -> bytes:
    """Write a score as the content of a .mid file, which ends with the last note.

    The same score and text give the same bytes, and reading them gives an equal score.

    Parameters
    ----------
    score
        The score.
    text
        The content of a text event, which players ignore: the request of the piece.
    key
        The home key, if it is known; else the key of each movement is estimated.
    """
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    tracks = [_directions(score, text, key), *(_hand(score, hand) for hand in HANDS)]
    for events in tracks:
        track = file.add_track()
        before = 0
        # In order of time, and within a tick in the order in which they were made: sorting keeps it.
        for tick, message in sorted(events, key=lambda event: event[0]):
            track.append(message.copy(time=tick - before))
            before = tick
        track.append(mido.MetaMessage("end_of_track", time=0))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def read_text(data: bytes, prefix: str) -> str:
    """Read what follows `prefix` in the first text event of a MIDI file that begins with it.

    This searches the bytes for the event and ignores everything else, so it also reads a file that another program rewrote, or
    that is damaged elsewhere.

    Raises
    ------
    MozartError
        When the file is not MIDI, is too large, or has no such event.
    """
    if b"MThd" not in data[:64]:  # the first bytes; in a RIFF container a little later
        raise MozartError("This is not a MIDI file: choose a .mid file that was composed here.")
    if len(data) > MAX_BYTES:
        raise MozartError(f"This file is larger than any piece composed here: {len(data):,} bytes, {MAX_BYTES:,} are possible.")
    at = data.find(_TEXT_EVENT)
    while at >= 0:
        length, start = _read_length(data, at + len(_TEXT_EVENT))
        event = data[start : start + length]
        if event.startswith(prefix.encode()):
            return event.decode("utf-8", "replace").removeprefix(prefix)
        at = data.find(_TEXT_EVENT, at + 1)
    raise MozartError("This MIDI file does not say what it was composed from: only pieces that were composed here do.")


def _directions(score: Score, text: str | None, home: Key | None) -> list[tuple[int, Any]]:
    """List all messages that are not notes, each with its tick."""
    import mido

    events = [(0, mido.MetaMessage("track_name", name=_latin(score.title)))]
    if text is not None:
        events.append((0, mido.MetaMessage("text", text=_latin(text))))
    for number, start in enumerate(score.movements):
        if number:
            events.append((start, mido.MetaMessage("marker", text=f"({number + 1})")))
        part = score.movement(number) if len(score.movements) > 1 else score
        if len(part):
            key = home or estimate_key(part)
            name = str(key).partition(" ")[0].replace("-flat", "b").replace("-sharp", "#")
            events.append((start, mido.MetaMessage("key_signature", key=name + "m" * (key.mode == "minor"))))
    for onset, beats, unit in score.metres:
        events.append((onset, mido.MetaMessage("time_signature", numerator=beats, denominator=unit)))
    for onset, tempo in score.tempi:
        # A tempo after the last note would only make the file longer.
        if onset < score.end or not onset:
            events.append((onset, mido.MetaMessage("set_tempo", tempo=min(round(60e6 / tempo), _SLOWEST))))
    return events


def _hand(score: Score, hand: int) -> list[tuple[int, Any]]:
    """List the messages of one hand, each with its tick; at one tick, ends come before beginnings."""
    import mido

    events = [(0, mido.MetaMessage("track_name", name=HANDS[hand]))]
    voices = [voice for voice in range(VOICES) if (voice < 2) == (hand == RIGHT)]
    events += [(0, mido.Message("program_change", channel=voice, program=_PIANO)) for voice in voices]
    notes = score.columns[score.hands == hand].tolist()
    ends = [
        (onset + duration, mido.Message("note_off", channel=voice, note=pitch, velocity=0))
        for onset, voice, pitch, duration, _ in notes
    ]
    begins = [
        (onset, mido.Message("note_on", channel=voice, note=pitch, velocity=velocity)) for onset, voice, pitch, _, velocity in notes
    ]
    return events + ends + begins


def _latin(text: str) -> str:
    """Encode text so that mido, whose character set is Latin-1, writes it as UTF-8."""
    return text.encode("utf-8", "replace").decode("latin-1")


def _read_length(data: bytes, at: int) -> tuple[int, int]:
    """Read a variable-length quantity of at most four bytes, and find where it ends."""
    length = 0
    for byte in data[at : at + 4]:
        at += 1
        length = length << 7 | byte & 127
        if byte < 128:
            break
    return length, at
