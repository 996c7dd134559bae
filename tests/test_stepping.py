"""The network step by step is the network."""

import numpy as np
import pytest
import torch

from mozart.model import ModelConfig, MusicLSTM
from mozart.stepping import Stepper
from mozart.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of(["C2", "C4", "D4", "E-4", "G4", "A5", "C7", "C4.E4", "D4.F4", "E-4.G4.B-4"])


def untrained(pitch: str, num_layers: int) -> MusicLSTM:
    """A network whose BatchNorm layers have seen something."""
    torch.manual_seed(3)
    n_shapes = VOCABULARY.n_shapes if pitch == "relative" else 0
    model = MusicLSTM(ModelConfig(len(VOCABULARY), 6, 12, num_layers, pitch, n_shapes, dropout=0.3), VOCABULARY)
    for module in model.head:
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_()  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
            torch.nn.init.normal_(module.weight)
            torch.nn.init.normal_(module.bias)
    return model.eval()


@pytest.mark.parametrize("pitch", ["absolute", "relative"])
@pytest.mark.parametrize("num_layers", [1, 3])
@torch.no_grad()
def test_every_step_is_torchs(pitch: str, num_layers: int) -> None:
    """From the first id on, log-probabilities are those of the network that carries its state, to rounding."""
    model = untrained(pitch, num_layers)
    reading, hidden = Stepper(model).read(), model.init_hidden(1)
    for number in np.random.default_rng(1).integers(len(VOCABULARY), size=20).tolist():
        reading.hear(number)
        expected, hidden = model(torch.tensor([[number]]), hidden)
        np.testing.assert_allclose(reading.predict(), expected[0].numpy(), atol=1e-4)


def test_readings_are_apart() -> None:
    """Two pieces read at once do not hear each other."""
    stepper = Stepper(untrained("relative", 2))
    alone, together, other = stepper.read(), stepper.read(), stepper.read()
    for number in (1, 2, 3):
        alone.hear(number)
    for number in (1, 2, 3):
        together.hear(number)
        other.hear(5)
    assert (alone.predict() == together.predict()).all()
    assert (other.predict() != together.predict()).any()
