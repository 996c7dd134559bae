"""Request → Composition: wires opening, network, rhythm and dynamics together, and back from a MIDI file's recipe.

(Lab, Problems 4 and 5.)
"""

import datetime
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mozart import audio, dynamics, engraving, hub, midi, rhythm, sampling
from mozart.checkpoint import PRETRAINED, SHIPPED, Checkpoint, load_checkpoint
from mozart.errors import MozartError
from mozart.ngrams import PieceMemory
from mozart.openings import Opening, read_opening
from mozart.originality import Follower, Originality, find_loop
from mozart.request import MAX_LENGTH, MAX_SEED, Request, parse_length
from mozart.score import bar_length
from mozart.stepping import Stepper, one_thread
from mozart.tonality import KeyPull
from mozart.windows import WINDOW

# More zeros in a row are not to be expected.
_MORE_STEPS = 64
LAB_VELOCITY = 90  # what music21 writes for a note that has none


@dataclass(frozen=True)
class Composition:
    """A piece.

    Attributes
    ----------
    tokens : the notes and chords, the opening's first when it is included
    offsets, durations : one for each token, in quarter lengths; the first offset is 0
    velocities : one for each token, 1 to 127
    opening_length : how many tokens are the opening's; 0 when it is left out
    opening : what the piece starts from, also when it is left out
    time_signature : the opening's
    bar_offset : how far into its bar the first token starts, in quarter lengths
    tempo : quarter notes a minute
    warnings : sentences for people
    request : what was asked for, with this seed
    """

    tokens: list[str]
    offsets: list[float]
    durations: list[float]
    velocities: list[int]
    opening_length: int
    opening: Opening = field(compare=False)
    time_signature: str
    bar_offset: float
    tempo: float
    warnings: list[str]
    request: Request
    composer: "Composer" = field(compare=False, repr=False)

    def midi(self) -> bytes:
        """The content of a .mid file, which carries the recipe that :func:`recompose` reads."""
        return self._midi

    def audio(self) -> NDArray[np.int16]:
        """The sound, as :func:`mozart.audio.render` gives it. Raises MozartError without FluidSynth."""
        return self._audio

    def musicxml(self) -> str:
        """The score as MusicXML, on two staves."""
        return self._musicxml

    def sheet_music(self, narrow: bool = False) -> list[str]:
        """The engraved score: SVG, one string a page; `narrow` for a telephone. Raises MozartError without verovio."""
        return engraving.engrave(self._musicxml, narrow)

    def originality(self) -> Originality:
        """How much of the new notes stands in the training music, and where."""
        return self._originality

    def recipe(self) -> dict[str, Any]:
        """What it takes to compose the piece again, as plain values."""
        return {
            **asdict(self.request),
            "opening": self.opening.name if self.request.has_own_opening else self.request.opening,
            "checkpoint": self.composer.name,
            "checkpoint_sha256": self.composer.checkpoint.identity,
            "notes_sha256": self.notes_sha256,
        }

    def to_json(self) -> dict[str, Any]:
        """The piece and what is known of it, as plain values."""
        return {
            "tokens": self.tokens,
            "offsets": self.offsets,
            "durations": self.durations,
            "velocities": self.velocities,
            "opening_length": self.opening_length,
            "opening": self.opening.name,
            "time_signature": self.time_signature,
            "tempo": self.tempo,
            "seed": self.seed,
            "checkpoint": self.composer.name,
            "originality": self.originality().to_json(),
            "warnings": self.warnings,
        }

    @property
    def seed(self) -> int:
        """With it, the same request gives the same piece."""
        return int(self.request.seed or 0)

    @property
    def new_tokens(self) -> list[str]:
        """The tokens after the opening."""
        return self.tokens[self.opening_length :]

    @property
    def notes_sha256(self) -> str:
        """A hash of tokens, offsets and durations."""
        events = [*zip(self.tokens, self.offsets, self.durations, strict=True)]
        return hashlib.sha256(repr(events).encode()).hexdigest()

    @cached_property
    def _midi(self) -> bytes:
        return midi.midi_bytes(
            self.tokens,
            self.offsets,
            self.durations,
            self.velocities,
            self.tempo,
            self.recipe(),
            time_signature=self.time_signature,
            bar_offset=self.bar_offset,
        )

    @cached_property
    def _audio(self) -> NDArray[np.int16]:
        return audio.render(self._midi)

    @cached_property
    def _musicxml(self) -> str:
        return engraving.write_musicxml(
            self.tokens,
            self.offsets,
            self.durations,
            self.composer.checkpoint.hands.assign(self.tokens, self.offsets),
            time_signature=self.time_signature,
            bar_offset=self.bar_offset,
            tempo=self.tempo,
            title=f"After {self.opening.name}",
        )

    @cached_property
    def _originality(self) -> Originality:
        checkpoint = self.composer.checkpoint
        return checkpoint.index.look_up(np.array(checkpoint.vocabulary.encode(self.new_tokens)))


