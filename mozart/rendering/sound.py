"""A score → samples, by FluidSynth: the only place that touches the C library.

Conventions
-----------
Audio is mono, int16, 44,100 samples a second. It begins with the first note. All pieces are equally loud, and no sample goes
beyond 0.9 of full scale.

Every render creates a new synthesizer: a used one gives other samples (its 64-frame blocks, its reverb and its dither are out
of step), and threads would have to wait for it. It loads only the samples of the piano, which takes a few hundredths of a
second; the whole sound font would take seconds.
"""

import importlib.resources
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.notes import VOICES, Score

SAMPLE_RATE = 44_100
# The longest music that is rendered: twenty minutes of samples take a third of a gigabyte while they are made.
MAX_SECONDS = 1_200

_FLUIDR3 = Path("/usr/share/sounds/sf3/FluidR3Mono_GM.sf3")  # from Debian's fluidr3mono-gm-soundfont

_FRAMES = 64  # FluidSynth starts notes at multiples of this many frames only
_GAIN = 0.8  # of the synthesizer: ten fingers at full velocity do not clip
# The loudness of a recording for the home: the root of the mean square of what is not silent, in decibels of full scale.
_LOUDNESS = -18.0
_MAX_GAIN = 26.0  # decibels; a piece of a few soft notes stays softer
_WINDOW = 4 * SAMPLE_RATE // 10
_NOTHING = 1e-9  # the power of a window with only FluidSynth's dither in it
_BLOCK = 256 * _WINDOW  # samples that are levelled at a time
_GATE = -10.0  # decibels below the mean; softer windows do not count (ITU-R BS.1770-5)
_KNEE, _CEILING = 0.6, 0.9

_LONGEST_TAIL = 3 * SAMPLE_RATE // _FRAMES * _FRAMES
_SILENCE = 1e-3
_FADE = SAMPLE_RATE // 10


class _KeyMove(NamedTuple):
    """A key goes down, or up (velocity 0), at a frame; ups come first."""

    frame: int
    velocity: int
    voice: int
    key: int


def render(score: Score) -> NDArray[np.int16]:
    """Play a score on a piano, from its first note on.

    The same score gives the same samples on one machine with the same sound font. Threads may render at once.

    Returns
    -------
    samples
        Int16, shape (n,); empty when there are no notes.

    Raises
    ------
    MozartError
        When FluidSynth's library or every sound font is missing, or the score lasts longer than MAX_SECONDS.
    """
    if not len(score):
        return np.empty(0, np.int16)
    if score.seconds > MAX_SECONDS:
        raise MozartError(f"{score.seconds / 60:,.0f} minutes are too long to be played: {MAX_SECONDS // 60} minutes are possible.")
    with _synthesizer() as synthesizer:
        # Long pieces in double precision would take gigabytes: float32 holds the mean of two 16-bit samples exactly.
        moves = _moves(score)
        end = moves[-1].frame
        samples, done = np.empty(end + _LONGEST_TAIL, np.float32), 0
        for block in _play(synthesizer, moves):
            mono = _mono(block)
            samples[done : done + len(mono)] = mono
            done += len(mono)
        samples[end:] = _mono(synthesizer.get_samples(_LONGEST_TAIL))
    gain = _gain(samples[:end])
    whole = np.empty(len(samples), np.int16)
    for start in range(0, end, _BLOCK):
        stop = min(start + _BLOCK, end)
        whole[start:stop] = _rounded(_limit(samples[start:stop].astype(np.float64) * gain))
    tail = _rounded(_end(_limit(samples[end:].astype(np.float64) * gain)))
    whole[end : end + len(tail)] = tail
    return whole[: end + len(tail)]


def sound_fonts() -> list[Path]:
    """List the places of General MIDI sound fonts, the best piano first: Debian's FluidR3, and the one inside pretty_midi."""
    return [_FLUIDR3, Path(str(importlib.resources.files("pretty_midi"))) / "TimGM6mb.sf2"]


