"""What is known of the sonatas' movements."""

import pytest

from mozart.corpus.catalogue import find_movement
from mozart.score import Work


def test_a_movement() -> None:
    """Its words, key and customary tempo; nothing for music that is no sonata, or a movement that there is not."""
    movement = find_movement("K. 545", 2)
    assert movement is not None
    assert (movement.words, movement.key) == ("Andante", "G major")
    assert find_movement("K. 545", 4) is find_movement("K. 545", 0) is find_movement("my piece", 1) is None


@pytest.mark.corpus
def test_every_movement_of_the_sonatas_is_known(sonatas: list[Work]) -> None:
    """Each that the reader finds has an entry, and there are no others."""
    for work in sonatas:
        found = {event.movement for event in work.events}
        assert all(find_movement(work.title, number) for number in found)
        assert find_movement(work.title, max(found) + 1) is None
