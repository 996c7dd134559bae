"""MIDI → samples, by FluidSynth: the only place that touches the C library.

Conventions
-----------
Audio is mono, int16, 44,100 samples a second. All pieces are about equally loud, and no sample is beyond 0.9 of full scale.
Loudness is as of ITU-R BS.1770 (LUFS); the target of -18 is that of a recording made to be heard at home.

Every render has a synthesizer of its own: one that has played before gives other samples (its 64-frame blocks, its reverb and
its dither are out of step), and threads would have to wait for it. It reads the samples of the piano alone, a few hundredths
of a second, where the whole sound font takes seconds.
"""

import importlib.resources
import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError

SAMPLE_RATE = 44_100
BLOCK_SECONDS = 4

_FLUIDR3 = Path("/usr/share/sounds/sf3/FluidR3Mono_GM.sf3")  # where Debian's fluidr3mono-gm-soundfont lies

# FluidSynth starts notes at multiples of this many frames only.
_FRAMES = 64
_BLOCK = BLOCK_SECONDS * SAMPLE_RATE // _FRAMES * _FRAMES

# Fitted to nine composed pieces: at gain 1, music of unit power (see _power) has -22 LUFS, a decibel more or less by the font.
_GAIN_FOR_UNIT_POWER = 10 ** ((-18 - -22) / 20)
_MOST_GAIN = 16.0  # a few soft notes alone stay softer
_LOUD_SECONDS = 0.25  # a piano's note fades: holding it longer does not make the piece louder
# FluidSynth itself cuts off hard at full scale, so it plays at half the level.
_HEADROOM = 2.0
_KNEE, _CEILING = 0.6, 0.9

_LONGEST_TAIL = 3 * SAMPLE_RATE // _FRAMES * _FRAMES
_SILENCE = 1e-3
_FADE = SAMPLE_RATE // 10


class _KeyMove(NamedTuple):
    """A key goes down, or up (velocity 0), so many seconds after the start."""

    seconds: float
    key: int
    velocity: int


def render(midi: bytes) -> NDArray[np.int16]:
    """Play the notes of a .mid file on a piano, whatever its instruments; pedals are left out.

    The same file gives the same samples on one machine with the same sound font. Threads may render at once.

    Returns
    -------
    samples : int16, shape (n,); empty when the file has no notes

    Raises
    ------
    MozartError
        When FluidSynth's library or every sound font is missing.
    """
    return np.concatenate([np.empty(0, np.int16), *render_blocks(midi)])


def render_blocks(midi: bytes) -> Iterator[NDArray[np.int16]]:
    """The same as :func:`render`, block by block, while it is being played: the first of a long piece is there at once.

    Yields
    ------
    samples : int16, shape (n,); about 4 seconds each, the last one what is left and the tail, at most 3 seconds

    Raises
    ------
    MozartError
        With the first block.
    """
    moves = _read_moves(midi)
    power = _power(moves)
    if power == 0:
        return
    gain = min(_GAIN_FOR_UNIT_POWER / np.sqrt(power), _MOST_GAIN)
    with _synthesizer(gain / _HEADROOM) as synthesizer:
        block: list[NDArray[np.int16]] = []
        missing = _BLOCK
        for samples in _play(synthesizer, moves):
            block.append(samples)
            missing -= len(samples) // 2
            if missing <= 0:
                yield _finish(np.concatenate(block))
                block, missing = [], _BLOCK
        tail = _end(_finish(synthesizer.get_samples(_LONGEST_TAIL)))
        yield np.concatenate([_finish(np.concatenate(block)), tail]) if block else tail


def wav_bytes(samples: NDArray[np.int16]) -> bytes:
    """The samples as the content of a .wav file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def flac_bytes(samples: NDArray[np.int16]) -> bytes:
    """The samples as the content of a .flac file: a third of the .wav, and made ten times as fast as an .mp3."""
    return _encode(samples, "FLAC")


def read_flac(path: Path) -> NDArray[np.int16]:
    """The samples of a file that :func:`flac_bytes` made, the very same."""
    import soundfile

    samples: NDArray[np.int16] = soundfile.read(path, dtype="int16")[0]
    return samples


def mp3_bytes(samples: NDArray[np.int16]) -> bytes:
    """The samples as the content of an .mp3 file, about a ninth of the .wav; nothing for no samples."""
    return _encode(samples, "MP3")


def _encode(samples: NDArray[np.int16], kind: str) -> bytes:
    import soundfile

    content = io.BytesIO()
    soundfile.write(content, samples, SAMPLE_RATE, format=kind)
    return content.getvalue()


def sound_fonts() -> list[Path]:
    """Where General MIDI sound fonts are looked for, the best piano first: Debian's FluidR3, and the one inside pretty_midi."""
    return [_FLUIDR3, Path(str(importlib.resources.files("pretty_midi"))) / "TimGM6mb.sf2"]


