"""Openings are excerpts of test music."""

import torch

import tiny
from mozart.openings import MOST, choose_openings
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW


def test_openings_are_test_windows_inside_one_movement() -> None:
    """Each starts where a test window starts, stays in one movement of one work, and carries its events' own steps."""
    works = tiny.works(n_events=600)
    tokens = [event.token for work in works for event in work.events]
    vocabulary = Vocabulary.of(tokens)
    ids = torch.tensor(vocabulary.encode(tokens))
    starts = torch.arange(0, len(ids) - WINDOW, 3)
    openings = choose_openings(works, ids, starts, seed=0)
    assert len(openings) == MOST
    assert openings.ids.shape == openings.steps.shape == openings.durations.shape == (MOST, 200)
    windows = {tuple(ids[s : s + 200].tolist()): s for s in starts.tolist()}
    events = [(work.title, event) for work in works for event in work.events]
    for row in range(MOST):
        start = windows[tuple(openings.ids[row].tolist())]
        excerpt = events[start : start + 200]
        assert {(title, event.movement) for title, event in excerpt} == {(openings.works[row], openings.movements[row])}
        length = excerpt[-1][1].offset - excerpt[0][1].offset
        torch.testing.assert_close(openings.steps[row, :-1].sum().item(), length)


def test_music_without_long_movements_still_gives_openings() -> None:
    """Where no excerpt of 200 fits into a movement, windows of 100 are taken."""
    works = tiny.works(n_works=3, n_events=60)
    ids = torch.zeros(180, dtype=torch.int64)
    openings = choose_openings(works, ids, torch.tensor([3, 40]), seed=0)
    assert openings.ids.shape == (2, WINDOW)
    assert (openings.steps >= 0).all()
