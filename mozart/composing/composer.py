"""Request → Composition."""

import datetime
import math
from collections.abc import Callable, Sequence
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
from mozart.composing.laboratory import Laboratory
from mozart.composing.opening import find_opening
from mozart.composing.planning import Intention, bar_seconds, characters, make_intention
from mozart.composing.request import MAX_SEED, Request, require_playable
from mozart.composing.writing import OnProgress, write_bars
from mozart.corpus.catalogue import find_movement
from mozart.errors import MozartError
from mozart.model.harmony import SILENT, find_chords
from mozart.model.offsets import end_before_next_stroke, retime
from mozart.model.plan import Degrees
from mozart.model.setting import Setting
from mozart.model.stepper import Stepper
from mozart.model.vocabulary import UNIT
from mozart.notes import TICKS, Note, Score
from mozart.notes.keys import CLASSES

BEGINNING_SECONDS = 8.0  # of music
_TRIES = 2  # to come within a bar of a number of notes
_DEFAULT_TEMPO = 120.0

OnBeginning = Callable[[Composition], object]


def _go_on(_done: int, _total: int) -> bool:
    return True


class Composer:
    """Composes from one checkpoint; several pieces at once, from as many threads, if wanted.

    Parameters
    ----------
    checkpoint
        What to compose from.
    name
        What it is called for people: its folder, ``user/name``, or one that ships: ``pretrained/sonata``.
    revision, date
        Its commit, and when that was made, where it is from the Hub.
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
        """A composer from a folder, from a Hub repository (``user/name``), or from a checkpoint that ships with the code.

        Raises
        ------
        MozartError
            When the checkpoint cannot be had or is not whole.
        """
        found = find_checkpoint(source, revision)
        config, _ = read_folder(found.folder)
        if config["recipe"] == "lab":
            return cls(None, found.name, found.revision, found.date, laboratory.load(found.folder))
        return cls(load_checkpoint(found.folder), found.name, found.revision, found.date)

    @property
    def identity(self) -> str:
        """Two checkpoints with one identity compose the same pieces."""
        return self.checkpoint.identity if self.checkpoint else self.lab.identity

    @property
    def metrics(self) -> dict[str, Any]:
        """What was measured of the checkpoint."""
        return dict(self.checkpoint.metrics if self.checkpoint else self.lab.metrics)

    @property
    def lab(self) -> Laboratory:
        """The laboratory's network: the checkpoint's own, or the one that ships."""
        if self._lab is None:
            self._lab = laboratory.load(PRETRAINED / "lab")
        return self._lab

    @property
    def characters(self) -> list[str]:
        """The characters that a request can name."""
        return characters(self.checkpoint.templates) if self.checkpoint else []

    @property
    def movements(self) -> list[tuple[str, str]]:
        """The movements that a piece can go on from: for people, and as a request names them."""
        return [(_call(opening), opening.name) for opening in self.openings]

    def bar_seconds(self, request: Request) -> tuple[float, float] | None:
        """How long a bar of such a piece plays, from the quicker to the slower; None where that is not known.

        Raises MozartError when there is no such character.
        """
        return bar_seconds(request, self.checkpoint.templates) if self.checkpoint else None

    def compose(self, request: Request, on_progress: OnProgress = _go_on, on_beginning: OnBeginning | None = None) -> Composition:
        """Compose one piece. The same request, with its seed, gives the same piece on one machine with the same versions.

        Parameters
        ----------
        on_progress
            Called now and then with how much there is, and how much there will be; False ends the piece there.
        on_beginning
            Called once, as soon as there are some seconds of a longer piece, with what there is: its notes are the piece's.
            Not where what is composed last changes what comes first.

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
            raise MozartError(f"{self.name} is the laboratory's network: ask for its way with lab, or use another checkpoint.")
        settled = request.measure.unit != "notes" and not request.again and request.offsets == "composed"
        piece = self._compose_notes(request, on_progress, on_beginning if settled else None)
        for first, last, seed in request.bars_again:
            piece = compose_bars_again(piece, first, last, seed)
        piece = piece if request.offsets == "composed" else self._retimed(piece, request)
        require_playable(piece.score.seconds, piece.tempo)
        return piece

    def compose_candidates(self, request: Request, count: int, on_progress: OnProgress = _go_on) -> list[Composition]:
        """Compose `count` pieces of one request, each with a seed of its own: the request's, and those that follow it."""
        seed = request.seed if request.seed is not None else int(np.random.SeedSequence().generate_state(1)[0])
        return [self.compose(request.changed(seed=(seed + number) % (MAX_SEED + 1)), on_progress) for number in range(count)]

    def start(self, setting: Setting, intention: Intention, request: Request, seeds: list[np.random.SeedSequence]) -> Draft:
        """An empty draft of a piece in a setting; chance comes from two seeds."""
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
        """A draft with the opening and all bars of the plan, where the plan begins, in ticks, and whether it is whole."""
        setting, offset = make_setting(self, opening, intention)
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


