"""The model card says what the metrics say."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard, ModelCardData

from mozart.checkpoint.card import CURVES, PIECES, result_table, shown, write_card
from mozart.checkpoint.folder import PRETRAINED

ABOUT: Mapping[str, Any] = {"versions": {"torch": "2.13"}, "music": "9 MIDI files (of mine). Not to be republished."}
EPOCHS = [
    {"epoch": 1, "train_loss": 3.0, "validation_loss": 2.5, "validation_accuracy": 0.2, "seconds": 10.0},
    {"epoch": 2, "train_loss": 2.0, "validation_loss": 2.25, "validation_accuracy": 0.3, "seconds": 10.0},
]
COMMON: Mapping[str, Any] = {
    "seed": 3,
    "machine": "a machine",
    "date": "2020-01-01",
    "seconds": 1234.5,
    "best_epoch": 2,
    "epochs": EPOCHS,
}


def evaluated(together: float, accuracy: float) -> dict[str, Any]:
    nats = {"ioi": 1.5, "voice": 1.25, "pitch": 6.125, "duration": 4.0, "loudness": 2.0}
    return {"nats_a_note": nats, "nats_a_quarter": {**nats, "together": together}, "pitch_accuracy": accuracy}


NOTES: Mapping[str, Any] = {
    **COMMON,
    "recipe": "notes",
    "command": "python train.py --seed 3",
    "validation_works": ["K. 280"],
    "test_works": ["K. 281", "K. 311"],
    "validation": {"hidden": evaluated(10.5, 0.5), "told": evaluated(7.5, 0.75)},
    "test": {"hidden": evaluated(9.5, 0.515), "told": evaluated(6.5, 0.765)},
}
LAB: Mapping[str, Any] = {
    **COMMON,
    "recipe": "lab",
    "command": "python train.py --recipe lab",
    "window": 100,
    "elements": 1000,
    "distinct": 66,
    "validation": {"loss": 2.25, "accuracy": 0.3},
    "test": {"loss": 2.375, "accuracy": 0.28125},
    "baselines": {"6-gram table": {"validation": {"loss": 2.125, "accuracy": 0.5}, "test": {"loss": 2.125, "accuracy": 0.25}}},
}


@pytest.mark.parametrize("metrics", [NOTES, LAB], ids=["notes", "lab"])
def test_figures_are_those_of_the_metrics(metrics: Mapping[str, Any], tmp_path: Path) -> None:
    """Results, seed, command, epochs and the training data's notice stand in the card, and nothing is left to be filled in."""
    card = write_card(metrics, ABOUT, tmp_path)
    for text in (metrics["command"], "seed 3, 2 epochs in\n1,234", "epoch 2", "torch 2.13", "Not to be republished.", "a machine"):
        assert text.replace("\n", " ") in card.replace("\n", " ")
    assert result_table(metrics).splitlines()[-1] in card
    assert card.startswith("---\n")
    assert "$" not in card


@pytest.mark.parametrize("part", ["validation", "test"])
@pytest.mark.parametrize("metrics", [NOTES, LAB], ids=["notes", "lab"])
def test_the_hub_reads_the_results(metrics: Mapping[str, Any], part: str, tmp_path: Path) -> None:
    """The front matter is a model card's, and its model-index has the network's own figures, without a plan."""
    card = ModelCard(write_card(metrics, ABOUT, tmp_path))
    assert isinstance(card.data, ModelCardData)
    assert card.data.license == "other"
    found = {result.metric_type: result.metric_value for result in card.data.eval_results or [] if result.dataset_split == part}
    own = metrics[part]
    if metrics is NOTES:
        own = {"loss": own["hidden"]["nats_a_quarter"]["together"], "accuracy": own["hidden"]["pitch_accuracy"]}
    assert found == {kind: round(own[kind], 4) for kind in ("accuracy", "loss")}


def test_what_sees_a_plan_stands_apart(tmp_path: Path) -> None:
    """A figure with the chords told is in a table of its own, which says that it is not comparable."""
    before, _, after = write_card(NOTES, ABOUT, tmp_path).partition("### With key and plan told")
    assert "9.50" in before
    assert "6.50" not in before
    assert "76.5%" not in before
    assert "6.50 | 76.5%" in after
    assert "Do **not compare**" in after
    assert "9.50" not in after


