"""The model card says what the metrics say."""

import tiny
from mozart.card import write_card


def test_figures_are_those_of_the_metrics() -> None:
    """Losses, accuracies, seed, command, epochs and the training data's notice stand in the card."""
    card = write_card(
        tiny.metrics(), {"versions": {"torch": "2.13"}, "music": "Not to be republished.", "training": {"best_by": "loss"}}, 668
    )
    for text in (
        "| **the network** | 2.25 | 30.0% | 2.38 | 28.1% |",
        "| *6-gram table* | 2.12 | 50.0% | 2.12 | 25.0% |",
        "python train.py --seed 3",
        "seed 3, 2 epochs",
        "epoch 2, the best",
        "vocabulary\nof 668",
        "torch 2.13",
        "Not to be republished.",
    ):
        assert text in card
    assert card.startswith("---\n")


def test_each_split_says_what_its_accuracy_means() -> None:
    """The lab's split measures memory; held-out works are named, and the memory of the piece has its row."""
    about = {"versions": {}, "music": "", "training": {"best_by": "loss"}}
    lab = write_card(tiny.metrics(), about, 668)
    assert "remembers these works" in lab
    assert "memory is" not in lab
    works = {"split": "works", "validation_works": ["K. 280"], "test_works": ["K. 281", "K. 311"]}
    memory = {"with_memory": {part: {"loss": 2.0, "accuracy": 0.5} for part in ("validation", "test")}}
    card = write_card(tiny.metrics() | works | memory, about, 668)
    assert "remembers these works" not in card
    assert "read nothing of the music" in card
    assert "K. 280 to validate, K. 281, K. 311 to test" in card
    assert "| **the network and memory of the piece** | 2.00 | 50.0% | 2.00 | 50.0% |" in card
