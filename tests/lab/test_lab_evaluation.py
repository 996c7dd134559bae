"""Accuracy is correct ÷ total; loss is nats a token."""

import math

import pytest
import torch
from torch import Tensor

from mozart.lab.baselines import Table
from mozart.lab.evaluation import evaluate, evaluate_table
from mozart.lab.network import RNN, Hidden
from mozart.lab.parsing import Work
from mozart.lab.windows import WINDOW, Vocabulary, Windows, make_loaders, split_windows


class Repeater(RNN):
    """Gives the last id of the sequence probability 0.7, and shares the rest out; refuses a state that is not fresh."""

    def forward(self, x: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        assert not self.training
        assert not hidden[0].any()
        probabilities = torch.full((len(x), self.n_notes), 0.3 / (self.n_notes - 1))
        probabilities[torch.arange(len(x)), x[:, -1]] = 0.7
        return probabilities.log(), (hidden[0] + 1, hidden[1] + 1)


def test_sums_over_all_windows() -> None:
    """The last, smaller batch counts by its size, evaluation starts fresh every time, and the mode is restored."""
    ids = torch.tensor([0, 0, 1] * 100)
    loader = make_loaders(ids, split_windows(len(ids), seed=0), batch_size=8).validation
    labels = torch.cat([y for _, y in loader])
    right = sum(int((x[:, -1] == y).sum()) for x, y in loader)
    model = Repeater(4, 2, 2, 1).train()
    result = evaluate(model, loader)
    assert len(labels) % 32
    assert result.accuracy == right / len(labels)
    expected = -(right * math.log(0.7) + (len(labels) - right) * math.log(0.1)) / len(labels)
    assert math.isclose(result.loss, expected, rel_tol=1e-6)
    assert model.training


def test_tables_over_windows() -> None:
    """A melody that repeats every seven ids is predicted by six, and its commonest id by none."""
    vocabulary = Vocabulary(["C4", "D4", "E4", "F4"])
    ids = torch.tensor([0, 1, 0, 2, 0, 3, 3] * 40)
    split = split_windows(len(ids), seed=0)
    windows = Windows(ids, split.validation)
    tables = [Table(ids.numpy(), split.train.numpy() + WINDOW, vocabulary, order) for order in (6, 1)]
    six, one = (evaluate_table(table.distribution, windows) for table in tables)
    labels = ids[split.validation + WINDOW]
    assert six.accuracy == 1.0
    assert six.loss < one.loss
    assert one.accuracy == int((labels == 0).sum()) / len(labels)


@pytest.mark.corpus
def test_tables_on_the_texts_split(lab_works: list[Work]) -> None:
    """What the text's accuracy means: tables, no network at all, get about half of it right, and in any key more than 60 %."""
    tokens = [token for work in lab_works for token in work.tokens]
    vocabulary = Vocabulary.of(tokens)
    ids = torch.tensor(vocabulary.encode(tokens))
    split = split_windows(len(ids), seed=0)
    windows = Windows(ids, split.validation[::4])
    plain, moved = (Table(ids.numpy(), split.train.numpy() + WINDOW, vocabulary, any_key=any_key) for any_key in (False, True))
    assert 0.45 < evaluate_table(plain.distribution, windows).accuracy < 0.55
    assert 0.60 < evaluate_table(moved.distribution, windows).accuracy < 0.66
