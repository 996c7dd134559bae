"""What a Space, Colab and this repository install fits together."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from mozart.card import measures_table, result_rows
from mozart.checkpoint import PRETRAINED
from mozart.request import MEMORY, TEMPERATURE, TOP_P

ROOT = Path(__file__).parent.parent


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split()
    return dict(line.split("==") for line in lines)


def test_gradio_is_the_spaces() -> None:
    """The README's sdk_version is the version of Gradio that is tested."""
    (sdk_version,) = re.findall(r"^sdk_version: (\S+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sdk_version == constraints()["gradio"]


def test_tested_versions_are_in_range() -> None:
    """Every range in requirements.txt admits the version in constraints.txt."""
    from packaging.requirements import Requirement

    required = [Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines()]
    pinned = constraints()
    assert all(requirement.name in pinned for requirement in required)
    assert all(pinned[requirement.name] in requirement.specifier for requirement in required)


@pytest.mark.parametrize("name", sorted(folder.name for folder in PRETRAINED.parent.iterdir() if folder.is_dir()))
def test_the_readme_says_what_the_metrics_say(name: str) -> None:
    """The results of every shipped checkpoint stand in the README and in its card as they were measured."""
    folder = PRETRAINED.parent / name
    metrics = json.loads((folder / "metrics.json").read_text())
    for text in ((ROOT / "README.md").read_text(), (folder / "README.md").read_text()):
        assert result_rows(metrics) in text
        assert metrics["command"] in text
    assert measures_table(metrics["measures"], metrics["originality"]) in (folder / "README.md").read_text()


def test_the_readme_says_what_the_pieces_are_like() -> None:
    """The default checkpoint's measures stand in the README as they were measured, with the settings that are the default."""
    metrics = json.loads((PRETRAINED / "metrics.json").read_text())
    assert measures_table(metrics["measures"], metrics["originality"]) in (ROOT / "README.md").read_text()
    assert metrics["measures"]["settings"] == {"temperature": TEMPERATURE, "top_p": TOP_P, "memory": MEMORY}


def test_no_music_of_the_archive_is_committed() -> None:
    """No MIDI file but the tests' own, and no archive, is in the repository: the sonatas may not be republished."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    ours = "tests/corpus/cases/"
    assert not [file for file in files if file.endswith((".mid", ".midi", ".gz", ".pt", ".wav")) and not file.startswith(ours)]
