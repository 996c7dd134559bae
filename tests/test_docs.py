"""What README, CONTRIBUTING, docs and docstrings name is there: commands, flags, files, variables and modules."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mozart.__main__ import parse_options
from mozart.composing.request import Request, read_flags
from mozart.corpus.reader import read_midi
from mozart.training.flags import parse_flags, read_config

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in DOCS}
# Programs of others that are not installed, or not ours to test.
OTHERS = ("git", "pip", "trackio")
# Flags of others' programs that the documents name.
THEIR_FLAGS = {"--exclude", "--flavor", "--nproc-per-node", "--project", "--repo-type", "--timeout", "--with"}
# Files that are made, or that lie elsewhere.
MADE = {"runs/notes/metrics.json"}


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The code blocks of a document with their language; an indented one is Python where it imports, else a shell's."""
    fence = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    yield from fence.findall(text)
    for block in re.findall(r"(?:^\n|\A)((?:^ {4}.*\n)+)", fence.sub("", text), re.MULTILINE):
        code = "\n".join(line[4:] for line in block.splitlines())
        yield "python" if code.startswith("from ") else "sh", code


def commands(text: str) -> list[list[str]]:
    """The words of every command of a document, without environment variables before it."""
    lines = [line for language, code in blocks(text) if language == "sh" for line in code.splitlines()]
    lines += [code for code in re.findall(r"`([^`\n]+)`", text) if re.match(r"(make|mozart|uv run|torchrun|hf|pip) \S", code)]
    found = []
    for line in lines:
        words = shlex.split(line, comments=True)
        while words and "=" in words[0]:
            words.pop(0)
        if words:
            found.append(words)
    return found


def all_commands() -> list[Any]:
    unique = {shlex.join(words): (name, words) for name, text in TEXTS.items() for words in commands(text)}
    return [pytest.param(words, id=f"{name}: {line}") for line, (name, words) in unique.items()]


def python_blocks() -> list[Any]:
    return [
        pytest.param(code, id=f"{name} {number}")
        for name, text in TEXTS.items()
        for number, code in enumerate(code for language, code in blocks(text) if language == "python")
    ]


def require_script(words: list[str]) -> None:
    """A script or module of ours is there, and its text names each flag."""
    module = words[0] == "-m"
    path = ROOT / words[1].replace(".", "/") / "__main__.py" if module else ROOT / words[0]
    assert path.is_file()
    for flag in (word for word in words if word.startswith("--")):
        assert f'"{flag}"' in path.read_text()


def require_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for word in words:
        variable, is_set, _ = word.partition("=")
        assert re.search(rf"^{variable} \?=" if is_set else rf"^{word}:", makefile, re.MULTILINE)


def require_mozart(arguments: list[str]) -> None:
    if "--help" in arguments:
        with pytest.raises(SystemExit, match="0"):
            parse_options(arguments)
        return
    options = parse_options(arguments)
    if options.command == "compose":
        read_flags(options)


def require_training(arguments: list[str]) -> None:
    read_config(parse_flags(arguments, ""))


def require_hub(words: list[str]) -> None:
    from huggingface_hub.cli.hf import app

    command: Any = app
    while hasattr(command, "get_command"):
        name, words = words[0], words[1:]
        command = command.get_command(command.make_context("hf", [name], resilient_parsing=True), name)
    command.make_context("hf", words)


@pytest.mark.parametrize("words", all_commands())
def test_commands_are_understood(words: list[str]) -> None:
    """Each command's program is there, and knows the flags and values that it is given."""
    program, rest = words[0].rpartition("/")[2], words[1:]
    if program == "hf":
        require_hub(rest)
    if "train.py" in rest and program in ("python", "torchrun", "uv", "hf"):
        require_training(rest[rest.index("train.py") + 1 :])
    elif program == "make":
        require_make(rest)
    elif program == "mozart":
        require_mozart(rest)
    elif program == "python" and rest[:2] != ["-m", "pytest"]:
        require_script(rest)
    else:
        assert program in ("python", "hf", *OTHERS)


@pytest.mark.parametrize("code", python_blocks())
def test_python_uses_settings_that_there_are(code: str) -> None:
    """What a document's Python asks for is a request."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    for call in calls:
        if ast.unparse(call.func) == "Request" or ast.unparse(call.func).endswith(".predict"):
            given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg}
            given.pop("api_name", None)
            Request(**given)


@pytest.mark.process
def test_the_readmes_python_composes(tmp_path: Path) -> None:
    """The first Python of the README, asked for fewer bars, writes a piece by the checkpoint that ships."""
    code = next(code for language, code in blocks(TEXTS["README.md"]) if language == "python")
    assert code.count('"32bars"') == 1
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code.replace("32bars", "4bars")], cwd=tmp_path, env=environment, check=True)
    assert len(read_midi(tmp_path / "mozart.mid").bars) == 4


def test_flags_that_are_named_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """Every flag that stands in a document is one of train.py, mozart, an attack, a benchmark or a program of others."""
    for command in (["compose"], ["measure"], ["card"], ["corpus", "push"]):
        with pytest.raises(SystemExit):
            parse_options([*command, "--help"])
    with pytest.raises(SystemExit):
        parse_flags(["--help"], "")
    scripts = "".join(path.read_text() for folder in ("attack", "benchmarks") for path in (ROOT / folder).glob("*.py"))
    known = {*re.findall(r"--[a-z0-9-]+", capsys.readouterr().out), *re.findall(r'"(--[a-z0-9-]+)"', scripts)}
    for name, text in TEXTS.items():
        assert {*re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text)} - known - THEIR_FLAGS == set(), name


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every file that a document links to is there."""
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert "://" in target or (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("name", TEXTS)
def test_files_that_are_named_exist(name: str) -> None:
    """A path of code or of measurements in a document is there, from the repository's root or in the package."""
    paths = {*re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|json|ipynb|md|css|js))`", TEXTS[name])} - MADE
    assert [path for path in paths if not (ROOT / path).exists() and not (ROOT / "mozart" / path).exists()] == []


def test_variables_that_are_named_exist() -> None:
    """Every variable of ours that a document names is read somewhere."""
    code = "".join(path.read_text() for path in [ROOT / "app.py", *(ROOT / "mozart").rglob("*.py")])
    for name, text in TEXTS.items():
        for variable in set(re.findall(r"MOZART_[A-Z]+", text)):
            assert f'"{variable}"' in code, f"{name} names {variable}"


def test_modules_that_docstrings_name_exist() -> None:
    """Every reference to a module of ours leads to one, and one to a name in a module leads to that name."""
    for path in (ROOT / "mozart").rglob("*.py"):
        for kind, target in re.findall(r":(mod|func|class|data):`~?(mozart\.[\w.]+)`", path.read_text()):
            module, name = (target, "") if kind == "mod" else target.rsplit(".", 1)
            place = ROOT / module.replace(".", "/")
            source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
            assert source.is_file(), f"{path.name} names {target}"
            assert re.search(rf"\b{name}\b", source.read_text()), f"{path.name} names {target}"
