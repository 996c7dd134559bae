"""The network one note at a time, in numpy: what torch computes, in a fraction of its time.

One note's arithmetic is little, and torch spends more on calling each operation than on doing it. Here layers that can be
joined are joined once: the embedding with the first LSTM layer's input weights, BatchNorm with the Linear layers.
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController
from torch import nn

from mozart.model import INTERVALS, NOTHING, OCTAVES, PITCHES, REACH, WIDEST, MusicLSTM

Floats = NDArray[np.float32]

# Where the embedding's rows for each of the six distances begin, and those for octaves and shapes.
_FIRST_ROWS = np.arange(REACH) * (INTERVALS + 1)
_AFTER_INTERVALS = REACH * (INTERVALS + 1)
_erf = np.frompyfunc(math.erf, 1, 1)


class Stepper:
    """A network's weights, ready to be used step by step; any number of pieces may be read at once.

    Parameters
    ----------
    model
        In ``eval()`` mode, on the CPU. Its weights are copied.
    """

    def __init__(self, model: MusicLSTM) -> None:
        self.relative = model.relative
        self.n_layers, self.hidden_size = model.config.num_layers, model.config.hidden_size
        weights = {name: tensor.double().numpy() for name, tensor in model.lstm.state_dict().items()}
        # A sigmoid is a tanh of half its input: with the three gates halved here, one tanh serves all four.
        half = np.repeat([0.5, 0.5, 1.0, 0.5], self.hidden_size)
        self.layers: list[tuple[Floats, Floats]] = []
        for layer in range(self.n_layers):
            from_input, from_hidden = weights[f"weight_ih_l{layer}"].T * half, weights[f"weight_hh_l{layer}"].T * half
            bias = (weights[f"bias_ih_l{layer}"] + weights[f"bias_hh_l{layer}"]) * half
            if layer == 0:
                self.embedded = _single(model.embedding.weight.detach().double().numpy() @ from_input)
                self.layers.append((_single(from_hidden), _single(bias)))
            else:
                self.layers.append((_single(np.concatenate([from_input, from_hidden])), _single(bias)))
        self.head = _join(model.head)
        if self.relative:
            self.lowest, self.shapes = model.lowest.numpy().copy(), model.shapes.numpy().copy()
            self.bias = model.bias.detach().numpy().copy()
            # For each pitch that was heard, where the intervals from it to all pitches stand in the head's scores.
            pitches = np.arange(PITCHES)
            self.intervals = np.clip(pitches[None, :] - pitches[:, None], -WIDEST, WIDEST) + WIDEST

    def read(self) -> "Reading":
        """A reading that has heard nothing yet."""
        return Reading(self)


class Reading:
    """What the network has heard of one piece: the state that is carried from note to note."""

    def __init__(self, stepper: Stepper) -> None:
        self._stepper = stepper
        self._outputs = [np.zeros(stepper.hidden_size, dtype=np.float32) for _ in range(stepper.n_layers)]
        self._cells = [output.copy() for output in self._outputs]
        self._recent = np.full(REACH, NOTHING)  # the last six lowest pitches, the latest last

    def hear(self, number: int) -> None:
        """Take in the next id."""
        s, size = self._stepper, self._stepper.hidden_size
        from_input = s.embedded[self._features(number)].sum(0) if s.relative else s.embedded[number]
        for layer, (weight, bias) in enumerate(s.layers):
            before = self._outputs[layer]
            if layer == 0:
                gates = np.tanh(from_input + before @ weight + bias)
            else:
                gates = np.tanh(np.concatenate([self._outputs[layer - 1], before]) @ weight + bias)
            opened = 0.5 * gates + 0.5  # input, forget, (not used), output: torch's order
            cell = opened[size : 2 * size] * self._cells[layer] + opened[:size] * gates[2 * size : 3 * size]
            self._cells[layer] = cell
            self._outputs[layer] = opened[3 * size :] * np.tanh(cell)
        if s.relative:
            self._recent[:-1] = self._recent[1:]
            self._recent[-1] = s.lowest[number]

    def predict(self) -> NDArray[np.float64]:
        """The log-probability of every id as the next one, shape (V,). At least one id must have been heard."""
        s = self._stepper
        values = self._outputs[-1]
        for number, (weight, bias) in enumerate(s.head):
            if number:  # what stands between two joined layers is a GELU
                values = _gelu(values)
            values = values @ weight + bias
        logits = (self._by_interval(values) if s.relative else values).astype(np.float64)
        logits -= logits.max()
        log_probabilities: NDArray[np.float64] = logits - np.log(np.exp(logits).sum())
        return log_probabilities

    def _features(self, number: int) -> NDArray[np.int64]:
        """The relative embedding's rows of an id: its intervals from the last six, its octave and its shape."""
        lowest, shape = self._stepper.lowest[number], self._stepper.shapes[number]
        earlier = self._recent[::-1]
        intervals = np.where(earlier == NOTHING, INTERVALS, np.clip(lowest - earlier, -WIDEST, WIDEST) + WIDEST)
        return np.concatenate([intervals + _FIRST_ROWS, [lowest // 12 + _AFTER_INTERVALS, shape + _AFTER_INTERVALS + OCTAVES]])

    def _by_interval(self, scores: Floats) -> Floats:
        """The ids' scores (V,) from those of intervals, octaves and shapes."""
        s = self._stepper
        heard = np.flatnonzero(self._recent != NOTHING)
        places = s.intervals[self._recent[heard]] + heard[:, None] * INTERVALS
        by_pitch = scores[places].sum(0) + scores[REACH * INTERVALS :][:OCTAVES].repeat(12)[:PITCHES]
        by_id: Floats = by_pitch[s.lowest] + scores[REACH * INTERVALS + OCTAVES :][s.shapes] + s.bias
        return by_id


@contextmanager
def one_thread() -> Iterator[None]:
    """While it is open, numpy multiplies on one thread: for one note, two wait longer for each other than they work.

    It may be open several times at once; the last one that is closed gives numpy its threads back.
    """
    with _users.lock:
        if not _users.count:
            _users.limiter = _thread_pools().limit(limits=1, user_api="blas")
        _users.count += 1
    try:
        yield
    finally:
        with _users.lock:
            _users.count -= 1
            if not _users.count:
                _users.limiter.restore_original_limits()


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


class _Users:
    """Who has numpy on one thread just now."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.limiter: Any = None


_users = _Users()


def _gelu(values: Floats) -> Floats:
    # Not torch's: where its threads and numpy's take turns, each waits milliseconds for the other to fall asleep.
    halved: Floats = 0.5 * values * (1 + _erf(values * np.float32(2**-0.5)).astype(np.float32))
    return halved


def _join(head: nn.Sequential) -> list[tuple[Floats, Floats]]:
    """The head as matrices (in, out) and biases (out,), with a GELU between two of them."""
    joined: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    begins = True
    for module in head:
        if isinstance(module, nn.GELU):
            begins = True
        elif isinstance(module, nn.Linear | nn.BatchNorm1d):
            weight, bias = _as_linear(module)
            if not begins:
                before, shift = joined.pop()
                weight, bias = before @ weight, shift @ weight + bias
            joined.append((weight, bias))
            begins = False
        elif not isinstance(module, nn.Dropout | nn.LogSoftmax):  # which change nothing here
            raise TypeError(f"a head with {type(module).__name__} cannot be joined")
    return [(_single(weight), _single(bias)) for weight, bias in joined]


def _as_linear(module: nn.Linear | nn.BatchNorm1d) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    state = {name: tensor.double().numpy() for name, tensor in module.state_dict().items()}
    if isinstance(module, nn.Linear):
        return state["weight"].T, state["bias"]
    scale = state["weight"] / np.sqrt(state["running_var"] + module.eps)
    return np.diag(scale), state["bias"] - state["running_mean"] * scale


def _single(values: NDArray[np.float64]) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float32)
