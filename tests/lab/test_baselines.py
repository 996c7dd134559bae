"""Tables count what followed what; in any key, a moved melody is the same melody."""

import numpy as np

from mozart.lab.baselines import Table
from mozart.lab.windows import Vocabulary

SCALE = Vocabulary(["C4", "D4", "E4", "F4"])
# From C3 to B5, in id order by pitch.
NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
NOTES = Vocabulary([f"{name}{octave}" for octave in (3, 4, 5) for name in NAMES])


def test_by_hand() -> None:
    """Witten and Bell's estimate for 0 1 0 2 0 1 learned from every label: half of it from the context, half from below."""
    table = Table(np.array([0, 1, 0, 2, 0, 1]), np.arange(1, 6), SCALE, order=2)
    unigram = (np.array([2, 2, 1, 0]) + 3 / 4) / 8
    np.testing.assert_allclose(table.distribution(np.array([3])), unigram)
    np.testing.assert_allclose(table.distribution(np.array([0])), (np.array([0, 2, 1, 0]) + 2 * unigram) / 5)
    np.testing.assert_allclose(table.distribution(np.array([0])).sum(), 1)


def test_learns_from_its_labels_only() -> None:
    """What follows a context at a place that is no label stays unknown."""
    table = Table(np.array([0, 1, 0, 2]), np.array([1]), SCALE, order=2)
    probabilities = table.distribution(np.array([0]))
    assert probabilities.argmax() == 1
    np.testing.assert_allclose(probabilities[2], probabilities[0])


def test_in_any_key_a_melody_is_known_in_all() -> None:
    """Learned in one key, a melody is predicted a third higher; a plain table knows nothing of it."""
    melody = np.array([0, 4, 7, 12, 7, 4, 0, 2, 5, 9, 5, 2] * 4)
    labels = np.arange(3, len(melody))
    moved = melody + 4
    for any_key in (True, False):
        table = Table(melody, labels, NOTES, order=4, any_key=any_key)
        right = [table.distribution(moved[end - 3 : end]).argmax() == moved[end] for end in range(3, len(moved))]
        assert all(right) == any_key
        np.testing.assert_allclose(table.distribution(moved[:3]).sum(), 1)


def test_chords_are_told_apart_by_their_intervals() -> None:
    """After a third and after a fifth on the same note comes what followed each; intervals are from the lowest note."""
    vocabulary = Vocabulary(["C4", "C4.E4", "C4.G4", "D4", "D4.F#4", "E4"])
    ids = np.array([1, 0, 2, 3, 1, 0, 2, 3])
    table = Table(ids, np.arange(1, 8), vocabulary, order=2, any_key=True)
    assert table.distribution(np.array([1])).argmax() == 0
    assert table.distribution(np.array([2])).argmax() == 3
    assert table.distribution(np.array([4])).argmax() == 3  # as D4.F#4 is to D4, C4.E4 is to C4
    np.testing.assert_allclose(table.distribution(np.array([5])).sum(), 1)


def test_an_id_that_is_not_there() -> None:
    """Where the moved follower has no token, its share goes to the others."""
    ids = np.array([0, 3, 0, 3, 0, 3])
    table = Table(ids, np.arange(1, 6), SCALE, order=2, any_key=True)
    probabilities = table.distribution(np.array([3]))  # a fourth above F4 is B flat, which the vocabulary lacks
    np.testing.assert_allclose(probabilities.sum(), 1)
    assert probabilities.argmax() == 0  # a fourth below, which follows F4 itself
    assert probabilities[3] < probabilities[0] / 2
