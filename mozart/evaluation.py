"""How well a network predicts, and the tables of counts that it must beat. (Lab, Problem 3.)"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from mozart.model import MusicLSTM
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
    device = model.embedding.weight.device
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


class NGramTable:
    """What followed each context of up to `order` - 1 ids among the training labels.

    Probabilities are interpolated from the shortest context to the longest that was seen, as Witten and Bell do (The
    zero-frequency problem, 1991): the more different ids followed a context, the more is left to the shorter one. Below
    all lies the uniform distribution. Order 1 predicts the most common id.

    Parameters
    ----------
    ids : Tensor of int64, shape (N,)
    labels : Tensor of int64, the positions in `ids` that may be learned from
    n_tokens : size of the vocabulary
    """

    def __init__(self, ids: Tensor, labels: Tensor, n_tokens: int, order: int) -> None:
        self.n_tokens = n_tokens
        self.order = order
        sequence = ids.tolist()
        followers: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for position in labels.tolist():
            for length in range(min(order, position + 1)):
                followers[tuple(sequence[position - length : position])][sequence[position]] += 1
        self._followers = {
            context: (np.array(list(counts)), np.array(list(counts.values()))) for context, counts in followers.items()
        }

    def distribution(self, context: Sequence[int]) -> NDArray[np.float64]:
        """The probability of each id after `context`, shape (n_tokens,)."""
        probabilities = np.full(self.n_tokens, 1 / self.n_tokens)
        for length in range(self.order):
            seen = self._followers.get(tuple(context[len(context) - length :]))
            if seen is None:
                break
            ids, counts = seen
            total = counts.sum() + len(ids)
            probabilities *= len(ids) / total
            probabilities[ids] += counts / total
        return probabilities


def evaluate_table(table: NGramTable, windows: Windows, description: str = "Counting") -> Evaluation:
    """Loss and accuracy of a table over all windows, as :func:`evaluate` measures a network's."""
    loss, correct = 0.0, 0
    for start in tqdm(windows.starts.tolist(), desc=description, unit="window", leave=False):
        *context, label = windows.ids[start + WINDOW + 1 - table.order : start + WINDOW + 1].tolist()
        probabilities = table.distribution(context)
        loss -= float(np.log(probabilities[label]))
        correct += int(probabilities.argmax() == label)
    return Evaluation(loss=loss / len(windows), accuracy=correct / len(windows))
