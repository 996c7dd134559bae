"""Samples → files for people: WAV, FLAC and MP3."""

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mozart.rendering.sound import SAMPLE_RATE

Samples = NDArray[np.int16]


def wav_bytes(samples: Samples) -> bytes:
    """Write samples as the content of a .wav file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def flac_bytes(samples: Samples, title: str = "") -> bytes:
    """Write samples as the content of a .flac file: a third of the .wav's size, and ten times as quick as an .mp3."""
    return _encode(samples, "FLAC", title)


def read_flac(path: Path) -> Samples:
    """Read the samples of a file that :func:`flac_bytes` made, without loss."""
    import soundfile

    samples: Samples = soundfile.read(path, dtype="int16")[0]
    return samples


def mp3_bytes(samples: Samples, title: str = "") -> bytes:
    """Write samples as the content of an .mp3 file, about a ninth of the .wav's size."""
    return _encode(samples, "MP3", title)


def _encode(samples: Samples, kind: str, title: str) -> bytes:
    import soundfile

    content = io.BytesIO()
    with soundfile.SoundFile(content, "w", SAMPLE_RATE, channels=1, format=kind) as file:
        if title:
            file.title = title
        file.write(samples)
    return content.getvalue()
