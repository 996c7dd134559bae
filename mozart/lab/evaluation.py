"""How well a network or a table predicts the labels of windows. (Problem 3, "A Faster Way to Calculate Validation Accuracy".)"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from mozart.lab.network import RNN
from mozart.lab.windows import WINDOW, Loader, Windows


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

    def __str__(self) -> str:
        return f"{self.loss:.3f} nats, {self.accuracy:.2%}"


@torch.no_grad()
def evaluate(model: RNN, loader: Loader, description: str = "Evaluating") -> Evaluation:
    """Loss and accuracy over all windows, in ``eval()`` mode, every batch from a fresh state. (Problem 3.)

    The text averages the batches' means, which gives the last, smaller batch too much weight; this divides the sums by the
    number of windows. The mode that the model was in is restored.
    """
    device = model.device
    # Sums stay on the device: asking for a number at every batch would make a GPU wait.
    loss = torch.zeros((), dtype=torch.float64, device=device)
    correct = torch.zeros((), dtype=torch.int64, device=device)
    total = 0
    was_training = model.training
    model.eval()
    for x_truth, y_truth in tqdm(loader, desc=description, unit="batch", leave=False):
        x_truth, y_truth = x_truth.to(device), y_truth.to(device)
        y_hat, _ = model(x_truth, model.init_hidden(len(x_truth)))
        loss += nn.functional.nll_loss(y_hat, y_truth, reduction="sum").double()
        correct += torch.eq(y_truth, y_hat.argmax(1)).sum()
        total += len(y_truth)
    model.train(was_training)
    return Evaluation(loss=loss.item() / total, accuracy=correct.item() / total)


def evaluate_table(distribution: Callable[[NDArray[np.int64]], NDArray[np.float64]], windows: Windows) -> Evaluation:
    """Evaluate in the same way what gives the probability of each id, (n_notes,), after the ids of a window, (100,)."""
    ids = windows.ids.cpu().numpy()
    loss, correct = 0.0, 0
    for start in tqdm(windows.starts.tolist(), desc="Counting", unit="window", leave=False):
        probabilities, label = distribution(ids[start : start + WINDOW]), ids[start + WINDOW]
        loss -= math.log(max(probabilities[label], sys.float_info.min))
        correct += int(probabilities.argmax() == label)
    return Evaluation(loss=loss / len(windows), accuracy=correct / len(windows))
