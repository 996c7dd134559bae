"""How long notes are held, on their own and compared with the hand's next notes."""

import numpy as np

from mozart.measuring.passage import Passage, share
from mozart.notes import TICKS

_LEGATO = (0.9, 1.1)

DURATIONS = {
    "mean": "how long a note is held; quarters",
    "short": "notes of a sixteenth or less; share",
    "long": "notes of a quarter and more; share",
    "right legato": "right hand's notes that end where its next ones begin, within a tenth; share",
    "left legato": "left hand's notes that end where its next ones begin, within a tenth; share",
    "right held over": "right hand's notes that it still holds when it strikes the next ones; share",
    "left held over": "left hand's notes that it still holds when it strikes the next ones; share",
    "end together": "of the moments at which a hand strikes several notes, those whose notes are equally long; share",
}


def durations(passage: Passage) -> dict[str, float]:
    """Measure the features of :data:`DURATIONS`."""
    lengths = passage.ends - passage.onsets
    found = {
        "mean": float(lengths.mean() / TICKS),
        "short": share(lengths <= TICKS // 4),
        "long": share(lengths >= TICKS),
    }
    equal: list[bool] = []
    for name, hand in (("right", ~passage.left), ("left", passage.left)):
        onsets, held = passage.onsets[hand], lengths[hand]
        times = np.unique(onsets)
        after = np.searchsorted(times, onsets, side="right")
        followed = after < len(times)
        ratio = held[followed] / (times[after[followed]] - onsets[followed])
        found[f"{name} legato"] = share((ratio > _LEGATO[0]) & (ratio < _LEGATO[1]))
        found[f"{name} held over"] = share(ratio >= _LEGATO[1])
        equal += _end_together(onsets, held, times)
    return found | {"end together": share(equal)}


def _end_together(onsets: np.ndarray, held: np.ndarray, times: np.ndarray) -> list[bool]:
    """Tell for each moment at which several notes begin whether all are equally long."""
    where = np.searchsorted(times, onsets)
    longest, shortest = np.zeros(len(times), dtype=np.int64), np.full(len(times), np.iinfo(np.int64).max)
    np.maximum.at(longest, where, held)
    np.minimum.at(shortest, where, held)
    several = np.bincount(where, minlength=len(times)) > 1
    equal: list[bool] = (longest == shortest)[several].tolist()
    return equal
