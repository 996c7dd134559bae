"""The sonatas as scores, for tests marked ``corpus``."""

import os
import tarfile
from pathlib import Path

import pytest

from mozart.notes import Score


@pytest.fixture(scope="session")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    """The twenty sonatas by the numbers in their files' names, read from the archive that MOZART_ARCHIVE names."""
    reader = pytest.importorskip("mozart.corpus.reader")
    if not (archive := os.environ.get("MOZART_ARCHIVE")):
        pytest.skip("MOZART_ARCHIVE does not say where the archive is")
    folder = tmp_path_factory.mktemp("sonatas")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return {path.stem.rpartition("_")[2]: reader.read_midi(path) for path in sorted(Path(folder).rglob("*.mid"))}