def _read_moves(midi: bytes) -> list[_KeyMove]:
    import mido

    moves = []
    seconds = 0.0
    for message in mido.MidiFile(file=io.BytesIO(midi), clip=True):
        seconds += message.time
        if message.type in ("note_on", "note_off"):
            moves.append(_KeyMove(seconds, message.note, message.velocity if message.type == "note_on" else 0))
    return moves


def _power(moves: list[_KeyMove]) -> float:
    """What the notes' power should be together while any key is down, from the score alone; a held note of velocity 127 is 1.

    FluidSynth's amplitude goes with the square of the velocity (SoundFont 2.04, default modulators).
    """
    held: dict[int, _KeyMove] = {}
    energy = sounding = before = 0.0
    for move in moves:
        if held:
            sounding += move.seconds - before
        before = move.seconds
        if begun := held.pop(move.key, None):
            energy += (begun.velocity / 127) ** 4 * min(move.seconds - begun.seconds, _LOUD_SECONDS)
        if move.velocity:
            held[move.key] = move
    return energy / sounding if sounding else 0.0


def _play(synthesizer: Any, moves: list[_KeyMove]) -> Iterator[NDArray[np.int16]]:
    """Stereo samples, left and right in turn, up to the last key's move; at most a block at once."""
    played = 0
    for move in moves:
        frame = round(move.seconds * SAMPLE_RATE / _FRAMES) * _FRAMES
        while played < frame:
            more = min(frame - played, _BLOCK)
            yield synthesizer.get_samples(more)
            played += more
        if move.velocity:
            synthesizer.noteon(0, move.key, move.velocity)
        else:
            synthesizer.noteoff(0, move.key)


def _finish(stereo: NDArray[np.int16]) -> NDArray[np.int16]:
    """Stereo at half the level → mono, where what is above the knee bends towards the ceiling instead of being cut off."""
    samples = stereo.reshape(-1, 2).mean(1) * (_HEADROOM / 2**15)
    level = np.abs(samples)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((level - _KNEE) / room)
    limited: NDArray[np.int16] = (np.where(level > _KNEE, np.copysign(bent, samples), samples) * (2**15 - 1)).astype(np.int16)
    return limited


def _end(tail: NDArray[np.int16]) -> NDArray[np.int16]:
    """What can be heard of the tail, faded to zero."""
    audible = np.flatnonzero(np.abs(tail) > _SILENCE * 2**15)
    kept = tail[: audible[-1] + 1 + _FADE] if len(audible) else tail[:_FADE]
    fade = np.ones(len(kept))
    fade[-_FADE:] = np.linspace(1, 0, _FADE)
    faded: NDArray[np.int16] = (kept * fade).astype(np.int16)
    return faded


@contextmanager
def _synthesizer(gain: float) -> Iterator[Any]:
    """A new synthesizer with a piano on its first channel."""
    try:
        # pyfluidsynth looks for the C library when it is imported.
        import fluidsynth
    except (ImportError, OSError, AttributeError) as error:
        raise MozartError(
            "There is no sound without the FluidSynth library: install it with "
            "`apt-get install libfluidsynth3` (Debian, Ubuntu) or `brew install fluid-synth` (macOS)."
        ) from error
    settings = {
        "synth.dynamic-sample-loading": 1,
        # Keeping samples out of swap needs rights that a container does not give, and FluidSynth would complain.
        "synth.lock-memory": 0,
    }
    synthesizer = fluidsynth.Synth(gain=float(gain), samplerate=float(SAMPLE_RATE), channels=16, **settings)
    try:
        if not any(_choose_piano(synthesizer, font) for font in sound_fonts()):
            fonts = " and ".join(map(str, sound_fonts()))
            raise MozartError(
                f"There is no sound without a sound font, and {fonts} are missing or damaged: `apt-get install "
                "fluidr3mono-gm-soundfont` (Debian, Ubuntu) brings the first, `pip install --force-reinstall --no-deps "
                "pretty_midi` the second."
            )
        yield synthesizer
    finally:
        synthesizer.delete()


def _choose_piano(synthesizer: Any, font: Path) -> bool:
    """Whether the sound font is there, whole, and has a piano, which then plays."""
    # FluidSynth would complain of a missing file on standard error.
    number = synthesizer.sfload(str(font)) if font.is_file() else -1
    return number >= 0 and synthesizer.program_select(0, number, 0, 0) == 0
