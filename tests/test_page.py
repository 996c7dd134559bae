"""The page composes: asked through its server, as a program would."""

import os
import socket
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from hub_server import Commit, HubServer
from mozart.checkpoint import FILES

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.page


@contextmanager
def running_app(**environment: str) -> Iterator[str]:
    """`python app.py` on a free port: its address, when it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "OMP_NUM_THREADS": "1", **environment}
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment) as server:
        try:
            for _ in range(600):
                assert server.poll() is None, "app.py ended before it answered"
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def shown_texts(url: str) -> list[str]:
    """What the page's parts say when it is opened."""
    return [str(part["props"].get("value")) for part in Client(url, verbose=False).config["components"]]


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's folder for temporary files."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def client(checkpoint_folder: Path, temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of the page, which composes from an untrained checkpoint."""
    with running_app(MOZART_MODEL=str(checkpoint_folder), TMPDIR=str(temporary)) as url:
        yield Client(url, download_files=str(tmp_path_factory.mktemp("downloads")), verbose=False)


@pytest.mark.parametrize("offsets", ["0.25", "0.5", "sampled"])
def test_composes(client: Client, offsets: str) -> None:
    """The sound is not silent, the MIDI holds the notes, and the line says the seed; the opening is left out."""
    sound, midi, about = client.predict(60, offsets, api_name="/compose")
    with wave.open(sound) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert 5000 < np.abs(samples).max() < 32767
    onsets = {round(note.start, 3) for note in pretty_midi.PrettyMIDI(midi).instruments[0].notes}
    if offsets != "sampled":
        assert onsets == {round(float(offsets) / 2 * i, 3) for i in range(60)}
    assert Path(midi).suffix == ".mid"
    assert "60 notes and chords" in about
    assert "Seed" in about


@pytest.mark.parametrize(
    ("length", "offsets"),
    [(None, "0.25"), (0, "0.25"), (10**9, "0.25"), (60.5, "0.25"), ("many", "0.25"), (60, "0.3"), (60, "/etc/passwd")],
)
def test_refuses_impossible_values(client: Client, length: object, offsets: str) -> None:
    """A call with values that the page does not offer is refused in words, and the page goes on working."""
    with pytest.raises((AppError, ValueError)) as error:
        client.predict(length, offsets, api_name="/compose")
    assert "\n" not in str(error.value)
    assert client.predict(50, "0.25", api_name="/compose")


def test_leaves_no_files_of_its_own(client: Client, temporary: Path) -> None:
    """What stays of a piece is what Gradio's cache holds, which it deletes by itself."""
    client.predict(50, "0.25", api_name="/compose")
    assert {path.name for path in temporary.iterdir()} <= {"gradio"}


def test_without_fluidsynth(checkpoint_folder: Path, tmp_path: Path) -> None:
    """The MIDI file comes all the same, and the line says what to install for the sound."""
    (tmp_path / "fluidsynth.py").write_text("raise ImportError('no library')")
    with running_app(MOZART_MODEL=str(checkpoint_folder), PYTHONPATH=str(tmp_path)) as url:
        sound, midi, about = Client(url, verbose=False).predict(50, "0.25", api_name="/compose")
    assert sound is None
    assert pretty_midi.PrettyMIDI(midi).instruments
    assert "libfluidsynth3" in about


def test_a_model_from_the_hub(checkpoint_folder: Path, tmp_path: Path) -> None:
    """MOZART_MODEL and MOZART_REVISION name a checkpoint on the Hub; the page downloads it and says that it uses it."""
    files = {name: (checkpoint_folder / name).read_bytes() for name in FILES}
    with HubServer() as hub:
        hub.repos["user/tiny"] = [Commit("a" * 40, files), Commit("b" * 40, {})]
        environment = hub.environment(tmp_path / "home")
        with running_app(MOZART_MODEL="user/tiny", MOZART_REVISION="a" * 40, **environment) as url:
            texts = shown_texts(url)
    assert "Composed from the checkpoint `user/tiny`." in texts
    assert not [text for text in texts if "ships with the code" in text]


def test_a_model_that_cannot_be_had(tmp_path: Path) -> None:
    """The page starts all the same, from the shipped checkpoint, and says so."""
    with running_app(MOZART_MODEL=str(tmp_path / "no" / "such")) as url:
        texts = shown_texts(url)
    assert any("There is no checkpoint" in text and "ships with the code" in text for text in texts)
