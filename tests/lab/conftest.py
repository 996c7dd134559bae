"""Fixtures of the laboratory's tests."""

import os

import pytest

from mozart.corpus.archive import find_archive
from mozart.errors import MozartError
from mozart.lab.parsing import Work, read_works
from mozart.lab.pitches import download_data


@pytest.fixture(scope="session")
def lab_works() -> list[Work]:
    """The real sonatas as the laboratory reads them, parsed once into the product's own cache."""
    try:
        find_archive()
    except MozartError as error:
        if os.environ.get("MOZART_ARCHIVE"):
            raise
        pytest.skip(f"the archive cannot be had: {error}")
    return read_works(download_data())[0]
