"""Losses are those of the notes alone, and figures add up."""

import math
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from mozart.model.inputs import row_sizes
from mozart.model.network import PARTS
from mozart.model.rows import Rows
from mozart.model.vocabulary import KEYS, LOUDNESSES, Vocabulary
from mozart.training.evaluation import evaluate, losses, measure

VOCABULARY = Vocabulary((0, 12), (240, 480), ((4, 4),))
SIZES = dict(zip(PARTS, (VOCABULARY.n_iois, 5, KEYS, 2, LOUDNESSES), strict=True))


class Sure(torch.nn.Module):
    """Gives every right value the probability e/(e + n - 1), and of pitches the second one to another."""

    vocabulary = VOCABULARY

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, batch: Mapping[str, Tensor], _: object = None) -> tuple[dict[str, Tensor], None]:
        scores = {}
        for column, (name, size) in enumerate(SIZES.items()):
            scores[name] = torch.nn.functional.one_hot(batch["target"][..., column].long(), size).float()
        scores["pitch"][:, 1] *= -1
        return {name: torch.log_softmax(part, dim=-1) for name, part in scores.items()}, None


def rows(repeats: int = 1) -> Rows:
    """Three notes, or more, and the end."""
    end = VOCABULARY.end
    notes = [[1, 0, 60, 0, 3], [0, 1, 64, 1, 3], [1, 0, 67, 1, 3]]
    target = torch.tensor([*notes * repeats, [end, 0, 0, 0, 0]])
    stages = {stage: torch.zeros(len(target), len(sizes)) for stage, sizes in row_sizes(VOCABULARY).items()}
    return Rows({"target": target, "roots": torch.zeros(len(target), 3), **stages}, 2.0 * repeats)


def right(size: int, score: float = 1.0) -> float:
    """The loss of a value with this score among others with 0."""
    return math.log(math.exp(score) + size - 1) - score


def test_a_case_by_hand() -> None:
    """Three notes have three voices and pitches, and four distances: the last one is the end."""
    found = evaluate(Sure(), [rows()], hidden=False)  # type: ignore[arg-type]
    pitch = 2 * right(KEYS) + right(KEYS, -1)
    assert found["nats_a_note"]["voice"] == pytest.approx(right(5), abs=1e-4)
    assert found["nats_a_note"]["pitch"] == pytest.approx(pitch / 3, abs=1e-4)
    assert found["nats_a_note"]["ioi"] == pytest.approx(4 * right(3) / 3, abs=1e-4)
    assert found["nats_a_quarter"]["voice"] == pytest.approx(3 * right(5) / 2, abs=1e-4)
    assert found["nats_a_quarter"]["together"] == pytest.approx((4 * right(3) + 3 * right(5) + pitch) / 2, abs=1e-3)
    assert found["pitch_accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert (found["notes"], found["quarters"]) == (3, 2.0)


def test_movements_add_up() -> None:
    """Two equal movements have the figures of one, of twice the notes."""
    one, two = (evaluate(Sure(), [rows()] * count, hidden=True) for count in (1, 2))  # type: ignore[arg-type]
    assert two["nats_a_note"] == one["nats_a_note"]
    assert (two["notes"], two["quarters"]) == (6, 4.0)


def test_the_end_is_no_note() -> None:
    """What is predicted of the end's other parts counts nothing."""
    batch = {name: tensor[None] for name, tensor in rows().tensors.items()}
    scores, _ = Sure()(batch)
    before = {name: float(loss) for name, loss in losses(scores, batch).items()}
    for name in PARTS:
        scores[name][:, -1] = torch.randn(SIZES[name])
    assert {name: float(loss) for name, loss in losses(scores, batch).items()} == before


def test_all_figures_are_of_the_same_notes() -> None:
    """The network's, with and without memory, and those of the baselines; a memory helps where music returns."""
    found = measure(Sure(), [rows(3)], [rows(6)], [rows(6)])  # type: ignore[arg-type]
    assert set(found["test"]) == set(found["validation"]) == {"hidden", "told"}
    alone, memory = found["test"]["hidden"], found["with_memory"]["test"]
    every = [*found["test"].values(), memory, *(table["test"] for table in found["baselines"].values())]
    assert len(every) == 5
    assert {(figures["notes"], figures["quarters"]) for figures in every} == {(18, 12.0)}
    assert memory["nats_a_quarter"]["together"] < 0.8 * alone["nats_a_quarter"]["together"]
