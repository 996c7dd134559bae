"""Accuracy is correct ÷ total; loss is nats a token."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mozart.evaluation import NGramTable, evaluate, evaluate_table
from mozart.model import ModelConfig, MusicLSTM, State
from mozart.score import Work
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW, Windows, make_loaders, split_windows


class Repeater(MusicLSTM):
    """Gives the last id of the sequence probability 0.7, and shares the rest out; refuses a state that is not fresh."""

    def forward(self, x: Tensor, hidden: State) -> tuple[Tensor, State]:
        assert not self.training
        assert not hidden[0].any()
        n_tokens = self.config.n_tokens
        probabilities = torch.full((len(x), n_tokens), 0.3 / (n_tokens - 1))
        probabilities[torch.arange(len(x)), x[:, -1]] = 0.7
        return probabilities.log(), (hidden[0] + 1, hidden[1] + 1)


def test_sums_over_all_windows() -> None:
    """The last, smaller batch counts by its size, evaluation starts fresh every time, and the mode is restored."""
    ids = torch.tensor([0, 0, 1] * 100)
    loader = make_loaders(ids, split_windows(len(ids), seed=0), batch_size=8, evaluation_batch_size=7).validation
    labels = torch.cat([y for _, y in loader])
    right = sum(int((x[:, -1] == y).sum()) for x, y in loader)
    model = Repeater(ModelConfig(4, 2, 2, 1)).train()
    result = evaluate(model, loader)
    assert len(labels) % 7
    assert result.accuracy == right / len(labels)
    expected = -(right * math.log(0.7) + (len(labels) - right) * math.log(0.1)) / len(labels)
    assert math.isclose(result.loss, expected, rel_tol=1e-6)
    assert model.training


def test_table_by_hand() -> None:
    """Witten and Bell's estimate for 0 1 0 2 0 1 learned from every label: half of it from the context, half from below."""
    ids = torch.tensor([0, 1, 0, 2, 0, 1])
    table = NGramTable(ids, torch.arange(6), n_tokens=4, order=2)
    unigram = (np.array([3, 2, 1, 0]) + 3 / 4) / 9
    np.testing.assert_allclose(table.distribution([3]), unigram)
    np.testing.assert_allclose(table.distribution([0]), (np.array([0, 2, 1, 0]) + 2 * unigram) / 5)
    np.testing.assert_allclose(table.distribution([0]).sum(), 1)


def test_table_learns_from_its_labels_only() -> None:
    """What follows a context at a position that is no label stays unknown."""
    ids = torch.tensor([0, 1, 0, 2])
    table = NGramTable(ids, torch.tensor([1]), n_tokens=3, order=2)
    assert table.distribution([0]).argmax() == 1
    np.testing.assert_allclose(table.distribution([0])[2], table.distribution([0])[0])


def test_table_over_windows() -> None:
    """A melody that repeats every seven ids is predicted by six, and its commonest id by none."""
    ids = torch.tensor([0, 1, 0, 2, 0, 3, 3] * 40)
    split = split_windows(len(ids), seed=0)
    windows = Windows(ids, split.validation)
    six = evaluate_table(NGramTable(ids, split.train + WINDOW, 4, 6), windows)
    one = evaluate_table(NGramTable(ids, split.train + WINDOW, 4, 1), windows)
    labels = ids[split.validation + WINDOW]
    assert six.accuracy == 1.0
    assert six.loss < one.loss
    assert one.accuracy == int((labels == 0).sum()) / len(labels)


@pytest.mark.corpus
def test_a_table_on_the_labs_split(sonatas: list[Work]) -> None:
    """What the lab's accuracy means: a table of six-grams, no network at all, gets about half of it right."""
    tokens = [event.token for work in sonatas for event in work.events]
    vocabulary = Vocabulary.of(tokens)
    ids = torch.tensor(vocabulary.encode(tokens))
    split = split_windows(len(ids), seed=0)
    table = NGramTable(ids, split.train + WINDOW, len(vocabulary), 6)
    assert 0.45 < evaluate_table(table, Windows(ids, split.validation)).accuracy < 0.55
