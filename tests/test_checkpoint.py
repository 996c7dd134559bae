"""A checkpoint folder is loaded whole or refused."""

import json
import shutil
from pathlib import Path

import pytest
import torch

import tiny
from mozart import atomic
from mozart.checkpoint import FILES, LOADED, find_damaged, load_checkpoint, save_checkpoint
from mozart.errors import MozartError


@pytest.fixture
def folder(checkpoint_folder: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(checkpoint_folder, tmp_path / "copy"))


def test_round_trip(tmp_path: Path) -> None:
    """What is loaded equals what was saved, and predicts the same."""
    saved = tiny.checkpoint(tmp_path)
    loaded = load_checkpoint(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    assert loaded.vocabulary == saved.vocabulary
    assert loaded.rhythm == saved.rhythm
    assert loaded.metrics == saved.metrics
    assert loaded.provenance == saved.provenance
    assert (loaded.openings.works, loaded.openings.movements) == (saved.openings.works, saved.openings.movements)
    assert torch.equal(loaded.openings.ids, saved.openings.ids)
    assert torch.equal(loaded.openings.steps, saved.openings.steps)
    x = torch.tensor([[0, 1, 2]])
    assert torch.equal(saved.model(x, saved.model.init_hidden(1))[0], loaded.model(x, loaded.model.init_hidden(1))[0])
    assert not loaded.model.training


@pytest.mark.parametrize("name", LOADED)
def test_damage_is_found(folder: Path, name: str) -> None:
    """Without loading anything: which file is not the one that config.json names, or missing; the card may be edited."""
    (folder / "README.md").write_text("edited")
    assert find_damaged(folder) == []
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-7])
    assert find_damaged(folder) == [name]
    (folder / name).unlink()
    assert find_damaged(folder) == [name]


def test_another_format_is_not_taken_for_damage(folder: Path) -> None:
    """Nothing is known of its files; loading says which format it is."""
    (folder / "config.json").write_text('{"format": 99}')
    assert find_damaged(folder) == []


@pytest.mark.parametrize("name", [name for name in FILES if name != "README.md"])
def test_a_missing_part_is_named(folder: Path, name: str) -> None:
    """Without one of its files a folder is refused by that file's name."""
    (folder / name).unlink()
    with pytest.raises(MozartError, match=name):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", [name for name in FILES if name != "README.md"])
def test_a_truncated_part_is_named(folder: Path, name: str) -> None:
    """A file that was cut is refused by its name."""
    (folder / name).write_bytes((folder / name).read_bytes()[:-7])
    with pytest.raises(MozartError, match=f"{name}.*damaged"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "openings.safetensors", "metrics.json", "rhythm.json"])
def test_a_foreign_part_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    """A file of another checkpoint of the same shape is refused by its hash."""
    tiny.checkpoint(tmp_path / "other", seed=1)
    other = (tmp_path / "other" / name).read_text("latin-1")
    if other == (folder / name).read_text("latin-1"):
        other = other.replace("2", "3", 1)
    (folder / name).write_text(other, "latin-1")
    with pytest.raises(MozartError, match=f"{name}.*belongs to another"):
        load_checkpoint(folder)


def test_a_vocabulary_of_another_size_is_named_with_both_numbers(folder: Path) -> None:
    """The peers' most frequent failure: weights and vocabulary that do not match."""
    tokens = json.loads((folder / "vocabulary.json").read_text())
    (folder / "vocabulary.json").write_text(json.dumps(tokens[:-2]))
    with pytest.raises(MozartError, match=f"vocabulary has {len(tokens) - 2} tokens, the weights expect {len(tokens)}"):
        load_checkpoint(folder)


def test_a_format_of_the_future(folder: Path) -> None:
    """A folder in a later format says so."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"format": 99}))
    with pytest.raises(MozartError, match="format 99"):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sha256": None}, "do not fit"),
        ({"model": {"n_tokens": 10, "num_layers": 2}}, r"expects \(10, 64\)"),
        ({"model": 3}, "do not fit"),
    ],
)
def test_a_config_that_does_not_fit(folder: Path, change: dict[str, object], sentence: str) -> None:
    """A changed configuration is refused in one sentence, with both shapes where it is about shapes."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(MozartError, match=sentence) as error:
        load_checkpoint(folder)
    assert "\n" not in str(error.value)


def test_equal_checkpoints_are_equal_files(checkpoint_folder: Path, tmp_path: Path) -> None:
    """What is saved depends on the checkpoint alone, byte for byte."""
    tiny.checkpoint(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == {
        name: (checkpoint_folder / name).read_bytes() for name in FILES
    }


def test_an_edited_card_does_not_matter(folder: Path) -> None:
    """The card may be edited on the Hub."""
    (folder / "README.md").write_text("Mine.")
    load_checkpoint(folder)


def test_an_interrupted_save_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between two files leaves a folder that is refused, never a mixture that loads."""
    other = tiny.checkpoint(folder.parent / "other", seed=1)
    write = atomic.write
    written: list[str] = []

    def crash(path: Path, content: bytes) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path.name)
        write(path, content)

    monkeypatch.setattr(atomic, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(other, folder, "A card.")
    with pytest.raises(MozartError, match="belongs to another"):
        load_checkpoint(folder)


def test_a_folder_that_cannot_be_written(tmp_path: Path, checkpoint_folder: Path) -> None:
    """Where a file stands in the way, the sentence names the folder."""
    (tmp_path / "file").touch()
    with pytest.raises(MozartError, match="cannot be written"):
        save_checkpoint(load_checkpoint(checkpoint_folder), tmp_path / "file" / "checkpoint", "")
