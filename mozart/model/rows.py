"""A movement as the rows that the network is trained and measured on: what a History tells before each of its notes."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mozart.model.history import History, seen_from
from mozart.model.setting import Setting
from mozart.model.vocabulary import UNITS_A_QUARTER, Vocabulary, to_units
from mozart.notes import Note, Score
from mozart.notes.keys import Key

_FLOATS = ("voice_floats", "sounds")


class Rows(NamedTuple):
    """A movement's rows, one a note and one more for its end.

    Attributes
    ----------
    tensors : by name, each of shape (N + 1, …); `target` holds the parts' ids
    quarters : how long the movement is, from its first onset to its last
    """

    tensors: dict[str, Tensor]
    quarters: float


def make_rows(movement: Score, vocabulary: Vocabulary, key: Key) -> Rows:
    """The rows of a movement, read from its home key.

    The last row's target is the end: an IOI alone, its other parts 0.
    """
    history = History(Setting.of(vocabulary, movement, key))
    columns: dict[str, list[object]] = {}
    # Rounded to the grid, notes may change places.
    times = to_units(movement.onsets)
    order = np.lexsort((-movement.pitches, movement.voices, times))
    for row in movement.columns[order].tolist():
        note = Note(*row)
        for name, value in _read(history, note).items():
            columns.setdefault(name, []).append(value)
        history.feed(note)
        played = history.notes[-1]
        pitch = history.note_ids()[2]
        columns.setdefault("target", []).append([history.iois[-1], played.voice, pitch, played.duration, played.loudness])
    last = {"note": history.note_ids(), "ioi": history.ioi_ids(), "target": [vocabulary.end, 0, 0, 0, 0]}
    for name, values in columns.items():
        values.append(last.get(name, values[-1]))
    tensors = {name: _to_tensor(name, values) for name, values in columns.items()}
    return Rows(tensors, float(times.max() - times.min()) / UNITS_A_QUARTER)


def _read(history: History, note: Note) -> dict[str, object]:
    time = int(to_units(note.onset))
    pitch = history.pitch_inputs(time, note.voice)
    return {
        "note": history.note_ids(),
        "ioi": history.ioi_ids(),
        "voice": history.voice_ids(time),
        "voice_floats": history.voice_floats(time),
        "references": pitch.references,
        "seen": seen_from(pitch.references),
        "recencies": pitch.recencies,
        "sounds": pitch.sounds,
        "chord_place": [pitch.chord_place[0] * 4 + pitch.chord_place[1]],
        "duration": history.duration_ids(time, note.voice),
        "loudness": history.loudness_ids(time, note.voice),
    }


def _to_tensor(name: str, values: list[object]) -> Tensor:
    if name == "recencies":
        return torch.from_numpy(np.array(values, dtype=np.uint8))
    return torch.from_numpy(np.array(values, dtype=np.float32 if name in _FLOATS else np.int64))
