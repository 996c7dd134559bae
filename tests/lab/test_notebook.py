"""The notebook runs from top to bottom, and is committed as it is before that."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import tiny
from hub_server import TOKEN, HubServer
from mozart.card import CURVES, PIECES
from mozart.checkpoint import FILES

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "mozart_lab.ipynb"
SMALL = "--recipe stream --passes 1 --validate-every 2 --batch-size 16 --hidden-size 8 --embedding-dim 4 --device cpu"

# What Colab has and others have not.
USERDATA = "secrets = {secrets}\n\n\ndef get(name):\n    return secrets[name]\n"
DRIVE = "from pathlib import Path\n\n\ndef mount(path):\n    Path(path, 'MyDrive').mkdir(parents=True)\n"


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a stand-in for google.colab, on the path of the kernel that the test starts, and no secrets yet."""
    package = tmp_path / "stand-ins" / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "userdata.py").write_text(USERDATA.format(secrets={}))
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
    return package


def run(notebook: Any, folder: Path) -> dict[str, str]:
    """Run the notebook with `folder` as its own; what each code cell printed and showed, by the cell's name."""
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return {cell["id"]: str(cell["outputs"]) for cell in notebook["cells"] if cell["cell_type"] == "code"}


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


@pytest.mark.process
def test_from_top_to_bottom(colab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All five problems on a tiny corpus from a local clone, kept on Drive, heard, and published with Colab's secret."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    (colab / "userdata.py").write_text(USERDATA.format(secrets={"HF_TOKEN": TOKEN}))
    (tmp_path / "midi").mkdir()
    for number in range(4):
        tiny.write_midi(tmp_path / "midi" / f"piece{number}.mid", 250, seed=number)
    with HubServer() as hub:
        for name, value in {
            **hub.environment(tmp_path / "home", token=""),
            "LAB_SOURCE": f"file://{ROOT}",
            "LAB_FOLDER": str(tmp_path / "clone"),
            "LAB_MIDI_DIR": str(tmp_path / "midi"),
            "LAB_EPOCHS": "2",
            "LAB_TRAINING": SMALL,
            "LAB_USE_DRIVE": "yes",
            "LAB_DRIVE": str(tmp_path / "drive"),
            "LAB_PUSH_TO": "user/lab",
        }.items():
            monkeypatch.setenv(name, value)
        said = run(read(), tmp_path)
    assert "1000 notes and chords" in said["problem-1"]
    assert "works held out" in said["table"]
    assert "epoch 2" in said["training"]
    assert "image/png" in said["results"]
    assert "final test accuracy" in said["results"]
    assert "600 [" in said["problem-4"]
    assert "music21" in said["problem-5"]
    assert "<audio" in said["listen"]
    assert "<audio" in said["beyond"]
    assert "will be published as user/lab" in said["token"]
    assert not [name for name, output in said.items() if TOKEN in output]
    output = tmp_path / "drive" / "MyDrive" / "mozart-lab"
    assert all((output / name).is_file() for name in (*FILES, *CURVES, *PIECES, "training_state.pt", "mozart.mid"))
    ((_, files),) = hub.repos["user/lab"]
    assert {name: (output / name).read_bytes() for name in FILES}.items() <= files.items()


@pytest.mark.process
@pytest.mark.usefixtures("colab")
def test_without_a_secret_nothing_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Colab has no such secret, a sentence says what publishing takes, and the notebook goes on."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("LAB_PUSH_TO", "user/lab")
    notebook = read()
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] in ("parameters", "token")]
    assert "Nothing will be published: that takes a name in PUSH_TO and the secret HF_TOKEN." in run(notebook, tmp_path)["token"]


def test_it_is_committed_without_outputs() -> None:
    """No cell has been run, so that a change of the notebook can be read."""
    notebook = read()
    nbformat.validate(notebook)
    ran = [cell for cell in notebook["cells"] if cell.get("outputs") or cell.get("execution_count")]
    assert not ran
