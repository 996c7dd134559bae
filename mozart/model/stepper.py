"""The network one note at a time, in numpy: for a single note, a call of torch takes longer than the arithmetic.

`tests/model/test_stepper.py` holds that it predicts the same as :mod:`~mozart.model.network`.
"""

import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mozart.model.history import History
from mozart.model.inputs import FIELDS, INTERVALS, REACH, REFERENCES, TRACES, Ids, PitchInputs, row_sizes
from mozart.model.network import FURTHEST, IMPOSSIBLE, PARTS, PITCH_OUTPUTS, PROFILES, ROOTS, STAGES, NotesNetwork, heights
from mozart.model.setting import Setting
from mozart.model.vocabulary import FIRST_KEY, KEYS, to_units
from mozart.notes import Note
from mozart.notes.keys import CLASSES

Floats = NDArray[np.float32]

PITCHES = 128
_KEYS = np.arange(FIRST_KEY, FIRST_KEY + KEYS)
_CLASSES_OF_KEYS = _KEYS % CLASSES
# For each pitch, where a profile has the interval to each key.
_AWAY = np.clip(_KEYS - np.arange(PITCHES)[:, None], -REACH, REACH) + REACH
_UP = (np.arange(CLASSES) - np.arange(CLASSES)[:, None]) % CLASSES
_PITCH_USES = [slice(end - count, end) for count, end in zip(PITCH_OUTPUTS, np.cumsum(PITCH_OUTPUTS).tolist(), strict=True)]


class Stepper:
    """The weights of a network, arranged for single notes; all pieces share them.

    Parameters
    ----------
    network
        A trained network on the CPU. Its weights are copied.
    """

    def __init__(self, network: NotesNetwork) -> None:
        weights = {name: tensor.detach().float().numpy().copy() for name, tensor in network.state_dict().items()}
        self.vocabulary, self.part = network.vocabulary, network.config.part
        self.layers = [_joined(weights, f"lstm.{layer}.", network.config.state) for layer in range(network.config.layers)]
        sizes = row_sizes(network.vocabulary)
        self._starts = {stage: np.cumsum([0, *columns.values()])[:-1] for stage, columns in sizes.items()}
        self._tables = {"note": weights["note.weight"], **{stage: weights[f"stages.{stage}.weight"] for stage in STAGES}}
        self.read = weights["read.weight"], weights["read.bias"]
        self.heads = [(weights[f"heads.{part}.weight"], weights[f"heads.{part}.bias"]) for part in PARTS]
        self.profiles, self.heights = weights["profiles"], heights()

    def start(self, setting: Setting) -> "Moment":
        """Begin a piece: the moment before its first note."""
        return Moment(self, setting)

    def embed(self, stage: str, row: Ids) -> Floats:
        """Sum the embeddings of a row."""
        summed: Floats = np.add.reduce(self._tables[stage].take(np.add(row, self._starts[stage]), 0))
        return summed


