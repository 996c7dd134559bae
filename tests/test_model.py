"""The lab's network."""

import pytest
import torch
from torch import nn

from mozart.errors import MozartError
from mozart.model import ModelConfig, MusicLSTM, choose_device, count_parameters


def test_the_labs_architecture() -> None:
    """Embedding 64, three LSTM layers of 256 without dropout, two Linear layers, BatchNorm after each and after the LSTM."""
    model = MusicLSTM(ModelConfig(668))
    assert (model.embedding.num_embeddings, model.embedding.embedding_dim) == (668, 64)
    assert (model.lstm.hidden_size, model.lstm.num_layers, model.lstm.batch_first, model.lstm.dropout) == (256, 3, True, 0.0)
    kinds = [type(layer) for layer in model.head]
    assert kinds == [nn.BatchNorm1d, nn.Linear, nn.BatchNorm1d, nn.Linear, nn.BatchNorm1d, nn.LogSoftmax]
    assert count_parameters(model) == 1_664_980


def test_forward() -> None:
    """Ids (B, T) and a state give log-probabilities (B, V) that sum to one, and a state of the same shape."""
    model = MusicLSTM(ModelConfig(20, 4, 8, 2)).eval()
    hidden = model.init_hidden(3)
    log_probabilities, after = model(torch.randint(0, 20, (3, 7)), hidden)
    assert log_probabilities.shape == (3, 20)
    torch.testing.assert_close(log_probabilities.exp().sum(1), torch.ones(3))
    assert [state.shape for state in after] == [state.shape for state in hidden] == [(2, 3, 8)] * 2
    assert not any(state.any() for state in hidden)


def test_carrying_the_state_equals_running_the_whole_sequence() -> None:
    """Two halves with the state carried between them predict what the whole sequence predicts."""
    torch.manual_seed(0)
    model = MusicLSTM(ModelConfig(20, 4, 8, 2)).eval()
    x = torch.randint(0, 20, (1, 10))
    whole, _ = model(x, model.init_hidden(1))
    _, hidden = model(x[:, :6], model.init_hidden(1))
    halves, _ = model(x[:, 6:], hidden)
    torch.testing.assert_close(whole, halves)


def test_cuda_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for CUDA without one is a sentence; auto takes the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(MozartError, match="--device cpu"):
        choose_device("cuda")
    assert choose_device("auto") == torch.device("cpu")
