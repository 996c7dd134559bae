"""The lab's training: it learns, is saved every epoch, and resumes bit for bit."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mozart.errors import MozartError
from mozart.evaluation import evaluate
from mozart.model import ModelConfig
from mozart.sequences import Sequences
from mozart.training import Run, TrainingConfig, identify, load_model, require_precision, resume_run, save_run, start_run, train
from mozart.vocabulary import Vocabulary
from mozart.windows import Loaders, Windows, make_loaders, split_windows

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
    with pytest.raises(MozartError, match="no longer a number in epoch 2, step 1:"):
        train(run, loaders(), epochs=2, on_epoch=lambda run: save_run(run, state))
    assert resume_run(state, identify(MODEL, CONFIG, SHA), CPU).epoch == 1


# The other recipe.

NOTES = Vocabulary(["C4", "D4", "E4", "F4"])
STREAM = TrainingConfig(
    recipe="stream",
    batch_size=2,
    learning_rate=0.01,
    clip=1.0,
    schedule_epochs=4,
    passes=5,
    sequence_length=20,
    weight_decay=0.1,
    averaging=0.9,
)
RELATIVE = ModelConfig(4, 8, 16, 1, pitch="relative", n_shapes=1, dropout=0.1, embedding_dropout=0.1)


def sequences() -> Sequences:
    """The same melody as loaders(), as sequences."""
    windows = loaders().train.dataset
    assert isinstance(windows, Windows)
    ids = windows.ids
    return Sequences(ids.numpy(), split_windows(len(ids), CONFIG.seed), STREAM.sequence_length, STREAM.batch_size, CPU)


def start_stream() -> Run:
    return start_run(RELATIVE, STREAM, CPU, SHA, NOTES)


def test_stream_learns_a_melody() -> None:
    """The network that is evaluated and kept is the averaged one, and it has learned."""
    run = start_stream()
    train(run, loaders(), epochs=4, sequences=sequences())
    assert run.history[-1]["validation_accuracy"] > 0.8
    assert run.averaged is not None
    assert not torch.equal(run.averaged.bias, run.model.bias)
    run.averaged.load_state_dict(run.best_weights)
    assert evaluate(run.averaged, loaders().validation).loss == run.best_epoch["validation_loss"]


def test_stream_resumes_bit_for_bit(tmp_path: Path) -> None:
    """Saved after two epochs and resumed, a run ends with the weights, plain and averaged, of one that was never stopped."""
    whole = start_stream()
    train(whole, loaders(), epochs=4, sequences=sequences())
    killed = start_stream()
    train(killed, loaders(), epochs=2, sequences=sequences())
    save_run(killed, tmp_path / "state.pt")
    torch.randn(17)
    resumed = resume_run(tmp_path / "state.pt", identify(RELATIVE, STREAM, SHA), CPU)
    train(resumed, loaders(), epochs=4, sequences=sequences())
    assert_equal(weights(resumed), weights(whole))
    assert_equal(dict(resumed.evaluated.state_dict()), dict(whole.evaluated.state_dict()))
    assert resumed.steps == whole.steps


def test_another_recipe_or_split_is_another_run(tmp_path: Path) -> None:
    """A stream run is not continued as a lab run, with other works held out, or to another end of its schedule."""
    save_run(start_stream(), tmp_path / "state.pt")
    for change, said in (
        ({"recipe": "lab", "batch_size": 128}, r"another --recipe \(stream, now lab\)"),
        ({"split": "works"}, r"another --split \(windows, now works\)"),
        ({"test_works": ("K. 281", "K. 311")}, r"another --test-works \(none, now K. 281, K. 311\)"),
        ({"schedule_epochs": 9}, r"another --epochs \(4, now 9\)"),
    ):
        with pytest.raises(MozartError, match=said):
            resume_run(tmp_path / "state.pt", identify(RELATIVE, replace(STREAM, **change), SHA), CPU)


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
