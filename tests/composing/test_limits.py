"""No request asks for more than a few minutes' work, and what is too much is refused before anything is composed."""

import json
from pathlib import Path

import pytest

from midi_bytes import meta, midi, strikes
from mozart.composing.composer import Composer
from mozart.composing.opening import MAX_OWN_NOTES, read_opening
from mozart.composing.request import MAX_AGAIN_PARTS, TEMPI, Request, require_playable
from mozart.errors import MozartError
from mozart.model.plan_json import to_json
from mozart.rendering.sound import MAX_SECONDS


def nothing_composed(_done: int, _total: int) -> bool:
    raise AssertionError("it was composed")


@pytest.mark.parametrize(
    "request_",
    [
        Request(length="500bars", tempo=20),
        Request(length="6000", tempo=20),
        Request(length="6000", tempo=20, offsets="0.5"),
        Request(length="500bars", tempo=20, offsets="sampled"),
        Request(length="6000", tempo=20, lab=True, offsets="0.5"),
        Request(length="6000", tempo=20, lab=True, offsets="sampled"),
    ],
    ids=str,
)
def test_endless_sound_is_refused_before_it_is_composed(composer: Composer, request_: Request) -> None:
    """What would sound for hours is refused at once, with a tempo and a length that would do."""
    with pytest.raises(MozartError, match=r"would last .* minutes, .*tempo of \d+, or a length of \d+ %"):
        composer.compose(request_, nothing_composed)


def test_what_is_proposed_would_do() -> None:
    """The tempo that the sentence names is enough, one less is not; where no tempo is enough only a length is named."""
    require_playable(MAX_SECONDS, 20)
    with pytest.raises(MozartError, match="tempo of 51, or a length of 39 %"):
        require_playable(2.55 * MAX_SECONDS, 20)
    with pytest.raises(MozartError, match=r"choose a length of 50 %"):
        require_playable(2 * MAX_SECONDS, TEMPI[1])


def test_a_piece_in_another_rhythm_has_the_same_limit(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody could know before it was composed is refused then."""
    monkeypatch.setattr("mozart.composing.planning.require_playable", lambda *_: None)
    monkeypatch.setattr("mozart.composing.request.MAX_SECONDS", 1)
    with pytest.raises(MozartError, match="would last"):
        composer.compose(Request(length="4bars", seed=1, offsets="0.5"))


def test_a_plan_has_as_many_bars_as_a_length(composer: Composer) -> None:
    """A plan is no way around the longest length."""
    plan = composer.compose(Request(length="4bars", seed=1)).plan
    assert plan is not None
    value = json.loads(to_json(plan))
    bars = {**value, "chords": value["chords"][:1] * 501, "returns": [], "basses": {}, "melody": {}}
    bars.pop("close", None)
    with pytest.raises(MozartError, match="501 bars: give one of up to 500"):
        composer.compose(Request(plan=json.dumps(bars), seed=1), nothing_composed)


@pytest.mark.parametrize("again", ["1-129@1", ",".join(["1-5@1"] * 26), ",".join(["1-1@1"] * (MAX_AGAIN_PARTS + 1))])
def test_bars_again_have_a_bound(again: str) -> None:
    """Bars over and over, each with several drafts, are bounded too."""
    with pytest.raises(MozartError, match="32 parts of 128 bars"):
        Request(again=again)


@pytest.mark.parametrize("unit", [4, 5, 7, 9, 10, 16])  # 2 to so much: 16ths to 65536ths
def test_tiny_bars(tmp_path: Path, unit: int) -> None:
    """A thousand bars a note are no more work than one."""
    path = tmp_path / "tiny.mid"
    notes = [(i * 7_960, (i + 1) * 7_960, 60 + i % 12) for i in range(120)]
    path.write_bytes(midi(meta(0x58, bytes([1, unit, 24, 8])) + strikes(notes)))
    opening, said = read_opening(path)
    assert said
    assert len(opening.score.bars) <= 64


def test_huge_bars(tmp_path: Path) -> None:
    """Eight bars that last an hour are no opening."""
    path = tmp_path / "huge.mid"
    path.write_bytes(midi(meta(0x58, bytes([64, 0, 24, 8])) + strikes([(i * 32_000, (i + 1) * 32_000, 60) for i in range(120)])))
    with pytest.raises(MozartError, match="too long for an opening.*in 300 s are possible"):
        read_opening(path)


def test_many_notes_in_few_bars(tmp_path: Path) -> None:
    """Nor are thousands of notes in one."""
    path = tmp_path / "many.mid"
    path.write_bytes(midi(strikes([(i, i + 1, 60 + i % 40) for i in range(MAX_OWN_NOTES + 1)], velocity=1)))
    with pytest.raises(MozartError, match="3,001 notes"):
        read_opening(path)
