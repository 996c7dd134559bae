"""Fixtures for all tests. Outside the tests marked ``corpus`` nothing of the user's is read or written."""

import importlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import tiny
from hub_server import HubServer
from mozart.corpus.archive import find_archive, sonatas
from mozart.corpus.works import read_works
from mozart.errors import MozartError
from mozart.notes import Score


def pytest_configure() -> None:
    """One thread: small networks gain nothing from two, and lose much when the machine is busy."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _own_cache(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("corpus") is None:
        monkeypatch.setenv("MOZART_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("MOZART_ARCHIVE", raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A Hub that this process takes for the real one, logged in, with an empty cache."""
    import huggingface_hub.constants

    def read_environment_again() -> None:
        # huggingface_hub reads the environment at import, and keeps its connections.
        importlib.reload(huggingface_hub.constants)
        huggingface_hub.close_session()

    with HubServer() as server:
        for name, value in server.environment(tmp_path / "home").items():
            monkeypatch.setenv(name, value)
        read_environment_again()
        yield server
        monkeypatch.undo()
        read_environment_again()


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint of recipe ``notes``, untrained; tests only read it."""
    folder = tmp_path_factory.mktemp("checkpoint")
    tiny.checkpoint(folder)
    return folder


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint of the laboratory's recipe, untrained; tests only read it."""
    folder = tmp_path_factory.mktemp("lab-checkpoint")
    tiny.lab_checkpoint(folder)
    return folder


@pytest.fixture(scope="session")
def sonata_files() -> list[Path]:
    """The real sonatas' files; without the archive the test is left out, unless MOZART_ARCHIVE says that it is there."""
    try:
        return sonatas(str(find_archive()))
    except MozartError as error:
        if os.environ.get("MOZART_ARCHIVE"):
            raise
        pytest.skip(f"the archive cannot be had: {error}")


@pytest.fixture(scope="session")
def works(sonata_files: list[Path]) -> dict[str, Score]:
    """The real sonatas by their titles."""
    return {score.title: score for score in read_works(sonata_files)[0]}
