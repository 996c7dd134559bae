"""What a Space, Colab and this repository install fits together, and what is said was measured."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mozart.checkpoint.card import result_table
from mozart.checkpoint.find import SHIPPED
from mozart.checkpoint.folder import PRETRAINED
from mozart.measuring import report

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Made for the tests, and composed.
OUR_MIDI = ("tests/corpus/cases/", "mozart/page/gallery/")


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split()
    return dict(line.split("==") for line in lines)


def tracked_files() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split("\0")[:-1]


def test_gradio_is_the_spaces() -> None:
    """The README's sdk_version is the version of Gradio that is tested."""
    (sdk_version,) = re.findall(r"^sdk_version: (\S+)$", README, re.MULTILINE)
    assert sdk_version == constraints()["gradio"]


def test_the_spaces_licence_is_not_only_the_codes() -> None:
    """The front matter says that the weights have other terms than the code."""
    assert re.search(r"^license: other$", README, re.MULTILINE)


@pytest.mark.parametrize("file", ["requirements.txt", "tests/requirements.txt"])
def test_tested_versions_are_in_range(file: str) -> None:
    """Every requirement has a version that is tested, and its range admits it."""
    pinned = constraints()
    for requirement in (Requirement(line) for line in (ROOT / file).read_text().splitlines()):
        assert requirement.name in pinned
        assert pinned[requirement.name] in requirement.specifier


def test_the_readme_is_short() -> None:
    """A person reads it in a few minutes: at most 120 lines, none of them a paragraph."""
    lines = README.splitlines()
    assert len(lines) <= 120
    assert max(map(len, lines)) <= 200


@pytest.mark.parametrize("name", SHIPPED)
def test_the_readme_says_what_the_metrics_say(name: str) -> None:
    """The results of every shipped checkpoint stand in the README as they were measured, and the command that made it."""
    path = PRETRAINED.parent / name / "metrics.json"
    metrics = json.loads(path.read_text())
    assert result_table(metrics) in README, f"put this into the README:\n{result_table(metrics)}"
    assert metrics["command"] in README


def test_the_readme_says_what_the_pieces_are_like() -> None:
    """A few of the default checkpoint's measures stand in the README as they were measured."""
    measured = json.loads((PRETRAINED.parent / SHIPPED[0] / "metrics.json").read_text())["measures"]
    assert report.summary(measured) in README, f"put this into the README:\n{report.summary(measured)}"


def test_the_scale_table_is_what_was_measured() -> None:
    """docs/scale.md has a row for each number of files in scale.json."""
    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    for files, found in json.loads((ROOT / "benchmarks" / "scale.json").read_text())["files"].items():
        read, again, train = found["read"], found["read_again"], found["train"]
        cells = [f"{int(files):,}", f"{read['notes']:,}"]
        cells += [f"{part['seconds']:.1f} s, {part['peak_megabytes']:.0f} MB" for part in (read, again)]
        cells += [f"{train['rows_seconds']:.0f} s"]
        cells += [f"{train['seconds']:.0f} s for {train['batches']} of {train['batches_of_a_pass']} batches"]
        row = f"| {' | '.join(cells)} | {train['peak_megabytes']:.0f} MB |"
        assert row in text, f"put this into docs/scale.md:\n{row}"


def test_no_music_but_ours_is_committed() -> None:
    """MIDI files lie only where ours do, and there is no archive, no recording of a run and no pickle."""
    kinds = (".mid", ".midi", ".kar", ".gz", ".zip", ".pt", ".pkl", ".wav")
    assert not [file for file in tracked_files() if file.lower().endswith(kinds) and not file.startswith(OUR_MIDI)]


@pytest.mark.corpus
def test_no_file_of_the_archive_is_committed(sonata_files: list[Path]) -> None:
    """No file here is one of the sonatas', by its hash, whatever it is called: they may not be republished."""
    forbidden = {hashlib.sha256(path.read_bytes()).digest() for path in sonata_files}
    files = [ROOT / name for name in tracked_files()]
    assert not [path for path in files if path.is_file() and hashlib.sha256(path.read_bytes()).digest() in forbidden]
