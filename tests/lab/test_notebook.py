"""The notebook runs from top to bottom, and is committed as it is before that."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from lab_music import write_midi

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "mozart_lab.ipynb"
SMALL = {"batch_size": 16, "hidden_size": 8, "embedding_dim": 4}

# What Colab has and others have not.
DRIVE = "from pathlib import Path\n\n\ndef mount(path):\n    Path(path, 'MyDrive').mkdir(parents=True)\n"


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for google.colab, on the path of the kernel that the test starts."""
    package = tmp_path / "stand-ins" / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "drive.py").write_text(DRIVE)
    for name, value in {
        "PYTHONPATH": str(package.parent.parent),
        "JUPYTER_DATA_DIR": str(tmp_path / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "jupyter" / "runtime"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "OMP_NUM_THREADS": "1",
    }.items():
        monkeypatch.setenv(name, value)


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


@pytest.mark.process
@pytest.mark.usefixtures("colab")
def test_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All five problems on a tiny corpus from a local clone, kept on Drive, and heard."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    (tmp_path / "midi").mkdir()
    for number in range(4):
        write_midi(tmp_path / "midi" / f"piece{number}.mid", 250, seed=number)
    for name, value in {
        "LAB_SOURCE": f"file://{ROOT}",
        "LAB_FOLDER": str(tmp_path / "clone"),
        "LAB_MIDI_DIR": str(tmp_path / "midi"),
        "LAB_EPOCHS": "2",
        "LAB_SETTINGS": json.dumps(SMALL),
        "LAB_USE_DRIVE": "yes",
        "LAB_DRIVE": str(tmp_path / "drive"),
    }.items():
        monkeypatch.setenv(name, value)
    notebook = read()
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    said = {cell["id"]: str(cell["outputs"]) for cell in notebook["cells"] if cell["cell_type"] == "code"}
    assert "1000 notes and chords" in said["problem-1"]
    assert "in any key" in said["table"]
    assert "epoch 2" in said["training"]
    assert "image/png" in said["results"]
    assert "final test accuracy" in said["results"]
    assert "RNN CrossEntropyLoss RMSprop" in said["load"]
    assert "600 [" in said["problem-4"]
    assert "music21" in said["problem-5"]
    assert "<audio" in said["listen"]
    assert "<audio" in said["sampled"]
    output = tmp_path / "drive" / "MyDrive" / "mozart-lab"
    assert all((output / name).is_file() for name in ("training_state.pt", "mozart.mid"))


def test_it_is_committed_without_outputs() -> None:
    """No cell has been run, so that a change of the notebook can be read."""
    notebook = read()
    nbformat.validate(notebook)
    ran = [cell for cell in notebook["cells"] if cell.get("outputs") or cell.get("execution_count")]
    assert not ran
