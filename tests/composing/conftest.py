"""Fixtures for composing: a composer of small, untrained networks."""

from pathlib import Path

import pytest

from mozart.composing.composer import Composer
from mozart.composing.laboratory import load


@pytest.fixture(scope="session")
def composer(checkpoint_folder: Path, lab_folder: Path) -> Composer:
    """Composes whole notes, and as in the laboratory."""
    made = Composer.load(checkpoint_folder)
    return Composer(made.checkpoint, made.name, lab=load(lab_folder))
