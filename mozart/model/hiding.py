"""Hide from the network what is told of a piece before its notes: its plan, its key, its length.

Training hides them in a share of the sequences. So one network composes with and without a plan, and measurements can be
honest: a plan that was found in the very notes to be predicted gives them away.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from mozart.model.inputs import row_sizes
from mozart.model.vocabulary import Vocabulary

_PLAN = ("chord", "next_chord", "bass", "melody", "tone")
_LINES = ("bass", "melody")
_KEY = ("degree", "octave", "left")
_LAST_BARS = (1, 2)  # how a Place counts the last bar and the one before it

Columns = Mapping[str, Sequence[int]]


class Hidden(NamedTuple):
    """What is hidden from each sequence: three masks of shape (B,).

    Attributes
    ----------
    plan
        Chords, bass and melody.
    key
        The home key and how many bars are left; the plan is then hidden too.
    lines
        Bass and melody outside the last two bars, the only ones in which plans tell them.
    """

    plan: Tensor
    key: Tensor
    lines: Tensor


def hide(batch: Mapping[str, Tensor], vocabulary: Vocabulary, hidden: Hidden) -> dict[str, Tensor]:
    """Copy a batch of rows, each of shape (B, T, …), with 0, which means not told, for all that is hidden."""
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
    """Find the columns, in each stage's row, of the ids that tell the plan, the lines, the key and the bars left."""
    groups = {"plan": _PLAN, "lines": _LINES, "key": _KEY, "left": ("left",)}
    found: dict[str, Columns] = {}
    for name, wanted in groups.items():
        columns = {stage: [i for i, id_ in enumerate(sizes) if id_ in wanted] for stage, sizes in row_sizes(vocabulary).items()}
        found[name] = {stage: places for stage, places in columns.items() if places}
    return found
