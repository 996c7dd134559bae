"""Problem 3: the network is the text's."""

import pytest
import torch
from torch import nn

from mozart.errors import MozartError
from mozart.lab.network import RNN, choose_device, count_parameters


def test_the_texts_architecture() -> None:
    """Embedding 64, three LSTM layers of 256 without dropout, two Linear layers, BatchNorm after each and after the LSTM."""
    model = RNN(668)
    assert (model.embedding.num_embeddings, model.embedding.embedding_dim) == (668, 64)
    assert (model.lstm.hidden_size, model.lstm.num_layers, model.lstm.batch_first, model.lstm.dropout) == (256, 3, True, 0.0)
    layers = [nn.Embedding, nn.LSTM, nn.BatchNorm1d, nn.Linear, nn.BatchNorm1d, nn.Linear, nn.BatchNorm1d, nn.LogSoftmax]
    assert [type(layer) for layer in model.children()] == layers
    assert count_parameters(model) == 1_664_980


def test_every_layer_is_used() -> None:
    """Each of them changes the prediction when it changes."""
    torch.manual_seed(0)
    model = RNN(20, 4, 8, 3).eval()
    x = torch.randint(0, 20, (3, 7))
    before, _ = model(x, model.init_hidden(3))
    for name, weight in model.named_parameters():
        with torch.no_grad():
            saved = weight.clone()
            weight.add_(torch.randn_like(weight))
            after, _ = model(x, model.init_hidden(3))
            weight.copy_(saved)
        assert not torch.equal(before, after), name


def test_forward() -> None:
    """Ids (B, T) and a state give log-probabilities (B, V) that sum to one, and a state of the same shape."""
    model = RNN(20, 4, 8, 2).eval()
    hidden = model.init_hidden(3)
    log_probabilities, after = model(torch.randint(0, 20, (3, 7)), hidden)
    assert log_probabilities.shape == (3, 20)
    torch.testing.assert_close(log_probabilities.exp().sum(1), torch.ones(3))
    assert [state.shape for state in after] == [state.shape for state in hidden] == [(2, 3, 8)] * 2
    assert not any(state.any() for state in hidden)


def test_cuda_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for CUDA without one is a sentence; auto takes the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(MozartError, match="--device cpu"):
        choose_device("cuda")
    assert choose_device("auto") == torch.device("cpu")