class Composer:
    """Composes from one checkpoint; several pieces at once, from as many threads, if wanted.

    Parameters
    ----------
    checkpoint
        What to compose from.
    name
        What the checkpoint is called for people: its folder, ``user/name``, or one that ships: ``pretrained/unseen``.
    revision
        Its commit, where it is from the Hub.
    date
        When that was made, where the Hub has said so.
    """

    def __init__(self, checkpoint: Checkpoint, name: str, revision: str | None = None, date: datetime.date | None = None) -> None:
        self.checkpoint = checkpoint
        self.name = name
        self.revision = revision
        self.date = date
        self._stepper = Stepper(checkpoint.model)

    @classmethod
    def load(cls, source: str | Path | None = None, revision: str | None = None) -> Self:
        """A composer from a folder, from a Hub repository (``user/name``), or from a checkpoint that ships with the code.

        Parameters
        ----------
        revision
            Of a Hub repository: a commit, tag or branch; ``user/name@revision`` says the same. ``main`` without it.

        Raises
        ------
        MozartError
            When the checkpoint cannot be had or is not whole.
        """
        found = find_checkpoint(source, revision)
        return cls(load_checkpoint(found.folder), found.name, found.revision, found.date)

    def compose(self, request: Request, on_note: Callable[[int, int], object] = lambda _done, _length: True) -> Composition:
        """Compose one piece. The same request, with its seed, gives the same piece on one machine with the same versions.

        Parameters
        ----------
        on_note
            Called after every new note with how many there are, and how many there will be; False ends the piece there.
        """
        request = _with_seed(request)
        chance = _Chance(request.seed)
        opening, warnings = self._find_opening(request, chance.pitch)
        steps, length = self._draw_steps(request, opening, chance.steps)
        copies = None if request.max_copy is None else self.checkpoint.index.follow()
        chooser = self._chooser(request, chance.pitch, copies)
        stream = (
            sampling.predict_like_the_lab(self.checkpoint.model, opening.ids)
            if request.lab
            else sampling.sample(self._stepper, opening.ids, chooser)
        )
        ids: list[int] = []
        with one_thread():
            for number in islice(stream, length):
                ids.append(number)
                if copies is not None:
                    copies.hear(number)
                if on_note(len(ids), length) is False:
                    request = replace(request, length=len(ids))
                    break
        if chooser.loops_left:
            said = "a loop was" if len(chooser.loops_left) == 1 else "loops were"
            warnings.append(f"{said.capitalize()} noticed and left at note {', '.join(map(str, chooser.loops_left))}.")
        if request.lab and (loop := find_loop(ids)):
            warnings.append(f"From note {loop[0] + 1} on it goes round in a loop of {loop[1]} notes, as the lab's way does.")
        if length == MAX_LENGTH and request.length != MAX_LENGTH:
            warnings.append(f"It ends after {MAX_LENGTH:,} notes, before the length of {request.length} is reached.")
        return self._arrange(request, opening, ids, steps, warnings)

    def compose_candidates(
        self, request: Request, count: int, on_note: Callable[[int, int], object] = lambda _done, _length: True
    ) -> list[Composition]:
        """Compose `count` pieces of one request, each with a seed of its own: the request's, and those that follow it.

        One after the other: for so small a network, a matrix of a few pieces is no faster than as many vectors, and so each
        candidate is, to the bit, the piece that its seed gives.
        """
        first = _with_seed(request).seed or 0
        return [self.compose(replace(request, seed=(first + k) % (MAX_SEED + 1)), on_note) for k in range(count)]

    def with_offsets(self, piece: Composition, offsets: str) -> Composition:
        """The same notes in another rhythm: one of the offset strategies."""
        length = len(piece.new_tokens)
        request = replace(piece.request, offsets=offsets, length=length)
        steps, _ = self._draw_steps(request, piece.opening, _Chance(piece.seed).steps)
        return self._arrange(request, piece.opening, self.checkpoint.vocabulary.encode(piece.new_tokens), steps, [*piece.warnings])

    def _find_opening(self, request: Request, generator: np.random.Generator) -> tuple[Opening, list[str]]:
        openings = self.checkpoint.openings
        # Always drawn, so that the piece is the same whether a movement was drawn or named, where it has one excerpt.
        drawn = float(generator.random())
        if request.has_own_opening:
            opening, unknown = read_opening(Path(request.opening), self.checkpoint.vocabulary)
            said = f"{unknown} of the opening's {WINDOW} notes and chords are unknown here: the nearest known ones stand for them."
            return opening, [said] if unknown else []
        among = range(len(openings)) if request.opening == "random" else openings.find(request.opening)
        return openings[among[int(drawn * len(among))]], []

    def _draw_steps(self, request: Request, opening: Opening, generator: np.random.Generator) -> tuple[rhythm.Floats, int]:
        """The opening's own 99 steps (with `lab` the strategy's), the one to the first new event, and one after each new event.

        Some more follow, to change places with: see :func:`mozart.rhythm.strike_once`. Also, how many new events there are.
        """
        before = opening.steps[: WINDOW - 1]
        stream = self.checkpoint.rhythm.steps(
            request.strategy, generator, phase=opening.bar_offset + float(before.sum()), recent=before.tolist()
        )
        if request.lab:
            before = np.array(list(islice(stream, WINDOW - 1)))
        leading = next(stream)
        quantity, unit = parse_length(request.length)
        most, limit = (int(quantity) if unit == "notes" else MAX_LENGTH), self._limit(request, opening)
        after: list[float] = []
        onset = 0.0  # the first new event's
        while onset < limit and len(after) < most:
            after.append(next(stream))
            onset += after[-1]
        return np.array([*before, leading, *after, *islice(stream, _MORE_STEPS)]), len(after)

    def _limit(self, request: Request, opening: Opening) -> float:
        """How far from the first new event all others must start, in quarter lengths."""
        quantity, unit = parse_length(request.length)
        if unit == "notes":
            return np.inf
        quarters = quantity * self._tempo(request, opening) / 60 if unit == "s" else quantity * bar_length(opening.time_signature)
        return quarters - 1e-6  # an event on the limit is past it, but for the dust that sums of thirds leave

    def _tempo(self, request: Request, opening: Opening) -> float:
        return request.tempo or (midi.TEMPO if request.lab else opening.tempo)

    def _chooser(self, request: Request, generator: np.random.Generator, copies: Follower | None) -> sampling.Chooser:
        """What chooses the new ids: memory, key and the watch for loops know the opening, copies are those of new notes alone."""
        vocabulary, most = self.checkpoint.vocabulary, request.max_copy
        return sampling.Chooser(
            generator=generator,
            temperature=request.temperature,
            top_p=request.top_p,
            memory=request.memory,
            piece=PieceMemory(vocabulary, delay=sampling.MEMORY_DELAY),
            key=KeyPull(vocabulary),
            refuses=lambda number: copies is not None and most is not None and copies.length_with(number) > most,
        )

    def _arrange(
        self, request: Request, opening: Opening, ids: list[int], steps: rhythm.Floats, warnings: list[str]
    ) -> Composition:
        """The piece of these ids and steps."""
        checkpoint, chance = self.checkpoint, _Chance(request.seed)
        tokens = checkpoint.vocabulary.decode([*opening.ids, *ids])
        steps = steps if request.lab else rhythm.strike_once(tokens, steps, WINDOW)
        offsets = rhythm.step_offsets(steps[: len(tokens) - 1])
        # What would have been struck twice may have come to stand past the limit.
        length = WINDOW + int((offsets[WINDOW:] - offsets[WINDOW] < self._limit(request, opening)).sum())
        tokens, steps, offsets = tokens[:length], steps[:length], offsets[:length]
        if request.lab:
            durations = np.full(len(tokens), rhythm.LAB_DURATION)
            velocities = np.full(len(tokens), LAB_VELOCITY)
        else:
            drawn = checkpoint.rhythm.draw_durations(tokens[WINDOW:], steps[WINDOW:], chance.durations)
            durations = rhythm.end_before_next_onset(tokens, offsets, np.concatenate([opening.durations, drawn]))
            velocities = dynamics.draw_velocities(len(tokens), chance.velocities)
        first = 0 if request.include_opening else WINDOW
        return Composition(
            tokens=tokens[first:],
            offsets=(offsets[first:] - offsets[first]).tolist(),
            durations=durations[first:].tolist(),
            velocities=velocities[first:].tolist(),
            opening_length=WINDOW - first,
            opening=opening,
            time_signature=opening.time_signature,
            bar_offset=float((opening.bar_offset + offsets[first]) % bar_length(opening.time_signature)),
            tempo=self._tempo(request, opening),
            warnings=warnings,
            request=request,
            composer=self,
        )


