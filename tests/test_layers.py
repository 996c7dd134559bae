"""The rooms of the package stand in one order, and importing costs nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each imports from rooms before it only. The first ones are single modules.
ROOMS = (
    "errors",
    "atomic",
    "terminal",
    "notes",
    "corpus",
    "lab",
    "model",
    "measuring",
    "checkpoint",
    "rendering",
    "composing",
    "training",
    "page",
    "__main__",
)
# The laboratory can be read alone: it knows notes and files, and nothing of the composer, who knows it in one module.
LABORATORY = {"errors", "atomic", "notes", "corpus", "lab"}
BRIDGE = "composing/laboratory.py"
# Training has both recipes.
BOTH = {"lab", "training"}
MODULES = sorted(path.relative_to(ROOT / "mozart").as_posix() for path in (ROOT / "mozart").rglob("*.py"))


def room_of(module: str) -> str:
    return module.partition("/")[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The full names of everything that a file imports, also inside functions and for types alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def imported_rooms(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("mozart.")}


def test_every_room_has_its_place() -> None:
    """A new room, or a module outside the rooms, must be given its place in the order."""
    assert {room_of(module) for module in MODULES} == {*ROOMS, "__init__"}
    assert all((ROOT / "mozart" / room / "__init__.py").is_file() for room in {room_of(m) for m in MODULES if "/" in m})


@pytest.mark.parametrize("module", [module for module in MODULES if module != "__init__.py"])
def test_imports_go_to_earlier_rooms(module: str) -> None:
    """No module imports from a room after its own."""
    allowed = ROOMS[: ROOMS.index(room_of(module)) + 1]
    assert imported_rooms(ROOT / "mozart" / module) <= {*allowed}


def test_the_laboratory_and_the_composer_know_nothing_of_each_other() -> None:
    """The laboratory imports notes and files alone; training has both, and else only one module imports the laboratory."""
    for module in MODULES:
        rooms = imported_rooms(ROOT / "mozart" / module)
        if room_of(module) == "lab":
            assert rooms <= LABORATORY, module
        elif module != BRIDGE and room_of(module) not in BOTH:
            assert "lab" not in rooms, module


def test_nothing_imports_the_scripts() -> None:
    """train.py and app.py are run; no module of the package needs them."""
    for module in MODULES:
        assert not {"train", "app"} & {name.partition(".")[0] for name in imports(ROOT / "mozart" / module)}, module


def run_python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.process
def test_importing_the_package_is_cheap() -> None:
    """Importing mozart loads none of the large libraries."""
    run_python("import sys, mozart; assert not {'torch', 'music21', 'gradio', 'numpy'} & set(sys.modules)")


@pytest.mark.process
@pytest.mark.parametrize("module", ["page", "composing.request", "checkpoint.hub", "checkpoint.find", "__main__"])
def test_asking_for_a_piece_needs_no_torch(module: str) -> None:
    """The page, the request, the Hub and the command line load neither torch nor training code."""
    modules = [f"mozart.{module}"]
    if module == "page" and (ROOT / "mozart" / "page" / "page.py").exists():
        modules.append("mozart.page.page")
    run_python(
        f"import sys, {', '.join(modules)}\n"
        "found = [name for name in sys.modules if name.startswith(('torch', 'mozart.training', 'mozart.model', 'mozart.lab'))]\n"
        "assert not found, found"
    )


@pytest.mark.process
def test_importing_the_entry_points_does_nothing() -> None:
    """Importing app and train opens no socket and reads no weights."""
    run_python(
        "import socket, safetensors.torch as s\n"
        "def fail(*a, **k): raise AssertionError\n"
        "socket.socket.bind = socket.socket.connect = s.load = fail\n"
        "import app, train"
    )
