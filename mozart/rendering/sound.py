"""A score → samples, by FluidSynth: the only place that touches the C library.

Conventions
-----------
Audio is mono, int16, 44,100 samples a second. It begins with the first note. All pieces are equally loud, and no sample is
beyond 0.9 of full scale.

Every render has a synthesizer of its own: one that has played before gives other samples (its 64-frame blocks, its reverb and
its dither are out of step), and threads would have to wait for it. It reads the samples of the piano alone, a few hundredths
of a second, where the whole sound font takes seconds.
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
# Nothing longer is played: the samples of twenty minutes take a third of a gigabyte while they are made.
MAX_SECONDS = 1_200

_FLUIDR3 = Path("/usr/share/sounds/sf3/FluidR3Mono_GM.sf3")  # where Debian's fluidr3mono-gm-soundfont lies

_FRAMES = 64  # FluidSynth starts notes at multiples of this many frames only
_GAIN = 0.8  # of the synthesizer: ten fingers at full velocity are not cut off
# Loudness is the root of the mean square of what is not silent, in decibels of full scale: of a recording made for the home.
_LOUDNESS = -18.0
_MAX_GAIN = 26.0  # decibels: a few soft notes alone stay softer
_WINDOW = 4 * SAMPLE_RATE // 10
_NOTHING = 1e-9  # the power of a window that has only FluidSynth's dither in it
_BLOCK = 256 * _WINDOW  # so many samples at a time are levelled
_GATE = -10.0  # decibels below the mean: what is softer does not count (ITU-R BS.1770-5)
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
    """Where General MIDI sound fonts are looked for, the best piano first: Debian's FluidR3, and the one inside pretty_midi."""
    return [_FLUIDR3, Path(str(importlib.resources.files("pretty_midi"))) / "TimGM6mb.sf2"]


def _moves(score: Score) -> list[_KeyMove]:
    begin = score.seconds_at(int(score.onsets[0]))
    downs, ups = (
        np.round((score.seconds_at(ticks) - begin) * SAMPLE_RATE / _FRAMES).astype(int) * _FRAMES
        for ticks in (score.onsets, score.onsets + score.durations)
    )
    notes = score.columns[:, 1:].tolist()
    moves = [_KeyMove(frame, velocity, voice, key) for frame, (voice, key, _, velocity) in zip(downs.tolist(), notes, strict=True)]
    # Even the shortest note sounds: its key does not go up before it has gone down.
    moves += [
        _KeyMove(max(frame, down + _FRAMES), 0, voice, key)
        for frame, down, (voice, key, _, _) in zip(ups.tolist(), downs.tolist(), notes, strict=True)
    ]
    return sorted(moves)


def _play(synthesizer: Any, moves: list[_KeyMove]) -> Iterator[NDArray[np.int16]]:
    """Stereo samples, left and right in turn, up to the last key's move; every voice has its own channel."""
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
    """What brings the music to its loudness, measured over windows of 0.4 s without those that are silent, or nearly."""
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
    """What is above the knee bends towards the ceiling instead of being cut off."""
    level = np.abs(samples)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((level - _KNEE) / room)
    return np.where(level > _KNEE, np.copysign(bent, samples), samples)


def _end(tail: NDArray[np.float64]) -> NDArray[np.float64]:
    """What can be heard of the tail, faded to zero."""
    audible = np.flatnonzero(np.abs(tail) > _SILENCE)
    kept = tail[: audible[-1] + 1 + _FADE] if len(audible) else tail[:_FADE]
    fade = np.ones(len(kept))
    fade[-_FADE:] = np.linspace(1, 0, _FADE)
    return kept * fade


@contextmanager
def _synthesizer() -> Iterator[Any]:
    """A new synthesizer with a piano for every voice."""
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
    """Whether the sound font is there, whole, and has a piano, which then plays."""
    # FluidSynth would complain of a missing file on standard error.
    number = synthesizer.sfload(str(font)) if font.is_file() else -1
    return number >= 0 and all(synthesizer.program_select(voice, number, 0, 0) == 0 for voice in range(VOICES))
