"""How well a network predicts: accuracy and loss over all windows of a loader. (Lab, Problem 3.)"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from mozart.model import MusicLSTM


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
