"""Learning curves are PNG files."""

from pathlib import Path
from typing import Any

import tiny
from mozart.figures import plot_accuracy, plot_losses


def test_both_figures(tmp_path: Path) -> None:
    """One figure for the losses, one for the accuracy, also after a single epoch."""
    history: Any = tiny.metrics()["epochs"]
    for number, epochs in enumerate((history, history[:1])):
        plot_losses(epochs, tmp_path / f"losses{number}.png")
        plot_accuracy(epochs, tmp_path / f"accuracy{number}.png")
    pictures = [path.read_bytes() for path in tmp_path.iterdir()]
    assert len(set(pictures)) == 4
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
