"""Learning curves. (Lab, Problem 3.)"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator


def plot_losses(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw training and validation loss against epochs, on one plot, into a PNG file."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    epochs = [epoch["epoch"] for epoch in history]
    axes.plot(epochs, [epoch["train_loss"] for epoch in history], marker="o", label="training")
    axes.plot(epochs, [epoch["validation_loss"] for epoch in history], marker="o", label="validation")
    axes.set(xlabel="epoch", ylabel="loss (nats a token)", title="Training and validation loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    figure.savefig(path, dpi=120)


def plot_accuracy(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw validation accuracy against epochs into a PNG file."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    epochs = [epoch["epoch"] for epoch in history]
    axes.plot(epochs, [100 * epoch["validation_accuracy"] for epoch in history], marker="o")
    axes.set(xlabel="epoch", ylabel="accuracy (%)", title="Validation accuracy", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.savefig(path, dpi=120)
