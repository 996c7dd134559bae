"""What pieces start from: excerpts of test music, or the beginning of a person's own MIDI file."""

import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mozart.corpus.catalogue import find_movement
from mozart.errors import MozartError
from mozart.rhythm import event_steps
from mozart.score import BEGINNING, Event, Work, into_bar, read_beginning
from mozart.vocabulary import Vocabulary, pitches
from mozart.windows import WINDOW

CONTINUATION = 100
# Quarter notes a minute that a piece can have.
TEMPI = (20.0, 400.0)
# The sonatas may not be republished: 64 excerpts of 200 events are a ninth of them, scattered, without velocity and tempo.
MOST = 64
_TEMPO = 120.0


class Excerpt(NamedTuple):
    """Some events: ids, and steps and durations in quarter lengths, as many; step i leads from event i to the one after it."""

    ids: list[int]
    steps: NDArray[np.float64]
    durations: NDArray[np.float64]


@dataclass(frozen=True)
class Opening:
    """100 events, and how they really go on where that is known.

    Attributes
    ----------
    ids : of the opening
    steps, durations : in quarter lengths, shape (100,); step i leads from event i to the one after it
    name : for people: ``K. 545, movement 1``, or a file's name
    time_signature : such as ``3/4``
    bar_offset : how far into its bar the first event starts, in quarter lengths
    tempo : quarter notes a minute
    continuation : how it really goes on, up to 100 events
    """

    ids: list[int]
    steps: NDArray[np.float64]
    durations: NDArray[np.float64]
    name: str
    time_signature: str
    bar_offset: float
    tempo: float
    continuation: "Excerpt"


@dataclass(frozen=True)
class Openings:
    """Excerpts of test music, a row each: the first 100 events are an opening, the rest its true continuation.

    Attributes
    ----------
    ids : Tensor of int64, shape (N, L)
    steps : Tensor of float64, shape (N, L), in quarter lengths; step i leads from event i to the one after it
    durations : Tensor of float64, shape (N, L), in quarter lengths
    bar_offsets : Tensor of float64, shape (N,): how far into its bar each excerpt starts, in quarter lengths
    works : N names, such as ``K. 545``
    movements : N numbers, from 1
    time_signatures : N, such as ``3/4``
    """

    ids: Tensor
    steps: Tensor
    durations: Tensor
    bar_offsets: Tensor
    works: list[str]
    movements: list[int]
    time_signatures: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, number: int) -> Opening:
        movement = find_movement(self.works[number], self.movements[number])
        return Opening(
            ids=self.ids[number, :WINDOW].tolist(),
            steps=self.steps[number, :WINDOW].numpy(),
            durations=self.durations[number, :WINDOW].numpy(),
            name=self.names[number],
            time_signature=self.time_signatures[number],
            bar_offset=float(self.bar_offsets[number]),
            tempo=movement.tempo if movement else _TEMPO,
            continuation=Excerpt(
                self.ids[number, WINDOW:].tolist(), self.steps[number, WINDOW:].numpy(), self.durations[number, WINDOW:].numpy()
            ),
        )

    @property
    def names(self) -> list[str]:
        """Where each excerpt comes from, as people name it in a request: ``K. 545, movement 1``."""
        return [f"{work}, movement {movement}" for work, movement in zip(self.works, self.movements, strict=True)]

    def find(self, name: str) -> list[int]:
        """The excerpts of the movement, or of the work, of this name, however it is spaced.

        Raises MozartError, naming those that there are, when there is none.
        """
        wanted = _plain(name)
        found = [number for number, known in enumerate(self.names) if wanted in (_plain(known), _plain(self.works[number]))]
        if not found:
            known = "; ".join(sorted(set(self.names)))
            raise MozartError(
                f"There is no opening {reprlib.repr(name)}: choose random, a file that ends in .mid, or one of {known}."
            )
        return found


