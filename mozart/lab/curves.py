"""Learning curves. (Problem 3: losses on one plot, validation accuracy on another.)"""

import io
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

History = Sequence[Mapping[str, float]]


def plot_losses(history: History) -> bytes:
    """Draw training and validation loss against epochs: the content of a PNG file."""
    return _plot(
        {
            "training": [(epoch["epoch"], epoch["train_loss"]) for epoch in history],
            "validation": [(epoch["epoch"], epoch["validation_loss"]) for epoch in history],
        },
        "loss (nats a token)",
        "Training and validation loss",
    )


def plot_accuracy(history: History) -> bytes:
    """Draw validation accuracy against epochs: the content of a PNG file."""
    accuracy = [(epoch["epoch"], 100 * epoch["validation_accuracy"]) for epoch in history]
    return _plot({"validation": accuracy}, "accuracy (%)", "Validation accuracy")


def _plot(curves: Mapping[str, Sequence[tuple[float, float]]], label: str, title: str) -> bytes:
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xlabel="epoch", ylabel=label, title=title, ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(curves) > 1:
        axes.legend()
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    return content.getvalue()
