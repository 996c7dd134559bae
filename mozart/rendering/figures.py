"""Learning curves (lab, Problem 3) and piano rolls."""

import io
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from mozart.notes import LEFT, RIGHT, TICKS, Score


def plot_losses(history: Sequence[Mapping[str, float]]) -> bytes:
    """Draw training and validation loss against epochs, on one plot: the content of a PNG file."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    epochs = [epoch["epoch"] for epoch in history]
    axes.plot(epochs, [epoch["train_loss"] for epoch in history], marker="o", label="training")
    axes.plot(epochs, [epoch["validation_loss"] for epoch in history], marker="o", label="validation")
    axes.set(xlabel="epoch", ylabel="loss (nats a note)", title="Training and validation loss")
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


def plot_piano_roll(score: Score, title: str = "") -> bytes:
    """Draw a score as a piano roll, each hand in its colour: the content of a PNG file. The score's title is the default."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots()
    for hand, colour, label in ((RIGHT, "tab:blue", "right hand"), (LEFT, "tab:green", "left hand")):
        own = score.hands == hand
        onsets, durations = score.onsets[own] / TICKS, score.durations[own] / TICKS
        axes.barh(
            score.pitches[own], durations, left=onsets, height=0.8, color=colour, edgecolor="white", linewidth=0.3, label=label
        )
    for bar in score.bars.tolist():
        axes.axvline(bar / TICKS, color="black", alpha=0.15, linewidth=0.5)
    axes.set(xlabel="quarters", title=title or score.title)
    axes.yaxis.set_major_locator(MultipleLocator(12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda pitch, _: f"C{pitch / 12 - 1:.0f}"))
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="upper right")
    return _png(figure)


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    return content.getvalue()
