"""FluidSynth plays a MIDI file, or says in one sentence what is missing."""

import io
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from mozart import audio
from mozart.errors import MozartError
from mozart.midi import midi_bytes

MIDI = midi_bytes(["A4"] * 4, [0.0, 1.0, 2.0, 3.0], [1.0] * 4)


def test_sound() -> None:
    """Two seconds of notes and their tail: not silent, not clipped, of an even peak, quiet at the end, the pitch asked for."""
    samples = audio.render(MIDI)
    assert samples.dtype == np.int16
    assert 2.0 < len(samples) / audio.SAMPLE_RATE < 4.0
    assert np.abs(samples).max() == int(0.9 * 32767)
    assert np.abs(samples[-1000:]).max() < 300
    spectrum = np.abs(np.fft.rfft(samples[: audio.SAMPLE_RATE]))
    assert abs(spectrum[400:480].argmax() + 400 - 440) <= 2


def test_same_file_same_samples() -> None:
    """A render does not hear the one before it."""
    assert np.array_equal(audio.render(MIDI), audio.render(MIDI))


def test_nothing_to_play() -> None:
    """A file without notes is no sound, not an error."""
    assert audio.render(midi_bytes([], [], [])).shape == (0,)


def test_wav() -> None:
    """The WAV file is mono, 16 bits, 44,100 samples a second, with the samples in it."""
    samples = np.array([0, 1000, -1000], dtype=np.int16)
    with wave.open(io.BytesIO(audio.wav_bytes(samples))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 44_100)
        assert np.array_equal(np.frombuffer(file.readframes(3), "<i2"), samples)


def test_without_fluidsynth(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to type."""
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    with pytest.raises(MozartError, match="apt-get install libfluidsynth3"):
        audio.render(MIDI)


@pytest.mark.parametrize("content", [None, b"no font"])
def test_without_a_sound_font(content: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message names the file that is missing or damaged."""
    font = tmp_path / "none.sf2"
    if content:
        font.write_bytes(content)
    monkeypatch.setattr(audio, "sound_font", lambda: font)
    with pytest.raises(MozartError, match=r"none\.sf2"):
        audio.render(MIDI)
