"""What the page shows and plays of a piece: HTML, files and sentences, for many visitors at once."""

import reprlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from mozart import audio, dynamics, midi, player, rhythm
from mozart.composer import Composer, Composition
from mozart.corpus.catalogue import find_movement
from mozart.errors import MozartError
from mozart.openings import Excerpt
from mozart.originality import PASSAGE
from mozart.request import MAX_LENGTH, Request
from mozart.windows import WINDOW

# Pieces that are kept so that another rhythm, or going back to one, does not compose again. Their sound is not kept.
_KEPT = 32
# A score of more events takes a browser seconds to draw.
MOST_ENGRAVED = 2_000
_ORDINALS = ("first", "second", "third")
_STEP_MEANS = {"0.25": 0.25, "0.5": 0.5}


@dataclass(frozen=True)
class Passage:
    """Some music to be played beside other music.

    Attributes
    ----------
    name : for people
    tokens, offsets, durations : one each for an event, in quarter lengths
    velocities : 1 to 127
    tempo : quarter notes a minute
    """

    name: str
    tokens: Sequence[str]
    offsets: Sequence[float]
    durations: Sequence[float]
    velocities: Sequence[int]
    tempo: float

    def show(self, sound: str | None) -> str:
        """The player's HTML; `sound` is the URL of what :meth:`write_sound` wrote."""
        return player.player_html(self.tokens, self.offsets, self.durations, 0, self.tempo, sound=sound, name=self.name)

    def write_sound(self, path: Path) -> None:
        """Play it into a FLAC file. Raises MozartError without FluidSynth."""
        score = midi.midi_bytes(self.tokens, self.offsets, self.durations, self.velocities, self.tempo)
        path.write_bytes(audio.flac_bytes(audio.render(score)))


