"""The network one note at a time, in numpy: for one note, calling a library of tensors takes longer than the arithmetic.

`tests/model/test_stepper.py` holds it to the network of :mod:`~mozart.model.network`.
"""

import copy
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from mozart.model.history import SPAN, History, seen_from
from mozart.model.network import INTERVALS, PITCH_OUTPUTS, SOFTENING, NotesNetwork, Part
from mozart.model.setting import KINDS, NO_CHORD, Setting
from mozart.model.vocabulary import PITCHES, to_units
from mozart.notes import Note
from mozart.notes.keys import CLASSES

Floats = NDArray[np.float32]
_CLASSES_OF_PITCHES = np.arange(PITCHES) % CLASSES


class Stepper:
    """The weights of a network, laid out for single notes; shared by all pieces.

    Parameters
    ----------
    network
        Trained, on the CPU.
    """

    def __init__(self, network: NotesNetwork) -> None:
        self.vocabulary = network.vocabulary
        self.layers = [_Layer(network.lstm, layer) for layer in range(network.config.layers)]
        self.parts = {name: _Part(part) for name, part in network.named_children() if isinstance(part, Part)}
        # What the state adds to each part's hidden units, all at once.
        with_state = {name: part.state for name, part in network.named_children() if isinstance(part, Part) and part.state}
        self._from_state = np.concatenate([_array(layer.weight) for layer in with_state.values()])
        self._from_state_bias = np.concatenate([_array(layer.bias) for layer in with_state.values()])
        ends = np.cumsum([layer.out_features for layer in with_state.values()]).tolist()
        self._places = {
            name: slice(end - layer.out_features, end) for end, (name, layer) in zip(ends, with_state.items(), strict=True)
        }

    def add_state(self, state: Floats) -> dict[str, Floats]:
        """What a state adds to the hidden units of every part."""
        added = self._from_state @ state + self._from_state_bias
        return {name: added[place] for name, place in self._places.items()}

    def start(self, setting: Setting) -> "Moment":
        """The moment before the first note of a piece."""
        return Moment(self, setting)


