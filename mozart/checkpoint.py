"""A checkpoint folder, written atomically, loaded strictly: all that composing needs, in safetensors and JSON.

Every file is written whole. ``config.json`` comes last and names the SHA-256 of all others, so a folder that was
interrupted, mixed from two runs or changed since is refused when it is loaded.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from mozart import atomic
from mozart.errors import MozartError
from mozart.hands import Hands
from mozart.model import ModelConfig, MusicLSTM
from mozart.openings import Openings
from mozart.originality import CorpusIndex
from mozart.rhythm import RhythmTable
from mozart.vocabulary import Vocabulary

FORMAT = 2
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
VOCABULARY = "vocabulary.json"
OPENINGS = "openings.safetensors"
RHYTHM = "rhythm.json"
HANDS = "hands.json"
ORIGINALITY = "originality.safetensors"
METRICS = "metrics.json"
CARD = "README.md"
FILES = (WEIGHTS, VOCABULARY, OPENINGS, RHYTHM, HANDS, ORIGINALITY, METRICS, CARD, CONFIG)
# What loading reads. A card may be edited on the Hub, and composing does not read it.
LOADED = tuple(name for name in FILES if name != CARD)

# `lab` lies beside it: made under the lab's split, it has learned from music that its openings go on with.
PRETRAINED = Path(__file__).parent / "pretrained" / "unseen"
# What ships, by name; the default first.
SHIPPED = ("pretrained/unseen", "pretrained/lab")


@dataclass(frozen=True)
class Checkpoint:
    """What a folder holds.

    Attributes
    ----------
    model : on the CPU, in ``eval()`` mode
    index : the music that it was trained on, hashed
    metrics : the content of ``metrics.json``
    provenance : how it was made: training configuration, package versions, checksums
    identity : a hash of all that composing needs: two checkpoints with one identity compose the same pieces
    """

    model: MusicLSTM
    vocabulary: Vocabulary
    openings: Openings
    rhythm: RhythmTable
    hands: Hands
    index: CorpusIndex
    metrics: Mapping[str, Any]
    provenance: Mapping[str, Any]
    identity: str = ""


def save_checkpoint(checkpoint: Checkpoint, folder: Path, card: str) -> None:
    """Write the checkpoint and its model card into `folder`; other files there are left alone.

    Raises MozartError when the folder cannot be written.
    """
    openings = checkpoint.openings
    contents = {
        WEIGHTS: save({name: _stored(tensor) for name, tensor in checkpoint.model.state_dict().items()}),
        VOCABULARY: _json_bytes(checkpoint.vocabulary.tokens),
        OPENINGS: save(
            {
                "ids": openings.ids.to(torch.int32),
                "steps": openings.steps,
                "durations": openings.durations,
                "bar_offsets": openings.bar_offsets,
            },
            # One key: safetensors writes several in an order of its own, and equal checkpoints would differ.
            metadata={"places": json.dumps(list(zip(openings.works, openings.movements, openings.time_signatures, strict=True)))},
        ),
        RHYTHM: json.dumps(checkpoint.rhythm.to_json(), separators=(",", ":")).encode(),  # thousands of numbers, for no reader
        HANDS: _json_bytes(checkpoint.hands.to_json()),
        ORIGINALITY: save(checkpoint.index.tensors(), metadata={"places": json.dumps(checkpoint.index.places())}),
        METRICS: _json_bytes(checkpoint.metrics),
        CARD: card.encode(),
    }
    contents[CONFIG] = _json_bytes(
        {
            "format": FORMAT,
            "model": asdict(checkpoint.model.config),
            **checkpoint.provenance,
            "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        }
    )
    for name, content in contents.items():
        atomic.write(folder / name, content)


def round_weights(model: MusicLSTM) -> None:
    """Round the weights, in place, to those that a checkpoint can store, so that what is measured is what is loaded."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.copy_(_stored(tensor))


def find_damaged(folder: Path) -> list[str]:
    """Which of the files that loading reads are missing in `folder` or not those that ``config.json`` names.

    Of a checkpoint in another format nothing is known, so nothing is said.
    """
    try:
        config = json.loads((folder / CONFIG).read_bytes())
        if config["format"] != FORMAT:
            return []
        expected = {name: config["sha256"][name] for name in LOADED if name != CONFIG}
    except (OSError, ValueError, LookupError, TypeError):
        return [CONFIG]
    return [
        name
        for name, sha256 in expected.items()
        if not os.path.isfile(folder / name) or hashlib.sha256((folder / name).read_bytes()).hexdigest() != sha256
    ]


