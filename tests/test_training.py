"""Training, the lab's and ``stream``: it learns what it is shown, as it is said to."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from melody import CONFIG, CPU, MODEL, NOTES, RELATIVE, SHA, STREAM, loaders, sequences, start_stream
from mozart.errors import MozartError
from mozart.evaluation import evaluate
from mozart.training import require_precision, start_run, train


def test_learns_a_melody() -> None:
    """A melody that repeats is learned, the losses are those of the epochs, and the best weights are kept."""
    run = start_run(MODEL, CONFIG, CPU, SHA)
    train(run, loaders(), epochs=5)
    assert [epoch["epoch"] for epoch in run.history] == [1, 2, 3, 4, 5]
    assert run.history[-1]["train_loss"] < 0.5 * run.history[0]["train_loss"]
    assert run.history[-1]["validation_accuracy"] > 0.8
    run.model.load_state_dict(run.best_weights)
    best = evaluate(run.model, loaders().validation)
    assert best.loss == run.best_epoch["validation_loss"] == min(epoch["validation_loss"] for epoch in run.history)


def test_the_state_is_carried_from_batch_to_batch_and_detached() -> None:
    """The lab's quirk: a batch starts from the state that the one before it left, without its gradient."""
    run = start_run(MODEL, CONFIG, CPU, SHA)
    states: list[tuple[torch.Tensor, torch.Tensor]] = []

    def watch(_: nn.Module, inputs: tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]], outputs: object) -> None:
        if run.model.training:
            assert isinstance(outputs, tuple)
            states.append((inputs[1][0], outputs[1][0]))

    run.model.register_forward_hook(watch)
    train(run, loaders(), epochs=1)
    assert not states[0][0].any()
    for (_, after), (before, _) in pairwise(states):
        assert torch.equal(after, before)
        assert not before.requires_grad


def test_says_how_long_it_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, after a few measured steps, in seconds for the epochs that remain."""
    monkeypatch.setattr("mozart.training._STEPS_BEFORE_ESTIMATE", 2)
    estimates: list[float] = []
    train(start_run(MODEL, CONFIG, CPU, SHA), loaders(), epochs=2, on_estimate=estimates.append)
    assert len(estimates) == 1
    assert estimates[0] > 0


def test_stream_learns_a_melody() -> None:
    """The network that is evaluated and kept is the averaged one, and it has learned."""
    run = start_stream()
    train(run, loaders(), epochs=4, sequences=sequences())
    assert run.history[-1]["validation_accuracy"] > 0.8
    assert run.averaged is not None
    assert not torch.equal(run.averaged.bias, run.model.bias)
    run.averaged.load_state_dict(run.best_weights)
    assert evaluate(run.averaged, loaders().validation).loss == run.best_epoch["validation_loss"]


def test_the_learning_rate_rises_and_falls() -> None:
    """It warms up over a twentieth of the run, is whole then, and ends at a hundredth."""
    run = start_stream()
    rates: list[float] = []
    run.optimizer.register_step_post_hook(lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"]))
    train(run, loaders(), epochs=4, sequences=sequences())
    warm = len(rates) // 20
    assert rates[0] == pytest.approx(0.0001)
    assert max(rates) == pytest.approx(0.01, rel=0.02)
    assert warm - 1 <= rates.index(max(rates)) <= warm + 2
    assert rates[warm + 2 :] == sorted(rates[warm + 2 :], reverse=True)
    assert rates[-1] < 0.0002


def test_statistics_are_those_of_the_averaged_weights() -> None:
    """After an epoch, the averaged network's BatchNorm statistics are the means of its own outputs, not of training's."""
    run = start_stream()
    train(run, loaders(), epochs=1, sequences=sequences())
    model, norm = run.evaluated, run.evaluated.head[0]
    assert isinstance(norm, nn.BatchNorm1d)
    seen: list[torch.Tensor] = []
    norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        for batch in sequences().one_pass(np.random.default_rng(0)):
            model.predict_steps(batch.ids, batch.chosen)
    assert norm.running_mean is not None
    torch.testing.assert_close(torch.cat(seen).mean(0), norm.running_mean, atol=0.05, rtol=0.2)
    assert not any(module.training for module in model.modules())


def test_mixed_precision_trains() -> None:
    """In bfloat16 the losses are nearly those of float32, and the weights stay float32; a CPU without it says so."""
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        require_precision("float32", CPU)
        with pytest.raises(MozartError, match="leave --precision mixed out"):
            require_precision("mixed", CPU)
        return
    plain, mixed = start_stream(), start_run(RELATIVE, replace(STREAM, precision="mixed"), CPU, SHA, NOTES)
    for run in (plain, mixed):
        train(run, loaders(), epochs=1, sequences=sequences())
    assert mixed.loss != plain.loss
    assert mixed.loss == pytest.approx(plain.loss, rel=0.1)
    assert all(tensor.dtype != torch.bfloat16 for tensor in mixed.model.state_dict().values())


def test_the_step_of_a_loss_that_is_no_number_is_named() -> None:
    """In stream too the epoch and the step are said."""
    run = start_stream()

    def spoil(*_: object) -> None:
        if run.steps == 3:
            with torch.no_grad():
                run.model.bias.fill_(math.nan)

    run.model.head.register_forward_pre_hook(spoil)
    with pytest.raises(MozartError, match=r"no longer a number in epoch 1, step 4: choose a smaller --learning-rate"):
        train(run, loaders(), epochs=1, sequences=sequences())


def test_without_a_schedule_the_rate_stays() -> None:
    """A stream run with no end of its schedule trains at its learning rate."""
    run = start_run(RELATIVE, replace(STREAM, schedule_epochs=0), CPU, SHA, NOTES)
    train(run, loaders(), epochs=1, sequences=sequences())
    assert run.optimizer.param_groups[0]["lr"] == STREAM.learning_rate
