"""Learning curves and piano rolls are PNG files."""

from mozart.notes import Score
from mozart.rendering.figures import plot_accuracy, plot_losses, plot_piano_roll

HISTORY = [
    {"epoch": 1, "train_loss": 4.0, "validation_loss": 4.5, "validation_accuracy": 0.1},
    {"epoch": 2, "train_loss": 3.0, "validation_loss": 4.0, "validation_accuracy": 0.2},
]


def test_both_figures() -> None:
    """One figure for the losses, one for the accuracy, also after a single epoch."""
    pictures = [plot(epochs) for plot in (plot_losses, plot_accuracy) for epochs in (HISTORY, HISTORY[:1])]
    assert len(set(pictures)) == 4
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_a_piano_roll_shows_the_notes() -> None:
    """Another pitch, another onset, another hand, another title or no notes at all give another picture."""
    one = Score([(0, 0, 60, 480, 70), (480, 0, 67, 480, 70)])
    scores = [one, Score([(0, 0, 60, 480, 70), (480, 0, 69, 480, 70)]), Score([(0, 0, 60, 480, 70), (240, 0, 67, 480, 70)])]
    scores += [Score([(0, 0, 60, 480, 70), (480, 2, 67, 480, 70)]), one.replace(title="A piece"), Score([])]
    pictures = [plot_piano_roll(score) for score in scores]
    assert len(set(pictures)) == len(scores)
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert plot_piano_roll(one, "A piece") == pictures[4]
