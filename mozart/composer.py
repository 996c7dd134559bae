"""Request → Composition: wires the opening, the network and the rhythm together. (Lab, Problems 4 and 5.)"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from mozart import audio, hub, midi, rhythm, sampling
from mozart.checkpoint import PRETRAINED, Checkpoint, load_checkpoint
from mozart.errors import MozartError
from mozart.windows import WINDOW

MAX_LENGTH = 10_000
MAX_TEMPERATURE = 100
MAX_SEED = 2**32 - 1

# oneDNN's switch is the process's, not the thread's: pieces take turns.
_turn = threading.Lock()


@dataclass(frozen=True)
class Request:
    """What to compose.

    Attributes
    ----------
    length : new events after the opening, 1 to 10,000; the lab's n
    offsets : ``0.25``, ``0.5`` or ``sampled``
    temperature : above 0, up to 100; not used with `lab`
    seed : 0 to 2³²-1; None draws one
    include_opening : whether the opening stands in the result
    lab : the lab's way throughout: argmax over the sliding window, the lab's steps and durations for the opening too

    Raises
    ------
    MozartError
        When a value is not one of these.
    """

    length: int = 500
    offsets: str = "0.25"
    temperature: float = 1.0
    seed: int | None = None
    include_opening: bool = True
    lab: bool = False

    def __post_init__(self) -> None:
        if not _is_whole(self.length) or not 1 <= self.length <= MAX_LENGTH:
            raise MozartError(f"A length of {self.length} is not possible: choose a whole number from 1 to {MAX_LENGTH:,}.")
        if self.offsets not in rhythm.STRATEGIES:
            raise MozartError(f"There is no offset strategy {self.offsets!r}: choose one of {', '.join(rhythm.STRATEGIES)}.")
        if not _is_number(self.temperature) or not 0 < self.temperature <= MAX_TEMPERATURE:
            possible = f"choose a number above 0, such as 1, and at most {MAX_TEMPERATURE}"
            raise MozartError(f"A temperature of {self.temperature} is not possible: {possible}.")
        if self.seed is not None and (not _is_whole(self.seed) or not 0 <= self.seed <= MAX_SEED):
            raise MozartError(f"A seed of {self.seed} is not possible: choose a whole number from 0 to {MAX_SEED}.")


@dataclass(frozen=True)
class Composition:
    """A piece.

    Attributes
    ----------
    tokens : the notes and chords, the opening's first when it is included
    offsets, durations : one for each token, in quarter lengths; the first offset is 0
    opening_length : how many tokens are the opening's; 0 when it is left out
    opening : where the opening comes from, for people: ``K. 545, movement 1``
    seed : with it, the same request gives the same piece
    warnings : sentences for people
    """

    tokens: list[str]
    offsets: list[float]
    durations: list[float]
    opening_length: int
    opening: str
    seed: int
    warnings: list[str] = field(default_factory=list)

    def midi(self) -> bytes:
        """The content of a .mid file."""
        return self._midi

    def audio(self) -> NDArray[np.int16]:
        """The sound, as :func:`mozart.audio.render` gives it. Raises MozartError without FluidSynth."""
        return self._audio

    @cached_property
    def _midi(self) -> bytes:
        return midi.midi_bytes(self.tokens, self.offsets, self.durations)

    @cached_property
    def _audio(self) -> NDArray[np.int16]:
        return audio.render(self._midi)


class Composer:
    """Composes from one checkpoint.

    Parameters
    ----------
    checkpoint
        What to compose from.
    name
        What the checkpoint is called for people: its folder, or ``user/name``.
    """

    def __init__(self, checkpoint: Checkpoint, name: str) -> None:
        self.checkpoint = checkpoint
        self.name = name

    @classmethod
    def load(cls, source: str | Path | None = None, revision: str | None = None) -> Self:
        """A composer from a folder, from a Hub repository (``user/name``), or from the checkpoint that ships with the code.

        Raises MozartError when the checkpoint cannot be had or is not whole.
        """
        if source is None:
            return cls(load_checkpoint(PRETRAINED), f"{PRETRAINED.parent.name}/{PRETRAINED.name}")
        if os.path.isdir(source):
            return cls(load_checkpoint(Path(source)), str(source))
        if not hub.is_repo_id(str(source)):
            raise MozartError(f"There is no checkpoint {source}: give a folder, or a repository on the Hub as user/name.")
        return cls(load_checkpoint(hub.pull(str(source), revision)), str(source))

    def compose(self, request: Request, on_note: Callable[[int], object] = lambda _: None) -> Composition:
        """Compose one piece. The same request, with its seed, gives the same piece on one machine with the same versions.

        Parameters
        ----------
        on_note
            Called after every new note with how many there are.
        """
        seed = int(np.random.SeedSequence().generate_state(1)[0]) if request.seed is None else int(request.seed)
        # Two independent sources of chance, so that another rhythm never changes a pitch.
        pitch_seed, rhythm_seed = np.random.SeedSequence(seed).spawn(2)
        pitch_generator, rhythm_generator = np.random.default_rng(pitch_seed), np.random.default_rng(rhythm_seed)

        chosen = int(pitch_generator.integers(len(self.checkpoint.openings)))
        opening_ids = self.checkpoint.openings.ids[chosen, :WINDOW]
        new_ids = self._predict(request, opening_ids, pitch_generator, on_note)
        tokens = self.checkpoint.vocabulary.decode([*opening_ids.tolist(), *new_ids])

        steps, durations = self._rhythm(request, chosen, len(tokens), rhythm_generator)
        offsets = np.concatenate([[0.0], np.cumsum(steps[:-1])])
        if not request.lab:
            durations = rhythm.end_before_next_onset(tokens, offsets, durations)
        first = 0 if request.include_opening else WINDOW
        return Composition(
            tokens=tokens[first:],
            offsets=(offsets[first:] - offsets[first]).tolist(),
            durations=durations[first:].tolist(),
            opening_length=WINDOW - first,
            opening=f"{self.checkpoint.openings.works[chosen]}, movement {self.checkpoint.openings.movements[chosen]}",
            seed=seed,
        )

    def _predict(
        self, request: Request, opening: torch.Tensor, generator: np.random.Generator, on_note: Callable[[int], object]
    ) -> list[int]:
        model, ids = self.checkpoint.model, []
        chance = torch.Generator().manual_seed(int(generator.integers(2**63)))
        with _turn, _onednn(request.lab):
            stream = (
                sampling.predict_like_the_lab(model, opening)
                if request.lab
                else sampling.sample(model, opening, request.temperature, chance)
            )
            for done, number in enumerate(islice(stream, int(request.length)), start=1):
                ids.append(number)
                on_note(done)
        return ids

    def _rhythm(self, request: Request, chosen: int, n: int, generator: np.random.Generator) -> tuple[rhythm.Floats, rhythm.Floats]:
        """Steps and durations of all `n` events: the opening's own, then drawn; with `lab`, the lab's for all."""
        table, openings = self.checkpoint.rhythm, self.checkpoint.openings
        if request.lab:
            return table.draw_steps(request.offsets, n, generator), np.full(n, rhythm.LAB_DURATION)
        steps = openings.steps[chosen, :WINDOW].numpy().copy()
        durations = openings.durations[chosen, :WINDOW].numpy()
        # The opening's last step leads to the first new event: it is the strategy's already.
        new_steps = table.draw_steps(request.offsets, n - WINDOW + 1, generator)
        steps[-1] = new_steps[0]
        new_durations = table.draw_durations(new_steps[1:], generator)
        return np.concatenate([steps, new_steps[1:]]), np.concatenate([durations, new_durations])


@contextmanager
def _onednn(enabled: bool) -> Iterator[None]:
    """Single steps are about five times faster without oneDNN, whole windows with it."""
    switch: Any = torch.backends.mkldnn
    before = switch.enabled
    switch.enabled = enabled
    try:
        yield
    finally:
        switch.enabled = before


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    # A page sends 500.0 for 500.
    return _is_number(value) and (isinstance(value, int) or float(value).is_integer())  # type: ignore[arg-type]
