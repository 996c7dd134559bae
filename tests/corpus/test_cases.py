"""MIDI files as the world has them: each gives its notes, or is refused, in one sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from mozart.corpus.reader import Reading, read_file
from mozart.errors import MozartError
from mozart.notes.score import TICKS

CASES = Path(__file__).parent / "cases"


class Case(NamedTuple):
    """What a file gives: notes, the quarter in which the last one begins, and what is said of it."""

    notes: int = 130
    last: float = 64.5
    said: Sequence[str] = ()


GIVES = {
    "ties_over_bars": Case(121, 219),
    "one_hand_named": Case(260),
    "format0_with_drums": Case(said=["130 drum strokes are left out."]),
    "two_tempi_at_once": Case(),
    "orchestra": Case(960, 39, ["24 parts are put together as 5 voices, by how high they lie."]),
    "thirty_seconds": Case(200, 24.875),
    "smpte_25_25": Case(last=129 * 0.9984, said=["The file counts seconds (SMPTE time)"]),
    "smpte_milliseconds": Case(last=129, said=["The file counts seconds (SMPTE time)"]),
    "riff": Case(),
    "other_chunk": Case(),
    "counts_5_of_2_tracks": Case(),
    "counts_1_of_2_tracks": Case(),
    "track_length_ffffffff": Case(),
    "header_of_8_bytes": Case(),
    "key_of_8_sharps": Case(said=["1 key signature that makes no sense is left out."]),
    "key_of_0_bytes": Case(said=["1 key signature that makes no sense is left out."]),
    "metre_of_2_bytes": Case(said=["1 metre that makes no sense is left out."]),
    "metre_0_4": Case(said=["1 metre that makes no sense is left out."]),
    "metre_denominator_33": Case(said=["1 metre that makes no sense is left out."]),
    "tempo_0": Case(said=["1 tempo that makes no sense is left out."]),
    "tempo_of_2_bytes": Case(said=["1 tempo that makes no sense is left out."]),
    "tempo_of_4_bytes": Case(said=["1 tempo that makes no sense is left out."]),
    "smpte_offset_of_2_bytes": Case(said=["1 SMPTE offset that makes no sense is left out."]),
    "smpte_offset_frames_255": Case(said=["1 SMPTE offset that makes no sense is left out."]),
    "sequence_number_of_1_byte": Case(said=["1 sequence number that makes no sense is left out."]),
    "never_let_go": Case(),
    "some_never_let_go": Case(174, 65),
    "clock_byte": Case(),
    "key_switches": Case(260),
    "name_in_shift_jis": Case(),
}
REFUSED = ["long_rest", "late_note_off"]


def read(name: str) -> Reading:
    return read_file(CASES / f"{name}.mid")


def test_every_case_is_tried() -> None:
    """No file lies here for nothing."""
    assert {path.stem for path in CASES.glob("*.mid")} == {*GIVES, *REFUSED}


@pytest.mark.parametrize("name", GIVES)
def test_reads(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Every note, at its time, and a sentence for what is left out; nothing is printed."""
    expected, (score, remarks) = GIVES[name], read(name)
    assert (len(score), score.onsets[-1]) == (expected.notes, pytest.approx(expected.last * TICKS, abs=1))
    assert len(remarks) == len(expected.said)
    assert all(remark.startswith(said) for remark, said in zip(remarks, expected.said, strict=True))
    assert (score.onsets[0], str(score.metres[0]), score.tempi[0].quarters_per_minute) == (0, "4/4", 120)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    """A rest or a note that lasts for days."""
    with pytest.raises(MozartError, match=rf"{name}\.mid cannot be read: it goes on for .* quarters"):
        read(name)


def test_single_notes_stay_single() -> None:
    """Thirty-seconds do not fall together."""
    score = read("thirty_seconds").score
    assert score.onsets.tolist() == [60 * i for i in range(200)]


def test_a_key_that_is_never_let_go_ends() -> None:
    """With the next stroke of the key, or with its track."""
    score = read("never_let_go").score
    middle_c = [note for note in score.notes if note.pitch == 60]
    ends = [note.onset for note in middle_c[1:]] + [score.notes[-1].onset]
    assert [note.onset + note.duration for note in middle_c] == ends


def test_keys_below_the_piano_stay() -> None:
    """What a sampler takes for commands are notes in the file."""
    assert {4, 11} <= set(read("key_switches").score.pitches.tolist())
