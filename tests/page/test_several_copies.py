"""Several copies of the page may run on one machine."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gradio_client import Client

import app

ROOT = Path(app.__file__).parent


@contextmanager
def running(folder: Path, checkpoint: Path) -> Iterator[Client]:
    """The page, started as a person starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": str(folder), "MOZART_VOTES": str(folder / "votes.sqlite")}
    environment = os.environ | own | {"MOZART_MODEL": str(checkpoint), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert any(b"Running on local URL" in line for line in process.stdout)
            yield Client(f"http://127.0.0.1:{port}", verbose=False, download_files=str(folder / "downloads"))
        finally:
            process.terminate()


@pytest.mark.page
@pytest.mark.process
def test_two_copies_answer_alike(checkpoint_folder: Path, tmp_path: Path) -> None:
    """The same request gets the same MIDI file and the same score from either, byte for byte."""
    answers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with running(tmp_path / name, checkpoint_folder) as client:
            _, midi, score, _ = client.predict(length="8bars", seed=7, api_name="/compose")
            answers.append((Path(midi).read_bytes(), Path(score).read_bytes()))
    assert answers[0] == answers[1]
