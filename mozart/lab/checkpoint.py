"""What is kept of a laboratory's run, as the contents of files, and read back with every value looked at.

Weights, the vocabulary, 24 test sequences without times, how far apart elements stood, and what was measured: nothing of the
music beyond that. Folder, hashes and configuration are made elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from mozart.errors import MozartError
from mozart.lab.keys import InKeys, move_tokens
from mozart.lab.network import RNN
from mozart.lab.parsing import Work
from mozart.lab.pitches import midi_pitches
from mozart.lab.windows import WINDOW, Vocabulary

WEIGHTS, VOCABULARY, SEQUENCES, DISTANCES, METRICS = FILES = (
    "model.safetensors",
    "vocabulary.json",
    "sequences.json",
    "distances.json",
    "metrics.json",
)
MAX_SEQUENCES = 24
# No more of a work than this stands in the test sequences, beyond one of each.
_SHARE_OF_A_WORK = 0.05
_MAX_TOKENS, _MAX_TOKEN_LENGTH, _MAX_TITLE_LENGTH = 50_000, 200, 1_000
_MAX_DISTANCES, _MAX_DISTANCE, _MAX_COUNT = 10_000, 2**24, 2**40
_MEASURED = ("epoch", "train_loss", "validation_loss", "validation_accuracy", "seconds")


@dataclass(frozen=True)
class LabCheckpoint:
    """All that Problems 4 and 5 need, and what was measured.

    Attributes
    ----------
    model : on the CPU, in ``eval()`` mode
    sequences : ids of test sequences, int64, shape (M, 100), M at most 24
    titles : which work each is from
    distances : distance from one offset to the next, in ticks of 1/480 quarter → how often
    metrics : plain values; ``epochs`` is the history, a dictionary an epoch
    """

    model: RNN
    vocabulary: Vocabulary
    sequences: NDArray[np.int64]
    titles: tuple[str, ...]
    distances: Mapping[int, int]
    metrics: Mapping[str, Any]

    @property
    def history(self) -> Sequence[Mapping[str, float]]:
        """What every epoch reached."""
        history: Sequence[Mapping[str, float]] = self.metrics["epochs"]
        return history


def choose_sequences(works: Sequence[Work], test_starts: Tensor, seed: int) -> list[tuple[str, int]]:
    """Up to 24 test windows: the works that they are from, and where they start in the corpus.

    Each lies in one work, none overlap, every work has one before any has two, and no second one makes more than 5 % of a work.
    """
    ranges, start = [], 0
    for work in works:
        ranges.append((start, start + len(work.tokens)))
        start += len(work.tokens)
    shuffled = np.random.default_rng(seed).permutation(test_starts.numpy()).tolist()
    taken: list[list[int]] = [[] for _ in works]
    for most in range(1, MAX_SEQUENCES + 1):
        for start in shuffled:
            if sum(map(len, taken)) == MAX_SEQUENCES:
                break
            number = next(i for i, (first, stop) in enumerate(ranges) if start < stop)
            first, stop = ranges[number]
            fits = start + WINDOW <= stop and all(abs(start - other) >= WINDOW for other in taken[number])
            if fits and len(taken[number]) < max(1, min(most, int(_SHARE_OF_A_WORK * (stop - first) / WINDOW))):
                taken[number].append(start)
    return [(work.title, start) for work, starts in zip(works, taken, strict=True) for start in sorted(starts)]


def round_weights(model: RNN) -> None:
    """Round the weights, in place, to those that a checkpoint can store, so that what is measured is what is loaded."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.copy_(_stored(tensor))


def to_files(checkpoint: LabCheckpoint) -> dict[str, bytes]:
    """Make the contents of FILES; equal checkpoints give equal bytes."""
    sequences = list(zip(checkpoint.titles, checkpoint.sequences.tolist(), strict=True))
    return {
        WEIGHTS: save({name: _stored(tensor) for name, tensor in checkpoint.model.state_dict().items()}),
        VOCABULARY: _to_json(checkpoint.vocabulary.tokens),
        SEQUENCES: _to_json([{"work": title, "ids": ids} for title, ids in sequences]),
        DISTANCES: _to_json(sorted(checkpoint.distances.items())),
        METRICS: (json.dumps(checkpoint.metrics, indent=1, ensure_ascii=False) + "\n").encode(),
    }


