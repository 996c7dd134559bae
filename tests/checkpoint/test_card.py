"""The model card says what the metrics say."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard, ModelCardData

import tiny
from mozart.card import CURVES, PIECES, shown, write_card
from mozart.checkpoint import PRETRAINED

ABOUT: Mapping[str, Any] = {
    "versions": {"torch": "2.13"},
    "music": "9 MIDI files (of mine). Not to be republished.",
    "training": {"best_by": "loss"},
}


def test_figures_are_those_of_the_metrics() -> None:
    """Losses, accuracies, seed, command, epochs and the training data's notice stand in the card."""
    card = write_card(tiny.metrics(), ABOUT, 668)
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


@pytest.mark.parametrize("part", ["validation", "test"])
def test_the_hub_reads_the_results(part: str) -> None:
    """The front matter is a model card's, and its model-index has the network's own figures under the split's name."""
    metrics: Any = tiny.metrics()
    card = ModelCard(write_card(metrics, ABOUT, 668))
    assert isinstance(card.data, ModelCardData)
    assert card.data.license == "other"
    results = {result.metric_type: result for result in card.data.eval_results or [] if result.dataset_split == part}
    assert {kind: result.metric_value for kind, result in results.items()} == {
        kind: round(metrics[part][kind], 4) for kind in ("accuracy", "loss")
    }
    assert {result.dataset_name for result in results.values()} == {"9 MIDI files, windows dealt out at random"}


def test_what_it_copies_is_what_was_counted() -> None:
    """How much of real music stands in the training music is said, and that the pieces have not been measured."""
    card = write_card(tiny.metrics(), ABOUT, 668)
    assert "the longest run has 8.5 notes (median; at most 12); 6.25% of runs of 8, 0.00% of runs of 12" in card
    assert "have not been measured" in card


def test_pictures_and_pieces_are_shown_where_they_are(tmp_path: Path) -> None:
    """The card shows what lies beside it, and has no dead link to what does not."""
    assert shown(tmp_path) == []
    bare = write_card(tiny.metrics(), ABOUT, 668)
    assert not [name for name in (*CURVES, *PIECES) if name in bare]
    (tmp_path / "pieces").mkdir()
    for name in (CURVES[0], PIECES[0]):
        (tmp_path / name).touch()
    card = write_card(tiny.metrics(), ABOUT, 668, shown(tmp_path))
    assert [name for name in (*CURVES, *PIECES) if f"({name})" in card] == [CURVES[0], PIECES[0]]
    assert "composed with seed 1," in card


@pytest.mark.parametrize("name", ["lab", "unseen"])
def test_shipped_cards_are_written_from_their_metrics(name: str) -> None:
    """Nobody has changed a shipped card by hand: it is what its metrics make of it, with curves and three pieces."""
    folder = PRETRAINED.parent / name
    metrics, config, tokens = (
        json.loads((folder / file).read_text()) for file in ("metrics.json", "config.json", "vocabulary.json")
    )
    assert shown(folder) == [*CURVES, *PIECES]
    assert (folder / "README.md").read_text() == write_card(metrics, config, len(tokens), shown(folder))


def test_each_split_says_what_its_accuracy_means() -> None:
    """The lab's split measures memory; held-out works are named, and the memory of the piece has its row."""
    lab = write_card(tiny.metrics(), ABOUT, 668)
    assert "remembers these works" in lab
    assert "memory is" not in lab
    works = {"split": "works", "validation_works": ["K. 280"], "test_works": ["K. 281", "K. 311"]}
    memory = {"with_memory": {part: {"loss": 2.0, "accuracy": 0.5} for part in ("validation", "test")}}
    card = write_card(tiny.metrics() | works | memory, ABOUT, 668)
    assert "remembers these works" not in card
    assert "read nothing of the music" in card
    assert "K. 280 to validate, K. 281, K. 311 to test" in card
    assert "| **the network and memory of the piece** | 2.00 | 50.0% | 2.00 | 50.0% |" in card
