"""A composer for the page's tests: it keeps the contract, composes at once, and gives the same piece for the same request.

composer = StubComposer()
composer.hold.clear()      # from now on composing goes no further than the first bar, until hold.set() or Stop
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.composing.request import MAX_SEED, Request
from mozart.notes import TICKS, Metre, Note, Score
from mozart.notes.keys import Key, estimate_key

SAMPLE_RATE = 44_100
BEGINNING = 8  # bars
_SCALE = (0, 2, 4, 5, 7, 9, 11)
_METRES = {"Menuetto": (3, 4), "Andante": (2, 4)}
_TEMPI = {"Menuetto": 126.0, "Andante": 72.0}


def stub_composer(**settings: Any) -> Any:
    """A :class:`StubComposer`, to be handed over as a composer: it keeps the contract, and is no child of the real one."""
    return StubComposer(**settings)


def sines(score: Score) -> NDArray[np.int16]:
    """A sine for every note: a sound without FluidSynth."""
    samples = np.zeros(int((score.seconds + 0.5) * SAMPLE_RATE))
    tempo = score.tempi[0].quarters_per_minute
    for note, start in zip(score.notes, score.seconds_at(score.onsets), strict=True):
        times = np.arange(min(int(note.duration / TICKS * 60 / tempo * SAMPLE_RATE), SAMPLE_RATE)) / SAMPLE_RATE
        wave = np.sin(2 * np.pi * 440 * 2 ** ((note.pitch - 69) / 12) * times) * np.exp(-3 * times)
        first = int(start * SAMPLE_RATE)
        samples[first : first + len(wave)] += wave[: len(samples) - first]
    sound: NDArray[np.int16] = np.round(samples / max(abs(samples).max(initial=0), 1) * 20_000).astype(np.int16)
    return sound


class Opening(NamedTuple):
    """What a piece goes on from."""

    name: str
    score: Score
    continuation: Score | None


class Run(NamedTuple):
    """A run of notes that also stands in a sonata."""

    start: int
    length: int


class Copies(NamedTuple):
    """What a piece shares."""

    longest: Run | None


@dataclass(eq=False)
class StubComposition:
    """A piece."""

    score: Score
    request: Request
    composer: "StubComposer"
    opening: Opening | None = None
    opening_notes: int = 0
    remarks: tuple[str, ...] = ()
    plan: Any = None

    @property
    def seed(self) -> int:
        """The request's."""
        assert self.request.seed is not None
        return self.request.seed

    @property
    def character(self) -> str:
        """Allegro where any will do."""
        return "Allegro" if self.request.character == "any" else self.request.character

    @cached_property
    def key(self) -> Key:
        """The request's, or what it sounds like."""
        return estimate_key(self.score) if self.request.key == "any" else Key.parse(self.request.key)

    @property
    def title(self) -> str:
        """Menuetto in G major."""
        return f"{self.character} in {self.key}"

    @property
    def tempo(self) -> float:
        """Quarters a minute."""
        return self.score.tempi[0].quarters_per_minute

    def midi(self) -> bytes:
        """The file."""
        from mozart.rendering.midi import midi_bytes

        return midi_bytes(self.score)

    def musicxml(self) -> str:
        """Two staves."""
        from mozart.rendering.musicxml import musicxml

        return musicxml(self.score, self.character)

    def sheet_music(self, narrow: bool = False) -> list[str]:
        """By verovio."""
        from mozart.rendering.verovio import engrave

        return engrave(self.musicxml(), narrow)

    def pdf(self) -> bytes:
        """In A4."""
        from mozart.rendering.pdf import pdf_bytes
        from mozart.rendering.verovio import engrave_for_paper

        return pdf_bytes(engrave_for_paper(self.musicxml()), self.title)

    def audio(self) -> NDArray[np.int16]:
        """A sine for every note."""
        return sines(self.score)

    def originality(self) -> Copies:
        """The first five notes that were composed."""
        return Copies(Run(0, 5))

    def originality_sentence(self) -> str:
        """In words."""
        return "Its longest run that stands in a sonata has 5 notes: K. 1, movement 1."

    def changed(self, **changes: Any) -> "StubComposition":
        """The same but for `changes`."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """What a program is told."""
        return {
            "title": self.title,
            "request": self.request.settings(),
            "seed": self.seed,
            "notes": [list(note) for note in self.score.notes],
            "remarks": list(self.remarks),
        }

    def again(self, bars: tuple[int, int], seed: int) -> "StubComposition":
        """These bars with another seed."""
        more = f"{self.request.again},{bars[0]}-{bars[1]}@{seed}".strip(",")
        return self.composer.compose(self.request.changed(again=more))

    def longer(self) -> "StubComposition":
        """Twice as many bars."""
        return self.composer.compose(self.request.changed(length=f"{2 * len(self.score.bars)}bars"))

    def with_offsets(self, offsets: str) -> "StubComposition":
        """The same notes, one after the other."""
        step = round(TICKS * (0.5 if offsets == "0.5" else 0.25))
        notes = [Note(i * step, n.voice, n.pitch, step, n.velocity) for i, n in enumerate(self.score.notes)]
        return replace(self, score=self.score.replace(notes=notes), request=self.request.changed(offsets=offsets))


@dataclass(eq=False)
class StubComposer:
    """Composes at once.

    Attributes
    ----------
    hold
        While it is not set, composing goes no further than the first bar.
    hold_at
        That is how many bars it comes to.
    begun
        Set when a piece is begun.
    composed
        The requests so far.
    """

    name: str = "stub"
    identity: str = "0123456789abcdef"
    revision: str | None = None
    date: str | None = "2026-11-25"
    metrics: dict[str, Any] = field(default_factory=dict)
    hold: threading.Event = field(default_factory=threading.Event)
    hold_at: int = 1
    begun: threading.Event = field(default_factory=threading.Event)
    composed: list[Request] = field(default_factory=list)
    characters: tuple[str, ...] = ("Allegro", "Andante", "Menuetto")
    movements: tuple[tuple[str, str], ...] = (
        ("K. 1, first movement: Allegro, C major, 4/4", "K. 1, movement 1"),
        ("K. 2, second movement: Andante, F major, 2/4", "K. 2, movement 2"),
    )

    def __post_init__(self) -> None:
        self.hold.set()

    def bar_seconds(self, request: Request) -> tuple[float, float]:
        """From 1.5 to 2.5 for any character."""
        return (2.0, 2.0) if request.tempo else (1.5, 2.5)

    def compose(
        self,
        request: Request,
        on_progress: Callable[[int, int], bool] = lambda _d, _t: True,
        on_beginning: Callable[[StubComposition], object] | None = None,
    ) -> StubComposition:
        """A piece of scales and broken chords; as far as `on_progress` lets it."""
        request = request if request.seed is not None else request.changed(seed=int(np.random.default_rng().integers(MAX_SEED)))
        self.composed.append(request)
        self.begun.set()
        quantity, unit = request.measure
        total = int(quantity if unit == "bars" else max(1, quantity // 8))
        metre = Metre(0, *_METRES.get(request.character, (4, 4)))
        tonic = 0 if request.key == "any" else Key.parse(request.key).tonic
        seeds = {bar: seed for first, last, seed in request.bars_again for bar in range(first - 1, last)}
        notes: list[Note] = []
        done = 0
        while done < total:
            if not on_progress(done, total):
                break
            if done < self.hold_at or self.hold.is_set():
                notes += _bar(metre, done, tonic, seeds.get(done, request.seed or 0), done == total - 1)
                done += 1
                if done == BEGINNING < total and on_beginning is not None and request.opening == "none":
                    on_beginning(self._finish(request, notes, metre))
            else:
                self.hold.wait(0.01)
        return self._finish(request, notes, metre)

    def _finish(self, request: Request, notes: list[Note], metre: Metre) -> StubComposition:
        opening = self._opening(request)
        tempo = request.tempo or _TEMPI.get(request.character, 120.0)
        score = Score(notes, [metre], [(0, tempo)])
        before = 0
        if opening is not None and request.include_opening:
            score, before = Score.concatenate([opening.score, score]), len(opening.score)
        return StubComposition(score, request, self, opening, before)

    def _opening(self, request: Request) -> Opening | None:
        if request.opening == "none":
            return None
        name = self.movements[(request.seed or 0) % 2][1] if request.opening == "random" else request.opening
        start, onwards = (
            Score([note for bar in range(count) for note in _bar(Metre(0, 4, 4), bar, 0, seed, False)])
            for count, seed in ((2, 91), (4, 92))
        )
        return Opening(name, start, None if request.has_own_opening else onwards)


def _bar(metre: Metre, bar: int, tonic: int, seed: int, last: bool) -> list[Note]:
    generator = np.random.default_rng([seed, bar])
    start = bar * metre.bar
    if last:
        return [Note(start, 0, 72 + tonic % 12, metre.bar, 80), Note(start, 2, 48 + tonic % 12, metre.bar, 70)]
    count = metre.bar * 2 // TICKS
    degrees = np.cumsum(generator.integers(-2, 3, count)) + 4
    right = [
        Note(start + i * TICKS // 2, 0, 60 + tonic % 12 + 12 * int(d // 7) + _SCALE[int(d) % 7], TICKS // 2, 80)
        for i, d in enumerate(np.clip(degrees, 0, 13))
    ]
    root = int(generator.integers(0, 5))
    left = [
        Note(start + i * TICKS, 2, 48 + tonic % 12 + _SCALE[(root + 2 * (i % 3)) % 7], TICKS, 64) for i in range(metre.bar // TICKS)
    ]
    return [*right, *left]