def make_setting(composer: Composer, opening: Opening | None, intention: Intention) -> tuple[Setting, int]:
    """What stands before the notes of opening and plan, and where the plan begins, in ticks."""
    assert composer.checkpoint is not None
    plan = intention.plan
    bars: list[int] = []
    metres = []
    offset, chords = 0, np.zeros((0, 2), np.int8)
    if opening is not None:
        bars = opening.score.bars.tolist()
        metres = [opening.score.metre_at(bar) for bar in bars]
        offset = bars[-1] + metres[-1].bar
    setting = Setting.make(
        composer.checkpoint.network.vocabulary,
        intention.key,
        [*bars, *(offset + plan.metre.bar * index for index in range(len(plan)))],
        [*metres, *[plan.metre] * len(plan)],
        None,
    )
    if not intention.harmony:
        return setting, offset
    if opening is not None:
        found = find_chords(opening.score)
        missing = len(setting.beats) - len(found) - len(plan) * plan.beats_of_bar
        # Silence at the end of the opening has beats too.
        chords = np.concatenate([found, np.full((max(missing, 0), 2), -1, np.int8)])[: len(found) + missing]
        chords[:, 1] = np.maximum(chords[:, 1], 0)
    lines = [_in_key(line, len(chords), plan.beats_of_bar, intention.key.tonic) for line in (plan.basses, plan.melody)]
    setting = setting.with_chords(np.concatenate([chords, plan.chords_in(intention.key.tonic)]))
    return setting.with_lines(*lines), offset


def _in_key(line: Sequence[Degrees | None], before: int, beats: int, tonic: int) -> list[int]:
    """The pitch classes of a plan's bass or melody, beat by beat, after `before` beats without; `SILENT` where it has none."""
    degrees = [degree for bar in line for degree in bar or (SILENT,) * beats]
    return [SILENT] * before + [(degree + tonic) % CLASSES if degree != SILENT else SILENT for degree in degrees]


def make_score(notes: list[Note], opening: Opening | None, intention: Intention, offset: int) -> Score:
    """The notes of a draft as a score."""
    rows = end_before_next_stroke(np.array(notes, dtype=np.int64).reshape(-1, 5))
    stop = offset + intention.plan.metre.bar * len(intention.plan)
    rows[:, 3] = np.minimum(rows[:, 3], stop - rows[:, 0])  # nothing sounds after the last bar line
    metres = [*opening.score.metres] if opening else []
    metres.append(intention.plan.metre._replace(onset=offset))
    return Score(rows, metres, [(0, intention.tempo)])


def _describe(name: str) -> tuple[str, float]:
    work, _, number = name.rpartition(", movement ")
    movement = find_movement(work, int(number)) if number.isdigit() else None
    return (movement.character, float(movement.tempo)) if movement else ("", _DEFAULT_TEMPO)


def _call(opening: Opening) -> str:
    """``K. 281, movement 2: Andante, E-flat major, 3/8``."""
    work, _, number = opening.name.rpartition(", movement ")
    movement = find_movement(work, int(number)) if number.isdigit() else None
    return f"{opening.name}: {movement.words}, {movement.key}, {movement.metre}" if movement else opening.name
