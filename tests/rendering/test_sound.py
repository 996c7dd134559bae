"""FluidSynth plays a MIDI file, evenly loud and the same each time, or says in one sentence what is missing."""

import io
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mozart import audio
from mozart.errors import MozartError
from mozart.midi import midi_bytes

MIDI = midi_bytes(["A4"] * 4, [0.0, 1.0, 2.0, 3.0], [1.0] * 4)


def notes(token: str, n: int, velocity: int = 70, step: float = 0.5) -> bytes:
    """The same note or chord n times, `step` quarter notes apart."""
    return midi_bytes([token] * n, [i * step for i in range(n)], [step] * n, [velocity] * n)


def level(samples: NDArray[np.int16]) -> float:
    """The root of the mean square, in decibels of full scale."""
    return float(10 * np.log10(np.square(samples / 2**15).mean()))


def test_sound() -> None:
    """Two seconds of notes and their tail, at the pitch asked for."""
    samples = audio.render(MIDI)
    assert samples.dtype == np.int16
    assert 2.0 < len(samples) / audio.SAMPLE_RATE < 4.0
    spectrum = np.abs(np.fft.rfft(samples[: audio.SAMPLE_RATE]))
    assert abs(spectrum[400:480].argmax() + 400 - 440) <= 2


def test_time() -> None:
    """Every note starts when the file says, within 5 milliseconds, however many have gone before."""
    samples = np.abs(audio.render(midi_bytes(["C6"] * 30, [i * 4.1 for i in range(30)], [0.5] * 30)).astype(int))
    for i in range(30):
        start = round(i * 2.05 * audio.SAMPLE_RATE)
        assert samples[max(0, start - 2000) : max(0, start - 64)].max(initial=0) < 100
        assert samples[start : start + 220].max() > 100


def test_tail() -> None:
    """The end is faded to zero without a step, within three seconds of the last note."""
    samples = audio.render(MIDI)
    assert len(samples) <= 5 * audio.SAMPLE_RATE
    assert samples[-1] == 0
    assert np.abs(samples[-1000:]).max() < 33
    assert np.abs(samples[-10_000:]).max() > 33


