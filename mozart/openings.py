"""Excerpts of test music: the openings that pieces start from, and how they really go on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mozart.rhythm import event_steps
from mozart.score import Work
from mozart.windows import WINDOW

CONTINUATION = 100
# The sonatas may not be republished: 64 excerpts of 200 events are a ninth of them, scattered, without velocity and tempo.
MOST = 64


@dataclass(frozen=True)
class Openings:
    """Excerpts of test music, a row each: the first 100 events are an opening, the rest its true continuation.

    Attributes
    ----------
    ids : Tensor of int64, shape (N, L)
    steps : Tensor of float64, shape (N, L), in quarter lengths; step i leads from event i to the one after it
    durations : Tensor of float64, shape (N, L), in quarter lengths
    works : N names, such as ``K. 545``
    movements : N numbers, from 1
    """

    ids: Tensor
    steps: Tensor
    durations: Tensor
    works: list[str]
    movements: list[int]

    def __len__(self) -> int:
        return len(self.ids)


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
        works=[works[place[s][0]].title for s in first],
        movements=[place[s][1] for s in first],
    )