class Found(NamedTuple):
    """A checkpoint's folder, what it is called for people, and from the Hub its commit and date."""

    folder: Path
    name: str
    revision: str | None = None
    date: datetime.date | None = None

    @property
    def is_on_hub(self) -> bool:
        """Whether the folder is in the Hub's cache, where nothing may be changed."""
        return self.revision is not None


def find_checkpoint(source: str | Path | None = None, revision: str | None = None) -> Found:
    """Where a checkpoint is, downloaded if need be; see :meth:`Composer.load`."""
    name = SHIPPED[0] if source is None else str(source)
    if name in SHIPPED:
        return Found(PRETRAINED.parent.parent / name, name)
    if os.path.isdir(name):
        return Found(Path(name), name)
    if name.startswith(f"{PRETRAINED.parent.name}/"):
        raise MozartError(f"There is no checkpoint {name}: what ships is {' and '.join(SHIPPED)}.")
    repo_id, _, after = name.partition("@")
    if not hub.is_repo_id(repo_id):
        raise MozartError(f"There is no checkpoint {name}: give a folder, or a repository on the Hub as user/name.")
    if after and revision and after != revision:
        raise MozartError(f"{name} and {revision} are two revisions: give one.")
    pulled = hub.pull(repo_id, revision or after or None)
    return Found(pulled.folder, repo_id, pulled.revision, pulled.date)


