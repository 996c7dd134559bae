"""Assemble a finished checkpoint: the network, and from the works plans, excerpts, habits, offsets and the index of copies."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from mozart.checkpoint.checkpoint import MAX_PLANS, Checkpoint, Template
from mozart.checkpoint.excerpts import choose_excerpts
from mozart.corpus.catalogue import find_movement
from mozart.corpus.readings import Works
from mozart.errors import MozartError
from mozart.measuring.copies import CopyIndex
from mozart.model.analysis import MIN_BARS, plans_of
from mozart.model.habits import Habits
from mozart.model.network import NotesNetwork
from mozart.model.offsets import count_offsets
from mozart.notes import Score

MAX_INDEXED = 500_000  # notes, whose index of copies takes 3 MB
_DEFAULT_TEMPO = 120.0


def assemble(
    network: NotesNetwork,
    training: Sequence[Score],
    held_out: Sequence[Score],
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> Checkpoint:
    """Assemble the checkpoint of a trained network.

    Parameters
    ----------
    network
        The trained network.
    training, held_out
        The whole works that it was trained on, and those that it was not. Plans and the index of copies come from a part of
        very many works, spread evenly over all.
    metrics
        The content of ``metrics.json``.
    provenance
        How the checkpoint was made.

    Raises
    ------
    MozartError
        When no movement has a plan that pieces could inherit.
    """
    few = training[:: -(-len(training) // MAX_PLANS)]
    templates = list(make_templates(tqdm(few, desc="Finding plans", unit="work", delay=1)))
    if not templates:
        raise MozartError(f"No movement to train on has {MIN_BARS} bars in one metre: give longer music.")
    return Checkpoint(
        network=network,
        templates=templates[:: -(-len(templates) // MAX_PLANS)],
        excerpts=choose_excerpts(held_out),
        habits=Habits.of(training),
        offsets=count_offsets(training),
        index=CopyIndex.of(training[:: -(-sum(_sizes(training)) // MAX_INDEXED)]),
        metrics=metrics,
        provenance=provenance,
    )


def make_templates(works: Sequence[Score]) -> Iterable[Template]:
    """Yield what pieces can inherit from the movements of works."""
    for work in works:
        for index in range(len(work.movements)):
            movement = work.movement(index)
            known = find_movement(work.title, index + 1)
            tempo = float(known.tempo) if known else _typical_tempo(movement)
            density = len(movement) / max(len(movement.bars), 1)
            plans = plans_of(movement, f"{work.title}, movement {index + 1}")
            if known and known.metre not in {f"{plan.beats}/{plan.unit}" for plan in plans}:
                continue  # the file's bar lines are wrong: K. 331's Alla turca is in 3/4 there
            for plan in plans:
                yield Template(plan, known.character if known else "", tempo, round(density, 3))


def _sizes(works: Sequence[Score]) -> list[int]:
    return works.sizes if isinstance(works, Works) else [*map(len, works)]


def _typical_tempo(movement: Score) -> float:
    tempi = [tempo.quarters_per_minute for tempo in movement.tempi]
    return round(float(np.median(tempi)), 3) if tempi else _DEFAULT_TEMPO
