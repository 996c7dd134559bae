"""Learning curves and piano rolls are PNG files."""

from typing import Any

import tiny
from mozart.figures import plot_accuracy, plot_losses, plot_piano_roll


def test_both_figures() -> None:
    """One figure for the losses, one for the accuracy, also after a single epoch."""
    history: Any = tiny.metrics()["epochs"]
    pictures = [plot(epochs) for plot in (plot_losses, plot_accuracy) for epochs in (history, history[:1])]
    assert len(set(pictures)) == 4
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_a_piano_roll_shows_the_notes() -> None:
    """Another pitch, a chord in its place, or another rhythm gives another picture."""
    pieces = [
        (["C4", "G4"], [0.0, 1.0], [1.0, 1.0]),
        (["C4", "A4"], [0.0, 1.0], [1.0, 1.0]),
        (["C4", "C4.G4"], [0.0, 1.0], [1.0, 1.0]),
        (["C4", "G4"], [0.0, 0.5], [1.0, 1.0]),
    ]
    pictures = [plot_piano_roll(*piece, "A piece") for piece in pieces]
    assert len(set(pictures)) == 4
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
