"""Learning curves are PNG files."""

from typing import Any

import tiny
from mozart.figures import plot_accuracy, plot_losses


def test_both_figures() -> None:
    """One figure for the losses, one for the accuracy, also after a single epoch."""
    history: Any = tiny.metrics()["epochs"]
    pictures = [plot(epochs) for plot in (plot_losses, plot_accuracy) for epochs in (history, history[:1])]
    assert len(set(pictures)) == 4
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
