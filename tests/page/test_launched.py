"""The page as a person starts it: what it links is there, and several copies may run on one machine."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from playwright.sync_api import expect

import app
from browser import Chromium, find_chromium

pytestmark = [pytest.mark.page, pytest.mark.process]
ROOT = Path(app.__file__).parent
TYPES = {
    "pdf": "application/pdf",
    "mid": "audio/midi",
    "musicxml": "application/vnd.recordare.musicxml+xml",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}


@contextmanager
def running(folder: Path, checkpoint: Path) -> Iterator[str]:
    """The page's address; `folder` is where the machine has its temporary files."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"GRADIO_SERVER_PORT": str(port), "TMPDIR": str(folder), "MOZART_VOTES": str(folder / f"{port}.sqlite")}
    environment = os.environ | own | {"MOZART_MODEL": str(checkpoint), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environment.pop("GRADIO_TEMP_DIR", None)
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert any(b"Running on local URL" in line for line in process.stdout)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_two_copies_answer_alike(checkpoint_folder: Path, tmp_path: Path) -> None:
    """The same request gets the same MIDI file and the same score from either, byte for byte."""
    answers = []
    with running(tmp_path, checkpoint_folder) as one, running(tmp_path, checkpoint_folder) as two:
        for number, url in enumerate((one, two)):
            client = Client(url, verbose=False, download_files=str(tmp_path / f"downloads {number}"))
            _, midi, score, _ = client.predict(length="8bars", seed=7, api_name="/compose")
            answers.append((Path(midi).read_bytes(), Path(score).read_bytes()))
    assert answers[0] == answers[1]


def test_what_is_linked_is_there(checkpoint_folder: Path, tmp_path: Path) -> None:
    """Every file that the page links comes, and says what it is: a piece's sound and downloads, the gallery's pieces."""
    path = find_chromium()
    if path is None:
        pytest.skip("there is no Chromium")
    with running(tmp_path, checkpoint_folder) as url, Chromium(path, url) as browser:
        page = browser.open("?length=4bars&seed=7")
        links = page.locator("#downloads a")
        expect(links).to_have_count(len(TYPES))
        for link in links.all():
            answer = httpx.get(str(link.evaluate("(link) => link.href")))
            assert (answer.status_code, answer.headers["content-type"]) == (200, TYPES[str(link.get_attribute("id"))])
        sounds = page.locator("audio").evaluate_all(
            "(all) => all.map((audio) => audio.src).filter((src) => src.startsWith('http'))"
        )
        assert len(sounds) == 4
        for sound in sounds:
            answer = httpx.get(sound)
            assert answer.status_code == 200
            assert answer.headers["content-type"] in ("audio/flac", "audio/mpeg")
        assert browser.troubles == []
