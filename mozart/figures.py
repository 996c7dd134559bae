"""Learning curves. (Lab, Problem 3.)"""

import io
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator


def plot_losses(history: Sequence[Mapping[str, float]]) -> bytes:
    """Draw training and validation loss against epochs, on one plot: the content of a PNG file."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    epochs = [epoch["epoch"] for epoch in history]
    axes.plot(epochs, [epoch["train_loss"] for epoch in history], marker="o", label="training")
    axes.plot(epochs, [epoch["validation_loss"] for epoch in history], marker="o", label="validation")
    axes.set(xlabel="epoch", ylabel="loss (nats a token)", title="Training and validation loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    return _png(figure)


def plot_accuracy(history: Sequence[Mapping[str, float]]) -> bytes:
    """Draw validation accuracy against epochs: the content of a PNG file."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    epochs = [epoch["epoch"] for epoch in history]
    axes.plot(epochs, [100 * epoch["validation_accuracy"] for epoch in history], marker="o")
    axes.set(xlabel="epoch", ylabel="accuracy (%)", title="Validation accuracy", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return _png(figure)


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    return content.getvalue()
