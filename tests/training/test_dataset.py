"""Music goes to the Hub as a dataset, and is trained on from there."""

import sys
from pathlib import Path

import pyarrow.parquet
import pytest

import tiny
import train
from hub_server import HubServer
from mozart.__main__ import main
from mozart.corpus.works import read_works
from mozart.errors import MozartError
from mozart.training import dataset

REPO = "user/preludes"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@pytest.fixture
def midi(tmp_path: Path) -> Path:
    """Four works in two folders, one of them twice, and what is no MIDI."""
    folder = tiny.write_midi_files(tmp_path / "midi", 4)
    (folder / "late").mkdir()
    (folder / "work-3.mid").rename(folder / "late" / "work-3.mid")
    (folder / "zcopy.mid").write_bytes((folder / "work-1.mid").read_bytes())
    (folder / "broken.mid").write_text("no music")
    return folder


def test_music_goes_and_comes_back(
    server: HubServer, midi: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is published is what can be read, once, under its folders' names, in one commit, and is read as the folder is."""
    monkeypatch.setattr(dataset, "_ROWS", 3)
    assert main(["corpus", "push", str(midi), REPO, "--licence", "cc0-1.0", "--private"]) == 0
    ((revision, files),) = server.repos[f"datasets/{REPO}"]
    assert f"datasets/{REPO}" in server.private
    assert sorted(files) == ["README.md", "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"]
    assert "license: cc0-1.0" in files["README.md"].decode()
    said = capsys.readouterr().out
    assert f"revision {revision}: 4 files" in said
    assert "zcopy.mid: It has the same notes as work-1.mid." in said
    read = dataset.read(REPO, skip_unreadable=False)
    local = read_works([path for path in sorted(midi.rglob("*.mid")) if "broken" not in path.name], folder=midi)
    assert read.scores.titles == local.scores.titles == ["late: work-3", "work-0", "work-1", "work-2"]
    assert list(read.scores) == list(local.scores)


def test_a_second_push_replaces_the_first(server: HubServer, midi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of Parquet that there are no more are gone with the same commit."""
    with monkeypatch.context() as patch:
        patch.setattr(dataset, "_ROWS", 1)
        dataset.push(midi, REPO, "cc0-1.0")
    (midi / "work-0.mid").unlink()
    dataset.push(midi, REPO, "cc0-1.0")
    assert sorted(server.repos[f"datasets/{REPO}"][-1].files) == ["README.md", "data/train-00000-of-00001.parquet"]
    assert len(dataset.read(REPO, skip_unreadable=False).scores) == 3


def test_the_sonatas_are_not_published(server: HubServer, midi: Path) -> None:
    """A file that names the sonatas' sequencer is refused, and nothing is published."""
    content = (midi / "work-2.mid").read_bytes()
    (midi / "work-2.mid").write_bytes(content + b"XYZW\0\0\0\x0eBunji Hisamori")
    with pytest.raises(MozartError, match=r"work-2\.mid is one of the sonatas' files"):
        dataset.push(midi, REPO, "cc0-1.0")
    assert server.repos == {}


def publish(server: HubServer, folder: Path, **columns: object) -> None:
    from huggingface_hub import HfApi

    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "a.parquet")
    HfApi().create_repo(REPO, repo_type="dataset")
    HfApi().upload_file(path_or_fileobj=folder / "a.parquet", path_in_repo="a.parquet", repo_id=REPO, repo_type="dataset")
    assert server.repos[f"datasets/{REPO}"]


def test_a_dataset_of_others(server: HubServer, tmp_path: Path) -> None:
    """One without MIDI files is refused in words, and so is an empty one."""
    publish(server, tmp_path, text=["no music"])
    with pytest.raises(MozartError, match=f"{REPO} has no column midi"):
        dataset.read(REPO, skip_unreadable=False)


def test_a_dataset_without_rows(server: HubServer, tmp_path: Path) -> None:
    """It is refused in words."""
    publish(server, tmp_path, midi=pyarrow.array([], pyarrow.binary()))
    with pytest.raises(MozartError, match=f"{REPO} holds no MIDI file"):
        dataset.read(REPO, skip_unreadable=False)


def test_training_on_a_dataset(server: HubServer, midi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """train.py reads it and says what is in it; where the names are swapped it says so, and makes no repository."""
    dataset.push(midi, REPO, "cc0-1.0")
    assert train.main(["--midi-hub", REPO, "--dry-run"]) == 0
    assert "notes in 4 files." in capsys.readouterr().out
    server.repos["user/mozart"] = []
    swapped = ["--midi-hub", "user/mozart", "--push-to-hub", REPO, "--output", str(tmp_path / "run")]
    assert train.main(swapped) == 1
    assert "user/mozart is a model, not a dataset" in capsys.readouterr().err
    assert REPO not in server.repos
    assert not (tmp_path / "run").exists()


def test_two_names_swapped(server: HubServer) -> None:
    """A model where a dataset should be is said to be one; what is not there at all is said to be missing."""
    server.repos["user/mozart"] = []
    with pytest.raises(MozartError, match="user/mozart is a model, not a dataset: --midi-hub names the music"):
        dataset.require("user/mozart")
    with pytest.raises(MozartError, match="there is no such repository"):
        dataset.require("user/nothing")


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MozartError, match="pip install pyarrow"):
        dataset.require(REPO)
