"""How well a network or a table predicts the labels of windows. (Lab, Problem 3.)"""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from mozart.model import MusicLSTM
from mozart.ngrams import Floats, NGramTable, PieceMemory
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW, Windows


@dataclass(frozen=True)
class Evaluation:
    """Results over a set of windows.

    Attributes
    ----------
    loss : mean negative log-likelihood of the labels, in nats a token
    accuracy : labels predicted right ÷ labels, in [0, 1]
    """

    loss: float
    accuracy: float


@torch.no_grad()
def evaluate(model: MusicLSTM, loader: DataLoader[tuple[Tensor, Tensor]], description: str = "Evaluating") -> Evaluation:
    """Loss and accuracy over all windows, in ``eval()`` mode, every batch from a fresh state.

    The lab averages the batches' means, which gives the last, smaller batch too much weight; this divides the sums by the
    number of windows. The mode the model was in is restored.
    """
    device = model.device
    # Sums stay on the device: asking for a number at every batch would make a GPU wait.
    loss = torch.zeros((), dtype=torch.float64, device=device)
    correct = torch.zeros((), dtype=torch.int64, device=device)
    total = 0
    was_training = model.training
    model.eval()
    for x, y in tqdm(loader, desc=description, unit="batch", leave=False):
        x, y = x.to(device), y.to(device)
        log_probabilities, _ = model(x, model.init_hidden(len(x)))
        loss += torch.nn.functional.nll_loss(log_probabilities, y, reduction="sum").double()
        correct += (log_probabilities.argmax(1) == y).sum()
        total += len(y)
    model.train(was_training)
    return Evaluation(loss=loss.item() / total, accuracy=correct.item() / total)


def network_distributions(
    model: MusicLSTM, loader: DataLoader[tuple[Tensor, Tensor]], description: str = "Predicting"
) -> Iterator[Floats]:
    """The probability of each id after each window, as :func:`evaluate` has them, in the windows' order: (n_tokens,) each.

    The model is in ``eval()`` mode afterwards.
    """
    model.eval()
    for x, _ in tqdm(loader, desc=description, unit="batch", leave=False):
        with torch.no_grad():
            log_probabilities, _ = model(x.to(model.device), model.init_hidden(len(x)))
        yield from log_probabilities.double().exp().cpu().numpy()


def table_distributions(table: NGramTable, windows: Windows) -> Iterator[Floats]:
    """The probability of each id after each window by a table, in the windows' order: (n_tokens,) each."""
    ids = windows.ids.cpu().numpy()
    for start in windows.starts.tolist():
        yield table.distribution(ids[start + WINDOW + 1 - table.order : start + WINDOW])


def evaluate_distributions(distributions: Iterable[Floats], windows: Windows, description: str = "Counting") -> Evaluation:
    """Loss and accuracy of probabilities that come in the windows' order, as :func:`evaluate` measures a network's."""
    loss, correct = 0.0, 0
    labels = windows.ids[windows.starts + WINDOW].tolist()
    pairs = zip(distributions, labels, strict=True)
    for probabilities, label in tqdm(pairs, desc=description, total=len(windows), unit="window", leave=False):
        loss -= math.log(max(probabilities[label], sys.float_info.min))  # a network can be sure, and wrong
        correct += int(probabilities.argmax() == label)
    return Evaluation(loss=loss / len(windows), accuracy=correct / len(windows))


def remember_piece(
    distributions: Iterable[Floats], windows: Windows, works: Sequence[tuple[int, int]], vocabulary: Vocabulary
) -> Iterator[Floats]:
    """Mix into each window's probabilities what its piece did before in the same place, from the piece's first note on.

    Parameters
    ----------
    distributions : in the windows' order
    windows : ascending, each inside one work
    works : (start, stop) of the works in the windows' ids
    """
    ids = windows.ids.tolist()
    stops = iter(sorted(works))
    start, stop = 0, 0
    for window, probabilities in zip(windows.starts.tolist(), distributions, strict=True):
        while window >= stop:
            start, stop = next(stops)
            memory, heard = PieceMemory(vocabulary), start
        while heard < window + WINDOW:
            memory.hear(ids[heard])
            heard += 1
        yield memory.mix(probabilities)
