"""Accuracy is correct ÷ total; loss is nats a token."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mozart.evaluation import (
    evaluate,
    evaluate_distributions,
    network_distributions,
    remember_piece,
    table_distributions,
)
from mozart.model import ModelConfig, MusicLSTM, State
from mozart.ngrams import NGramTable, PieceMemory
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


def test_tables_over_windows() -> None:
    """A melody that repeats every seven ids is predicted by six, and its commonest id by none."""
    vocabulary = Vocabulary(["C4", "D4", "E4", "F4"])
    ids = torch.tensor([0, 1, 0, 2, 0, 3, 3] * 40)
    split = split_windows(len(ids), seed=0)
    windows = Windows(ids, split.validation)
    tables = [NGramTable(ids.numpy(), split.train.numpy() + WINDOW, vocabulary, order) for order in (6, 1)]
    six, one = (evaluate_distributions(table_distributions(table, windows), windows) for table in tables)
    labels = ids[split.validation + WINDOW]
    assert six.accuracy == 1.0
    assert six.loss < one.loss
    assert one.accuracy == int((labels == 0).sum()) / len(labels)


def test_a_networks_distributions_are_those_it_is_evaluated_by() -> None:
    """Loss and accuracy of network_distributions are evaluate's."""
    ids = torch.tensor([0, 0, 1] * 100)
    loader = make_loaders(ids, split_windows(len(ids), seed=0), batch_size=8, evaluation_batch_size=7).validation
    model = Repeater(ModelConfig(4, 2, 2, 1)).train()
    windows = loader.dataset
    assert isinstance(windows, Windows)
    result, again = evaluate(model, loader), evaluate_distributions(network_distributions(model, loader), windows)
    assert again.accuracy == result.accuracy
    assert math.isclose(again.loss, result.loss, rel_tol=1e-5)


def test_memory_is_of_this_piece_from_its_first_note() -> None:
    """What a work did before its first window is remembered, what another work did is not, and nothing is heard too early."""
    vocabulary = Vocabulary(["C4", "D4", "E4", "F4", "G4"])
    chance = np.random.default_rng(0)
    theme = chance.integers(5, size=110).tolist()
    ids = torch.tensor(theme + theme[:20] + chance.integers(5, size=110).tolist())
    works = [(0, 130), (130, 240)]
    windows = Windows(ids, torch.tensor([18, 29, 130]))
    flat = np.full(5, 0.2)
    in_the_theme, new, other_work = remember_piece([flat] * 3, windows, works, vocabulary)
    assert in_the_theme[theme[8]] > 0.5  # the theme's ninth note again
    memory = PieceMemory(vocabulary)
    for number in ids[:129].tolist():
        memory.hear(number)
    np.testing.assert_array_equal(new, memory.mix(flat))
    memory = PieceMemory(vocabulary)
    for number in ids[130:230].tolist():
        memory.hear(number)
    np.testing.assert_array_equal(other_work, memory.mix(flat))


@pytest.mark.corpus
def test_tables_on_the_labs_split(sonatas: list[Work]) -> None:
    """What the lab's accuracy means: tables, no network at all, get about half of it right, and in any key more."""
    tokens = [event.token for work in sonatas for event in work.events]
    vocabulary = Vocabulary.of(tokens)
    ids = torch.tensor(vocabulary.encode(tokens))
    split = split_windows(len(ids), seed=0)
    windows = Windows(ids, split.validation)
    plain, moved = (
        NGramTable(ids.numpy(), split.train.numpy() + WINDOW, vocabulary, 8, any_key=any_key) for any_key in (False, True)
    )
    assert 0.45 < evaluate_distributions(table_distributions(plain, windows), windows).accuracy < 0.55
    assert 0.60 < evaluate_distributions(table_distributions(moved, windows), windows).accuracy < 0.66
