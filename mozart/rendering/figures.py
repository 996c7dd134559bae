"""Learning curves and piano rolls. (Lab, Problem 3.)"""

import io
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from mozart.vocabulary import pitches


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


def plot_piano_roll(tokens: Sequence[str], offsets: Sequence[float], durations: Sequence[float], title: str) -> bytes:
    """Draw a piece as a piano roll, time in quarter lengths to the right, pitch upwards: the content of a PNG file."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots()
    for token, offset, duration in zip(tokens, offsets, durations, strict=True):
        for pitch in pitches(token):
            axes.barh(pitch, duration, left=offset, height=0.8, color="tab:blue", edgecolor="white", linewidth=0.3)
    axes.set(xlabel="quarters", title=title)
    axes.yaxis.set_major_locator(MultipleLocator(12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda pitch, _: f"C{pitch / 12 - 1:.0f}"))
    axes.grid(axis="y", alpha=0.3)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    return content.getvalue()
