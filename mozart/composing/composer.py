"""From a request to a composition."""

import datetime
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np

from mozart.checkpoint.checkpoint import Checkpoint, load_checkpoint
from mozart.checkpoint.excerpts import Opening, find_openings
from mozart.checkpoint.find import find_checkpoint
from mozart.checkpoint.folder import PRETRAINED, read_folder
from mozart.composing import laboratory
from mozart.composing.again import compose_bars_again
from mozart.composing.balance import Balance
from mozart.composing.composition import Composition, Notes
from mozart.composing.drawing import Draft
from mozart.composing.frame import make_score, make_setting
from mozart.composing.laboratory import Laboratory
from mozart.composing.opening import find_opening
from mozart.composing.planning import Intention, bar_seconds, characters, make_intention
from mozart.composing.request import MAX_SEED, Request, require_playable
from mozart.composing.writing import OnProgress, write_bars
from mozart.corpus.catalogue import Movement, find_movement
from mozart.errors import MozartError
from mozart.model.offsets import retime
from mozart.model.setting import Setting
from mozart.model.stepper import Stepper
from mozart.model.vocabulary import UNIT, Vocabulary
from mozart.notes import TICKS

BEGINNING_SECONDS = 8.0  # of music, before a listener gets the beginning of a longer piece
_TRIES = 2  # to come within a bar of the number of notes that was asked for
_DEFAULT_TEMPO = 120.0

OnBeginning = Callable[[Composition], object]


def _go_on(_done: int, _total: int) -> bool:
    return True


