"""Guesses in a dataset on the Hub, tried against the stand-in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub_server import Failure, HubServer

# The Hub's library reads its settings when it is imported, so each run is a process of its own.
pytestmark = pytest.mark.process
VISIT = """
import sys
from mozart.page.hub_votes import HubVotes
votes = HubVotes("user/space-votes")
votes.add("K. 281", 7, "one", True)  # before the Hub has answered
votes.connect()
votes.add("K. 281", 8, "one", False)
votes.send()
print(*votes.count("one"))
"""
PAGE = """
import app
votes = app.open_votes()
print(type(votes).__name__, votes.repo_id)
"""


def run(hub: HubServer, home: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | hub.environment(home) | variables
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)


def test_guesses_outlive_the_machine(tmp_path: Path) -> None:
    """A second run, on a machine that remembers nothing, counts the first one's guesses; each run has a file of its own."""
    with HubServer() as hub:
        assert run(hub, tmp_path / "one", VISIT).stdout == "1 2\n"
        assert run(hub, tmp_path / "two", VISIT).stdout == "2 4\n"
        files = hub.repos["datasets/user/space-votes"][-1].files
        assert hub.private == {"datasets/user/space-votes"}
    assert len(files) == 2
    lines = [line for content in files.values() for line in content.decode().splitlines()]
    assert sorted(json.loads(lines[0])) == ["checkpoint", "passage", "right", "seed"]
    assert len(lines) == 4


def test_what_is_no_guess_is_not_counted(tmp_path: Path) -> None:
    """Lines that somebody else wrote into the dataset do no harm."""
    with HubServer() as hub:
        run(hub, tmp_path, VISIT)
        files = hub.repos["datasets/user/space-votes"][-1].files
        files["data/bad.jsonl"] = (
            b'[]\n{"passage": 1}\nnothing\n\xff\n{"passage": "a", "seed": "7", "checkpoint": "one", "right": true}\n'
        )
        assert run(hub, tmp_path / "two", VISIT).stdout == "2 4\n"


def test_a_hub_that_is_down(tmp_path: Path) -> None:
    """It is said in a sentence."""
    with HubServer() as hub:
        hub.failures.append(Failure("POST", "repos/create", times=9, status=500))
        said = run(hub, tmp_path, VISIT).stderr.strip().splitlines()[-1]
    assert said.startswith("mozart.errors.MozartError: The earlier guesses cannot be read from the dataset user/space-votes (")


def test_a_space_with_a_token(tmp_path: Path) -> None:
    """On a Space with a token the guesses go to a dataset that is called like it."""
    with HubServer() as hub:
        ran = run(hub, tmp_path, PAGE, SPACE_ID="user/space")
    assert ran.stdout == "HubVotes user/space-votes\n"
