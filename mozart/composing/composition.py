"""A piece: its score, its request, and its renderings, each made at first use."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from mozart.checkpoint.excerpts import Opening
from mozart.checkpoint.find import SHIPPED
from mozart.composing.planning import Intention
from mozart.composing.request import MAX_LENGTHS, Length, Request
from mozart.errors import MozartError
from mozart.measuring.copies import GRAM, Copies
from mozart.model.analysis import plans_of
from mozart.model.plan import Plan
from mozart.model.plan_json import to_json
from mozart.notes import Note, Score
from mozart.notes.keys import Key, estimate_key
from mozart.rendering import midi

if TYPE_CHECKING:
    from mozart.composing.composer import Composer

TEXT = "Mozart request: "
Made = TypeVar("Made")


class Notes(NamedTuple):
    """All notes of a piece, with the opening's first even if the score leaves it out; and where the piece begins, in ticks."""

    notes: tuple[Note, ...]
    start: int


@dataclass(frozen=True, eq=False)
class Composition:
    """A piece.

    Attributes
    ----------
    score
        The notes.
    request
        The request, with its seed.
    composer
        The composer that made it.
    opening
        The passage that the piece continues, even if the score leaves it out; None without one.
    opening_notes
        How many notes of the score are the opening's.
    intention
        What was fixed before the notes; None for the laboratory's pieces.
    remarks
        Sentences for people.
    draft
        The notes as they were composed, before any change of rhythm.
    """

    score: Score
    request: Request
    composer: "Composer" = field(repr=False)
    opening: Opening | None = None
    opening_notes: int = 0
    intention: Intention | None = field(repr=False, default=None)
    remarks: tuple[str, ...] = ()
    draft: Notes | None = field(repr=False, default=None)
    _made: dict[str, Any] = field(init=False, repr=False, default_factory=dict)

    @property
    def seed(self) -> int:
        """The seed, with which the same request gives the same piece."""
        return int(self.request.seed or 0)

    @property
    def plan(self) -> Plan | None:
        """The plan of form and harmony: the planned one or, for a piece of free form, the one found in its notes.

        None for a piece of the laboratory, or in another rhythm, or one that is too short for a plan.
        """
        if self.intention is None:
            return None
        if self.intention.harmony:
            return self.intention.plan
        return self._once("plan", self._find_plan)

    @property
    def key(self) -> Key:
        """The home key."""
        return self._once("key", lambda: self.intention.key if self.intention else estimate_key(self.score))

    @property
    def character(self) -> str:
        """The character, such as ``Menuetto``; empty without one."""
        return self.intention.character if self.intention else ""

    @property
    def tempo(self) -> float:
        """The tempo, in quarter notes a minute."""
        return self.score.tempi[0].quarters_per_minute

    @property
    def title(self) -> str:
        """The title: ``Menuetto in G major``."""
        if self.request.lab:
            return "As in the laboratory"
        return f"{self.character or 'Piece'} in {self.key}"

    def midi(self) -> bytes:
        """Return the content of a .mid file, with the request inside, which :func:`recompose` reads."""
        return self._once("midi", lambda: midi.midi_bytes(self._named_score(), TEXT + json.dumps(self.about()), self.key))

    def musicxml(self) -> str:
        """Return the score as MusicXML, on two staves."""
        from mozart.rendering.musicxml import musicxml

        return self._once("musicxml", lambda: musicxml(self._named_score(), self.character, self.key))

    def sheet_music(self, narrow: bool = False) -> list[str]:
        """Engrave the score as SVG, one string for each page, `narrow` for a telephone; raise MozartError without verovio."""
        from mozart.rendering.verovio import engrave

        return self._once(f"sheet music {narrow}", lambda: engrave(self.musicxml(), narrow))

    def pdf(self) -> bytes:
        """Engrave the score as a PDF in A4; raise MozartError without verovio."""
        from mozart.rendering.pdf import pdf_bytes
        from mozart.rendering.verovio import engrave_for_paper

        return self._once("pdf", lambda: pdf_bytes(engrave_for_paper(self.musicxml()), self.title))

    def audio(self) -> NDArray[np.int16]:
        """Render the sound, see :func:`mozart.rendering.sound.render`; raise MozartError without FluidSynth."""
        from mozart.rendering.sound import render

        return self._once("audio", lambda: render(self.score))

    def originality(self) -> Copies | None:
        """Find how much of the new notes also occurs in the training works; None for the laboratory's pieces."""
        checkpoint = self.composer.checkpoint
        if checkpoint is None or self.request.lab:
            return None
        return self._once("copies", lambda: checkpoint.index.look_up(self._new_score()))

    def originality_sentence(self) -> str:
        """Say in a sentence how much also occurs in the training works."""
        copies = self.originality()
        if copies is None:
            return "The laboratory's network recites what it has learned, so its pieces are not compared with the sonatas."
        if copies.longest is None:
            return f"No run of {GRAM} notes or more also occurs in the sonatas of its training."
        longest = copies.longest
        return (
            f"Its longest run that also occurs in a sonata has {longest.length} notes: {longest.work}, movement {longest.movement}."
        )

    def describe(self) -> str:
        """Write bars, notes and duration for people."""
        seconds = round(self.score.seconds)
        time = f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
        after = f", after {self.opening.name}" if self.opening else ""
        return f"{len(self.score.bars)} bars, {len(self.score)} notes, {time}{after}"

    def about(self) -> dict[str, Any]:
        """Return the plain values with which the piece can be composed again."""
        opening = {"opening": self.opening.name} if self.opening and self.request.has_own_opening else {}
        return {
            **self.request.settings(),
            **opening,
            "checkpoint": "pretrained/lab" if self.request.lab and self.composer.checkpoint else self.composer.name,
            "checkpoint_sha256": self.composer.lab.identity if self.request.lab else self.composer.identity,
            "notes_sha256": self.notes_sha256,
        }

    def to_json(self) -> dict[str, Any]:
        """Convert the piece and its properties to plain values."""
        copies = self.originality()
        return {
            "title": self.title,
            "request": self.request.settings(),
            "notes": self.score.columns.tolist(),
            "metres": [[metre.onset, str(metre)] for metre in self.score.metres],
            "tempo": self.tempo,
            "key": str(self.key),
            "character": self.character,
            "seconds_of_music": round(self.score.seconds, 3),
            "opening": self.opening.name if self.opening else None,
            "opening_notes": self.opening_notes,
            "plan": json.loads(to_json(self.plan)) if self.plan else None,
            "checkpoint": self.composer.name,
            "originality": copies.to_json() if copies else None,
            "remarks": list(self.remarks),
        }

    @property
    def notes_sha256(self) -> str:
        """A hash of the notes, with their times."""
        import hashlib

        return hashlib.sha256(self.score.columns.astype("<i4").tobytes()).hexdigest()

    def again(self, bars: tuple[int, int], seed: int) -> "Composition":
        """Compose some bars again, and keep all others.

        Parameters
        ----------
        bars
            The first and the last bar, counted from 1.
        seed
            The seed of the new bars.

        Raises
        ------
        MozartError
            When there are no such bars, or they are the opening's.
        """
        more = f"{self.request.again},{bars[0]}-{bars[1]}@{seed}".strip(",")
        from mozart.composing.again import compose_bars_again

        piece = compose_bars_again(self, bars[0], bars[1], seed)
        return piece.changed(request=self.request.changed(again=more))

    def longer(self) -> "Composition":
        """Compose the same request twice as long, or as long as possible."""
        quantity, unit = self.request.measure
        twice = Length(min(2 * quantity, MAX_LENGTHS[unit]), unit)
        return self.composer.compose(self.request.changed(length=f"{twice.quantity:g}{unit}", again=""))

    def with_offsets(self, offsets: str) -> "Composition":
        """Give the same notes another rhythm: ``composed``, ``sampled``, ``0.25`` or ``0.5``."""
        return self.composer.compose(self.request.changed(offsets=offsets))

    def changed(self, **changes: Any) -> Self:
        """Copy the piece with `changes`, and without its renderings."""
        return replace(self, **changes)

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        if name not in self._made:
            self._made[name] = make()
        made: Made = self._made[name]
        return made

    def _new_score(self) -> Score:
        return self.score.replace(notes=self.score.columns[self.opening_notes :])

    def _named_score(self) -> Score:
        return self.score.replace(title=self.title)

    def _find_plan(self) -> Plan | None:
        if self.request.offsets != "composed":
            return None
        first = int(self.score.bar_at(self.score.onsets[self.opening_notes])) if self.opening_notes else 0
        own = self.score.bars_slice(first, len(self.score.bars))
        return max(plans_of(own, "this piece", self.key), key=len, default=None)


