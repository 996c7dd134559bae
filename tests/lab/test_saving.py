"""Problem 3: a run is saved every epoch, and resumes bit for bit."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from lab_music import CONFIG, CPU, SHA, loaders, start
from mozart.errors import MozartError
from mozart.lab.saving import load_model, resume_run, save_run
from mozart.lab.training import Run, train


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.model.state_dict().items()}


def assert_equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_the_texts_load_model(tmp_path: Path) -> None:
    """load_model gives model, CrossEntropyLoss and RMSprop with its state, with the last epoch's weights, in eval()."""
    run = start(replace(CONFIG, epochs=1))
    train(run, loaders())
    save_run(run, tmp_path / "state.pt")
    model, criterion, optimizer = load_model(tmp_path / "state.pt")
    assert_equal(dict(model.state_dict()), weights(run))
    assert isinstance(criterion, nn.CrossEntropyLoss)
    assert isinstance(optimizer, torch.optim.RMSprop)
    assert optimizer.param_groups[0]["lr"] == CONFIG.learning_rate
    assert optimizer.state_dict()["state"]
    assert not model.training


def test_the_texts_four_keys(tmp_path: Path) -> None:
    """The saved file has them, and nothing but tensors and plain values."""
    run = start(replace(CONFIG, epochs=1))
    train(run, loaders())
    save_run(run, tmp_path / "state.pt")
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    assert {"epoch", "model_state_dict", "optimizer_state_dict", "loss"} <= saved.keys()
    assert saved["epoch"] == 1
    assert saved["loss"] == run.history[0]["train_loss"]


def test_a_killed_run_resumes_bit_for_bit(tmp_path: Path) -> None:
    """Killed in the middle of its third epoch and resumed, a run ends with the weights of one that was never stopped."""
    config = replace(CONFIG, epochs=4)
    whole = start(config)
    train(whole, loaders())

    state = tmp_path / "state.pt"
    killed = start(config)
    steps = 0

    def kill(*_: object) -> None:
        nonlocal steps
        steps += killed.model.training
        if steps == 2 * len(loaders().train) + 3:
            raise KeyboardInterrupt

    killed.model.register_forward_hook(kill)
    with pytest.raises(KeyboardInterrupt):
        train(killed, loaders(), on_epoch=lambda run: save_run(run, state))
    torch.randn(17)  # chance that the killed process used up

    resumed = resume_run(state, config, SHA, CPU)
    assert resumed.epoch == 2
    train(resumed, loaders())
    assert_equal(weights(resumed), weights(whole))
    assert_equal(resumed.best_weights, whole.best_weights)
    assert resumed.best_epoch == whole.best_epoch
    for ours, theirs in zip(resumed.history, whole.history, strict=True):
        assert ours | {"seconds": 0} == theirs | {"seconds": 0}


def test_more_epochs_than_at_first(tmp_path: Path) -> None:
    """A rehearsal of one epoch goes on as if all had been asked for at once; fewer than are done are refused."""
    whole = start(replace(CONFIG, epochs=2))
    train(whole, loaders())
    rehearsal = start(replace(CONFIG, epochs=1))
    train(rehearsal, loaders())
    save_run(rehearsal, tmp_path / "state.pt")
    resumed = resume_run(tmp_path / "state.pt", replace(CONFIG, epochs=2), SHA, CPU)
    train(resumed, loaders())
    assert_equal(weights(resumed), weights(whole))
    save_run(resumed, tmp_path / "state.pt")
    with pytest.raises(MozartError, match="has finished 2 epochs"):
        resume_run(tmp_path / "state.pt", replace(CONFIG, epochs=1), SHA, CPU)


def test_resuming_with_other_settings_or_music(tmp_path: Path) -> None:
    """The setting that differs is named with both values, and the file is left as it is."""
    save_run(start(), tmp_path / "state.pt")
    before = (tmp_path / "state.pt").read_bytes()
    with pytest.raises(MozartError, match=r"another --batch-size \(16, now 8\)"):
        resume_run(tmp_path / "state.pt", replace(CONFIG, batch_size=8), SHA, CPU)
    with pytest.raises(MozartError, match="other music"):
        resume_run(tmp_path / "state.pt", CONFIG, "another's", CPU)
    assert (tmp_path / "state.pt").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a run", "half a run", "other parts", None])
def test_resuming_from_nothing_or_garbage(tmp_path: Path, content: object) -> None:
    """A state that is missing or damaged is refused in one sentence."""
    path = tmp_path / "state.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "half a run":
        torch.save({"config": {}, "epoch": 1}, path)
    elif content:
        save_run(start(), path)
        torch.save(torch.load(path, weights_only=True) | {"n_notes": 5}, path)
    with pytest.raises(MozartError, match=r"state\.pt"):
        resume_run(path, CONFIG, SHA, CPU)


def test_a_loss_that_is_no_number_stops(tmp_path: Path) -> None:
    """Training stops with a sentence, and the last saved epoch stays."""
    state = tmp_path / "state.pt"
    run = start(replace(CONFIG, epochs=1))
    train(run, loaders(), on_epoch=lambda run: save_run(run, state))
    run.config = CONFIG
    with torch.no_grad():
        run.model.embedding.weight.fill_(math.nan)
    with pytest.raises(MozartError, match="no longer a number in epoch 2, step 1:"):
        train(run, loaders(), on_epoch=lambda run: save_run(run, state))
    assert resume_run(state, CONFIG, SHA, CPU).epoch == 1
