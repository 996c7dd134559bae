"""How like Mozart a checkpoint composes: pieces in three ways, set beside real music and against what they copy.

The real music is every work that the checkpoint was not tested on: settings that are chosen by these numbers have not been
chosen by the test works.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mozart import measures
from mozart.composer import Composer, Composition
from mozart.errors import MozartError
from mozart.measures import Passage
from mozart.originality import SHARES, find_loop
from mozart.request import Request
from mozart.score import Work

DEFAULT, GREEDY, LAB = "default", "greedy", "lab"
# Not 0, which is no temperature; so cold that only the most probable id is ever drawn.
_COLDEST = 1e-6
# The lab's way takes fifty times as long.
_LAB_SHARE = 10
# Two halves of at least two.
_LEAST_REAL = 4


def measure_pieces(
    composer: Composer, works: Sequence[Work], pieces: int, length: int, on_piece: Callable[[str], object] = lambda _: None
) -> dict[str, Any]:
    """What ``metrics.json`` says of the checkpoint's pieces, as ``measures``.

    Parameters
    ----------
    works
        The corpus.
    pieces, length
        How many pieces in each way, of how many events; the lab's way a tenth of them. Their openings do not count.
    on_piece
        Called after every piece with its way.

    Returns
    -------
    dict
        ``pieces``, ``length``, ``settings``; ``table`` as :func:`mozart.measures.table` makes it, ``loops`` (pieces with
        one) and ``originality`` by way.

    Raises
    ------
    MozartError
        When the corpus has fewer than four real passages of this length.
    """
    tested = composer.checkpoint.metrics.get("test_works", ())
    real = measures.real_passages([work for work in works if work.title not in tested], length)
    if len(real) < _LEAST_REAL:
        raise MozartError(f"The music has {len(real)} passages of {length} notes to compare with: choose a smaller --length.")
    composed: dict[str, list[Composition]] = {}
    for way, settings, count in _ways(pieces):
        composed[way] = []
        for seed in range(count):
            composed[way].append(composer.compose(Request(length=length, seed=seed, include_opening=False, **settings)))
            on_piece(way)
    default = Request()
    return {
        "pieces": {way: len(group) for way, group in composed.items()},
        "length": length,
        "settings": {"temperature": default.temperature, "top_p": default.top_p, "memory": default.memory},
        "table": measures.table({way: [to_passage(piece) for piece in group] for way, group in composed.items()}, real),
        "loops": {way: sum(_loops(piece) for piece in group) for way, group in composed.items()},
        "originality": {way: _mean_originality(group) for way, group in composed.items()},
    }


def count_pieces(pieces: int) -> int:
    """How many pieces :func:`measure_pieces` composes in all."""
    return sum(count for _, _, count in _ways(pieces))


def to_passage(piece: Composition) -> Passage:
    """A piece's new events, in phase with the beat."""
    offsets = np.array(piece.offsets[piece.opening_length :]) + piece.bar_offset
    return Passage(piece.new_tokens, offsets.tolist())


def _ways(pieces: int) -> list[tuple[str, dict[str, Any], int]]:
    return [
        (DEFAULT, {}, pieces),
        (GREEDY, {"temperature": _COLDEST, "top_p": 1.0, "memory": 0.0}, pieces),
        (LAB, {"lab": True, "offsets": "sampled"}, max(pieces // _LAB_SHARE, 2)),
    ]


def _loops(piece: Composition) -> bool:
    return find_loop(piece.composer.checkpoint.vocabulary.encode(piece.new_tokens)) is not None


def _mean_originality(pieces: Sequence[Composition]) -> dict[str, Any]:
    found = [piece.originality() for piece in pieces]
    lengths = [each.longest.length if each.longest else 0 for each in found]
    return {
        "longest": {"median": float(np.median(lengths)), "max": max(lengths)},
        "shares": {str(length): float(np.mean([each.shares[length] for each in found])) for length in SHARES},
    }