def test_long_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tail that does not end is faded to zero after three seconds."""
    monkeypatch.setattr(audio, "_SILENCE", 0.0)
    tail = audio._end(np.full(audio._LONGEST_TAIL, 20_000, np.int16))
    assert len(tail) == audio._LONGEST_TAIL
    assert (tail[-audio._FADE - 1], tail[-1]) == (20_000, 0)
    assert np.abs(np.diff(tail)).max() < 10


def test_same_file_same_samples() -> None:
    """A render hears neither the one before it, nor one that was left halfway, nor those of other threads."""
    first = audio.render(MIDI)
    next(audio.render_blocks(notes("C4.E4.G4", 40)))
    with ThreadPoolExecutor(4) as threads:
        for again in threads.map(audio.render, [MIDI] * 8):
            assert np.array_equal(again, first)


def test_blocks() -> None:
    """The blocks are short, also in a long rest, and make up the whole."""
    midi = midi_bytes(["A4", "A4"], [0.0, 80.0], [1.0, 1.0])
    blocks = [*audio.render_blocks(midi)]
    assert len(blocks) == 11
    assert max(map(len, blocks)) < 2 * audio.BLOCK_SECONDS * audio.SAMPLE_RATE
    assert np.array_equal(np.concatenate(blocks), audio.render(midi))


@pytest.mark.parametrize(("velocity", "other"), [(40, 110), (70, 90)])
def test_soft_pieces_are_as_loud_as_loud_ones(velocity: int, other: int) -> None:
    """The loudness of the whole does not depend on how hard all keys are struck."""
    assert abs(level(audio.render(notes("C4.E4", 16, velocity))) - level(audio.render(notes("C4.E4", 16, other)))) < 1


def test_thin_pieces_are_as_loud_as_dense_ones() -> None:
    """One melody is about as loud as chords of six notes."""
    thin, dense = audio.render(notes("C5", 16)), audio.render(notes("C3.E3.G3.C4.E4.G4", 16))
    assert abs(level(thin) - level(dense)) < 5


def test_rests_do_not_count() -> None:
    """A rest in a piece makes its notes no louder."""
    apart = audio.render(midi_bytes(["A4", "A4"], [0.0, 40.0], [1.0, 1.0]))
    together = audio.render(midi_bytes(["A4", "A4"], [0.0, 1.0], [1.0, 1.0]))
    assert abs(np.abs(apart).max() / np.abs(together).max() - 1) < 0.2


def test_held_notes_are_as_loud_as_quick_ones() -> None:
    """Slow notes, which fade while they are held, are about as loud on the whole as quick ones."""
    held, quick = audio.render(notes("C5", 6, step=4.0)), audio.render(notes("C5", 48))
    assert abs(level(held) - level(quick)) < 3


def test_dynamics_stay() -> None:
    """Within a piece soft is soft: half the velocity is a quarter of the amplitude."""
    samples = audio.render(midi_bytes(["A4", "A4"], [0.0, 8.0], [1.0, 1.0], [100, 50]))
    loud, soft = np.abs(samples[: audio.SAMPLE_RATE]).max(), np.abs(samples[4 * audio.SAMPLE_RATE :]).max()
    assert 3 < loud / soft < 5.5


def test_no_clipping() -> None:
    """A sudden chord with all its might in a soft piece stays below full scale, and bends instead of being cut off."""
    soft = ["C5"] * 20
    midi = midi_bytes([*soft, "C2.G2.C3.E3.G3.C4.E4.G4.C5.E5"], [i * 0.5 for i in range(21)], [0.5] * 21, [40] * 20 + [127])
    samples = np.abs(audio.render(midi))
    assert 0.8 < samples.max() / 2**15 <= 0.9
    ramp = audio._finish(np.repeat(np.arange(0, 32767, 8, dtype=np.int16), 2))
    assert np.diff(ramp).min() >= 0
    assert ramp.max() <= 0.9 * 2**15
    assert (np.diff(ramp)[ramp[1:] < 0.6 * 2**15] >= 15).all()


def test_nothing_to_play() -> None:
    """A file without notes is no sound, not an error."""
    assert audio.render(midi_bytes([], [], [])).shape == (0,)
    assert [*audio.render_blocks(midi_bytes([], [], []))] == []


def test_wav() -> None:
    """The WAV file is mono, 16 bits, 44,100 samples a second, with the samples in it."""
    samples = np.array([0, 1000, -1000], dtype=np.int16)
    with wave.open(io.BytesIO(audio.wav_bytes(samples))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 44_100)
        assert np.array_equal(np.frombuffer(file.readframes(3), "<i2"), samples)


def test_flac(tmp_path: Path) -> None:
    """The FLAC file holds the very same samples in less room."""
    samples = audio.render(notes("C4.E4.G4", 16))
    content = audio.flac_bytes(samples)
    heard, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate == audio.SAMPLE_RATE
    assert np.array_equal(heard, samples)
    assert len(content) < len(audio.wav_bytes(samples))
    (tmp_path / "a.flac").write_bytes(content)
    assert np.array_equal(audio.read_flac(tmp_path / "a.flac"), samples)


def test_mp3() -> None:
    """The MP3 file holds the same sound in less than a fifth of the bytes."""
    samples = audio.render(notes("C4.E4.G4", 16))
    content = audio.mp3_bytes(samples)
    heard, rate = soundfile.read(io.BytesIO(content))
    assert (heard.shape, rate) == (samples.shape, audio.SAMPLE_RATE)
    assert np.corrcoef(heard, samples)[0, 1] > 0.99
    assert len(content) < len(audio.wav_bytes(samples)) / 5
    assert audio.mp3_bytes(samples[:0]) == b""


def test_without_fluidsynth(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to type."""
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    with pytest.raises(MozartError, match="apt-get install libfluidsynth3"):
        audio.render(MIDI)


@pytest.mark.parametrize("content", [None, b"no font"])
def test_without_a_sound_font(
    content: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The message names the files that are missing or damaged; FluidSynth itself complains of none that is missing."""
    fonts = [tmp_path / "first.sf3", tmp_path / "second.sf2"]
    for font in fonts:
        if content:
            font.write_bytes(content)
    monkeypatch.setattr(audio, "sound_fonts", lambda: fonts)
    with pytest.raises(MozartError, match=r"first\.sf3 and .*second\.sf2"):
        audio.render(MIDI)
    assert content or not capfd.readouterr().err


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_damaged_sound_font(share: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Instead of a font that is missing, cut short or not whole, the other one plays."""
    shipped = audio.sound_fonts()[1]
    monkeypatch.setattr(audio, "sound_fonts", lambda: [shipped])
    expected = audio.render(MIDI)
    damaged = tmp_path / "damaged.sf2"
    content = shipped.read_bytes()
    damaged.write_bytes(content[: int(share * len(content))])
    monkeypatch.setattr(audio, "sound_fonts", lambda: [tmp_path / "none.sf3", damaged, shipped])
    assert np.array_equal(audio.render(MIDI), expected)


def test_better_piano(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where FluidR3 is installed, it plays, about as loud as the other font."""
    better, shipped = audio.sound_fonts()
    if not better.is_file():
        pytest.skip("fluidr3mono-gm-soundfont is not installed")
    midi = notes("C4.E4.G4", 16)
    samples = audio.render(midi)
    monkeypatch.setattr(audio, "sound_fonts", lambda: [better])
    assert np.array_equal(audio.render(midi), samples)
    monkeypatch.setattr(audio, "sound_fonts", lambda: [shipped])
    other = audio.render(midi)
    assert not np.array_equal(other[: len(samples)], samples[: len(other)])
    assert abs(level(other) - level(samples)) < 4
