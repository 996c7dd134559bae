"""Every file of both checkpoints: truncated, flipped, swapped, with values that cannot be, and with the right hashes."""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor

import tiny
from attack import evil
from attack.trial import Trial
from mozart.checkpoint.folder import CARD, CONFIG, METRICS
from mozart.composing.composer import Composer
from mozart.composing.request import Request

REQUESTS = {
    "notes": [Request(length="3bars", seed=3), Request(length="3bars", opening="random", seed=1, offsets="sampled", max_copy=9)],
    "lab": [Request(lab=True, length=10, seed=3, offsets="sampled")],
}


def run(trial: Trial) -> None:
    """Hold that a damaged checkpoint either composes or is refused when it is loaded."""
    with tempfile.TemporaryDirectory() as place:
        folders = {"notes": Path(place) / "notes", "lab": Path(place) / "lab"}
        tiny.checkpoint(folders["notes"])
        tiny.lab_checkpoint(folders["lab"])
        other = Path(place) / "other"
        tiny.checkpoint(other, seed=5)
        for _ in trial.rounds():
            recipe = trial.random.choice(list(folders))
            folder = Path(place) / "damaged"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(folders[recipe], folder)
            what = _damage(folder, other, trial)

            def act(folder: Path = folder, recipe: str = recipe) -> None:
                composer = Composer.load(folder)
                for request in REQUESTS[recipe]:
                    piece = composer.compose(request)
                    piece.midi(), piece.musicxml(), piece.to_json()

            trial.attempt((recipe, what), act)


def _damage(folder: Path, other: Path, trial: Trial) -> str:
    """Change one file, mostly with a config that says so; what was done."""
    random_ = trial.random
    name = random_.choice(sorted(path.name for path in folder.iterdir() if path.name not in (CARD, METRICS)))
    path = folder / name
    kind = random_.choice(["value"] * 6 + ["bytes", "cut", "swap"])
    if kind == "cut":
        path.write_bytes(path.read_bytes()[: random_.randrange(path.stat().st_size)])
    elif kind == "bytes" or (kind == "swap" and not (other / name).exists()):
        path.write_bytes(evil.bytes_(path.read_bytes(), random_))
    elif kind == "swap":
        shutil.copy(other / name, path)
    elif path.suffix == ".json":
        path.write_bytes(evil.json_(path.read_bytes(), random_))
    else:
        kind = _change_tensor(path, trial)
    if random_.random() < 0.9 and name != CONFIG:
        config = json.loads((folder / CONFIG).read_bytes())
        config["sha256"] = {part: hashlib.sha256((folder / part).read_bytes()).hexdigest() for part in config["sha256"]}
        (folder / CONFIG).write_text(json.dumps(config))
    return f"{name} {kind}"


def _change_tensor(path: Path, trial: Trial) -> str:
    content = path.read_bytes()
    about = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")]).get("__metadata__")
    tensors = load(content)
    name = trial.random.choice(sorted(tensors))
    tensor = tensors[name].clone()
    whole = not tensor.is_floating_point()
    changes = {
        "nan": lambda: _first(tensor, 0 if whole else float("nan")),
        "infinite": lambda: _first(tensor, -(2**31) if whole else float("inf")),
        "negative": lambda: -tensor,
        "huge": lambda: torch.full_like(tensor, 2**31 - 1 if whole else 60_000),
        "flat": lambda: torch.zeros_like(tensor),
        "short": lambda: tensor[:-1] if tensor.dim() else tensor,
        "empty": lambda: tensor[:0] if tensor.dim() else tensor,
        "whole": lambda: tensor.long(),
        "truth": lambda: tensor.bool(),
        "double": lambda: tensor.double(),
        "bfloat16": lambda: tensor.bfloat16(),
        "dimension": lambda: tensor.unsqueeze(0),
    }
    kind = trial.random.choice([*changes, "missing", "more"])
    if kind == "missing":
        del tensors[name]
    elif kind == "more":
        tensors["more"] = tensor
    else:
        tensors[name] = changes[kind]().contiguous()
    path.write_bytes(save(tensors, about))
    return f"{name} {kind}"


def _first(tensor: Tensor, value: float) -> Tensor:
    if tensor.numel():
        tensor.view(-1)[0] = value
    return tensor
