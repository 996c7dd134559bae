"""Samples become files, and come back."""

import io
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mozart.rendering.formats import flac_bytes, mp3_bytes, read_flac, wav_bytes
from mozart.rendering.sound import SAMPLE_RATE


def sound() -> NDArray[np.int16]:
    """Four seconds of a fading chord."""
    seconds = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    chord = np.sin(2 * np.pi * seconds * np.array([[220.0], [277.2], [329.6]])).sum(0)
    fading: NDArray[np.int16] = (5_000 * chord * np.exp(-seconds)).astype(np.int16)
    return fading


def test_wav() -> None:
    """The WAV file is mono, 16 bits, 44,100 samples a second, with the samples in it."""
    samples = np.array([0, 1000, -1000], dtype=np.int16)
    with wave.open(io.BytesIO(wav_bytes(samples))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 44_100)
        assert np.array_equal(np.frombuffer(file.readframes(3), "<i2"), samples)


def test_flac(tmp_path: Path) -> None:
    """The FLAC file holds the very same samples in less room."""
    samples = sound()
    content = flac_bytes(samples)
    heard, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate == SAMPLE_RATE
    assert np.array_equal(heard, samples)
    assert len(content) < len(wav_bytes(samples))
    (tmp_path / "a.flac").write_bytes(content)
    assert np.array_equal(read_flac(tmp_path / "a.flac"), samples)


def test_mp3() -> None:
    """The MP3 file holds the same sound in less than a fifth of the bytes."""
    samples = sound()
    content = mp3_bytes(samples)
    heard, rate = soundfile.read(io.BytesIO(content))
    assert (heard.shape, rate) == (samples.shape, SAMPLE_RATE)
    assert np.corrcoef(heard, samples)[0, 1] > 0.99
    assert len(content) < len(wav_bytes(samples)) / 5
    assert mp3_bytes(samples[:0]) == b""


@pytest.mark.parametrize("encode", [flac_bytes, mp3_bytes])
def test_a_title(encode: Callable[[NDArray[np.int16], str], bytes]) -> None:
    """Players show what the piece is called."""
    with soundfile.SoundFile(io.BytesIO(encode(sound(), "Menuetto in B♭ major"))) as file:
        assert file.title == "Menuetto in B♭ major"
