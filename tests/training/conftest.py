"""Fixtures of the tests of training: rows of small music, made once."""

import pytest

import tiny
from mozart.model.rows import Rows
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Score
from mozart.training.data import rows_of


@pytest.fixture(scope="session")
def music() -> list[Score]:
    return tiny.works(2)


@pytest.fixture(scope="session")
def vocabulary(music: list[Score]) -> Vocabulary:
    return Vocabulary.of(music)


@pytest.fixture(scope="session")
def rows(music: list[Score], vocabulary: Vocabulary) -> list[Rows]:
    return rows_of(music, vocabulary)
