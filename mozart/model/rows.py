"""A movement as rows for training and measuring the network: what a History tells before each of its notes."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mozart.model.history import History
from mozart.model.inputs import COPIES, FIELD_STEPS, FIELDS, REFERENCES, TRACES, row_sizes
from mozart.model.network import PARTS, ROOTS
from mozart.model.setting import Setting
from mozart.model.vocabulary import FIRST_KEY, KEYS, UNIT, UNITS_A_QUARTER, Vocabulary, to_units
from mozart.notes import Note, Score
from mozart.notes.keys import CLASSES, Key

Arrays = dict[str, NDArray[Any]]


class Rows(NamedTuple):
    """A movement's rows, one for each note and one for its end, in small types.

    Attributes
    ----------
    tensors
        By name, each of shape (N + 1, …); `target` holds the parts' ids.
    quarters
        How long the movement is, from its first onset to its last, in quarters.
    """

    tensors: dict[str, Tensor]
    quarters: float


def make_rows(movement: Score, vocabulary: Vocabulary, key: Key) -> Rows:
    """Make the rows of a movement, with everything known of its setting.

    The last row's target is the end: an IOI only, with its other parts 0.

    Raises
    ------
    ValueError
        When there are no notes.
    """
    if not len(movement):
        raise ValueError("a movement without notes has no rows")
    history = History(Setting.of(vocabulary, movement, key))
    notes = _on_grid(movement)
    arrays = _empty_rows(vocabulary, len(notes) + 1)
    for index, note in enumerate(notes):
        time = note.onset // UNIT
        arrays["note"][index] = history.note_row()
        _put(arrays, index, "next", "ioi", history.next_row())
        _put(arrays, index, "time", "voice", history.time_row(time))
        arrays["voice"][index], pitch = history.pitch_inputs(time, note.voice)
        arrays["fields"][index] = np.round(pitch.fields * FIELD_STEPS)
        for name in ("references", "traces", "roots", "below"):
            arrays[name][index] = getattr(pitch, name)
        _put(arrays, index, "pitch", "duration", history.duration_row(time, note.voice, note.pitch))
        _put(arrays, index, "loudness", "loudness", history.loudness_row(time, note.voice))
        history.feed(note)
        played = history.notes[-1]
        arrays["target"][index] = played.ioi, played.voice, played.pitch - FIRST_KEY, played.duration, played.loudness
    arrays["note"][-1] = history.note_row()
    _put(arrays, len(notes), "next", "ioi", history.next_row())
    arrays["target"][-1, 0] = vocabulary.end
    times = to_units(movement.onsets)
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return Rows(tensors, float(times.max() - times.min()) / UNITS_A_QUARTER)


def _empty_rows(vocabulary: Vocabulary, count: int) -> Arrays:
    arrays = {stage: np.zeros((count, len(sizes)), np.int16) for stage, sizes in row_sizes(vocabulary).items()}
    arrays |= {f"{part} copies": np.full((count, copies), -1, np.int16) for part, copies in COPIES.items()}
    return arrays | {
        "references": np.full((count, REFERENCES), -1, np.int16),
        "fields": np.zeros((count, FIELDS, KEYS), np.uint8),
        "traces": np.zeros((count, TRACES, CLASSES), np.float16),
        "roots": np.full((count, ROOTS), -1, np.int16),
        "below": np.full((count, 1), 128, np.int16),
        "target": np.zeros((count, len(PARTS)), np.int16),
    }


def _on_grid(movement: Score) -> list[Note]:
    """Move notes to the nearest places of the grid, in order; a key that one voice strikes twice at one place counts once."""
    columns = movement.columns.astype(np.int64)
    columns[:, 0] = to_units(movement.onsets) * UNIT
    columns = columns[np.lexsort((-columns[:, 2], columns[:, 1], columns[:, 0]))]
    again = (np.diff(columns[:, :3], axis=0) == 0).all(axis=1)
    return [Note(*row) for row in columns[np.concatenate([[True], ~again])].tolist()]


def _put(arrays: Arrays, index: int, stage: str, part: str, told: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    arrays[stage][index], arrays[f"{part} copies"][index] = told
