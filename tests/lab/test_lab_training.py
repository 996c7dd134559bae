"""Problem 3: it learns what it is shown, in the text's way."""

import math
from dataclasses import fields, replace
from itertools import pairwise

import pytest
import torch
from torch import nn

from lab_music import CONFIG, CPU, loaders, start
from mozart.errors import MozartError
from mozart.lab.config import LabConfig
from mozart.lab.evaluation import evaluate
from mozart.lab.training import has_bfloat16, require_precision, train


def test_learns_a_melody() -> None:
    """A melody that repeats is learned, the losses are those of the epochs, and the most accurate epoch's weights are kept."""
    run = start()
    train(run, loaders())
    assert [epoch["epoch"] for epoch in run.history] == [1, 2, 3, 4, 5]
    assert run.history[-1]["train_loss"] < 0.5 * run.history[0]["train_loss"]
    accuracies = [epoch["validation_accuracy"] for epoch in run.history]
    assert max(accuracies) > 0.8
    assert run.best_epoch == 1 + accuracies.index(max(accuracies))
    run.model.load_state_dict(run.best_weights)
    assert evaluate(run.model, loaders().validation).accuracy == max(accuracies)


def test_the_defaults_are_the_texts() -> None:
    """30 epochs, batches of 128, RMSprop at 0.001 on a cross-entropy, three layers of 256; every setting says what it is."""
    config = LabConfig()
    assert (config.epochs, config.batch_size, config.num_layers, config.hidden_size) == (30, 128, 3, 256)
    run = start(LabConfig())
    assert isinstance(run.optimizer, torch.optim.RMSprop)
    assert run.optimizer.param_groups[0]["lr"] == 0.001
    assert isinstance(run.criterion, nn.CrossEntropyLoss)
    assert all(setting.metadata["help"] for setting in fields(LabConfig))


@pytest.mark.parametrize("change", [{"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0.0}, {"precision": "half"}, {"seed": -1}])
def test_settings_that_cannot_be(change: dict[str, object]) -> None:
    """Each is refused in a sentence that says what is possible."""
    with pytest.raises(MozartError, match="cannot be"):
        replace(CONFIG, **change)  # type: ignore[arg-type]


def test_the_state_is_carried_from_batch_to_batch_and_detached() -> None:
    """The text's quirk: a batch starts from the state that the one before it left, without its gradient."""
    run = start(replace(CONFIG, epochs=1))
    states: list[tuple[torch.Tensor, torch.Tensor]] = []

    def watch(_: nn.Module, inputs: tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]], outputs: object) -> None:
        if run.model.training:
            assert isinstance(outputs, tuple)
            states.append((inputs[1][0], outputs[1][0]))

    run.model.register_forward_hook(watch)
    train(run, loaders())
    assert not states[0][0].any()
    for (_, after), (before, _) in pairwise(states):
        assert torch.equal(after, before)
        assert not before.requires_grad


def test_gradients_are_clipped() -> None:
    """Their norm is scaled down to 5 before every step."""
    run = start(replace(CONFIG, epochs=1))
    norms = []
    run.model.batch3.weight.register_hook(lambda gradient: 1e6 * gradient)  # type: ignore[no-untyped-call]

    def look(*_: object) -> None:
        norms.append(math.sqrt(sum(float((p.grad**2).sum()) for p in run.model.parameters() if p.grad is not None)))

    run.optimizer.register_step_pre_hook(look)
    train(run, loaders())
    assert max(norms) == pytest.approx(5, rel=1e-3)


def test_says_how_long_it_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, after a few measured steps, in seconds for the epochs that remain."""
    monkeypatch.setattr("mozart.lab.training._STEPS_BEFORE_ESTIMATE", 2)
    estimates: list[float] = []
    train(start(replace(CONFIG, epochs=2)), loaders(), on_estimate=estimates.append)
    assert len(estimates) == 1
    assert estimates[0] > 0


@pytest.mark.skipif(not has_bfloat16(CPU), reason="this processor does not compute in bfloat16")
def test_mixed_precision_trains() -> None:
    """In bfloat16 the losses are nearly those of float32, and the weights stay float32."""
    plain, mixed = start(replace(CONFIG, epochs=1)), start(replace(CONFIG, epochs=1, precision="mixed"))
    for run in (plain, mixed):
        train(run, loaders())
    assert mixed.loss != plain.loss
    assert mixed.loss == pytest.approx(plain.loss, rel=0.1)
    assert all(tensor.dtype != torch.bfloat16 for tensor in mixed.model.state_dict().values())


def test_mixed_precision_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU without bfloat16 is said in a sentence, and float32 is always possible."""
    monkeypatch.setattr("mozart.lab.training.has_bfloat16", lambda _: False)
    require_precision("float32", CPU)
    with pytest.raises(MozartError, match="leave --precision mixed out"):
        require_precision("mixed", CPU)


def test_the_step_of_a_loss_that_is_no_number_is_named() -> None:
    """The epoch and the step are said."""
    run = start()
    steps = 0

    def spoil(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == 4:
            with torch.no_grad():
                run.model.linear2.bias.fill_(math.nan)

    run.model.linear1.register_forward_pre_hook(spoil)
    with pytest.raises(MozartError, match=r"no longer a number in epoch 1, step 4: choose a smaller --learning-rate"):
        train(run, loaders())
