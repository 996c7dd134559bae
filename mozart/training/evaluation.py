"""Measure how well the network predicts music that it was not trained on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from mozart.model.counts import baseline_nats, fit_shares, join, mix, remember
from mozart.model.network import PARTS, NotesNetwork
from mozart.model.prediction import predict
from mozart.model.rows import Rows
from mozart.training.data import Batch
from mozart.training.processes import ALONE, Processes

BASELINE_NOTES = 500_000  # of a larger training set, so many notes are counted
TOGETHER = PARTS[:3]  # the parts in the figures for all together: IOI, voice, pitch


def losses(scores: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
    """Compute the mean loss of every part over a batch, in nats a note, without the ends of movements."""
    target, last = batch["target"].long(), scores["ioi"].shape[-1] - 1
    iois = target[..., 0]
    is_note = iois != last
    found = {}
    for column, name in enumerate(PARTS):
        part = scores[name].float()
        wanted = target[..., column]
        loss = F.cross_entropy(part.flatten(0, -2), wanted.flatten(), reduction="none").view_as(wanted)
        found[name] = (loss * is_note).mean()
    return found


def evaluate(network: NotesNetwork, rows: Sequence[Rows], *, hidden: bool, processes: Processes = ALONE) -> dict[str, Any]:
    """Evaluate the network on whole movements, each read from its beginning to its end.

    Parameters
    ----------
    network
        The network.
    rows
        The movements' rows.
    hidden
        Hide plan and key from the network; see :func:`mozart.model.prediction.predict`.
    processes
        The processes that call this together; each predicts its share of the movements.

    Returns
    -------
    dict
        ``nats_a_note`` and ``nats_a_quarter`` by part, the latter also ``together`` for IOI, voice and pitch;
        ``pitch_accuracy``, the share of pitches that were the most probable ones, given time and voice; ``notes``, ``quarters``.
    """
    predictions = processes.map(lambda index: predict(network, rows[index], hidden=hidden), len(rows))
    figures = _figures(np.concatenate([found.nats for found in predictions]), rows)
    return {**figures, "pitch_accuracy": round(float(np.concatenate([found.right for found in predictions]).mean()), 4)}


def measure(
    network: NotesNetwork, training: Sequence[Rows], validation: Sequence[Rows], test: Sequence[Rows]
) -> dict[str, dict[str, Any]]:
    """Measure a network on works held out, with baselines on the same notes, for ``metrics.json``.

    Returns
    -------
    dict
        ``validation`` and ``test``: the results of :func:`evaluate`, by what the network is told. ``hidden``: the metre and
        nothing else, the honest result. ``told``: also key and plan, which were found in the very notes to be predicted, so do
        not compare it with the others. ``with_memory``: ``hidden`` on the test works, mixed with the memory of the piece so far;
        its weight is fitted on the validation works, which therefore have no such result. ``baselines``: predictions by counts
        of the training works, in any key, and also with rhythm apart from pitches.
    """
    parts = {"validation": validation, "test": test}
    nats = {name: np.concatenate([predict(network, row, hidden=True).nats for row in rows]) for name, rows in parts.items()}
    seen = {name: join([remember(row) for row in rows]) for name, rows in parts.items()}
    shares = fit_shares(nats["validation"], seen["validation"])
    iois = network.vocabulary.n_iois
    return {
        **{
            name: {"hidden": evaluate(network, rows, hidden=True), "told": evaluate(network, rows, hidden=False)}
            for name, rows in parts.items()
        },
        "with_memory": {"test": _figures(mix(nats["test"], seen["test"], shares), test)},
        "baselines": {
            what: {name: _figures(baseline_nats(training, rows, iois, rhythm_alone=apart), rows) for name, rows in parts.items()}
            for what, apart in (("counts in any key", False), ("counts in any key, rhythm apart", True))
        },
    }


def _figures(nats: NDArray[np.float64], rows: Sequence[Rows]) -> dict[str, Any]:
    sums = dict(zip(PARTS, nats.sum(0).tolist(), strict=False))
    notes, quarters = sum(len(row.tensors["target"]) - 1 for row in rows), sum(row.quarters for row in rows)
    together = sum(sums[name] for name in TOGETHER)
    return {
        "nats_a_note": {name: round(total / notes, 4) for name, total in sums.items()},
        "nats_a_quarter": {name: round(total / quarters, 4) for name, total in (*sums.items(), ("together", together))},
        "notes": notes,
        "quarters": round(quarters, 2),
    }