def load_checkpoint(folder: Path) -> Checkpoint:
    """Load a checkpoint folder, on the CPU.

    Raises MozartError when a part is missing, damaged, from elsewhere, or does not fit the others.
    """
    if not os.path.isfile(folder / CONFIG):
        raise MozartError(f"{folder} is not a checkpoint: it has no {CONFIG}. Give a folder that train.py has finished.")
    config = _parse_json(folder, CONFIG, _read(folder, CONFIG))
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        found = config.get("format") if isinstance(config, dict) else None
        raise MozartError(
            f"{folder} has checkpoint format {found!r}, and this program reads {FORMAT}: train it again, or update the program."
        )
    contents = {name: _read(folder, name) for name in LOADED if name != CONFIG}
    tokens = _parse_json(folder, VOCABULARY, contents[VOCABULARY])
    weights, _ = _parse_tensors(folder, WEIGHTS, contents[WEIGHTS])
    _refuse_unfit(folder, tokens, weights)
    try:
        for name, content in contents.items():
            if hashlib.sha256(content).hexdigest() != config["sha256"].get(name):
                raise _damaged(folder, name)
        model = MusicLSTM(ModelConfig(**config["model"]))
        _load_weights(model, weights)
        openings, about = _parse_tensors(folder, OPENINGS, contents[OPENINGS])
        places = json.loads(about["places"])
        hashes, about_hashes = _parse_tensors(folder, ORIGINALITY, contents[ORIGINALITY])
        vocabulary = Vocabulary(tokens)
        return Checkpoint(
            model=model.eval(),
            vocabulary=vocabulary,
            openings=Openings(
                ids=openings["ids"].long(),
                steps=openings["steps"],
                durations=openings["durations"],
                bar_offsets=openings["bar_offsets"],
                works=[work for work, _, _ in places],
                movements=[movement for _, movement, _ in places],
                time_signatures=[time_signature for _, _, time_signature in places],
            ),
            rhythm=RhythmTable.from_json(_parse_json(folder, RHYTHM, contents[RHYTHM])),
            hands=Hands.from_json(_parse_json(folder, HANDS, contents[HANDS])),
            index=CorpusIndex.from_tensors(hashes, json.loads(about_hashes["places"]), vocabulary),
            metrics=_parse_json(folder, METRICS, contents[METRICS]),
            provenance={key: value for key, value in config.items() if key not in ("format", "model", "sha256")},
            identity=_identify(config["sha256"]),
        )
    except (AttributeError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise MozartError(
            f"The parts of the checkpoint in {folder} do not fit each other ({error}): download or train it again."
        ) from error


def _identify(hashes: Mapping[str, str]) -> str:
    composing = [f"{name} {hashes[name]}" for name in FILES if name not in (METRICS, CARD, CONFIG)]
    return hashlib.sha256("\n".join(composing).encode()).hexdigest()


def _stored(tensor: Tensor) -> Tensor:
    """Matrices take half the room as float16; a network's accuracy does not notice."""
    return (tensor.half() if tensor.is_floating_point() and tensor.dim() > 1 else tensor).contiguous()


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise MozartError(f"The checkpoint in {folder} is incomplete: {name} is missing. Download or train it again.") from error
    except OSError as error:
        raise MozartError(f"{folder / name} cannot be read ({error.strerror}).") from error


def _parse_json(folder: Path, name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, name) from error


def _parse_tensors(folder: Path, name: str, content: bytes) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        tensors = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    except (SafetensorError, ValueError) as error:
        raise _damaged(folder, name) from error
    return tensors, header.get("__metadata__", {})


def _refuse_unfit(folder: Path, tokens: Any, weights: Mapping[str, Tensor]) -> None:
    # The lab's network has an embedding for each token, the relative one has their lowest pitches.
    known = weights.get("lowest", weights.get("embedding.weight"))
    if not isinstance(tokens, list) or known is None:
        raise _damaged(folder, VOCABULARY if not isinstance(tokens, list) else WEIGHTS)
    expected = len(known)
    if len(tokens) != expected:
        raise MozartError(
            f"The parts in {folder} come from different checkpoints: the vocabulary has {len(tokens)} tokens, "
            f"the weights expect {expected}. Download or train it again."
        )


def _load_weights(model: MusicLSTM, weights: Mapping[str, Tensor]) -> None:
    for name, expected in model.state_dict().items():
        if name not in weights or weights[name].shape != expected.shape:
            found = tuple(weights[name].shape) if name in weights else "missing"
            raise ValueError(f"{name} is {found}, and {CONFIG} expects {tuple(expected.shape)}")
    model.load_state_dict(weights, strict=True)


def _damaged(folder: Path, name: str) -> MozartError:
    return MozartError(f"{name} in {folder} is damaged or belongs to another checkpoint: download or train it again.")


def _json_bytes(content: Any) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
