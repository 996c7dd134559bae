"""The model card says what the metrics say."""

import tiny
from mozart.card import write_card


def test_figures_are_those_of_the_metrics() -> None:
    """Losses, accuracies, seed, command, epochs and the training data's notice stand in the card."""
    card = write_card(tiny.metrics(), {"versions": {"torch": "2.13"}, "music": "Not to be republished."}, 668)
    for text in (
        "| validation | 2.250 | 30.0% |",
        "| test | 2.375 | 28.1% |",
        "| *6-gram table, validation* | 2.125 | 50.0% |",
        "python train.py --seed 3",
        "seed 3, 2 epochs",
        "epoch 2, the best",
        "vocabulary\nof 668",
        "torch 2.13",
        "Not to be republished.",
    ):
        assert text in card
    assert card.startswith("---\n")
