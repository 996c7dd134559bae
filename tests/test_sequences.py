"""Every training label once a pass, and nothing that validates or tests."""

import numpy as np
import pytest
import torch

import tiny
from mozart.score import Work
from mozart.sequences import Sequences
from mozart.windows import WINDOW, Split, split_windows, split_works

CPU = torch.device("cpu")


def labels_of_a_pass(split: Split, n_ids: int, seed: int = 0) -> list[int]:
    """The positions learned in a pass over ids that are their own positions; checks that each follows its step."""
    sequences = Sequences(np.arange(n_ids), split, length=30, batch_size=4, device=CPU)
    learned = []
    n_batches = 0
    for batch in sequences.one_pass(np.random.default_rng(seed)):
        assert batch.ids.shape[1] == 30
        assert torch.equal(batch.ids.flatten()[batch.chosen] + 1, batch.labels)
        learned += batch.labels.tolist()
        n_batches += 1
    assert n_batches <= sequences.most_batches
    return learned


@pytest.mark.parametrize("seed", range(3))
def test_exactly_the_labels_of_the_labs_windows(seed: int) -> None:
    """Whatever the cuts, each label of a training window is a target once, and no other id ever is."""
    split = split_windows(1100, seed=1)
    learned = labels_of_a_pass(split, 1100, seed)
    assert sorted(learned) == sorted((split.train + WINDOW).tolist())
    assert not set(learned) & set((torch.cat([split.validation, split.test]) + WINDOW).tolist())


def test_held_out_works_are_neither_learned_nor_read() -> None:
    """Under the split by works, no sequence reads an id of a held-out work, or goes from one work into the next."""
    works = tiny.works(n_works=8, n_events=240)
    split = split_works(works, seed=0)
    assert sorted(labels_of_a_pass(split, 8 * 240)) == sorted((split.train + WINDOW).tolist())
    number = np.repeat(np.arange(8), 240)
    sequences = Sequences(np.arange(8 * 240), split, length=30, batch_size=4, device=CPU)
    for batch in sequences.one_pass(np.random.default_rng(0)):
        # What the network has heard when it predicts a chosen step: the steps before it in its row.
        for place in batch.chosen.tolist():
            heard = batch.ids[place // 30, : place % 30 + 1].numpy()
            assert len(set(number[heard])) == 1
            assert works[number[heard[0]]].title not in split.validation_works + split.test_works


def test_passes_are_cut_and_ordered_anew() -> None:
    """Another generator gives other sequences; the same gives the same."""
    split = split_windows(1100, seed=1)
    sequences = Sequences(np.arange(1100), split, length=30, batch_size=4, device=CPU)
    first, again, other = ([batch.ids for batch in sequences.one_pass(np.random.default_rng(seed))] for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(torch.cat(first)[0], torch.cat(other)[0])


@pytest.mark.corpus
def test_the_sonatas_labels(sonatas: list[Work]) -> None:
    """On the real sonatas a pass learns the 79,881 labels of the lab's training windows."""
    n_ids = sum(len(work.events) for work in sonatas)
    split = split_windows(n_ids, seed=0)
    sequences = Sequences(np.zeros(n_ids, dtype=np.int64), split, length=128, batch_size=8, device=CPU)
    assert sum(len(batch.labels) for batch in sequences.one_pass(np.random.default_rng(0))) == len(split.train) == 79_881
