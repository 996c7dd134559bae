"""Ids are predicted the lab's way, or drawn with the state carried."""

from itertools import islice, pairwise

import pytest
import torch
from torch import Tensor

from mozart.model import ModelConfig, MusicLSTM, State
from mozart.sampling import predict_like_the_lab, sample


class Counting(MusicLSTM):
    """Thinks that the id after the last is most probable, and writes down the shapes that it was asked about."""

    def __init__(self) -> None:
        super().__init__(ModelConfig(10, 2, 2, 1))
        self.asked: list[tuple[int, ...]] = []

    def forward(self, x: Tensor, hidden: State) -> tuple[Tensor, State]:
        self.asked.append(tuple(x.shape))
        log_probabilities = torch.full((len(x), 10), -5.0)
        log_probabilities[torch.arange(len(x)), (x[:, -1] + 1) % 10] = 0.0
        return log_probabilities.log_softmax(1), hidden


def test_the_labs_way() -> None:
    """The most probable id each time, from the whole window, which moves on by one."""
    model = Counting()
    ids = list(islice(predict_like_the_lab(model, torch.tensor([3, 4, 5])), 7))
    assert ids == [6, 7, 8, 9, 0, 1, 2]
    assert set(model.asked) == {(1, 3)}


def test_sampling_carries_the_state() -> None:
    """The opening is read once, then one step an id."""
    model = Counting()
    list(islice(sample(model, torch.tensor([3, 4, 5]), 1.0, torch.Generator()), 4))
    assert model.asked == [(1, 3), (1, 1), (1, 1), (1, 1)]


def test_temperature() -> None:
    """Near 0 only the most probable id is drawn; high, all are; the generator decides."""
    draw = [
        list(islice(sample(Counting(), torch.tensor([0]), temperature, torch.Generator().manual_seed(1)), 300))
        for temperature in (1e-310, 1e6, 1e6)
    ]
    assert draw[0] == [i % 10 for i in range(1, 301)]
    assert set(draw[1]) == set(range(10))
    assert draw[1] == draw[2]


@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_sampling_follows_the_distribution(temperature: float) -> None:
    """The next id after the last comes as often as its tempered probability says."""
    ids = [0, *islice(sample(Counting(), torch.tensor([0]), temperature, torch.Generator().manual_seed(2)), 4000)]
    followed = sum(b == (a + 1) % 10 for a, b in pairwise(ids)) / 4000
    weight = torch.exp(torch.tensor(5.0 / temperature)).item()
    assert abs(followed - weight / (weight + 9)) < 0.02
