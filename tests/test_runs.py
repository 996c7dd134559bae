"""A run is saved every epoch, and resumes bit for bit."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from melody import CONFIG, CPU, MODEL, NOTES, RELATIVE, SHA, STREAM, assert_equal, loaders, sequences, start_stream, weights
from mozart.errors import MozartError
from mozart.runs import STATE_FILES, find_damaged_state, load_model, resume_run, save_run, state_files
from mozart.training import TrainingConfig, identify, start_run, train


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


@pytest.mark.parametrize("recipe", ["lab", "stream"])
def test_the_published_state_resumes_bit_for_bit(tmp_path: Path, recipe: str) -> None:
    """As safetensors and JSON a run goes on as one that was never stopped, the best weights, the history and all."""
    model, config, music = (MODEL, CONFIG, None) if recipe == "lab" else (RELATIVE, STREAM, sequences())
    whole, stopped = (start_run(MODEL, CONFIG, CPU, SHA) if recipe == "lab" else start_stream() for _ in range(2))
    train(whole, loaders(), epochs=4, sequences=music)
    train(stopped, loaders(), epochs=2, sequences=music)
    for name, content in state_files(stopped).items():
        (tmp_path / name).write_bytes(content)
    torch.randn(17)
    resumed = resume_run(tmp_path, identify(model, config, SHA), CPU)
    assert resumed.config == stopped.config
    assert_equal(resumed.best_weights, stopped.best_weights)
    train(resumed, loaders(), epochs=4, sequences=music)
    assert_equal(weights(resumed), weights(whole))
    assert_equal(dict(resumed.evaluated.state_dict()), dict(whole.evaluated.state_dict()))
    assert_equal(resumed.best_weights, whole.best_weights)
    assert (resumed.epoch, resumed.steps, resumed.loss) == (whole.epoch, whole.steps, whole.loss)
    for ours, theirs in zip(resumed.history, whole.history, strict=True):
        assert ours | {"seconds": 0} == theirs | {"seconds": 0}


def test_held_out_works_survive_publishing(tmp_path: Path) -> None:
    """The configuration that comes back equals the one that went, tuples and all."""
    config = replace(STREAM, split="works", test_works=("K. 281", "K. 311"))
    run = start_run(RELATIVE, config, CPU, SHA, NOTES)
    for name, content in state_files(run).items():
        (tmp_path / name).write_bytes(content)
    assert resume_run(tmp_path, identify(RELATIVE, config, SHA), CPU).config == config


@pytest.mark.parametrize("name", STATE_FILES)
def test_a_damaged_published_state_is_refused(tmp_path: Path, name: str) -> None:
    """A file that is cut or missing is found, and resuming refuses the folder in one sentence."""
    for file, content in state_files(start_stream()).items():
        (tmp_path / file).write_bytes(content)
    assert find_damaged_state(tmp_path) == []
    for spoil in (lambda path: path.write_bytes(path.read_bytes()[:-7]), Path.unlink):
        spoil(tmp_path / name)
        assert find_damaged_state(tmp_path) == [name]
        with pytest.raises(MozartError, match="cannot be read as a saved run"):
            resume_run(tmp_path, {}, CPU)