def from_files(files: Mapping[str, bytes]) -> LabCheckpoint:
    """Read the checkpoint that :func:`to_files` gave.

    Raises MozartError when a file is missing or damaged, or holds what cannot be.
    """
    if missing := [name for name in FILES if name not in files]:
        raise MozartError(f"The laboratory's checkpoint is incomplete: {missing[0]} is missing. Download or train it again.")
    vocabulary = _read_vocabulary(_from_json(files, VOCABULARY))
    sequences = _from_json(files, SEQUENCES)
    _require(_is_list(sequences, 1, MAX_SEQUENCES), SEQUENCES)
    for sequence in sequences:
        _require(isinstance(sequence, dict) and sequence.keys() == {"work", "ids"}, SEQUENCES)
        _require(isinstance(sequence["work"], str) and len(sequence["work"]) <= _MAX_TITLE_LENGTH, SEQUENCES)
        _require(_is_list(sequence["ids"], WINDOW, WINDOW), SEQUENCES)
        _require(all(_is_whole(token_id, 0, len(vocabulary) - 1) for token_id in sequence["ids"]), SEQUENCES)
    return LabCheckpoint(
        _read_model(files[WEIGHTS], vocabulary),
        vocabulary,
        np.array([sequence["ids"] for sequence in sequences], dtype=np.int64),
        tuple(sequence["work"] for sequence in sequences),
        _read_distances(_from_json(files, DISTANCES)),
        _read_metrics(_from_json(files, METRICS)),
    )


def _read_vocabulary(tokens: Any) -> Vocabulary:
    _require(_is_list(tokens, 2, _MAX_TOKENS), VOCABULARY)
    for token in tokens:
        _require(isinstance(token, str) and len(token) <= _MAX_TOKEN_LENGTH, VOCABULARY)
        try:
            midi_pitches(token)
        except KeyError:
            _refuse(VOCABULARY)
    _require(len(set(tokens)) == len(tokens), VOCABULARY)
    return Vocabulary(tokens)


def _read_distances(rows: Any) -> dict[int, int]:
    _require(_is_list(rows, 1, _MAX_DISTANCES), DISTANCES)
    for row in rows:
        _require(_is_list(row, 2, 2) and _is_whole(row[0], 0, _MAX_DISTANCE) and _is_whole(row[1], 1, _MAX_COUNT), DISTANCES)
    distances = dict(rows)
    _require(len(distances) == len(rows) and max(distances) > 0, DISTANCES)
    return distances


def _read_metrics(metrics: Any) -> dict[str, Any]:
    _require(isinstance(metrics, dict) and _is_list(metrics.get("epochs"), 0, 100_000), METRICS)
    for epoch in metrics["epochs"]:
        _require(isinstance(epoch, dict), METRICS)
        for name in _MEASURED:
            value = epoch.get(name)
            _require(isinstance(value, int | float) and not isinstance(value, bool) and value >= 0, METRICS)
    return dict(metrics)


def _read_model(content: bytes, vocabulary: Vocabulary) -> RNN:
    """Read the network whose shape the weights say; no memory is taken that the file does not fill."""
    n_notes, (moved, n_tokens) = len(vocabulary), move_tokens(vocabulary)
    try:
        weights = load(content)  # refuses sizes that are not those of the file
        layers = sum(name.startswith("lstm.weight_hh_l") for name in weights)
        embedding_dim, hidden_size = weights["embedding.weight"].shape[1], weights["linear1.weight"].shape[0]
        rows = len(weights["embedding.weight"])
        with torch.device("meta"):  # takes no memory
            expected = RNN(rows, embedding_dim, hidden_size, layers).state_dict()
    except (SafetensorError, LookupError, RuntimeError, ValueError) as error:
        raise _damaged(WEIGHTS) from error
    if rows not in (n_notes, n_tokens):
        raise MozartError(
            f"The parts come from different checkpoints: the vocabulary has {n_notes} tokens, the weights expect {rows}. "
            "Download or train it again."
        )
    _require(weights.keys() == expected.keys(), WEIGHTS)
    for name, tensor in weights.items():
        _require(tensor.shape == expected[name].shape, WEIGHTS)
        _require(
            tensor.dtype in ((torch.float16, torch.float32) if expected[name].is_floating_point() else (torch.int64,)), WEIGHTS
        )
        _require(bool(tensor.isfinite().all()), WEIGHTS)
        _require(not name.endswith("running_var") or bool((tensor >= 0).all()), WEIGHTS)
    sizes = embedding_dim, hidden_size, layers
    model = RNN(n_notes, *sizes) if rows == n_notes else InKeys(moved, n_tokens, *sizes)
    model.load_state_dict(weights, strict=True)
    return model.eval()


def _stored(tensor: Tensor) -> Tensor:
    """Matrices take half the room as float16; the network's accuracy does not notice."""
    return (tensor.half() if tensor.is_floating_point() and tensor.dim() > 1 else tensor).cpu().contiguous()


def _to_json(content: Any) -> bytes:
    return (json.dumps(content, separators=(",", ":")) + "\n").encode()


def _from_json(files: Mapping[str, bytes], name: str) -> Any:
    def refuse(_: str) -> NoReturn:
        raise ValueError("not a number")

    try:
        return json.loads(files[name], parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise _damaged(name) from error


def _is_list(value: Any, least: int, most: int) -> bool:
    return isinstance(value, list) and least <= len(value) <= most


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _require(condition: bool, name: str) -> None:
    if not condition:
        _refuse(name)


def _refuse(name: str) -> NoReturn:
    raise _damaged(name)


def _damaged(name: str) -> MozartError:
    return MozartError(f"{name} is damaged or belongs to another checkpoint: download or train it again.")
