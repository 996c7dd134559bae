"""Keys are found, and pull on what comes next."""

from itertools import groupby

import numpy as np
import pytest

from mozart.corpus.catalogue import find_movement
from mozart.errors import MozartError
from mozart.score import Work
from mozart.tonality import HEARD, KeyPull, estimate_key
from mozart.vocabulary import Vocabulary

NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
VOCABULARY = Vocabulary([*(f"{name}4" for name in NAMES), "C6", "C4.E4"])
C_MAJOR, E_FLAT_MAJOR = [0, 4, 7, 5, 9, 2, 11], [3, 7, 10, 8, 0, 5, 2]


def weights(*heard: int, pull: float = 1.0) -> list[float]:
    key = KeyPull(VOCABULARY, pull)
    for number in heard:
        key.hear(number)
    return [float(weight) for weight in key.log_weights()]


@pytest.mark.parametrize(
    ("tokens", "key"),
    [
        (["C4.E4.G4", "F4.A4.C5", "G4.B4.D5", "C4.E4.G4"], "C major"),
        (["A4.C5.E5", "D4.F4.A4", "E4.G#4.B4", "A4.C5.E5"], "A minor"),
        (["B-4.D5.F5", "E-4.G4.B-4", "F4.A4.C5", "B-4.D5.F5"], "B-flat major"),
        (["F#4.A4.C#5", "B3.D4.F#4", "C#4.F4.G#4", "F#4.A4.C#5"], "F-sharp minor"),
    ],
)
def test_key_of_a_cadence(tokens: list[str], key: str) -> None:
    """Tonic, subdominant, dominant, tonic."""
    assert str(estimate_key(tokens, [1.0] * 4)) == key


def test_no_notes_have_no_key() -> None:
    """A sentence says so."""
    with pytest.raises(MozartError, match="no notes"):
        estimate_key([], [])


@pytest.mark.corpus
def test_keys_of_the_sonatas(sonatas: list[Work]) -> None:
    """Of all 57 movements, the key is found for all but one, from the whole movement and from its first hundred events."""
    found, found_early = 0, 0
    for work in sonatas:
        for number, movement in groupby(work.events, key=lambda event: event.movement):
            known, events = find_movement(work.title, number), list(movement)
            assert known is not None
            found += str(estimate_key([e.token for e in events], [e.duration for e in events])) == known.key
            found_early += str(estimate_key([e.token for e in events[:100]], [e.duration for e in events[:100]])) == known.key
    assert (found, found_early) == (56, 56)


def test_nothing_heard_pulls_to_no_key() -> None:
    """Before the first id no key is favoured: every pitch class has the same weight."""
    assert np.ptp(weights()[:12]) == pytest.approx(0)


def test_the_keys_notes_are_raised() -> None:
    """After a passage in a key its notes weigh more than the others, in every octave; a chord weighs the mean of its pitches."""
    for scale in (C_MAJOR, E_FLAT_MAJOR):
        pulled = weights(*scale * 3)
        assert min(pulled[pitch_class] for pitch_class in scale) > max(pulled[i] for i in range(12) if i not in scale)
        assert pulled[12] == pulled[0]
        assert pulled[13] == pytest.approx((pulled[0] + pulled[4]) / 2)


def test_a_note_does_not_call_for_itself() -> None:
    """A note of the key that is repeated over and over gains little; the key's other notes are not lowered below foreign ones."""
    before, after = weights(*C_MAJOR * 3), weights(*C_MAJOR * 3, *[0] * 30)
    assert after[0] - before[0] < 0.3
    assert min(after[2], after[4], after[7]) > max(after[1], after[3], after[8])


def test_how_hard_it_pulls() -> None:
    """Twice the pull is twice the weights, and none is none."""
    once, twice = weights(*C_MAJOR, pull=0.5), weights(*C_MAJOR, pull=1.0)
    np.testing.assert_allclose(2 * np.array(once), twice)
    assert set(weights(*C_MAJOR, pull=0.0)) == {0.0}


def test_the_past_is_forgotten() -> None:
    """Only the latest ids count: an hour of E flat major before does not change C major."""
    late = (C_MAJOR * HEARD)[:HEARD]
    np.testing.assert_allclose(weights(*E_FLAT_MAJOR * 20, *late), weights(*late))
