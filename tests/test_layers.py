"""A module imports only from lines above its own, and importing costs nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What lies in a package of its own.
ROOMS = {"notes", "corpus"}
LAYERS = [
    "errors",
    "atomic",
    "score",
    "vocabulary",
    "tonality",
    "ngrams",
    "windows",
    "sequences",
    "model",
    "stepping",
    "evaluation",
    "rhythm",
    "dynamics",
    "hands",
    "measures",
    "openings",
    "originality",
    "sampling",
    "midi",
    "engraving",
    "audio",
    "figures",
    "player",
    "checkpoint",
    "training",
    "runs",
    "card",
    "hub",
    "space",
    "request",
    "composer",
    "likeness",
    "gallery",
    "studio",
    "page",
    "__main__",
]


def imported_modules(path: Path) -> set[str]:
    """Our modules that a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.ImportFrom) and node.level), "imports are absolute"
        if isinstance(node, ast.ImportFrom) and node.module == "mozart":
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mozart."):
            names.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[1] for alias in node.names if alias.name.startswith("mozart."))
    return names


def test_every_module_has_its_layer() -> None:
    """A new module must be given its place."""
    assert {path.stem for path in (ROOT / "mozart").glob("*.py")} == {*LAYERS, "__init__"}


@pytest.mark.parametrize("module", LAYERS)
def test_imports_go_up(module: str) -> None:
    """No module imports one from below itself."""
    above = ROOMS | set(LAYERS[: LAYERS.index(module)])
    assert imported_modules(ROOT / "mozart" / f"{module}.py") <= above


def test_the_page_knows_no_torch() -> None:
    """The page is widgets and wiring."""
    assert "torch" not in (ROOT / "mozart" / "page.py").read_text().replace("no torch", "")


def run_python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.process
def test_importing_the_package_is_cheap() -> None:
    """Importing mozart loads neither torch nor music21."""
    run_python("import sys, mozart; assert not {'torch', 'music21', 'gradio'} & set(sys.modules)")


@pytest.mark.process
def test_importing_the_entry_points_does_nothing() -> None:
    """Importing app and train opens no socket and reads no weights."""
    run_python(
        "import socket, safetensors.torch as s\n"
        "def fail(*a, **k): raise AssertionError\n"
        "socket.socket.bind = socket.socket.connect = s.load = fail\n"
        "import app, train"
    )
