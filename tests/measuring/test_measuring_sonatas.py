"""What the sonatas themselves measure: the music that definitions are checked against."""

from pathlib import Path

import numpy as np
import pytest

from mozart.corpus.works import read_works
from mozart.measuring.copies import CopyIndex
from mozart.measuring.ends import ends
from mozart.measuring.loops import find_loop
from mozart.notes import Score

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def works(sonata_files: list[Path]) -> list[Score]:
    """All twenty."""
    return list(read_works(sonata_files).scores)


def test_the_sonatas_have_no_loops(works: list[Score]) -> None:
    """Nothing of Mozart's goes round so long that it would be taken for a loop."""
    assert [work.title for work in works if find_loop(work)] == []


def test_nearly_all_movements_close(works: list[Score]) -> None:
    """Nine in ten movements end with the tonic in the bass, in its triad, on a beat; nearly all of these at home."""
    found = [ends(work.movement(number)) for work in works for number in range(len(work.movements))]
    assert np.mean([each["tonic in the bass"] for each in found]) > 0.9
    assert np.mean([each["closes"] for each in found]) > 0.85
    assert np.mean([each["at home"] for each in found]) > 0.8


def test_the_index_of_copies_is_small_and_knows_its_works(works: list[Score]) -> None:
    """Thirteen works take less than a megabyte; a passage is found where it stands, and the other works quote little."""
    index = CopyIndex.of(works[:13])
    assert sum(hashes.nbytes for hashes in index.hashes.values()) < 1_000_000
    movement = works[5].movement(1)
    copy = index.look_up(movement.bars_slice(4, 20).transpose(3)).longest
    assert copy is not None
    assert (copy.work, copy.movement) == (works[5].title, 2)
    assert index.look_up(works[15].movement(0)).shares[16] < 0.05
