"""The loop learns, averages, and says when it cannot go on."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

import tiny
from mozart.errors import MozartError
from mozart.model.rows import Rows
from mozart.model.vocabulary import Vocabulary
from mozart.training.config import TrainingConfig
from mozart.training.data import Streams
from mozart.training.loop import Run, start_run, train
from mozart.training.machine import has_bfloat16

CPU = torch.device("cpu")
CONFIG = TrainingConfig(epochs=3, batch_size=4, sequence_length=24, learning_rate=0.01)


def sizes(rows: list[Rows]) -> list[int]:
    return [len(row.tensors["target"]) for row in rows]


def start(vocabulary: Vocabulary, config: TrainingConfig = CONFIG) -> Run:
    return start_run(config, tiny.SIZES, vocabulary, {"music_sha256": "the music's"}, CPU)


def deal(rows: list[Rows]) -> Streams:
    return Streams(rows, sizes(rows), CONFIG.batch_size, CONFIG.sequence_length, CPU)


def test_it_learns(rows: list[Rows], vocabulary: Vocabulary) -> None:
    """The losses fall, the weights that validate best are kept, and the history says what every epoch reached."""
    run = start(vocabulary, replace(CONFIG, epochs=6))
    estimates: list[float] = []
    train(run, deal(rows[:3]), rows[3:], on_estimate=estimates.append)
    assert [epoch["epoch"] for epoch in run.history] == [1, 2, 3, 4, 5, 6]
    assert run.history[-1]["train_loss"] < 0.8 * run.history[0]["train_loss"]
    assert run.history[-1]["validation_loss"] < run.history[0]["validation_loss"]
    assert run.best_epoch == min(run.history, key=lambda epoch: epoch["validation_loss"])["epoch"]
    assert run.steps == 6 * deal(rows[:3]).n_batches


def test_the_average_of_the_weights(rows: list[Rows], vocabulary: Vocabulary) -> None:
    """What is evaluated lies between the weights before and after, and is not what is trained."""
    run = start(vocabulary, replace(CONFIG, epochs=1))
    before = copy.deepcopy(run.network.state_dict())
    train(run, deal(rows[:3]), rows[3:])
    after, averaged = run.network.state_dict(), run.averaged.state_dict()
    name = "note.weight"
    assert not torch.equal(averaged[name], after[name])
    assert not torch.equal(averaged[name], before[name])
    assert (averaged[name] - before[name]).norm() < 2 * (after[name] - before[name]).norm()
    assert all(torch.equal(run.best_weights[part], averaged[part]) for part in averaged)
    # While there are few steps it forgets quickly: the first weights are chance.
    assert (averaged[name] - after[name]).norm() < (averaged[name] - before[name]).norm()


def test_probabilities_are_exact_in_mixed_precision(rows: list[Rows], vocabulary: Vocabulary) -> None:
    """Where the layers before compute with fewer bits, probabilities are float32 all the same, and sum to one."""
    run = start(vocabulary)
    parts = [part for part in run.network.heads if part != "pitch"]
    for part in parts:
        run.network.heads[part].register_forward_hook(lambda _layer, _given, scores: scores.bfloat16())
    dealt, _ = next(iter(deal(rows).epoch(np.random.default_rng(0))))
    with torch.no_grad():
        scores, _ = run.network(dealt(range(1)))
    for part in parts:
        assert scores[part].dtype == torch.float32
        assert torch.allclose(scores[part].exp().sum(-1), torch.ones(()), atol=1e-5)


def test_the_same_seed_gives_the_same_weights(rows: list[Rows], vocabulary: Vocabulary) -> None:
    """Whatever was drawn before; another seed gives others."""
    weights = []
    for seed in (0, 0, 1):
        run = start(vocabulary, replace(CONFIG, epochs=1, seed=seed))
        torch.rand(3)
        train(run, deal(rows[:3]), rows[3:])
        weights.append(run.network.state_dict()["lstm.0.weight_hh_l0"])
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("step", [0, 3])
def test_a_loss_that_is_no_number(step: int, rows: list[Rows], vocabulary: Vocabulary) -> None:
    """It is said in words, whichever step it comes in, and no epoch is finished with it."""
    run = start(vocabulary)
    steps = 0

    def spoil(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == step + 1:
            with torch.no_grad():
                run.network.read.bias.fill_(torch.nan)

    run.network.register_forward_pre_hook(spoil)
    with pytest.raises(MozartError, match="no longer a number in epoch 1: choose a lower --learning-rate"):
        train(run, deal(rows[:3]), rows[3:])
    assert run.history == []


@pytest.mark.skipif(not has_bfloat16(CPU), reason="this CPU does not compute LSTMs in bfloat16")
def test_mixed_precision_trains(rows: list[Rows], vocabulary: Vocabulary) -> None:
    """In bfloat16 the losses fall too."""
    run = start(vocabulary, replace(CONFIG, precision="mixed"))
    train(run, deal(rows[:3]), rows[3:])
    assert run.history[-1]["train_loss"] < run.history[0]["train_loss"]


def test_only_matrices_decay(vocabulary: Vocabulary) -> None:
    """Biases and scales keep the size that they learn."""
    run = start(vocabulary, replace(CONFIG, weight_decay=0.3))
    decays = {parameter.dim() > 1: group["weight_decay"] for group in run.optimizer.param_groups for parameter in group["params"]}
    assert decays == {True: 0.3, False: 0.0}
