"""A checkpoint's folder, written atomically and read strictly: safetensors and JSON, and a hash of each file.

Every file is written whole. ``config.json`` comes last and holds the SHA-256 of all others, so loading refuses a folder that
was interrupted, mixed from two runs or changed since. No pickle is opened.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from mozart import atomic
from mozart.errors import MozartError

FORMAT = 4
CONFIG = "config.json"
METRICS = "metrics.json"
CARD = "README.md"
# The files of each recipe's checkpoint; config.json, which describes it, comes last.
FILES = {
    "notes": (
        *("model.safetensors", "plans.json", "excerpts.json", "habits.json", "offsets.json", "copies.safetensors"),
        *(METRICS, CARD, CONFIG),
    ),
    "lab": ("model.safetensors", "vocabulary.json", "sequences.json", "distances.json", METRICS, CARD, CONFIG),
}
# All files that loading may read; not the card, which people may edit on the Hub.
LOADED = (*dict.fromkeys(name for names in FILES.values() for name in names if name not in (CARD, CONFIG)), CONFIG)
# Our checkpoints have less than 10 MB; a larger file than this is not read into memory.
MAX_BYTES = 64_000_000

PRETRAINED = Path(__file__).parent.parent / "pretrained"


def write_folder(folder: Path, recipe: str, contents: Mapping[str, bytes], config: Mapping[str, Any], card: str) -> None:
    """Write a checkpoint; other files in `folder` stay.

    Parameters
    ----------
    folder
        The checkpoint's folder.
    recipe
        ``notes`` or ``lab``.
    contents
        The recipe's files without card and config.
    config
        The values of ``config.json`` beside format, recipe and hashes.
    card
        The text of the model card.

    Raises
    ------
    MozartError
        When the folder cannot be written.
    """
    contents = {**contents, CARD: card.encode()}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    about = {"format": FORMAT, "recipe": recipe, **config, "sha256": hashes}
    for name, content in {**contents, CONFIG: json_bytes(about)}.items():
        atomic.write(folder / name, content)


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read a checkpoint's config, and its files without the card, and compare them with the config's hashes.

    Raises
    ------
    MozartError
        When a part is missing, damaged, too large, from elsewhere, or of another format.
    """
    if not os.path.isfile(folder / CONFIG):
        raise MozartError(f"{folder} is not a checkpoint: it has no {CONFIG}. Give a folder that train.py has finished.")
    config = parse_json(folder, CONFIG, _read(folder, CONFIG))
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        found = str(config.get("format") if isinstance(config, dict) else None)[:20]
        raise MozartError(
            f"{folder} has checkpoint format {found}, and this program reads {FORMAT}: train it again, or update the program."
        )
    recipe, hashes = config.get("recipe"), config.get("sha256")
    if not isinstance(recipe, str) or recipe not in FILES or not isinstance(hashes, dict):
        raise damaged(folder, CONFIG)
    contents = {}
    for name in FILES[recipe]:
        if name not in (CARD, CONFIG):
            contents[name] = _read(folder, name)
            if hashlib.sha256(contents[name]).hexdigest() != hashes.get(name):
                raise damaged(folder, name)
    return config, contents


def identify(config: Mapping[str, Any]) -> str:
    """Hash all that composing needs: two checkpoints with the same identity compose the same pieces."""
    composing = [f"{name} {sha}" for name, sha in sorted(config["sha256"].items()) if name not in (METRICS, CARD)]
    return hashlib.sha256("\n".join(composing).encode()).hexdigest()


def find_damaged(folder: Path) -> list[str]:
    """List the files in `folder` that loading needs and that are missing, or differ from the hashes of ``config.json``.

    The files of another format are not known, so none are listed.
    """
    try:
        config = json.loads((folder / CONFIG).read_bytes())
        if config["format"] != FORMAT:
            return []
        expected = {name: config["sha256"][name] for name in FILES[config["recipe"]] if name not in (CARD, CONFIG)}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return [CONFIG]
    return [
        name
        for name, sha256 in expected.items()
        if not os.path.isfile(folder / name) or hashlib.sha256((folder / name).read_bytes()).hexdigest() != sha256
    ]


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn any error while the parts are put together into a MozartError about a checkpoint whose parts do not fit."""
    try:
        yield
    except MozartError as error:
        raise MozartError(f"The checkpoint in {folder} cannot be used. {error}") from error
    except (ArithmeticError, AttributeError, RuntimeError, LookupError, TypeError, ValueError, SafetensorError) as error:
        said = " ".join(str(error).split())[:200]
        raise MozartError(f"The parts of the checkpoint in {folder} do not fit each other ({said}): train it again.") from error


def parse_json(folder: Path, name: str, content: bytes) -> Any:
    """Parse a JSON file of a checkpoint; raise MozartError when it is not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise damaged(folder, name) from error


def json_bytes(content: Any, indent: int | None = 1) -> bytes:
    """Write values as JSON; without `indent` as short as possible."""
    separators = None if indent else (",", ":")
    return (json.dumps(content, indent=indent, ensure_ascii=False, separators=separators) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def header(content: bytes) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Read the type and shape of every tensor in a safetensors file, before they take memory.

    Raises
    ------
    ValueError
        When the tensors do not fit into the file.
    """
    size = int.from_bytes(content[:8], "little")
    if not 2 <= size <= len(content) - 8:
        raise ValueError("a safetensors file has no header")
    about = json.loads(content[8 : 8 + size])
    tensors = {name: (str(part["dtype"]), tuple(map(int, part["shape"]))) for name, part in about.items() if name != "__metadata__"}
    for name, (_, shape) in tensors.items():
        elements = 1
        for length in shape:
            elements *= length
        if any(length < 0 for length in shape) or elements > len(content):
            raise ValueError(f"{name} is larger than its file")
    return tensors


def require_shapes(found: Mapping[str, tuple[str, Sequence[int]]], expected: Mapping[str, Sequence[int]]) -> None:
    """Raise ValueError unless the tensors have the expected names and shapes."""
    for name, shape in expected.items():
        if name not in found or tuple(found[name][1]) != tuple(shape):
            raise ValueError(f"{name} is {found[name][1] if name in found else 'missing'}, and {CONFIG} expects {tuple(shape)}")


def damaged(folder: Path, name: str) -> MozartError:
    """Make the error for a file that does not have the expected content."""
    return MozartError(f"{name} in {folder} is damaged or belongs to another checkpoint: download or train it again.")


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MozartError(
                f"{path} is larger than any checkpoint of this program ({MAX_BYTES // 1_000_000} MB): train it again."
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MozartError(f"The checkpoint in {folder} is incomplete: {name} is missing. Download or train it again.") from error
    except OSError as error:
        raise MozartError(f"{path} cannot be read ({error.strerror}).") from error
