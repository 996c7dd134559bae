"""A score → the bytes of a MIDI file, and the text inside one.

The file is of type 1: a track for title, keys, metres, tempi and movements, then one for each hand. Voice k plays on channel k,
so that the reader, which knows the tracks by their names, gives every note back to its voice.
"""

import io
from typing import Any

from mozart.errors import MozartError
from mozart.notes import LEFT, RIGHT, TICKS, VOICES, Score
from mozart.notes.keys import Key, estimate_key

HANDS = {RIGHT: "Right hand", LEFT: "Left hand"}  # the names of the tracks
MAX_BYTES = 2_000_000  # more than the longest score that can be composed needs
_PIANO = 0
_SLOWEST = 2**24 - 1  # microseconds a quarter: what a tempo event has room for
_TEXT_EVENT = b"\xff\x01"
_LETTERS = {-1: "b", 0: "", 1: "#"}


def midi_bytes(score: Score, text: str | None = None, key: Key | None = None) -> bytes:
    """The score as the content of a .mid file that ends when its last note does.

    The same score and text give the same bytes, and reading them gives an equal score.

    Parameters
    ----------
    text
        Becomes a text event, which players ignore: what the piece was composed from.
    key
        The home key, where it is known; else keys are estimated, movement by movement.
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
    """What follows `prefix` in the first text event of a MIDI file that begins with it.

    The bytes are searched for the event, whatever else stands in the file, so that one that another program wrote anew, or
    damaged elsewhere, is still read.

    Raises
    ------
    MozartError
        When the file is none, is too large, or has no such event.
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
    """Everything but notes, each with its tick."""
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
    """The messages of one hand, each with its tick: where one note ends and another begins, the end is first."""
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
    """Text that mido, whose own character set belongs to the process, writes as UTF-8."""
    return text.encode("utf-8", "replace").decode("latin-1")


def _read_length(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length quantity of at most four bytes, and where it ends."""
    length = 0
    for byte in data[at : at + 4]:
        at += 1
        length = length << 7 | byte & 127
        if byte < 128:
            break
    return length, at