class _Chance:
    """Independent sources of chance from one seed, so that another rhythm never changes a pitch."""

    def __init__(self, seed: int | None) -> None:
        spawned = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(4))
        self.pitch, self.steps, self.durations, self.velocities = spawned


def _with_seed(request: Request) -> Request:
    drawn = int(np.random.SeedSequence().generate_state(1)[0])
    return replace(request, seed=drawn if request.seed is None else int(request.seed))


def recompose(path: Path, opening: str | None = None, checkpoint: str | None = None) -> tuple[Composition, bool]:
    """Compose the piece of a MIDI file again from the recipe inside it; also whether its notes matched.

    Anybody may have written the recipe: by itself it names only checkpoints that ship with the code, and reads no other file.

    Parameters
    ----------
    opening
        The MIDI file that the piece began with, if it was a person's own.
    checkpoint
        The one that it was composed from, if it does not ship with the code.

    Raises
    ------
    MozartError
        When the file holds no recipe, or the checkpoint or the opening that it names is not the one given.
    """
    request, name, identity, notes = _read_request(midi.read_recipe(path), path)
    if request.has_own_opening != (opening is not None):
        if opening is None:
            raise MozartError(
                f"{path} began with a MIDI file of its own, {request.opening!r}: give that file again with --opening."
            )
        raise MozartError(f"{path} began with the opening {request.opening!r}, not with a MIDI file: leave --opening out.")
    if checkpoint is None and name not in SHIPPED:
        raise MozartError(f"{path} was composed from the checkpoint {name!r}: give that checkpoint with --checkpoint.")
    composer = Composer.load(checkpoint or name)
    if composer.checkpoint.identity != identity:
        raise MozartError(
            f"{path} was composed from another checkpoint than {composer.name}, or another version of it ({name!r}): "
            "it cannot be composed again from this one."
        )
    piece = composer.compose(request if opening is None else replace(request, opening=opening))
    return piece, piece.notes_sha256 == notes


def _read_request(recipe: Mapping[str, Any], path: Path) -> tuple[Request, str, str, str]:
    kept = dict(recipe)
    try:
        name, identity, notes = (str(kept.pop(key)) for key in ("checkpoint", "checkpoint_sha256", "notes_sha256"))
        request = Request(**kept)
    except (KeyError, TypeError) as error:
        raise MozartError(f"The recipe in {path} is damaged, or from another version of this program.") from error
    except MozartError as error:
        raise MozartError(f"The recipe in {path} is not possible. {error}") from error
    return request, name, identity, notes
