"""Chunks and events, however the bytes lie."""

import random

import pytest

from midi_bytes import meta, midi, number, strikes, tune
from mozart.corpus.midi_events import DAMAGE, META, read_chunks, read_events
from mozart.corpus.reader import read_midi_bytes
from mozart.errors import MozartError

NOTES = strikes(tune())
WHOLE = midi(meta(3, b"tune"), NOTES)
TRACK = WHOLE.rindex(b"MTrk")


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF" + (len(WHOLE) + 12).to_bytes(4, "little") + b"RMIDdata" + len(WHOLE).to_bytes(4, "little") + WHOLE,
        bytes(128) + WHOLE,
        WHOLE + bytes(500),
        WHOLE[:7] + b"\x0a" + WHOLE[8:14] + b"more" + WHOLE[14:],
        WHOLE[:10] + b"\x00\x00" + WHOLE[12:],
        WHOLE[:10] + b"\xff\xff" + WHOLE[12:],
        WHOLE[:14] + b"XF02" + (3).to_bytes(4) + b"\0\0\0" + WHOLE[14:],
        WHOLE[:TRACK] + b"    " + (3).to_bytes(4) + b"\0\0\0" + WHOLE[TRACK:],
        WHOLE[: TRACK + 4] + b"\xff\xff\xff\xff" + WHOLE[TRACK + 8 :],
        WHOLE[: TRACK + 4] + b"\0\0\0\x07" + WHOLE[TRACK + 8 :],
        WHOLE[:18] + b"\xff\xff\xff\xff" + WHOLE[22:],
        WHOLE[:18] + b"\0\0\0\0" + WHOLE[22:],
        midi(meta(3, b"tune"), meta(1, b"MTrk is what a track begins with") + NOTES),
    ],
    ids=[
        "RIFF", "Macintosh", "zeros after", "long header", "no tracks said", "65,535 tracks said", "chunk before", "chunk between",
        "last track too long", "last track too short", "first track too long", "first track too short",
        "a text that names a chunk",
    ],
)  # fmt: skip
def test_the_tracks_that_are_there(data: bytes) -> None:
    """Are read whole, whatever header and lengths say, and whatever lies around them."""
    score, remarks = read_midi_bytes(data, "some.mid")
    assert score == read_midi_bytes(WHOLE, "some.mid").score
    assert remarks == ()


@pytest.mark.parametrize(
    "event",
    [
        b"\x00\xf8",
        b"\x00\xfe",
        b"\x00\xf1\x11",
        b"\x00\xf2\x11\x22",
        b"\x00\xf0\x03\x11\x22\xf7",
        b"\x00\xf7\x02\x11\x22",
        b"\x00\xb0\x40\x7f",
        b"\x00\xc0\x05",
        b"\x00\xd0\x05",
        b"\x00\xe0\x00\x40",
        b"\x00\xa0\x3c\x40",
        meta(0x7F, b"\x90\x3c\x50"),
        meta(0x01, "Größe".encode("latin-1")),
        meta(0x01, "曲".encode("shift-jis")),
    ],
)
def test_events_that_are_no_notes(event: bytes) -> None:
    """Are passed over, and the time goes on."""
    later = number(480) + NOTES[1:]
    score, remarks = read_midi_bytes(midi(event + later), "some.mid")
    assert score.onsets.tolist() == [480 * i for i in range(1, 17)]
    assert remarks == ()


def test_running_status_outlives_other_events() -> None:
    """Notes without a status of their own take the last one, also after a meta event."""
    events = list(read_events(b"\x00\x90\x3c\x50" + meta(1, b"text") + b"\x60\x3c\x00"))
    assert events == [(0, 0x90, 60, 80), (0, META, 1, b"text"), (96, 0x90, 60, 0)]


@pytest.mark.parametrize(
    "damage", [b"\x3c\x50", b"\x00\x90\x3c", b"\xff\xff\xff\xff\x7f\x90\x3c\x50", b"\x00\xff\x01\x09abc", b"\x00"]
)
def test_a_damaged_track(damage: bytes) -> None:
    """Gives what comes before the damage."""
    before = b"\x00\xff\x01\x00"
    assert [event[1] for event in read_events(before + damage)] == [META, DAMAGE]


def test_a_file_that_breaks_off() -> None:
    """Gives the notes before, and says where it ends."""
    score, remarks = read_midi_bytes(WHOLE[:-30], "some.mid")
    assert 10 <= len(score) < 16
    assert remarks == ("Track 2 is damaged at quarter 13: what follows is left out.",)


@pytest.mark.parametrize(("byte", "sounds"), [(0xE8, 24), (0xE7, 25), (0xE3, 29.97), (0xE2, 30)])
def test_time_in_seconds(byte: int, sounds: float) -> None:
    """SMPTE time is read at two quarters a second, and a tempo in the file means nothing."""
    notes = strikes([(0, 4_000, 60), (4_000, 8_000, 62)])
    score = read_midi_bytes(midi(meta(0x51, b"\x0f\x42\x40") + notes, resolution=byte << 8 | 40), "some.mid").score
    assert score.seconds == pytest.approx(8_000 / (sounds * 40), abs=0.001)
    assert score.tempi[0].quarters_per_minute == 120


def test_an_unknown_number_of_frames() -> None:
    """Is refused."""
    with pytest.raises(MozartError, match="how many ticks"):
        read_chunks(midi(NOTES, resolution=0x8028), "some.mid")


def test_any_bytes() -> None:
    """Are read or refused: 500 files with some bytes changed, gone or doubled."""
    generator = random.Random(1)
    outcomes = [outcome(mutate(WHOLE, generator)) for _ in range(500)]
    assert 100 < outcomes.count("read") < 500
    assert all(sentence == "read" or sentence.startswith("some.mid ") for sentence in outcomes)


def mutate(data: bytes, generator: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(generator.choice((1, 4, 16))):
        place = generator.randrange(len(changed))
        changed[place : place + generator.randrange(2)] = generator.randbytes(generator.randrange(4))
    return bytes(changed)


def outcome(data: bytes) -> str:
    try:
        read_midi_bytes(data, "some.mid")
    except MozartError as error:
        return str(error)
    return "read"
