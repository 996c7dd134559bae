"""Accuracy is correct ÷ total; loss is nats a token."""

import math

import torch
from torch import Tensor

from mozart.evaluation import evaluate
from mozart.model import ModelConfig, MusicLSTM, State
from mozart.windows import make_loaders, split_windows


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
