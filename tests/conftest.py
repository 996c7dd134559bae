"""Fixtures for all tests. Outside the tests marked ``corpus`` nothing of the user's is read or written."""

import os
from pathlib import Path

import pytest
import torch

import tiny
from mozart import corpus
from mozart.errors import MozartError
from mozart.score import Work, read_scores


def pytest_configure() -> None:
    """One thread: small networks gain nothing from two, and lose much when the machine is busy."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _own_cache(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "corpus" not in request.keywords:
        monkeypatch.setenv("MOZART_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("MOZART_ARCHIVE", raising=False)


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole, untrained checkpoint. Do not change it: copy it first."""
    folder = tmp_path_factory.mktemp("checkpoint")
    tiny.checkpoint(folder)
    return folder


@pytest.fixture(scope="session")
def archive() -> Path:
    """The real archive of sonatas; without it the test is left out, unless MOZART_ARCHIVE says that it is there."""
    try:
        return corpus.find_archive()
    except MozartError as error:
        if os.environ.get("MOZART_ARCHIVE"):
            raise
        pytest.skip(f"the archive cannot be had: {error}")


@pytest.fixture(scope="session")
def sonatas(archive: Path) -> list[Work]:
    """The real sonatas, parsed once into the product's own cache."""
    return read_scores(corpus.sonatas(str(archive)))[0]