class Composer:
    """Composes from one checkpoint; several threads may use it at once.

    Parameters
    ----------
    checkpoint
        The checkpoint; None for the laboratory's network alone.
    name
        The checkpoint's name for people: its folder, ``user/name``, or one that ships, such as ``pretrained/sonata``.
    revision, date
        The commit of a checkpoint from the Hub, and its date.
    lab
        The laboratory's network, for requests that ask for it.
    """

    def __init__(
        self,
        checkpoint: Checkpoint | None,
        name: str,
        revision: str | None = None,
        date: datetime.date | None = None,
        lab: Laboratory | None = None,
    ) -> None:
        self.checkpoint, self.name, self.revision, self.date, self._lab = checkpoint, name, revision, date, lab
        self._stepper = Stepper(checkpoint.network) if checkpoint else None
        self.openings = find_openings(checkpoint.excerpts, _describe) if checkpoint else []

    @classmethod
    def load(cls, source: str | Path | None = None, revision: str | None = None) -> Self:
        """Load a checkpoint from a folder, from a Hub repository (``user/name``), or from those that ship with the code.

        Raises
        ------
        MozartError
            When the checkpoint cannot be found or downloaded, or is damaged.
        """
        found = find_checkpoint(source, revision)
        config, _ = read_folder(found.folder)
        if config["recipe"] == "lab":
            return cls(None, found.name, found.revision, found.date, laboratory.load(found.folder))
        return cls(load_checkpoint(found.folder), found.name, found.revision, found.date)

    @property
    def identity(self) -> str:
        """The checkpoint's identity: with the same one, two checkpoints compose the same pieces."""
        return self.checkpoint.identity if self.checkpoint else self.lab.identity

    @property
    def metrics(self) -> dict[str, Any]:
        """The checkpoint's measurements."""
        return dict(self.checkpoint.metrics if self.checkpoint else self.lab.metrics)

    @property
    def lab(self) -> Laboratory:
        """The laboratory's network: the checkpoint's own, or the one that ships."""
        if self._lab is None:
            self._lab = laboratory.load(PRETRAINED / "lab")
        return self._lab

    @property
    def vocabulary(self) -> Vocabulary:
        """The values of a note's parts that the checkpoint's network knows."""
        assert self.checkpoint is not None
        return self.checkpoint.network.vocabulary

    @property
    def characters(self) -> list[str]:
        """The characters that a request can name."""
        return characters(self.checkpoint.templates) if self.checkpoint else []

    @property
    def movements(self) -> list[tuple[str, str]]:
        """The movements whose beginning a piece can continue: their names for people, and in a request."""
        return [(_label(opening), opening.name) for opening in self.openings]

    def bar_seconds(self, request: Request) -> tuple[float, float] | None:
        """Estimate how many seconds a bar of such a piece takes, from quick to slow; None for the laboratory's network.

        Raises
        ------
        MozartError
            When there is no such character.
        """
        return bar_seconds(request, self.checkpoint.templates) if self.checkpoint else None

    def compose(self, request: Request, on_progress: OnProgress = _go_on, on_beginning: OnBeginning | None = None) -> Composition:
        """Compose one piece. The same request, with its seed, gives the same piece on one machine with the same versions.

        Parameters
        ----------
        request
            What to compose.
        on_progress
            Called after every bar with the number of bars so far and in all; if it returns False, the piece ends there.
        on_beginning
            Called once, as soon as a longer piece has some seconds of music, with this beginning of it. It is not called if
            the beginning may still change: for a number of notes, bars composed again, or another rhythm.

        Raises
        ------
        MozartError
            When the request is not possible with this checkpoint.
        """
        if request.seed is None:
            request = request.changed(seed=int(np.random.SeedSequence().generate_state(1)[0]))
        if request.lab:
            return laboratory.compose(self, request, on_progress)
        if self.checkpoint is None:
            raise MozartError(f"{self.name} is the laboratory's network: add lab to the request, or use another checkpoint.")
        settled = request.measure.unit != "notes" and not request.again and request.offsets == "composed"
        piece = self._compose_notes(request, on_progress, on_beginning if settled else None)
        for first, last, seed in request.bars_again:
            piece = compose_bars_again(piece, first, last, seed)
        piece = piece if request.offsets == "composed" else self._retimed(piece, request)
        require_playable(piece.score.seconds, piece.tempo)
        return piece

    def compose_candidates(self, request: Request, count: int, on_progress: OnProgress = _go_on) -> list[Composition]:
        """Compose `count` pieces of one request with successive seeds, from the request's on."""
        seed = request.seed if request.seed is not None else int(np.random.SeedSequence().generate_state(1)[0])
        return [self.compose(request.changed(seed=(seed + number) % (MAX_SEED + 1)), on_progress) for number in range(count)]

    def start(self, setting: Setting, intention: Intention, request: Request, seeds: list[np.random.SeedSequence]) -> Draft:
        """Begin an empty draft in a setting, with a seed for the notes and one for their loudness."""
        assert self._stepper is not None
        assert self.checkpoint is not None
        habits = self.checkpoint.habits
        draft = Draft(
            self._stepper.start(setting),
            np.random.default_rng(seeds[0]),
            np.random.default_rng(seeds[1]),
            habits.steps,
            Balance.start(habits.registers, intention.notes_a_bar, intention.plan.metre.bar // UNIT),
            request.temperature,
            request.top_p,
        )
        if request.max_copy is not None:
            draft.watch_copies(self.checkpoint.index, request.max_copy)
        return draft

    def _compose_notes(self, request: Request, on_progress: OnProgress, on_beginning: OnBeginning | None) -> Composition:
        assert self.checkpoint is not None
        seeds = np.random.SeedSequence(request.seed).spawn(4)
        opening, remarks = find_opening(request, self.openings, np.random.default_rng(seeds[3]))
        bars: int | None = None
        quantity, unit = request.measure
        for last_try in [*[False] * (_TRIES - 1), True]:
            intention = make_intention(request, opening, self.checkpoint.templates, np.random.default_rng(seeds[0]), bars)
            draft, offset, whole = self._write(request, opening, intention, seeds[1:3], on_progress, on_beginning)
            count = sum(note.onset >= offset for note in draft.notes)
            near = abs(count - quantity) <= count / len(intention.plan)
            if unit != "notes" or request.plan or not whole or near or last_try:
                break
            bars = max(1, round(len(intention.plan) * quantity / max(count, 1)))
            if bars == len(intention.plan):
                break
        return self._finish(request, opening, intention, draft, offset, [*remarks, *intention.remarks])

    def _write(
        self,
        request: Request,
        opening: Opening | None,
        intention: Intention,
        seeds: list[np.random.SeedSequence],
        on_progress: OnProgress,
        on_beginning: OnBeginning | None,
    ) -> tuple[Draft, int, bool]:
        """Write a draft with the opening and the plan's bars; return it, the plan's start in ticks, and whether it is whole."""
        setting, offset = make_setting(self.vocabulary, opening, intention)
        draft = self.start(setting, intention, request, seeds)
        for note in opening.score.notes if opening else ():
            draft.add(note)
        first = math.ceil(BEGINNING_SECONDS / 60 * intention.tempo * TICKS / intention.plan.metre.bar)

        def follow(done: int, total: int) -> object:
            if on_beginning is not None and done == first <= total // 2:
                on_beginning(self._finish(request, opening, intention, draft, offset, []))
            return on_progress(done, total)

        notes = int(request.measure.quantity) if request.measure.unit == "notes" else None
        whole = write_bars(draft, intention.plan, intention.key, offset, follow, request.seed or 0, notes)
        return draft, offset, whole

    def _finish(
        self,
        request: Request,
        opening: Opening | None,
        intention: Intention,
        draft: Draft,
        offset: int,
        remarks: list[str],
    ) -> Composition:
        score = make_score(draft.notes, opening, intention, offset)
        included = opening is not None and request.include_opening
        if opening is not None and not included:
            score = score.cut(offset, score.end + 1)
        return Composition(
            score=score,
            request=request,
            composer=self,
            opening=opening,
            opening_notes=len(opening.score) if included and opening else 0,
            intention=intention,
            remarks=tuple(remarks),
            draft=Notes(tuple(draft.notes), offset),
        )

    def _retimed(self, piece: Composition, request: Request) -> Composition:
        assert self.checkpoint is not None
        rng = np.random.default_rng(np.random.SeedSequence(request.seed).spawn(5)[4])
        return piece.changed(score=retime(piece.score, request.offsets, self.checkpoint.offsets, rng), request=request)


def _find_movement(name: str) -> Movement | None:
    work, _, number = name.rpartition(", movement ")
    return find_movement(work, int(number)) if number.isdigit() else None


def _describe(name: str) -> tuple[str, float]:
    movement = _find_movement(name)
    return (movement.character, float(movement.tempo)) if movement else ("", _DEFAULT_TEMPO)


def _label(opening: Opening) -> str:
    """Write an opening for people: ``K. 281, movement 2: Andante, E-flat major, 3/8``."""
    movement = _find_movement(opening.name)
    return f"{opening.name}: {movement.words}, {movement.key}, {movement.metre}" if movement else opening.name