def choose_openings(works: Sequence[Work], ids: Tensor, test_starts: Tensor, seed: int) -> Openings:
    """Choose test windows at random as openings.

    Preferred are windows that lie in one movement together with 100 events more. Where the music has none, any test
    window is taken, without a continuation.

    Parameters
    ----------
    ids : Tensor of int64, shape (N,): the works' tokens as ids, one work after the other
    test_starts : Tensor of int64: where the test windows start in `ids`
    """
    events = [event for work in works for event in work.events]
    steps = np.array([step for work in works for step in [*event_steps(work.events), 0.0]]).clip(min=0)
    place = [(number, event.movement) for number, work in enumerate(works) for event in work.events]
    last = len(events) - 1
    length = WINDOW + CONTINUATION
    starts = [s for s in test_starts.tolist() if s + length - 1 <= last and place[s] == place[s + length - 1]]
    if not starts:
        starts, length = test_starts.tolist(), WINDOW
    generator = np.random.default_rng([seed, len(events)])
    chosen = generator.choice(starts, size=min(MOST, len(starts)), replace=False)
    rows = torch.tensor(np.sort(chosen))[:, None] + torch.arange(length)
    durations = torch.tensor([event.duration for event in events], dtype=torch.float64)
    first = rows[:, 0].tolist()
    return Openings(
        ids=ids[rows],
        steps=torch.tensor(steps)[rows],
        durations=durations[rows],
        bar_offsets=torch.tensor([events[s].bar_offset for s in first], dtype=torch.float64),
        works=[works[place[s][0]].title for s in first],
        movements=[place[s][1] for s in first],
        time_signatures=[events[s].time_signature for s in first],
    )


def read_opening(path: Path, vocabulary: Vocabulary) -> tuple[Opening, int]:
    """The first 100 events of a person's own MIDI file, and how many of their tokens are not in the vocabulary.

    The place of such a token is taken by the nearest one that is there.
    Raises MozartError when the file cannot be read, or has fewer events.
    """
    events, tempo = read_beginning(path)
    if len(events) < WINDOW:
        short = f"holds {len(events)} notes and chords" + f" in its first {BEGINNING:,} notes" * (_count_notes(events) >= BEGINNING)
        raise MozartError(f"{path.name} {short}, and an opening needs {WINDOW}: choose a longer piece, or thinner chords.")
    read = events[: WINDOW + CONTINUATION]
    # One event more, for the last one's step.
    steps = np.array([*event_steps(events[: len(read) + 1]), 0.0][: len(read)]).clip(min=0)
    durations = np.array([event.duration for event in read])
    ids = list(_nearest_ids(read, vocabulary))
    opening = read[:WINDOW]
    # The metre in which it ends is the one to go on in: a file may begin with a bar for its upbeat.
    metre = opening[-1].time_signature
    since = opening[-1].offset - opening[-1].bar_offset
    return Opening(
        ids=ids[:WINDOW],
        steps=steps[:WINDOW],
        durations=durations[:WINDOW],
        # A file's name may hold anything; this one is written into other files.
        name="".join(letter if letter.isprintable() else "?" for letter in path.name),
        time_signature=metre,
        bar_offset=into_bar(opening[0].offset, since, metre),
        # A file may say anything, a piece has the tempi that can be asked for.
        tempo=min(max(tempo, TEMPI[0]), TEMPI[1]),
        continuation=Excerpt(ids[WINDOW:], steps[WINDOW:], durations[WINDOW:]),
    ), sum(event.token not in vocabulary for event in opening)


def _count_notes(events: Sequence[Event]) -> int:
    return sum(len(pitches(event.token)) for event in events)


def _plain(name: str) -> str:
    return "".join(name.casefold().split())


def _nearest_ids(events: Sequence[Event], vocabulary: Vocabulary) -> Iterator[int]:
    """The events' ids; where a token is unknown, that of the token which shares most pitch classes, then most pitches with it."""
    known = [set(pitches(token)) for token in vocabulary.tokens]
    for event in events:
        if event.token in vocabulary:
            yield vocabulary.encode([event.token])[0]
            continue
        wanted = set(pitches(event.token))
        classes = {pitch % 12 for pitch in wanted}
        yield min(
            range(len(known)),
            key=lambda i: (
                len(classes ^ {pitch % 12 for pitch in known[i]}),
                len(wanted ^ known[i]),
                abs(max(wanted) - max(known[i])),
            ),
        )