class Moment:
    """A moment in a piece: its notes so far, and what is probable next.

    Each prediction is the natural logarithm of a probability for each value. Ask for them in order, IOI, voice, pitch,
    duration, loudness, and then feed the note.
    """

    def __init__(self, stepper: Stepper, setting: Setting) -> None:
        self._stepper = stepper
        self.history = History(setting)
        size = len(stepper.layers[0][0]) // 4
        self._states = [(np.zeros(size, np.float32), np.zeros(size, np.float32)) for _ in stepper.layers]
        self._read()

    def fork(self) -> Self:
        """Copy the moment, so that both can go on independently."""
        other = copy.copy(self)
        other.history = self.history.fork()
        other._states, other._known = self._states.copy(), self._known.copy()  # the arrays are never changed
        return other

    def feed(self, note: Note) -> None:
        """Take in the next note."""
        self.history.feed(note)
        self._read()

    def iois(self) -> Floats:
        """Predict the next note's IOI; the last value is the end."""
        return self._predict(0, *self.history.next_row())

    def voices(self, time: int) -> Floats:
        """Predict the voice of a note that begins at `time`, in units of the grid."""
        row, copies = self.history.time_row(time)
        scores = self._score(1, row, copies)
        scores[: max(row[1] - 1, 0)] = IMPOSSIBLE  # a score lists voices from the top down
        return _log_softmax(scores)

    def pitches(self, time: int, voice: int) -> Floats:
        """Predict the MIDI pitch, shape (128,), -inf outside a piano; ask after :meth:`voices`."""
        row, inputs = self.history.pitch_inputs(time, voice)
        found = np.full(PITCHES, -np.inf, np.float32)
        found[_KEYS] = _log_softmax(self._score_pitches(self._score(2, row), inputs))
        return found

    def durations(self, time: int, voice: int, pitch: int) -> Floats:
        """Predict the duration; ask after :meth:`pitches`."""
        return self._predict(3, *self.history.duration_row(time, voice, pitch))

    def loudnesses(self, time: int, voice: int) -> Floats:
        """Predict the loudness; ask after :meth:`durations`."""
        return self._predict(4, *self.history.loudness_row(time, voice))

    def log_probability(self, note: Note) -> float:
        """Return the log-probability of a note as the next one: its IOI, voice and pitch together."""
        time = int(to_units(note.onset))
        ioi = self._stepper.vocabulary.ioi_id(time - self.history.time)
        return float(self.iois()[ioi] + self.voices(time)[note.voice] + self.pitches(time, note.voice)[note.pitch])

    def _read(self) -> None:
        """Let the LSTM read the latest note, and the parts read the LSTM."""
        s = self._stepper
        values = s.embed("note", self.history.note_row())
        for layer, (weight, bias) in enumerate(s.layers):
            state, cell = self._states[layer]
            size = len(state)
            gates = np.tanh(weight @ np.concatenate([values, state]) + bias)
            opened = 0.5 * gates + 0.5  # torch's order: input, forget, (not used), output
            cell = opened[size : 2 * size] * cell + opened[:size] * gates[2 * size : 3 * size]
            values = opened[3 * size :] * np.tanh(cell)
            self._states[layer] = (values, cell)
        weight, bias = s.read
        self._hidden = (weight @ values + bias).reshape(len(PARTS), s.part)
        # For each part, what it and those after it know.
        self._known: list[Floats] = [self._hidden] * len(PARTS)

    def _predict(self, number: int, row: Ids, copies: Ids) -> Floats:
        return _log_softmax(self._score(number, row, copies))

    def _score(self, number: int, row: Ids, copies: Ids = ()) -> Floats:
        """Score the values of a part; `row` is what becomes known before it."""
        s = self._stepper
        before = self._known[number - 1][1:] if number else self._hidden
        self._known[number] = before + s.embed(STAGES[number], row).reshape(-1, s.part)
        known = self._known[number][0]
        weight, bias = s.heads[number]
        scores: Floats = weight @ (known * (0.5 * np.tanh(0.5 * known) + 0.5)) + bias  # SiLU
        if not copies:
            return scores
        values, pointers = scores[: -len(copies)], scores[-len(copies) :]
        for copied, pointer in zip(copies, pointers, strict=True):
            if copied >= 0:
                values[copied] += pointer
        return values

    def _score_pitches(self, scores: Floats, inputs: PitchInputs) -> Floats:
        s = self._stepper
        by_reference, by_field, by_trace, by_root, by_height = (scores[use] for use in _PITCH_USES)
        references = np.array(inputs.references)
        there = np.flatnonzero(references >= 0)
        total: Floats = by_reference.reshape(REFERENCES, INTERVALS)[there[:, None], _AWAY[references[there]]].sum(0)
        profiles = (by_field.reshape(FIELDS, 1, PROFILES) @ s.profiles)[:, 0]
        fields, keys = np.nonzero(inputs.fields)
        total += inputs.fields[fields, keys] @ profiles[fields[:, None], _AWAY[keys + FIRST_KEY]]
        turned = by_trace.reshape(TRACES, CLASSES)[:, _UP].reshape(-1, CLASSES)
        by_class = inputs.traces.reshape(-1) @ turned
        for root, degrees in zip(inputs.roots, by_root.reshape(ROOTS, CLASSES), strict=True):
            if root >= 0:
                by_class += np.concatenate([degrees[CLASSES - root :], degrees[: CLASSES - root]])
        start = FURTHEST - self.history.setting.shift
        total += by_class[_CLASSES_OF_KEYS] + by_height @ s.heights[:, start : start + KEYS]
        total[max(inputs.below - FIRST_KEY, 0) :] = IMPOSSIBLE
        return total


def _joined(weights: dict[str, Floats], prefix: str, size: int) -> tuple[Floats, Floats]:
    """Join a layer's weights for its input and its state, (4 units, inputs + units), and its biases.

    A sigmoid is a tanh of half its input; with the three gates halved here, one tanh serves all four.
    """
    half = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), size)
    both = np.concatenate([weights[f"{prefix}weight_ih_l0"], weights[f"{prefix}weight_hh_l0"]], axis=1) * half[:, None]
    return both, (weights[f"{prefix}bias_ih_l0"] + weights[f"{prefix}bias_hh_l0"]) * half


def _log_softmax(scores: Floats) -> Floats:
    apart = scores - scores.max()
    result: Floats = apart - np.log(np.exp(apart).sum())
    return result
