"""FluidSynth plays a score, evenly loud and the same each time, or says in one sentence what is missing."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.notes import Score
from mozart.rendering import sound


def score(pitches: Sequence[int], onsets: Sequence[int], length: int = 480, velocities: Sequence[int] | int = 70) -> Score:
    """Notes of one length, in ticks of 1/960 second."""
    loud = [velocities] * len(pitches) if isinstance(velocities, int) else velocities
    return Score([(at, 0, pitch, length, v) for pitch, at, v in zip(pitches, onsets, loud, strict=True)])


def again(chord: Sequence[int], n: int, velocity: int = 70, step: int = 240) -> Score:
    """The same chord n times."""
    return score([*chord] * n, [i * step for i in range(n) for _ in chord], step, velocity)


FOUR = again([69], 4, step=480)


def level(samples: NDArray[np.int16]) -> float:
    """The root of the mean square, in decibels of full scale."""
    return float(10 * np.log10(np.square(samples / 2**15).mean()))


def test_sound() -> None:
    """Two seconds of notes and their tail, at the pitch asked for."""
    samples = sound.render(FOUR)
    assert samples.dtype == np.int16
    assert 2.0 < len(samples) / sound.SAMPLE_RATE < 4.0
    spectrum = np.abs(np.fft.rfft(samples[: sound.SAMPLE_RATE]))
    assert abs(spectrum[400:480].argmax() + 400 - 440) <= 2


def test_time() -> None:
    """Every note starts when the score says, within 5 milliseconds, however many have gone before, in the tempo that holds then."""
    notes = score([84] * 30, [i * 1968 for i in range(30)], 240).replace(tempi=[(0, 120.0), (15 * 1968, 60.0)])
    samples = np.abs(sound.render(notes).astype(int))
    for note in notes.notes:
        start = round(float(notes.seconds_at(note.onset)) * sound.SAMPLE_RATE)
        assert samples[max(0, start - 2000) : max(0, start - 64)].max(initial=0) < 100
        assert samples[start : start + 220].max() > 100


def test_it_begins_with_the_first_note() -> None:
    """The rests before an upbeat are not heard."""
    late = Score(FOUR.columns + np.array([1440, 0, 0, 0, 0]))
    assert np.array_equal(sound.render(late), sound.render(FOUR))


def test_a_voice_ends_its_own_notes_only() -> None:
    """A key that two voices hold sounds until the longer has ended."""
    alone = Score([(0, 0, 60, 3840, 90), (0, 1, 84, 240, 1)])
    both = Score([(0, 0, 60, 3840, 90), (0, 1, 60, 240, 1), (0, 1, 84, 240, 1)])
    ends = [level(sound.render(notes)[2 * sound.SAMPLE_RATE : 3 * sound.SAMPLE_RATE]) for notes in (alone, both)]
    assert abs(ends[0] - ends[1]) < 1


def test_the_shortest_note_is_heard_and_let_go() -> None:
    """A key that is held for one tick of a quick tempo goes down and up again, and rings no longer than an eighth does."""
    one = sound.render(score([60], [0], 1).replace(tempi=[(0, 480.0)]))
    assert np.abs(one).max() > 1000
    assert len(one) <= len(sound.render(score([60], [0], 240)))


def test_tail() -> None:
    """The end is faded to zero without a step, within three seconds of the last note."""
    samples = sound.render(FOUR)
    assert len(samples) <= 5 * sound.SAMPLE_RATE
    assert samples[-1] == 0
    assert np.abs(samples[-1000:]).max() < 33
    assert np.abs(samples[-10_000:]).max() > 33


def test_long_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tail that does not end is faded to zero after three seconds."""
    monkeypatch.setattr(sound, "_SILENCE", 0.0)
    samples = sound.render(FOUR)
    assert len(samples) == sound.SAMPLE_RATE * 2 // 64 * 64 + 64 * (sound.SAMPLE_RATE * 2 % 64 > 32) + sound._LONGEST_TAIL
    assert samples[-1] == 0


def test_same_score_same_samples() -> None:
    """A render hears neither the one before it nor those of other threads."""
    first = sound.render(FOUR)
    sound.render(again([60, 64, 67], 40))
    with ThreadPoolExecutor(4) as threads:
        for samples in threads.map(sound.render, [FOUR] * 8):
            assert np.array_equal(samples, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(again([60, 64], 16, 40), again([60, 64], 16, 110), id="soft and loud"),
        pytest.param(again([72], 16), again([48, 52, 55, 60, 64, 67], 16), id="thin and dense"),
    ],
)
def test_all_pieces_are_as_loud(one: Score, other: Score) -> None:
    """The loudness of the whole depends neither on how hard the keys are struck, nor on how many are."""
    assert abs(level(sound.render(one)) - level(sound.render(other))) < 1.5


