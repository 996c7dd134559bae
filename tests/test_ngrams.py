"""Tables count what followed what; in any key, a moved melody is the same melody."""

import numpy as np

from mozart.ngrams import NGramTable, PieceMemory
from mozart.vocabulary import Vocabulary

SCALE = Vocabulary(["C4", "D4", "E4", "F4"])
# From C3 to B5, in id order by pitch.
NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
NOTES = Vocabulary([f"{name}{octave}" for octave in (3, 4, 5) for name in NAMES])


def test_by_hand() -> None:
    """Witten and Bell's estimate for 0 1 0 2 0 1 learned from every label: half of it from the context, half from below."""
    ids = np.array([0, 1, 0, 2, 0, 1])
    table = NGramTable(ids, np.arange(1, 6), SCALE, order=2)
    unigram = (np.array([2, 2, 1, 0]) + 3 / 4) / 8
    np.testing.assert_allclose(table.distribution(np.array([3])), unigram)
    np.testing.assert_allclose(table.distribution(np.array([0])), (np.array([0, 2, 1, 0]) + 2 * unigram) / 5)
    np.testing.assert_allclose(table.distribution(np.array([0])).sum(), 1)


def test_learns_from_its_labels_only() -> None:
    """What follows a context at a position that is no label stays unknown."""
    table = NGramTable(np.array([0, 1, 0, 2]), np.array([1]), SCALE, order=2)
    probabilities = table.distribution(np.array([0]))
    assert probabilities.argmax() == 1
    np.testing.assert_allclose(probabilities[2], probabilities[0])


def test_in_any_key_a_melody_is_known_in_all() -> None:
    """Learned in one key, a melody is predicted a third higher; a plain table knows nothing of it."""
    melody = np.array([0, 4, 7, 12, 7, 4, 0, 2, 5, 9, 5, 2] * 4)
    labels = np.arange(3, len(melody))
    moved = melody + 4
    for any_key in (True, False):
        table = NGramTable(melody, labels, NOTES, order=4, any_key=any_key)
        right = [table.distribution(moved[end - 3 : end]).argmax() == moved[end] for end in range(3, len(moved))]
        assert all(right) == any_key
        np.testing.assert_allclose(table.distribution(moved[:3]).sum(), 1)


def test_shapes_tell_chords_apart() -> None:
    """After a third and after a fifth on the same note comes what followed each; intervals are from the lowest note."""
    vocabulary = Vocabulary(["C4", "C4.E4", "C4.G4", "D4", "D4.F#4", "E4"])
    ids = np.array([1, 0, 2, 3, 1, 0, 2, 3])
    table = NGramTable(ids, np.arange(1, 8), vocabulary, order=2, any_key=True)
    assert table.distribution(np.array([1])).argmax() == 0
    assert table.distribution(np.array([2])).argmax() == 3
    assert table.distribution(np.array([4])).argmax() == 3  # as D4.F#4 is to D4, C4.E4 is to C4
    np.testing.assert_allclose(table.distribution(np.array([5])).sum(), 1)


def test_an_id_that_is_not_there() -> None:
    """Where the moved follower has no token, its share goes to the others."""
    ids = np.array([0, 3, 0, 3, 0, 3])
    table = NGramTable(ids, np.arange(1, 6), SCALE, order=2, any_key=True)
    probabilities = table.distribution(np.array([3]))  # a fourth above F4 is B flat, which the vocabulary lacks
    np.testing.assert_allclose(probabilities.sum(), 1)
    assert probabilities.argmax() == 0  # a fourth below, which follows F4 itself
    assert probabilities[3] < probabilities[0] / 2


def test_memory_knows_a_theme_in_another_key() -> None:
    """A theme heard once is expected when it begins again a fourth higher."""
    theme = [0, 4, 7, 5, 9, 2, 11, 12]
    memory = PieceMemory(NOTES)
    flat = np.full(len(NOTES), 1 / len(NOTES))
    for number in [*theme, *(note + 5 for note in theme[:5])]:
        memory.hear(number)
    mixed = memory.mix(flat)
    np.testing.assert_allclose(mixed.sum(), 1)
    assert mixed.argmax() == theme[5] + 5


def test_memory_without_a_match_changes_nothing() -> None:
    """In a piece that has not repeated itself, and before its first note, the probabilities stay what they were."""
    memory = PieceMemory(NOTES)
    flat = np.full(len(NOTES), 1 / len(NOTES))
    np.testing.assert_array_equal(memory.mix(flat), flat)
    for number in (0, 4, 7, 5, 9, 2, 11):
        memory.hear(number)
    np.testing.assert_array_equal(memory.mix(flat), flat)


def test_memory_with_a_delay() -> None:
    """What came after a context is known when as many ids have come since as the delay says, and not before."""
    theme = [0, 4, 7, 5, 9, 2, 11, 12]
    melody = [*theme, *(note + 5 for note in theme[:5])]
    flat = np.full(len(NOTES), 1 / len(NOTES))
    # The theme's sixth note stands seven ids before the last.
    for delay, known in ((7, True), (8, False)):
        memory = PieceMemory(NOTES, delay=delay)
        for number in melody:
            memory.hear(number)
        assert (memory.mix(flat).argmax() == theme[5] + 5) == known
        np.testing.assert_allclose(memory.mix(flat).sum(), 1)


def test_memory_by_hand() -> None:
    """Each context leaves Witten and Bell's share to the shorter one; a follower that the vocabulary lacks is left out."""
    memory = PieceMemory(SCALE, shortest=1, longest=2)
    for number in (0, 1, 0, 2, 0, 1, 0):  # C D C E C D C
        memory.hear(number)
    flat = np.full(4, 1 / 4)
    after_c = (np.array([0, 2, 1, 0]) + 2 * flat) / 5
    after_d_c = (np.array([0, 0, 1, 0]) + after_c) / 2
    np.testing.assert_allclose(memory.mix(flat), after_d_c)
    memory.hear(3)  # after C came F, known in any key: a fourth above F is not there, D and E above F neither
    np.testing.assert_array_equal(memory.mix(flat), flat)
