"""A melody of four notes that repeats, and small networks to learn it, for tests of training."""

import torch

from mozart.model import ModelConfig
from mozart.sequences import Sequences
from mozart.training import Run, TrainingConfig, start_run
from mozart.vocabulary import Vocabulary
from mozart.windows import Loaders, Windows, make_loaders, split_windows

MODEL = ModelConfig(4, 4, 8, 2)
CONFIG = TrainingConfig(batch_size=16, learning_rate=0.01)
CPU = torch.device("cpu")
SHA = "the music's"
NOTES = Vocabulary(["C4", "D4", "E4", "F4"])
STREAM = TrainingConfig(
    recipe="stream",
    batch_size=2,
    learning_rate=0.01,
    clip=1.0,
    schedule_epochs=4,
    passes=5,
    sequence_length=20,
    weight_decay=0.1,
    averaging=0.9,
)
RELATIVE = ModelConfig(4, 8, 16, 1, pitch="relative", n_shapes=1, dropout=0.1, embedding_dropout=0.1)


def loaders() -> Loaders:
    ids = torch.tensor([0, 1, 2, 3, 3, 2, 1] * 40)
    return make_loaders(ids, split_windows(len(ids), CONFIG.seed), CONFIG.batch_size)


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.model.state_dict().items()}


def assert_equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


def sequences() -> Sequences:
    """The same melody as loaders(), as sequences."""
    windows = loaders().train.dataset
    assert isinstance(windows, Windows)
    ids = windows.ids
    return Sequences(ids.numpy(), split_windows(len(ids), CONFIG.seed), STREAM.sequence_length, STREAM.batch_size, CPU)


def start_stream() -> Run:
    return start_run(RELATIVE, STREAM, CPU, SHA, NOTES)