def test_held_notes_are_about_as_loud_as_quick_ones() -> None:
    """Slow notes fade while they are held; that makes the piece a little softer on the whole, and no more."""
    held, quick = (level(sound.render(notes)) for notes in (again([72], 6, step=1920), again([72], 48)))
    assert 0 < quick - held < 5


def test_rests_do_not_count() -> None:
    """A rest in a piece makes its notes no louder."""
    apart, together = (sound.render(score([69, 69], onsets)) for onsets in ([0, 19_200], [0, 480]))
    assert abs(np.abs(apart).max() / np.abs(together).max() - 1) < 0.2


def test_dynamics_stay() -> None:
    """Within a piece soft is soft: half the velocity is a quarter of the amplitude."""
    samples = sound.render(score([69, 69], [0, 3840], velocities=[100, 50]))
    loud, soft = np.abs(samples[: sound.SAMPLE_RATE]).max(), np.abs(samples[4 * sound.SAMPLE_RATE :]).max()
    assert 3 < loud / soft < 5.5


def test_a_few_soft_notes_stay_soft() -> None:
    """What is hardly struck at all is not blown up to full loudness."""
    assert level(sound.render(again([72], 4, 10))) < level(sound.render(again([72], 4, 70))) - 10


def test_no_clipping() -> None:
    """A sudden chord with all its might in a piece stays below full scale, and bends instead of being cut off."""
    crash = [36, 43, 48, 52, 55, 60, 64, 67, 72, 76]
    onsets = [*range(0, 20 * 240, 240), *[20 * 240] * 10]
    samples = np.abs(sound.render(score([72] * 20 + crash, onsets, 240, [70] * 20 + [127] * 10)).astype(int))
    assert 0.6 < samples.max() / 2**15 <= 0.9
    assert (samples == samples.max()).sum() < 3
    ramp = sound._limit(np.linspace(0, 4, 1000))
    assert (np.diff(ramp) >= 0).all()
    assert ramp.max() <= 0.9
    assert np.array_equal(ramp[ramp < 0.6], np.linspace(0, 4, 1000)[ramp < 0.6])


def test_the_synthesizer_does_not_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten fingers with all their might stay within what FluidSynth can say."""
    monkeypatch.setattr(sound, "_gain", lambda _: 1.0)
    monkeypatch.setattr(sound, "_limit", lambda samples: samples)
    samples = sound.render(again([36, 43, 48, 52, 55, 60, 64, 67, 72, 76], 8, 127))
    assert np.abs(samples.astype(int)).max() < 0.99 * 2**15


def test_nothing_to_play() -> None:
    """A score without notes is no sound, not an error."""
    assert sound.render(Score([])).shape == (0,)


def test_without_fluidsynth(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to type."""
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    with pytest.raises(MozartError, match="apt-get install libfluidsynth3"):
        sound.render(FOUR)


@pytest.mark.parametrize("content", [None, b"no font"])
def test_without_a_sound_font(
    content: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The message names the files that are missing or damaged; FluidSynth itself complains of none that is missing."""
    fonts = [tmp_path / "first.sf3", tmp_path / "second.sf2"]
    for font in fonts:
        if content:
            font.write_bytes(content)
    monkeypatch.setattr(sound, "sound_fonts", lambda: fonts)
    with pytest.raises(MozartError, match=r"first\.sf3 and .*second\.sf2"):
        sound.render(FOUR)
    assert content or not capfd.readouterr().err


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_damaged_sound_font(share: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Instead of a font that is missing, cut short or not whole, the other one plays."""
    shipped = sound.sound_fonts()[1]
    monkeypatch.setattr(sound, "sound_fonts", lambda: [shipped])
    expected = sound.render(FOUR)
    damaged = tmp_path / "damaged.sf2"
    content = shipped.read_bytes()
    damaged.write_bytes(content[: int(share * len(content))])
    monkeypatch.setattr(sound, "sound_fonts", lambda: [tmp_path / "none.sf3", damaged, shipped])
    assert np.array_equal(sound.render(FOUR), expected)


def test_better_piano(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where FluidR3 is installed, it plays, about as loud as the other font."""
    better, shipped = sound.sound_fonts()
    if not better.is_file():
        pytest.skip("fluidr3mono-gm-soundfont is not installed")
    notes = again([60, 64, 67], 16)
    samples = sound.render(notes)
    monkeypatch.setattr(sound, "sound_fonts", lambda: [better])
    assert np.array_equal(sound.render(notes), samples)
    monkeypatch.setattr(sound, "sound_fonts", lambda: [shipped])
    other = sound.render(notes)
    assert not np.array_equal(other[: len(samples)], samples[: len(other)])
    assert abs(level(other) - level(samples)) < 4


def test_nothing_longer_is_played() -> None:
    """What lasts longer than twenty minutes is refused in a sentence, before any memory is taken for it."""
    with pytest.raises(MozartError, match="67 minutes are too long to be played: 20 minutes are possible"):
        sound.render(Score([(480 * 8_000, 0, 60, 480, 80)]))