class Studio:
    """One composer for many visitors, which remembers the latest pieces.

    Attributes
    ----------
    composer : composes every visitor's piece
    notice : a sentence for all visitors, such as why another checkpoint is in use; may be empty
    """

    def __init__(self, composer: Composer, notice: str = "") -> None:
        self.composer, self.notice = composer, notice
        self._kept: OrderedDict[Request, Composition] = OrderedDict()
        self._lock = threading.Lock()

    def adopt(self, composer: Composer) -> None:
        """From now on compose with this one: the checkpoint that was waited for has come."""
        with self._lock:
            self.composer, self.notice = composer, ""
            self._kept.clear()

    @property
    def movements(self) -> list[tuple[str, str]]:
        """The movements that a piece can start from: what they are called for people, and in a request."""
        openings = self.composer.checkpoint.openings
        known = {name: number for number, name in reversed(list(enumerate(openings.names)))}
        return sorted((self._call(number), name) for name, number in known.items())

    def compose(self, request: Request, on_note: Callable[[int, int], object] = lambda _done, _length: True) -> Composition:
        """The piece of a request, composed or remembered; see :meth:`mozart.composer.Composer.compose`."""
        if (kept := self._recall(request)) is not None:
            return kept
        if request.has_own_opening and not Path(request.opening).is_file():
            raise MozartError(f"{Path(request.opening).name} is no longer here: choose it again, as your opening.")
        piece = self.composer.compose(request, on_note)
        self._keep(piece)
        return piece

    def with_offsets(self, piece: Composition, offsets: str) -> Composition:
        """The same notes in another rhythm."""
        other = piece.composer.with_offsets(piece, offsets)
        self._keep(other)
        return other

    def lengthen(self, piece: Composition) -> Request:
        """The request of the same piece with as many notes again, or as many as are possible."""
        return replace(piece.request, length=min(2 * len(piece.new_tokens), MAX_LENGTH))

    def compare(self, piece: Composition) -> list[Passage]:
        """The opening, how Mozart goes on where that is known, and how the piece does, up to as many events."""
        opening = piece.opening
        start = Excerpt(opening.ids, opening.steps, opening.durations)
        passages = [self._real(f"The opening: {opening.name}", piece, start)]
        if opening.continuation.ids:
            who = "your file" if piece.request.has_own_opening else "Mozart"
            passages.append(self._real(f"How {who} goes on", piece, opening.continuation))
        return [*passages, self._composed("How the piece goes on", piece, len(opening.continuation.ids) or len(opening.ids))]

    def make_riddle(self, seed: int) -> tuple[list[Passage], int, str]:
        """Two passages after one opening, which of them is Mozart's, and where it comes from."""
        generator = np.random.default_rng(seed)
        openings = self.composer.checkpoint.openings
        # Where the music was too short for a continuation, the opening itself is Mozart's passage.
        length = openings.ids.shape[1] - WINDOW or WINDOW
        piece = self.composer.compose(Request(length=length, seed=seed, include_opening=False))
        opening = piece.opening
        real = opening.continuation if opening.continuation.ids else Excerpt(opening.ids, opening.steps, opening.durations)
        passages = [self._real("", piece, real, seed), self._composed("", piece, length)]
        first = int(generator.integers(2))
        shuffled = [passages[first], passages[1 - first]]
        return (
            [replace(p, name=name) for p, name in zip(shuffled, ("Passage A", "Passage B"), strict=True)],
            first,
            self._call(openings.names.index(opening.name)),
        )

    def describe(self, piece: Composition) -> str:
        """A few lines about a piece, as HTML."""
        notes = f"{len(piece.new_tokens)} notes and chords"
        time = say_time(piece.offsets[-1] * 60 / piece.tempo)
        heard = "with the opening" if piece.opening_length else "the opening is left out"
        lines = [
            f"<strong>{notes}</strong>, {time}, {piece.tempo:.0f} quarters a minute, {piece.time_signature}. "
            f"Seed <strong>{piece.seed}</strong>.",
            escape(f"Begins after {piece.opening.name} ({heard})."),
            escape(self.say_originality(piece)),
            *(escape(f"⚠ {warning}") for warning in piece.warnings),
        ]
        return "".join(f"<p>{line}</p>" for line in lines)

    @staticmethod
    def say_originality(piece: Composition) -> str:
        """What the piece shares with the training music, beside what Mozart himself shares with it."""
        held_out = piece.composer.checkpoint.metrics.get("originality", {}).get("longest", {}).get("median")
        beside = (
            f" (Mozart himself shares {held_out:.0f} with his other works, in passages of {PASSAGE} notes.)" if held_out else ""
        )
        return piece.originality().sentence() + beside

    @staticmethod
    def find_shared(piece: Composition) -> range:
        """Which of the piece's tokens are the longest passage that stands in the training music too; none where there is none."""
        longest = piece.originality().longest
        if longest is None:
            return range(0)
        start = piece.opening_length + longest.start
        return range(start, start + longest.length)

    def describe_checkpoint(self) -> str:
        """What the pieces are composed from."""
        composer = self.composer
        version = f"revision `{composer.revision[:12]}`" if composer.revision else f"version `{composer.checkpoint.identity[:12]}`"
        made = composer.checkpoint.metrics.get("date") or composer.date
        return f"Composed from the checkpoint `{composer.name}`, {version}{f', of {made}' if made else ''}."

    def guess_tempo(self, opening: str, lab: bool = False) -> float:
        """The tempo of a movement or of the lab, in quarter notes a minute; where neither is known yet, that of most openings."""
        if lab:
            return midi.TEMPO
        openings = self.composer.checkpoint.openings
        tempi = [openings[number].tempo for number, name in enumerate(openings.names) if name == opening]
        return tempi[0] if tempi else float(np.median([openings[number].tempo for number in range(len(openings))]))

    def guess_seconds(self, length: float, offsets: str, tempo: float) -> float:
        """About how long so many notes play at a tempo in quarter notes a minute."""
        table = self.composer.checkpoint.rhythm
        total = sum(table.step_counts.values())
        mean = _STEP_MEANS.get(offsets) or sum(step * count for step, count in table.step_counts.items()) / total
        return length * mean * 60 / tempo

    def _recall(self, request: Request) -> Composition | None:
        if request.seed is None:
            return None
        with self._lock:
            return self._kept.get(request)

    def _keep(self, piece: Composition) -> None:
        with self._lock:
            self._kept[piece.request] = piece
            self._kept.move_to_end(piece.request)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    @staticmethod
    def _real(name: str, piece: Composition, excerpt: Excerpt, seed: int = 0) -> Passage:
        tokens = piece.composer.checkpoint.vocabulary.decode(excerpt.ids)
        offsets = rhythm.step_offsets(excerpt.steps[:-1])
        durations = rhythm.end_before_next_onset(tokens, offsets, excerpt.durations)
        # The performer's velocities are not in the checkpoint; these tell nobody who wrote the notes.
        velocities = dynamics.draw_velocities(len(tokens), np.random.default_rng(seed))
        return Passage(name, tokens, offsets.tolist(), durations.tolist(), velocities.tolist(), piece.opening.tempo)

    @staticmethod
    def _composed(name: str, piece: Composition, length: int) -> Passage:
        new = slice(piece.opening_length, piece.opening_length + length)
        offsets = [offset - piece.offsets[piece.opening_length] for offset in piece.offsets[new]]
        return Passage(name, piece.tokens[new], offsets, piece.durations[new], piece.velocities[new], piece.tempo)

    def _call(self, number: int) -> str:
        """``K. 281, second movement: Andante amoroso, E-flat major, 3/8``."""
        openings = self.composer.checkpoint.openings
        work, movement = openings.works[number], openings.movements[number]
        known = find_movement(work, movement)
        if known is None:
            return openings.names[number]
        about = f"{known.words}, {known.key}, {openings.time_signatures[number]}"
        return f"{work}, {_ORDINALS[movement - 1]} movement: {about}"


def warm_up(composer: Composer) -> None:
    """Load what the first piece would have to wait for: music21, the sound, verovio."""
    with suppress(MozartError):
        piece = composer.compose(Request(length=8, include_opening=False))
        audio.flac_bytes(audio.render(piece.midi()))
        piece.sheet_music()
        piece.originality()


def say_time(seconds: float) -> str:
    """``48 s``, or ``1 min 5 s``."""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def to_query(request: Request) -> dict[str, Any]:
    """What a link says of a request: all that differs from the default."""
    return {part.name: getattr(request, part.name) for part in fields(Request) if getattr(request, part.name) != part.default}


def from_query(query: Mapping[str, str]) -> Request | None:
    """The request of a link; None where the link asks for no piece. Raises MozartError when it is not possible."""
    if "seed" not in query:
        return None
    known = {part.name: part.type for part in fields(Request)}
    given: dict[str, Any] = {}
    for name, text in query.items():
        if name not in known:
            continue
        try:
            given[name] = _read_value(text, str(known[name]))
        except ValueError as error:
            raise MozartError(f"Its {name} is {reprlib.repr(text)}: write a number.") from error
    request = Request(**given)
    if request.has_own_opening:
        raise MozartError("A link cannot name a MIDI file as the opening.")
    return request


def _read_value(text: str, kind: str) -> Any:
    if "bool" in kind:
        return text.casefold() in ("true", "1")
    if "str" in kind:
        return int(text) if "int" in kind and text.isdigit() else text
    return float(text) if "float" in kind else int(text)