def recompose(path: Path, opening: str | None = None, checkpoint: str | None = None) -> tuple[Composition, bool]:
    """Compose the piece of a MIDI file again from the request inside it, and tell whether the notes are the same.

    Anybody may have written the file, so it can only choose a checkpoint that ships with the code, and no other file.

    Parameters
    ----------
    path
        The MIDI file.
    opening
        The MIDI file that the piece continued, if it was a person's own.
    checkpoint
        The checkpoint that composed the piece, if it does not ship with the code.

    Raises
    ------
    MozartError
        When the file holds no request, or the checkpoint or the opening that it names is not the one given.
    """
    from mozart.composing.composer import Composer

    kept = _read_about(path)
    name, identity, notes = (str(kept.pop(key, "")) for key in ("checkpoint", "checkpoint_sha256", "notes_sha256"))
    request = Request(**kept)
    if request.has_own_opening != (opening is not None):
        if opening is None:
            raise MozartError(f"{path} continued a MIDI file, {request.opening!r}: give that file again with --opening.")
        raise MozartError(f"{path} did not continue a MIDI file: leave --opening out.")
    if checkpoint is None and name not in SHIPPED:
        raise MozartError(f"{path} was composed from the checkpoint {name[:80]!r}: give that checkpoint with --checkpoint.")
    composer = Composer.load(checkpoint or name)
    if identity != (composer.lab.identity if request.lab else composer.identity):
        raise MozartError(f"{path} was not composed from {composer.name}, or from another version of it: give its checkpoint.")
    piece = composer.compose(request if opening is None else request.changed(opening=opening))
    return piece, piece.notes_sha256 == notes


def _read_about(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes() if path.is_file() and path.stat().st_size < midi.MAX_BYTES else b""
    except OSError as error:
        raise MozartError(f"{path} cannot be read ({error.strerror}).") from error
    text = midi.read_text(data, TEXT) if data else None
    try:
        about = json.loads(text or "")
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict):
        raise MozartError(f"{path} holds no request: only pieces that were composed here can be composed again.")
    return about
