"""Baselines, and the memory of a piece."""

import numpy as np
import pytest
import torch

from mozart.model.counts import MEMORY_ORDERS, baseline_nats, fit_shares, mix, remember, symbols_of
from mozart.model.rows import Rows

IOIS = 5
FIGURE = [(1, 0, 40), (2, 1, 44), (1, 0, 47), (3, 2, 44), (1, 0, 52)]


def make_rows(notes: list[tuple[int, int, int]]) -> Rows:
    """Rows that hold nothing but targets: IOI, voice and key, and the end."""
    target = torch.zeros((len(notes) + 1, 5), dtype=torch.int16)
    target[:-1, :3] = torch.tensor(notes)
    target[-1, 0] = IOIS - 1
    return Rows({"target": target}, float(len(notes)))


def moved(semitones: int) -> list[tuple[int, int, int]]:
    return [(ioi, voice, key + semitones) for ioi, voice, key in FIGURE]


def test_symbols_are_the_same_in_any_key() -> None:
    """A figure that is moved has the same intervals."""
    for in_voice, intervals in ((False, [0, 4, 3, -3, 8]), (True, [0, 0, 7, 0, 5])):
        symbols = symbols_of(make_rows(FIGURE), in_voice=in_voice)
        assert symbols == symbols_of(make_rows(moved(5)), in_voice=in_voice)
        assert [interval for *_, interval in symbols[:-1]] == intervals


def test_counts_know_what_they_have_counted() -> None:
    """Music that was counted is predicted better than other music, in another key too."""
    training = [make_rows(FIGURE * 6)]
    known = baseline_nats(training, [make_rows(moved(3) * 3)], IOIS)
    other = baseline_nats(training, [make_rows(moved(3)[::-1] * 3)], IOIS)
    assert known.sum() < 0.5 * other.sum()


def test_baselines_are_distributions() -> None:
    """The chances of all IOIs that could come are 1 together."""
    training = [make_rows(FIGURE * 4)]
    chances = []
    for ioi in range(IOIS):
        nats = baseline_nats(training, [make_rows([*FIGURE, (ioi, 0, 40)])], IOIS)
        chances.append(np.exp(-nats[len(FIGURE), 0]))
    assert sum(chances) == pytest.approx(1)


def test_rhythm_apart_hears_no_notes() -> None:
    """Where the rhythm is modelled apart, other pitches change nothing of it."""
    training, rng = [make_rows(FIGURE * 4)], np.random.default_rng(0)
    other = [(ioi, voice, int(rng.integers(30, 60))) for ioi, voice, _ in FIGURE * 2]
    one, two = (baseline_nats(training, [make_rows(notes)], IOIS, rhythm_alone=True) for notes in (FIGURE * 2, other))
    assert one[:, 0] == pytest.approx(two[:, 0])
    together = [baseline_nats(training, [make_rows(notes)], IOIS) for notes in (FIGURE * 2, other)]
    assert together[0][:, 0] != pytest.approx(together[1][:, 0])


def test_the_end_has_no_voice_and_no_pitch() -> None:
    """Of a movement's end only the IOI is predicted."""
    nats = baseline_nats([make_rows(FIGURE * 2)], [make_rows(FIGURE)], IOIS)
    assert nats[-1, 0] > 0
    assert nats[-1, 1:].tolist() == [0, 0]


def test_memory_is_of_the_past_alone() -> None:
    """What comes later changes nothing of what was remembered before."""
    long, short = remember(make_rows(FIGURE * 4)), remember(make_rows(FIGURE * 3))
    count = len(FIGURE) * 3
    assert (long.right[:count] == short.right[:count]).all()
    assert (long.total[:count] == short.total[:count]).all()


def test_memory_finds_what_returns() -> None:
    """When it returns, a figure is remembered whole, however far it is moved."""
    seen = remember(make_rows(FIGURE * 2 + moved(4) * 2))
    order = MEMORY_ORDERS.index(4)
    # The first note of a figure is reached by another interval, so that four notes are alike from the second one on.
    assert (seen.right[16:20, :, order] == 1).all()
    assert not seen.total[: len(FIGURE), :, order].any()


def test_shares_never_make_what_they_are_fitted_to_worse() -> None:
    """Mixed with its memory, music that repeats itself is predicted better; music that does not is not predicted worse."""
    for notes, factor in ((FIGURE * 8, 0.5), ([(1, 0, key) for key in (30, 31, 33, 36, 40, 45, 51, 58)], 1.0)):
        nats = np.full((len(notes) + 1, 5), 2.0)
        seen = remember(make_rows(notes))
        mixed = mix(nats, seen, fit_shares(nats, seen))
        assert mixed[:-1].sum() <= factor * nats[:-1, :3].sum() + 1e-9


def test_a_mixture_is_a_distribution() -> None:
    """A share of nothing changes nothing; a share of all takes the memory at its word."""
    nats = np.full((len(FIGURE) * 3 + 1, 5), 2.0)
    seen = remember(make_rows(FIGURE * 3))
    none, everything = np.zeros((3, len(MEMORY_ORDERS), 3)), np.ones((3, len(MEMORY_ORDERS), 3))
    assert mix(nats, seen, none) == pytest.approx(nats[:, :3])
    assert mix(nats, seen, everything)[14] == pytest.approx(0)
