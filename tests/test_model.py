"""The lab's network."""

import pytest
import torch
from torch import nn

from mozart.errors import MozartError
from mozart.model import ModelConfig, MusicLSTM, choose_device, count_parameters
from mozart.vocabulary import Vocabulary

NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
NOTES = Vocabulary([f"{name}{octave}" for octave in (2, 3, 4, 5) for name in NAMES] + ["C4.E4", "D4.F#4", "C4.G4"])


def test_the_labs_architecture() -> None:
    """Embedding 64, three LSTM layers of 256 without dropout, two Linear layers, BatchNorm after each and after the LSTM."""
    model = MusicLSTM(ModelConfig(668))
    assert isinstance(model.embedding, nn.Embedding)
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


def relative_model() -> MusicLSTM:
    """A small network of relative pitch over the notes and thirds of four octaves, in which every rule is made visible."""
    torch.manual_seed(0)
    config = ModelConfig(len(NOTES), 4, 8, 2, pitch="relative", n_shapes=NOTES.n_shapes)
    return MusicLSTM(config, NOTES).eval()


@pytest.mark.parametrize("model", [MusicLSTM(ModelConfig(20, 4, 8, 2)).eval(), relative_model()])
def test_carrying_the_state_equals_running_the_whole_sequence(model: MusicLSTM) -> None:
    """Two parts with the state carried between them predict what the whole sequence predicts."""
    x = torch.randint(0, 20, (3, 10))
    whole, _ = model(x, model.init_hidden(3))
    for cut in (1, 6, 9):
        _, hidden = model(x[:, :cut], model.init_hidden(3))
        parts, _ = model(x[:, cut:], hidden)
        torch.testing.assert_close(whole, parts)


@pytest.mark.parametrize("model", [MusicLSTM(ModelConfig(20, 4, 8, 2)).eval(), relative_model()])
def test_every_step_is_predicted_as_if_it_were_the_last(model: MusicLSTM) -> None:
    """predict_steps gives at every chosen step what forward gives for the sequence that ends there."""
    x = torch.randint(0, 20, (2, 9))
    steps = model.predict_steps(x, torch.tensor([0, 4, 8, 9, 17]))
    ends = [(0, 1), (0, 5), (0, 9), (1, 1), (1, 9)]
    expected = torch.cat([model(x[row : row + 1, :end], model.init_hidden(1))[0] for row, end in ends])
    torch.testing.assert_close(steps, expected)


def test_relative_pitch_does_not_hear_the_key() -> None:
    """Moved by a third, a melody's continuation is predicted a third higher, up to what octaves and single ids add."""
    model = relative_model()
    scores = model.head[-1]
    assert isinstance(scores, nn.Linear)
    with torch.no_grad():
        for rows in (
            scores.weight[6 * 97 : 6 * 97 + 11],
            scores.bias[6 * 97 : 6 * 97 + 11],
            model.embedding.weight[6 * 98 : 6 * 98 + 11],
        ):
            rows.zero_()  # the octaves'
    x = torch.tensor([[20, 24, 27, 32, 24, 20, 22, 27]])
    here, moved = (model(ids, model.init_hidden(1))[0][0, :48] for ids in (x, x + 3))
    torch.testing.assert_close(here[:45] - here[0], moved[3:] - moved[3])
    assert here.std() > 0.01


def test_relative_pitch_comes_with_its_weights() -> None:
    """A network that is loaded knows its vocabulary's pitches from the weights."""
    model = relative_model()
    loaded = MusicLSTM(model.config).eval()
    loaded.load_state_dict(model.state_dict())
    x = torch.randint(0, 20, (1, 12))
    torch.testing.assert_close(loaded(x, loaded.init_hidden(1))[0], model(x, model.init_hidden(1))[0])


def test_cuda_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for CUDA without one is a sentence; auto takes the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(MozartError, match="--device cpu"):
        choose_device("cuda")
    assert choose_device("auto") == torch.device("cpu")
