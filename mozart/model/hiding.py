"""Batches that do not tell what is known of a piece before its notes: its plan, its key, its length.

Training hides them from a part of the sequences, so that one network composes with a plan and without, and so that what it
predicts of unseen music can be measured honestly: a plan that was found in the very notes that are predicted gives them away.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from mozart.model.history import row_sizes
from mozart.model.vocabulary import Vocabulary

_PLAN = ("chord", "next_chord", "bass", "melody", "tone")
_LINES = ("bass", "melody")
_KEY = ("degree", "octave", "left")
_LAST_BARS = (1, 2)  # how a Place counts the last bar and the one before it

Columns = Mapping[str, Sequence[int]]


class Hidden(NamedTuple):
    """What is not told to each sequence: three masks of shape (B,).

    Attributes
    ----------
    plan
        Chords, bass and melody.
    key
        The home key, and how many bars are left; without them there is no plan either.
    lines
        Bass and melody but for the last two bars, where plans have them.
    """

    plan: Tensor
    key: Tensor
    lines: Tensor


def hide(batch: Mapping[str, Tensor], vocabulary: Vocabulary, hidden: Hidden) -> dict[str, Tensor]:
    """The batch, as `rows` makes it, each of shape (B, T, …), without what is hidden: that is 0 then, which stands for not told."""
    plan = hidden.plan | hidden.key
    told = dict(batch)
    places = _places(vocabulary)
    for stage in {stage for columns in places.values() for stage in columns}:
        told[stage] = told[stage].clone()
    for stage, columns in places["lines"].items():
        left = told[stage][..., places["left"][stage][0]]
        last = (left == _LAST_BARS[0]) | (left == _LAST_BARS[1])
        told[stage][..., columns] *= (last | ~hidden.lines[:, None])[..., None]
    for name, mask in (("plan", plan), ("key", hidden.key)):
        for stage, columns in places[name].items():
            told[stage][..., columns] *= ~mask[:, None, None]
    told["roots"] = told["roots"].masked_fill(torch.stack([hidden.key, plan, plan], dim=-1)[:, None], -1)
    return told


@cache
def _places(vocabulary: Vocabulary) -> dict[str, Columns]:
    """Where the ids that tell something stand in the row of each stage that has some."""
    groups = {"plan": _PLAN, "lines": _LINES, "key": _KEY, "left": ("left",)}
    found: dict[str, Columns] = {}
    for name, wanted in groups.items():
        columns = {stage: [i for i, id_ in enumerate(sizes) if id_ in wanted] for stage, sizes in row_sizes(vocabulary).items()}
        found[name] = {stage: places for stage, places in columns.items() if places}
    return found