def _moves(score: Score) -> list[_KeyMove]:
    begin = score.seconds_at(int(score.onsets[0]))
    downs, ups = (
        np.round((score.seconds_at(ticks) - begin) * SAMPLE_RATE / _FRAMES).astype(int) * _FRAMES
        for ticks in (score.onsets, score.onsets + score.durations)
    )
    notes = score.columns[:, 1:].tolist()
    moves = [_KeyMove(frame, velocity, voice, key) for frame, (voice, key, _, velocity) in zip(downs.tolist(), notes, strict=True)]
    # Even the shortest note sounds, because its key goes up at least one block after it has gone down.
    moves += [
        _KeyMove(max(frame, down + _FRAMES), 0, voice, key)
        for frame, down, (voice, key, _, _) in zip(ups.tolist(), downs.tolist(), notes, strict=True)
    ]
    return sorted(moves)


def _play(synthesizer: Any, moves: list[_KeyMove]) -> Iterator[NDArray[np.int16]]:
    """Yield stereo samples, left and right in turn, up to the last key's move; every voice has its own channel."""
    played = 0
    for move in moves:
        if move.frame > played:
            yield synthesizer.get_samples(move.frame - played)
            played = move.frame
        if move.velocity:
            synthesizer.noteon(move.voice, move.key, move.velocity)
        else:
            synthesizer.noteoff(move.voice, move.key)


def _mono(stereo: NDArray[np.int16]) -> NDArray[np.float32]:
    both: NDArray[np.float32] = stereo.reshape(-1, 2).sum(1, dtype=np.int32).astype(np.float32)
    return both / np.float32(2**16)


def _rounded(samples: NDArray[np.float64]) -> NDArray[np.int16]:
    rounded: NDArray[np.int16] = (samples * (2**15 - 1)).astype(np.int16)
    return rounded


def _gain(samples: NDArray[np.float32]) -> float:
    """Compute the factor that brings the music to its loudness, over windows of 0.4 s without the nearly silent ones."""
    powers = [_powers(samples[start : start + _BLOCK].astype(np.float64)) for start in range(0, len(samples), _BLOCK)]
    windows = np.concatenate([np.empty(0), *powers])
    loud = windows[windows > _NOTHING]
    if not len(loud):
        return 1.0
    loud = loud[loud >= loud.mean() * 10 ** (_GATE / 10)]
    gain = _LOUDNESS - 10 * np.log10(loud.mean())
    return float(10 ** (min(gain, _MAX_GAIN) / 20))


def _powers(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    summed: NDArray[np.float64] = np.add.reduceat(samples**2, np.arange(0, len(samples), _WINDOW))
    return summed / _WINDOW


def _limit(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bend samples above the knee towards the ceiling instead of clipping them."""
    level = np.abs(samples)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((level - _KNEE) / room)
    return np.where(level > _KNEE, np.copysign(bent, samples), samples)


def _end(tail: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep the audible part of the tail, and fade it to zero."""
    audible = np.flatnonzero(np.abs(tail) > _SILENCE)
    kept = tail[: audible[-1] + 1 + _FADE] if len(audible) else tail[:_FADE]
    fade = np.ones(len(kept))
    fade[-_FADE:] = np.linspace(1, 0, _FADE)
    return kept * fade


@contextmanager
def _synthesizer() -> Iterator[Any]:
    """Create a synthesizer with a piano for every voice."""
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
    synthesizer = fluidsynth.Synth(gain=_GAIN, samplerate=float(SAMPLE_RATE), channels=16, **settings)
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
    """Let the sound font's piano play all voices; tell whether the font exists, is whole, and has one."""
    # FluidSynth would complain of a missing file on standard error.
    number = synthesizer.sfload(str(font)) if font.is_file() else -1
    return number >= 0 and all(synthesizer.program_select(voice, number, 0, 0) == 0 for voice in range(VOICES))
