"""The report on composed pieces: all measurements as plain values for metrics.json, and as tables for the card."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mozart.errors import MozartError
from mozart.measuring.classifiers import tell_apart
from mozart.measuring.compare import TOGETHER, Sample, distances, floors, giveaways, variety
from mozart.measuring.copies import LINES, SHARES, Copies, CopyIndex
from mozart.measuring.ends import BEGINNINGS, ENDS, ends
from mozart.measuring.features import FAMILIES
from mozart.measuring.loops import find_loop
from mozart.measuring.passage import cut_passages
from mozart.notes import Score

# Fewer bars than this have no form to measure.
LEAST_BARS = 8
_LONG = 12
# Makes a table's cell from the measurements of one side.
Cell = Callable[[Mapping[str, Any]], str]


def measure(
    pieces: Sequence[Score],
    training: Sequence[Score],
    held_out: Sequence[Score],
    *,
    index: CopyIndex | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare pieces with Mozart, and measure his held-out works in the same way beside them.

    Parameters
    ----------
    pieces
        Composed pieces of about one length, without an opening of Mozart's; take twenty or more for useful numbers.
    training
        The works trained on, three or more, with which pieces and held-out works are compared.
    held_out
        Works that were not trained on, two or more.
    index
        The index of the training works, to find copies; made if it is not given.
    seed
        The seed of the classifier test.

    Returns
    -------
    dict
        Plain values. ``pieces`` and ``mozart`` hold the same: ``passages``, ``distance`` and ``variety`` (by family and
        ``together``), ``auc``, ``ends`` (shares; for Mozart of all his movements), ``copies`` by line, and ``loops``.
        ``bars`` is the length of the passages, ``floor`` the range of the distances of as many works drawn from all of his,
        and ``giveaways`` the features that tell the pieces from his works.

    Raises
    ------
    MozartError
        When there are too few pieces or works, or they are too short; or when scikit-learn is missing.
    """
    if len(pieces) < 2 or len(training) < 3 or len(held_out) < 2:
        raise MozartError("Measuring takes at least two pieces, three works trained on and two works held out.")
    bars = int(np.median([len(piece.bars) for piece in pieces]))
    if bars < LEAST_BARS:
        raise MozartError(f"Most pieces have {bars} bars: compose at least {LEAST_BARS}, or there is no form to measure.")
    index = index or CopyIndex.of(training)
    mozart, real = Sample.of_works(training, bars), Sample.of_works(held_out, bars)
    composed = Sample.of_pieces(pieces, bars)
    movements = [work.movement(number) for work in (*training, *held_out) for number in range(len(work.movements))]
    passages = [passage for work in held_out for passage in cut_passages(work, bars)]
    low, high = floors(mozart + real, len(held_out), seed)
    return {
        "bars": bars,
        "pieces": _compare(composed, mozart, seed) | _describe(pieces, pieces, index),
        "mozart": _compare(real, mozart, seed) | _describe(passages, movements, index),
        "floor": {"low": low, "high": high},
        "giveaways": giveaways(composed, mozart),
    }


def _compare(sample: Sample, mozart: Sample, seed: int) -> dict[str, Any]:
    return {
        "passages": len(sample),
        "distance": distances(sample, mozart),
        "variety": variety(sample, mozart),
        "auc": tell_apart(sample, mozart, seed),
    }


def _describe(passages: Sequence[Score], whole: Sequence[Score], index: CopyIndex) -> dict[str, Any]:
    """Measure copies and loops in passages, and the beginnings and ends of whole pieces or movements."""
    closing = [ends(piece) for piece in whole if len(piece)]
    return {
        "ends": {name: float(np.mean([each[name] for each in closing])) for name in ENDS},
        "copies": {line: _summarize([index.look_up(passage, line) for passage in passages]) for line in LINES},
        "loops": sum(find_loop(passage) is not None for passage in passages),
    }


def _summarize(copies: Sequence[Copies]) -> dict[str, Any]:
    lengths = [each.length for each in copies]
    longest = max(copies, key=lambda each: each.length)
    return {
        "median": float(np.median(lengths)),
        "max": max(lengths),
        "longest": longest.to_json()["longest"],
        "shares": {str(n): float(np.mean([each.shares[n] for each in copies])) for n in SHARES},
    }


def markdown(measured: Mapping[str, Any]) -> str:
    """Write the result of :func:`measure` as two Markdown tables: pieces beside held-out works, and what tells them apart."""
    low, high = (measured["floor"][end] for end in ("low", "high"))
    note = (
        f"All passages have {measured['bars']} bars. Distance: the mean of |d| from the works trained on, in Mozart's standard "
        f"deviations; as many works of his, drawn at random, lie from {low:.2f} to {high:.2f} from the others. AUC: how often a "
        "classifier tells which of two passages is Mozart's, on works and pieces that it has not seen; 0.5 is guessing. Ends: "
        "the composed pieces, and all movements of Mozart's."
    )
    return "\n".join([summary(measured, [name for name, _ in _ROWS]), "", note, "", *_giveaways(measured["giveaways"])])


def summary(measured: Mapping[str, Any], names: Sequence[str] = ()) -> str:
    """Write the named rows of the first table, or a few important ones, for a page that has no room for all."""
    rows = ["| | Composed | Mozart, held out |", "|---|---:|---:|"]
    for name, cell in _ROWS:
        if name in (names or _SUMMARY):
            rows.append(f"| {name} | {cell(measured['pieces'])} | {cell(measured['mozart'])} |")
    return "\n".join(rows)


def _giveaways(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write a table of the features that tell the pieces from Mozart best."""
    rows = ["| What tells them apart | Mozart | Composed | d |", "|---|---:|---:|---:|"]
    for row in found:
        name = f"{row['feature']}: {row['meaning']}"
        rows.append(f"| {name} | {row['mozart']:.3g} | {row['pieces']:.3g} | {row['d']:+.2f} |")
    return rows


def _number(part: str, name: str, form: str) -> Cell:
    return lambda side: form.format(side[part][name])


def _interval(name: str) -> Cell:
    return lambda side: "{auc:.2f} [{low:.2f}, {high:.2f}]".format(**side["auc"][name])


def _run(line: str) -> Cell:
    return lambda side: "{median:g}, at most {max}".format(**side["copies"][line])


def _shared(line: str) -> Cell:
    return lambda side: f"{side['copies'][line]['shares'][str(_LONG)]:.2%}"


_LINES = {"melody": "melody", "notes": "all notes"}
_ROWS: list[tuple[str, Cell]] = [
    ("Passages", lambda side: str(side["passages"])),
    ("**Distance, all families**", _number("distance", TOGETHER, "**{:.2f}**")),
    *((f"Distance, {family}", _number("distance", family, "{:.2f}")) for family in FAMILIES),
    ("Variety: 1 is as much as Mozart's", _number("variety", TOGETHER, "{:.2f}")),
    *((f"AUC, {name}", _interval(name)) for name in ("boosting", "regression")),
    *((f"Ends: {name}" if name not in BEGINNINGS else name.capitalize(), _number("ends", name, "{:.0%}")) for name in ENDS),
    *((f"Longest run shared with the works trained on, {_LINES[line]}: median", _run(line)) for line in LINES),
    *((f"Runs of {_LONG} shared with them, {_LINES[line]}", _shared(line)) for line in LINES),
    ("Loops", lambda side: str(side["loops"])),
]
_SUMMARY = (
    "**Distance, all families**",
    "AUC, boosting",
    "Ends: closes",
    f"Longest run shared with the works trained on, {_LINES['notes']}: median",
    "Loops",
)