def test_memory_tables_and_measures_are_left_out_where_they_are_missing(tmp_path: Path) -> None:
    """With a memory and tables each has a row and a sentence; without them neither."""
    bare = write_card(NOTES, ABOUT, tmp_path)
    assert "memory of the piece" not in bare
    assert "italics" not in bare
    assert "What its pieces are like" not in bare
    more = {
        "with_memory": {"test": {name: value for name, value in evaluated(7.25, 0.625).items() if name != "pitch_accuracy"}},
        "baselines": {"counts in any key": {"validation": evaluated(15.0, 0.25), "test": evaluated(14.75, 0.2)}},
    }
    card = write_card({**NOTES, **more}, ABOUT, tmp_path)
    assert "| **the network and memory of the piece** |  |  | 7.25 |  |" in card
    assert "| *counts in any key* | 15.00 | 25.0% | 14.75 | 20.0% |" in card
    assert "The memory counts" in card
    assert "italics" in card


def test_pictures_and_pieces_are_shown_where_they_are(tmp_path: Path) -> None:
    """The card shows what lies beside it, and has no dead link to what does not."""
    assert shown(tmp_path) == []
    bare = write_card(NOTES, ABOUT, tmp_path)
    assert not [name for name in (*CURVES, *PIECES) if name in bare]
    (tmp_path / "pieces").mkdir()
    for name in (CURVES[0], PIECES[1]):
        (tmp_path / name).touch()
    card = write_card(NOTES, ABOUT, tmp_path)
    assert [name for name in (*CURVES, *PIECES) if f"({name})" in card] == [CURVES[0], PIECES[1]]
    assert "[piece 2](pieces/2.mp3)" in card


@pytest.mark.parametrize("metrics", [NOTES, LAB], ids=["notes", "lab"])
def test_an_unfinished_checkpoint_says_so(metrics: Mapping[str, Any], tmp_path: Path) -> None:
    """Without a test there are the best epoch's validation, and a sentence that nothing was tested."""
    card = write_card({name: value for name, value in metrics.items() if name != "test"}, ABOUT, tmp_path)
    assert "still in training" in card
    assert "have not been tested" in card
    assert ("50.0%" if metrics is NOTES else "30.0%") in card
    assert "$" not in card


def test_departures_from_the_laboratory_are_told(tmp_path: Path) -> None:
    """A network that was not taught as the text teaches says so, and in what."""
    assert "departs" not in write_card(LAB, ABOUT, tmp_path)
    card = write_card({**LAB, "departures": "it was taught in five keys."}, ABOUT, tmp_path)
    assert "What departs from the text: it was taught in five keys." in card
    assert "in another way than it teaches" in card


def test_the_laboratorys_goal_is_told_as_it_is(tmp_path: Path) -> None:
    """A test accuracy below the goal is not reached; one above says nothing. A note in the metrics stands in the card."""
    assert "**not reached**: 28.1%" in write_card(LAB, ABOUT, tmp_path)
    better = {**LAB, "test": {"loss": 2.0, "accuracy": 0.61}, "note": "Only 2 of 30 epochs."}
    card = write_card(better, ABOUT, tmp_path)
    assert "not reached" not in card
    assert "Only 2 of 30 epochs." in card


def test_what_ships_is_told(tmp_path: Path) -> None:
    """Both cards say what of the music is part of the checkpoint, within the limits that excerpts keep."""
    assert "24 beginnings of held-out movements" in write_card(NOTES, ABOUT, tmp_path)
    assert "at most 8 bars" in write_card(NOTES, ABOUT, tmp_path)
    assert "24 test sequences of 100 tokens without times" in write_card(LAB, ABOUT, tmp_path)


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in PRETRAINED.parent.glob("*/config.json")), ids=lambda path: path.name
)
def test_shipped_cards_are_written_from_their_metrics(folder: Path) -> None:
    """Nobody has changed a shipped card by hand: it is what its metrics make of it, with three pieces."""
    metrics, config = (json.loads((folder / file).read_text()) for file in ("metrics.json", "config.json"))
    assert set(PIECES) <= set(shown(folder))
    assert (folder / "README.md").read_text() == write_card(metrics, config, folder)
