"""MIDI → samples, by FluidSynth: the only place that touches the C library.

Conventions
-----------
Audio is mono, int16, 44,100 samples a second. Every piece has the same peak, 0.9 of full scale.
"""

import importlib.resources
import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError

SAMPLE_RATE = 44_100
_PEAK = 0.9 * np.iinfo(np.int16).max
# FluidSynth's default of 0.2 uses a twentieth of its 16 bits; at 1.0 dense chords still stay below full scale.
_GAIN = 1.0


def render(midi: bytes) -> NDArray[np.int16]:
    """Play the content of a .mid file.

    Returns
    -------
    samples : int16, shape (n,); empty when the file has no notes

    Raises
    ------
    MozartError
        When FluidSynth's library or the sound font is missing.
    """
    import pretty_midi

    score = pretty_midi.PrettyMIDI(io.BytesIO(midi))
    with _synthesizer() as (synthesizer, font_id):
        samples = score.fluidsynth(synthesizer=synthesizer, sfid=font_id, normalize=False)
    peak = np.abs(samples).max(initial=0.0)
    if peak > 0:
        samples = samples / peak * _PEAK
    rounded: NDArray[np.int16] = samples.astype(np.int16)
    return rounded


def wav_bytes(samples: NDArray[np.int16]) -> bytes:
    """The samples as the content of a .wav file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def sound_font() -> Path:
    """The General MIDI sound font that comes with pretty_midi."""
    return Path(str(importlib.resources.files("pretty_midi"))) / "TimGM6mb.sf2"


@contextmanager
def _synthesizer() -> Iterator[tuple[Any, int]]:
    """A new synthesizer and its sound font's number: one that has played before would not give the same samples again."""
    try:
        # pyfluidsynth looks for the C library when it is imported.
        import fluidsynth
    except (ImportError, OSError, AttributeError) as error:
        raise MozartError(
            "There is no sound without the FluidSynth library: install it with "
            "`apt-get install libfluidsynth3` (Debian, Ubuntu) or `brew install fluid-synth` (macOS)."
        ) from error
    font = sound_font()
    synthesizer = fluidsynth.Synth(gain=_GAIN, samplerate=float(SAMPLE_RATE))
    try:
        font_id = synthesizer.sfload(str(font)) if font.is_file() else -1
        if font_id < 0:
            raise MozartError(
                f"There is no sound without the sound font {font}, which is missing or damaged: "
                "`pip install --force-reinstall --no-deps pretty_midi` brings it back."
            )
        yield synthesizer, font_id
    finally:
        synthesizer.delete()