class Moment:
    """A place in a piece: its notes so far, and what is probable next.

    Every prediction is the natural logarithm of a probability for each value. They are asked for in order: a note's IOI, its
    voice, its pitch, its length, its loudness; then the note is fed.
    """

    def __init__(self, stepper: Stepper, setting: Setting) -> None:
        self._stepper = stepper
        self.history = History(setting)
        self._states = [(np.zeros(layer.size, np.float32), np.zeros(layer.size, np.float32)) for layer in stepper.layers]
        self._read()

    def fork(self) -> Self:
        """A copy that goes its own way."""
        other = copy.copy(self)
        other.history = self.history.fork()
        other._states = list(self._states)  # the arrays are never changed
        return other

    def feed(self, note: Note) -> None:
        """Take in the next note."""
        self.history.feed(note)
        self._read()

    def iois(self) -> Floats:
        """The next note's IOI; the last value is the end."""
        ids = self.history.ioi_ids()
        return self._predict("ioi", [*self._note[5:], *ids], past=ids[1:])

    def voices(self, time: int) -> Floats:
        """The voice of a note that begins at `time`, in units of the grid."""
        ids = self.history.voice_ids(time)
        self._here = ids
        return self._predict("voice", ids, self.history.voice_floats(time), past=ids[9:12])

    def pitches(self, time: int, voice: int) -> Floats:
        """Its pitch, in MIDI's numbers, shape (128,); asked for after :meth:`voices`."""
        inputs = self.history.pitch_inputs(time, voice)
        place = inputs.chord_place[0] * 4 + inputs.chord_place[1]
        ids = [*self._here, voice, place, *seen_from(inputs.references)]
        outputs = self._stepper.parts["pitch"].scores(ids, self._added["pitch"], inputs.sounds)
        intervals, absolute, recent, over_root, heard = np.split(outputs, np.cumsum(PITCH_OUTPUTS)[:-1])
        padded = np.zeros(PITCHES + 2 * INTERVALS, np.float32)  # an interval may lead out of the pitches
        for reference, scores in zip(inputs.references, intervals.reshape(-1, INTERVALS), strict=True):
            if reference >= 0:
                start = INTERVALS + reference - SPAN
                padded[start : start + INTERVALS] += scores
        total = padded[INTERVALS : INTERVALS + PITCHES] + absolute + recent[inputs.recencies]
        if (chord := self._here[6]) < NO_CHORD:
            total += np.roll(over_root, chord // KINDS)[_CLASSES_OF_PITCHES]
        levels = np.log(inputs.sounds.reshape(-1, CLASSES) + SOFTENING)
        total += (heard @ levels)[_CLASSES_OF_PITCHES]
        return _from_home(_log_softmax(total), self.history.setting.shift)

    def durations(self, time: int, voice: int, pitch: int) -> Floats:
        """Its length; asked for after :meth:`pitches`."""
        ids = self.history.duration_ids(time, voice)
        at_home = min(max(pitch - self.history.setting.shift, 0), PITCHES - 1)
        return self._predict("duration", [*self._here[:8], voice, at_home, *ids], past=ids[:4])

    def loudnesses(self, time: int, voice: int) -> Floats:
        """Its loudness; asked for after :meth:`voices`."""
        ids = self.history.loudness_ids(time, voice)
        return self._predict("loudness", [*self._here[:8], voice, *ids], past=ids)

    def log_probability(self, note: Note) -> float:
        """How probable a note is as the next one: its IOI, voice and pitch together."""
        time, vocabulary = int(to_units(note.onset)), self._stepper.vocabulary
        ioi = vocabulary.ioi_id(time - self.history.time) if self.history.notes else None
        total = 0.0 if ioi is None else float(self.iois()[ioi])
        total += float(self.voices(time)[note.voice])
        return total + float(self.pitches(time, note.voice)[note.pitch])

    def _read(self) -> None:
        self._note = self.history.note_ids()
        read = self._stepper.parts["memory"].hidden(self._note)
        for number, layer in enumerate(self._stepper.layers):
            self._states[number] = layer.step(read, *self._states[number])
            read = self._states[number][0]
        self._added = self._stepper.add_state(read)

    def _predict(self, name: str, ids: Sequence[int], floats: Floats | None = None, past: Sequence[int] = ()) -> Floats:
        return _log_softmax(self._stepper.parts[name].scores(ids, self._added[name], floats, past))


class _Layer:
    """One LSTM layer's arithmetic.

    The gates' rows are halved beforehand, because a sigmoid is a hyperbolic tangent of half as much: one call for all.
    """

    def __init__(self, lstm: nn.LSTM, layer: int) -> None:
        enter, forget, new, out = (slice(part * lstm.hidden_size, (part + 1) * lstm.hidden_size) for part in range(4))
        weight = np.concatenate([_array(getattr(lstm, f"weight_{side}_l{layer}")) for side in ("ih", "hh")], axis=1)
        bias = _array(getattr(lstm, f"bias_ih_l{layer}")) + _array(getattr(lstm, f"bias_hh_l{layer}"))
        order = [enter, forget, out]
        self.weight = np.concatenate([*(0.5 * weight[gate] for gate in order), weight[new]]).astype(np.float32)
        self.bias = np.concatenate([*(0.5 * bias[gate] for gate in order), bias[new]]).astype(np.float32)
        self.size = lstm.hidden_size

    def step(self, read: Floats, state: Floats, cell: Floats) -> tuple[Floats, Floats]:
        """The new state and cell."""
        values = np.tanh(self.weight @ np.concatenate([read, state]) + self.bias)
        enter, forget, out = (0.5 * values[: 3 * self.size] + 0.5).reshape(3, -1)
        cell = forget * cell + enter * values[3 * self.size :]
        return out * np.tanh(cell), cell


class _Part:
    """A Part's arithmetic, but for what the state adds."""

    def __init__(self, part: Part) -> None:
        self.table, self.offsets = _array(part.table.weight), part.offsets.numpy()
        self.floats = _array(part.floats.weight) if part.floats else None
        self.out, self.copy = _linear(part.out), _linear(part.copy)

    def hidden(self, ids: Sequence[int], added: Floats | None = None, floats: Floats | None = None) -> Floats:
        total: Floats = np.add.reduce(self.table.take(np.add(ids, self.offsets), 0))
        if added is not None:
            total += added
        if self.floats is not None and floats is not None:
            total += self.floats @ floats
        gelu: Floats = 0.5 * total * (1 + np.tanh(total * (0.7978845608 + 0.0356774081 * total * total)))
        return gelu

    def scores(self, ids: Sequence[int], added: Floats, floats: Floats | None = None, past: Sequence[int] = ()) -> Floats:
        assert self.out
        hidden = self.hidden(ids, added, floats)
        scores: Floats = self.out[0] @ hidden + self.out[1]
        if self.copy:
            for value, weight in zip(past, self.copy[0] @ hidden + self.copy[1], strict=True):
                if value < len(scores):
                    scores[value] += weight
        return scores


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().float().numpy())


def _linear(layer: nn.Linear | None) -> tuple[Floats, Floats] | None:
    return None if layer is None else (_array(layer.weight), _array(layer.bias))


def _log_softmax(scores: Floats) -> Floats:
    apart = scores - scores.max()
    result: Floats = apart - np.log(np.exp(apart).sum())
    return result


def _from_home(scores: Floats, shift: int) -> Floats:
    """Scores by pitches counted from the home key → by MIDI's numbers; what leaves them is impossible."""
    moved = np.full(PITCHES, -np.inf, np.float32)
    moved[max(shift, 0) : PITCHES + min(shift, 0)] = scores[max(-shift, 0) : PITCHES - max(shift, 0)]
    return moved
