"""A checkpoint's folder: whole, or refused in a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save

from mozart.checkpoint.folder import CONFIG, explained, find_damaged, header, identify, json_bytes, read_folder, write_folder
from mozart.errors import MozartError

CONTENTS = {
    "model.safetensors": save({"weight": np.zeros((2, 3), np.float16)}),
    "vocabulary.json": b"[]",
    "sequences.json": b"[0]",
    "distances.json": b"{}",
    "metrics.json": b"{}",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a checkpoint of the laboratory's recipe."""
    write_folder(tmp_path, "lab", CONTENTS, {"model": {"hidden": 3}}, "# A card\n")
    return tmp_path


def test_what_is_written_is_read(folder: Path) -> None:
    """All files come back but for the card, with what the config says."""
    config, contents = read_folder(folder)
    assert contents == CONTENTS
    assert (config["recipe"], config["model"]) == ("lab", {"hidden": 3})
    assert find_damaged(folder) == []


@pytest.mark.parametrize("name", CONTENTS)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    """The sentence names the file that is missing."""
    (folder / name).unlink()
    with pytest.raises(MozartError, match=rf"{name} is missing"):
        read_folder(folder)
    assert find_damaged(folder) == [name]


@pytest.mark.parametrize("name", CONTENTS)
def test_a_changed_file_is_named(folder: Path, name: str) -> None:
    """One bit that is not what the config says is noticed."""
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(MozartError, match=rf"{name} .*is damaged"):
        read_folder(folder)
    assert find_damaged(folder) == [name]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"format": 99}', b'{"format": 3, "recipe": []}'])
def test_a_config_that_makes_no_sense_is_refused(folder: Path, content: bytes) -> None:
    """Whatever stands in config.json, the answer is one sentence."""
    (folder / CONFIG).write_bytes(content)
    with pytest.raises(MozartError):
        read_folder(folder)


def test_a_card_may_be_edited(folder: Path) -> None:
    """Composing does not read the card, so it may be another one, and is no part of what the checkpoint is."""
    before = identify(read_folder(folder)[0])
    write_folder(folder, "lab", CONTENTS, {"model": {"hidden": 3}}, "# Another card\n")
    assert identify(read_folder(folder)[0]) == before
    write_folder(folder, "lab", {**CONTENTS, "distances.json": b"[ ]"}, {"model": {"hidden": 3}}, "# Another card\n")
    assert identify(read_folder(folder)[0]) != before


def test_a_folder_that_is_no_checkpoint(tmp_path: Path) -> None:
    """An empty folder is refused with what to give instead."""
    with pytest.raises(MozartError, match="has no config"):
        read_folder(tmp_path)
    assert find_damaged(tmp_path) == [CONFIG]


def test_sizes_are_known_before_memory_is_taken() -> None:
    """A header that promises more than the file has is refused, without the tensor being made."""
    about = json.dumps({"weight": {"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 4]}}).encode()
    with pytest.raises(ValueError, match="larger than its file"):
        header(len(about).to_bytes(8, "little") + about)
    assert header(CONTENTS["model.safetensors"]) == {"weight": ("F16", (2, 3))}


@pytest.mark.parametrize(
    "error", [KeyError("x"), ZeroDivisionError("x"), RecursionError("x"), SafetensorError("x"), MozartError("A pitch is 200.")]
)
def test_parts_that_do_not_fit_are_one_sentence(error: Exception) -> None:
    """Whatever goes wrong while parts are put together names the folder."""

    def fail() -> None:
        with explained(Path("runs/x")):
            raise error

    with pytest.raises(MozartError, match="runs/x"):
        fail()


def test_names_that_are_no_text_can_be_saved() -> None:
    """A file name in Latin-1 bytes is escaped in JSON, and read back."""
    name = b"\xe9tude.mid".decode("utf-8", "surrogateescape")
    assert json.loads(json_bytes({"works": [name]})) == {"works": [name]}


def test_what_is_measured_is_no_part_of_the_identity(folder: Path) -> None:
    """Card and metrics may change: the same pieces come of it."""
    before = identify(read_folder(folder)[0])
    write_folder(folder, "lab", {**CONTENTS, "metrics.json": b'{"loss": 1}'}, {}, "# Another card\n")
    assert identify(read_folder(folder)[0]) == before


def test_a_tensor_that_is_only_a_little_larger_than_its_file_is_refused() -> None:
    """Before memory is taken for it, whatever its shape says."""
    about = json.dumps({"weight": {"dtype": "F16", "shape": [100, 100], "data_offsets": [0, 4]}}).encode()
    with pytest.raises(ValueError, match="larger than its file"):
        header(len(about).to_bytes(8, "little") + about + bytes(4))
