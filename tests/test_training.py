"""The lab's training: it learns, is saved every epoch, and resumes bit for bit."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from mozart.errors import MozartError
from mozart.evaluation import evaluate
from mozart.model import ModelConfig
from mozart.training import Run, TrainingConfig, identify, load_model, resume_run, save_run, start_run, train
from mozart.windows import Loaders, make_loaders, split_windows

MODEL = ModelConfig(4, 4, 8, 2)
CONFIG = TrainingConfig(batch_size=16, learning_rate=0.01)
CPU = torch.device("cpu")
SHA = "the music's"


def loaders() -> Loaders:
    ids = torch.tensor([0, 1, 2, 3, 3, 2, 1] * 40)
    return make_loaders(ids, split_windows(len(ids), CONFIG.seed), CONFIG.batch_size)


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.model.state_dict().items()}


def assert_equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


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


def test_the_labs_optimizer_and_criterion(tmp_path: Path) -> None:
    """load_model gives model, CrossEntropyLoss and RMSprop at 0.001, with the last epoch's weights, in eval()."""
    run = start_run(MODEL, replace(CONFIG, learning_rate=TrainingConfig.learning_rate), CPU, SHA)
    train(run, loaders(), epochs=1)
    save_run(run, tmp_path / "state.pt")
    model, criterion, optimizer = load_model(tmp_path / "state.pt")
    assert_equal(dict(model.state_dict()), weights(run))
    assert isinstance(criterion, nn.CrossEntropyLoss)
    assert isinstance(optimizer, torch.optim.RMSprop)
    assert optimizer.param_groups[0]["lr"] == 0.001
    assert optimizer.state_dict()["state"]
    assert not model.training


def test_the_labs_four_keys(tmp_path: Path) -> None:
    """The saved file has them, and nothing but tensors and plain values."""
    run = start_run(MODEL, CONFIG, CPU, SHA)
    train(run, loaders(), epochs=1)
    save_run(run, tmp_path / "state.pt")
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    assert {"epoch", "model_state_dict", "optimizer_state_dict", "loss"} <= saved.keys()
    assert saved["epoch"] == 1
    assert saved["loss"] == run.history[0]["train_loss"]


def test_a_killed_run_resumes_bit_for_bit(tmp_path: Path) -> None:
    """Killed in the middle of its third epoch and resumed, a run ends with the weights of one that was never stopped."""
    whole = start_run(MODEL, CONFIG, CPU, SHA)
    train(whole, loaders(), epochs=4)

    state = tmp_path / "state.pt"
    killed = start_run(MODEL, CONFIG, CPU, SHA)
    train(killed, loaders(), epochs=2, on_epoch=lambda run: save_run(run, state))
    interrupted = loaders()
    interrupted.train.generator.manual_seed(0)
    steps = 0

    def kill(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise KeyboardInterrupt

    hook = killed.model.register_forward_hook(kill)
    with pytest.raises(KeyboardInterrupt):
        train(killed, interrupted, epochs=4, on_epoch=lambda run: save_run(run, state))
    hook.remove()
    torch.randn(17)  # chance that the killed process used up

    resumed = resume_run(state, identify(MODEL, CONFIG, SHA), CPU)
    assert resumed.epoch == 2
    train(resumed, loaders(), epochs=4)
    assert_equal(weights(resumed), weights(whole))
    assert_equal(resumed.best_weights, whole.best_weights)
    for ours, theirs in zip(resumed.history, whole.history, strict=True):
        assert ours | {"seconds": 0} == theirs | {"seconds": 0}


def test_a_run_can_be_resumed_before_its_first_epoch(tmp_path: Path) -> None:
    """Saved at its start and resumed, a run goes as it would have gone."""
    run = start_run(MODEL, CONFIG, CPU, SHA)
    save_run(run, tmp_path / "state.pt")
    resumed = resume_run(tmp_path / "state.pt", identify(MODEL, CONFIG, SHA), CPU)
    train(run, loaders(), epochs=1)
    train(resumed, loaders(), epochs=1)
    assert_equal(weights(resumed), weights(run))


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


def test_resuming_with_other_settings_or_music(tmp_path: Path) -> None:
    """The setting that differs is named with both values, and the file is left as it is."""
    run = start_run(MODEL, CONFIG, CPU, SHA)
    save_run(run, tmp_path / "state.pt")
    before = (tmp_path / "state.pt").read_bytes()
    with pytest.raises(MozartError, match=r"another --clip \(5.0, now 1.0\)"):
        resume_run(tmp_path / "state.pt", identify(MODEL, replace(CONFIG, clip=1.0), SHA), CPU)
    with pytest.raises(MozartError, match="other music"):
        resume_run(tmp_path / "state.pt", identify(MODEL, CONFIG, "another's"), CPU)
    assert (tmp_path / "state.pt").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a run", "half a run", None])
def test_resuming_from_nothing_or_garbage(tmp_path: Path, content: object) -> None:
    """A state that is missing or damaged is refused in one sentence."""
    if isinstance(content, bytes):
        (tmp_path / "state.pt").write_bytes(content)
    elif content:
        torch.save({"identity": {}, "epoch": 1}, tmp_path / "state.pt")
    with pytest.raises(MozartError, match=r"state\.pt"):
        resume_run(tmp_path / "state.pt", {}, CPU)


def test_a_loss_that_is_no_number_stops(tmp_path: Path) -> None:
    """Training stops with a sentence, and the last saved epoch stays."""
    state = tmp_path / "state.pt"
    run = start_run(MODEL, CONFIG, CPU, SHA)
    train(run, loaders(), epochs=1, on_epoch=lambda run: save_run(run, state))
    with torch.no_grad():
        run.model.embedding.weight.fill_(math.nan)
    with pytest.raises(MozartError, match="no longer a number in epoch 2"):
        train(run, loaders(), epochs=2, on_epoch=lambda run: save_run(run, state))
    assert resume_run(state, identify(MODEL, CONFIG, SHA), CPU).epoch == 1
