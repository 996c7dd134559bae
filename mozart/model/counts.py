"""Counts of which notes follow which: the baselines that the network is compared with, and a memory of the piece itself.

A note is a symbol of three parts: its IOI, its voice and its interval from an earlier note, so that counts are the same in any
key. Each part is predicted from the last symbols and from the note's parts that are already known.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mozart.model.rows import Rows
from mozart.model.vocabulary import KEYS
from mozart.notes import VOICES

Nats = NDArray[np.float64]
Symbol = tuple[int, int, int]

PARTS = 3  # IOI, voice, pitch
_INTERVALS = 2 * KEYS - 1  # from any key to any other
ORDERS = 2  # earlier symbols that a baseline looks at; with more it predicts the validation works worse
MEMORY_ORDERS = (4, 6, 8, 12)  # earlier symbols that a memory compares
_SHARES = np.linspace(0, 0.98, 50)
_SURE = 3  # contexts seen this often or more are treated alike


class Seen(NamedTuple):
    """How often a part had its present value, and how often its context occurred, for each order, shape (N, parts, orders)."""

    right: NDArray[np.int64]
    total: NDArray[np.int64]


def symbols_of(rows: Rows, *, in_voice: bool) -> list[Symbol]:
    """Make symbols of a movement's notes; the last one is its end, of which only the IOI counts.

    Intervals are from the previous note, which predicts exact returns better, or from the previous note of the voice, which
    predicts other music better.
    """
    *notes, end = rows.tensors["target"][:, :PARTS].tolist()
    latest: dict[int, int] = {}  # each voice's pitch
    symbols = []
    for ioi, voice, pitch in notes:
        line = voice if in_voice else 0
        symbols.append((ioi, voice, pitch - latest.get(line, pitch)))
        latest[line] = pitch
    return [*symbols, (end[0], 0, 0)]


def baseline_nats(training: Sequence[Rows], held_out: Sequence[Rows], iois: int, *, rhythm_alone: bool = False) -> Nats:
    """Predict music from counts of the training music; return nats for IOI, voice and pitch of each note, shape (N, 3).

    Orders are interpolated by Witten and Bell's method (The zero-frequency problem, 1991).

    Parameters
    ----------
    training
        The movements to count.
    held_out
        The movements to predict.
    iois
        The number of values of an IOI.
    rhythm_alone
        Predict IOIs from IOIs only, and voices and pitches from voices and pitches only.
    """
    contexts = _contexts_apart if rhythm_alone else _contexts_together
    counts: list[defaultdict[Hashable, Counter[int]]] = [defaultdict(Counter) for _ in range(PARTS)]
    for row in training:
        for part, found, value in _walk(symbols_of(row, in_voice=True), contexts, range(ORDERS + 1)):
            for context in found:
                counts[part][context][value] += 1
    sizes = (iois, VOICES, _INTERVALS)
    nats: list[list[float]] = []
    for row in held_out:
        symbols = symbols_of(row, in_voice=True)
        movement = np.zeros((len(symbols), PARTS))
        for index, (part, found, value) in enumerate(_walk(symbols, contexts, range(ORDERS + 1))):
            chance = 1 / sizes[part]
            for context in found:
                seen = counts[part].get(context)
                if seen:
                    total, kinds = seen.total(), len(seen)
                    chance = (seen[value] + kinds * chance) / (total + kinds)
            movement[index // PARTS, part] = -np.log(chance)
        movement[-1, 1:] = 0
        nats += movement.tolist()
    return np.array(nats)


def remember(rows: Rows) -> Seen:
    """Count what the piece so far tells about each part of each note, for each of `MEMORY_ORDERS`."""
    symbols = symbols_of(rows, in_voice=False)
    shape = (len(symbols), PARTS, len(MEMORY_ORDERS))
    seen = Seen(np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    counts: list[defaultdict[Hashable, Counter[int]]] = [defaultdict(Counter) for _ in range(PARTS)]
    for index, (part, found, value) in enumerate(_walk(symbols, _contexts_together, MEMORY_ORDERS)):
        for order, context in enumerate(found):
            before = counts[part][context]
            seen.right[index // PARTS, part, order] = before[value]
            seen.total[index // PARTS, part, order] = before.total()
            before[value] += 1
    return seen


def mix(nats: Nats, seen: Seen, shares: NDArray[np.float64]) -> Nats:
    """Mix predictions, in nats, with the counts of the piece itself: by `shares` of `fit_shares`, from short to long contexts.

    The method is the continuous mixture of a cache (Grave, Joulin and Usunier, Improving neural language models with a
    continuous cache, 2016), on symbols.
    """
    chance = np.exp(-nats[:, :PARTS])
    for order in range(len(MEMORY_ORDERS)):
        chance = _mix_one(chance, seen, shares, order)
    return -np.log(np.maximum(chance, 1e-300))


def fit_shares(nats: Nats, seen: Seen) -> NDArray[np.float64]:
    """Find the shares that predict music best, by part, order and count of the context, shape (parts, orders, 3)."""
    shares = np.zeros((PARTS, len(MEMORY_ORDERS), _SURE))
    chance = np.exp(-nats[:, :PARTS])
    for order in range(len(MEMORY_ORDERS)):
        for part in range(PARTS):
            total = seen.total[:, part, order]
            for often in range(_SURE):
                here = (total > 0) & (np.minimum(total, _SURE) == often + 1)
                if here.any():
                    told = seen.right[here, part, order] / total[here]
                    logs = np.log(np.maximum((1 - _SHARES[:, None]) * chance[here, part] + _SHARES[:, None] * told, 1e-300)).sum(1)
                    shares[part, order, often] = _SHARES[logs.argmax()]
        chance = _mix_one(chance, seen, shares, order)
    return shares


def join(seen: Sequence[Seen]) -> Seen:
    """Concatenate movements."""
    return Seen(np.concatenate([part.right for part in seen]), np.concatenate([part.total for part in seen]))


def _mix_one(chance: Nats, seen: Seen, shares: NDArray[np.float64], order: int) -> Nats:
    total = seen.total[:, :, order]
    often = np.minimum(total, _SURE) - 1
    share = np.where(total > 0, shares[np.arange(PARTS), order, often], 0)
    mixed: Nats = (1 - share) * chance + share * seen.right[:, :, order] / np.maximum(total, 1)
    return mixed


Contexts = Callable[[Sequence[Symbol], int, int, int], Hashable]


def _walk(symbols: Sequence[Symbol], contexts: Contexts, orders: Sequence[int]) -> Iterator[tuple[int, list[Hashable], int]]:
    """Yield each part of each note: its index, its contexts from the shortest, and its value."""
    for index, symbol in enumerate(symbols):
        for part in range(PARTS):
            yield part, [contexts(symbols, index, part, order) for order in orders if order <= index], symbol[part]


def _contexts_together(symbols: Sequence[Symbol], index: int, part: int, order: int) -> Hashable:
    return order, tuple(symbols[index - order : index]), symbols[index][:part]


def _contexts_apart(symbols: Sequence[Symbol], index: int, part: int, order: int) -> Hashable:
    before = symbols[index - order : index]
    if part == 0:
        return order, tuple(symbol[0] for symbol in before)
    return order, tuple(symbol[1:] for symbol in before), symbols[index][1:part]
