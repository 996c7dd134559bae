"""Beyond the text: the same network, taught in five keys."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lab_music import CPU, SHA, works
from mozart.errors import MozartError
from mozart.lab.config import KeysConfig
from mozart.lab.departing import KEYS, move, shrink, train_in_keys
from mozart.lab.evaluation import evaluate
from mozart.lab.pitches import midi_pitches
from mozart.lab.saving import load_model, resume_run, save_run
from mozart.lab.training import Run, start_run
from mozart.lab.windows import WINDOW, Vocabulary, make_loader, split_windows

CONFIG = KeysConfig(epochs=2, batch_size=2, embedding_dim=4, hidden_size=8, num_layers=2)
MELODY = [token for work in works(1, 7) for token in work.tokens] * 60
VOCABULARY = Vocabulary.of(MELODY)
IDS = torch.tensor(VOCABULARY.encode(MELODY))
SPLIT = split_windows(len(IDS), CONFIG.seed)
MUSIC, N_TOKENS = move(IDS, VOCABULARY)


def start(config: KeysConfig = CONFIG) -> Run:
    return start_run(config, N_TOKENS, SHA, CPU)


def train(run: Run, music: torch.Tensor = MUSIC) -> Run:
    train_in_keys(run, music, SPLIT, len(VOCABULARY), lambda _: None)
    return run


def test_the_music_in_other_keys() -> None:
    """Each row is the music so many semitones higher; what the vocabulary has keeps its id, and what it has not gets a new one."""
    assert MUSIC[0].tolist() == IDS.tolist()
    pitches: dict[int, tuple[int, ...]] = {}
    for row, key in zip(MUSIC.tolist(), KEYS, strict=True):
        for token_id, token in zip(row, MELODY, strict=True):
            moved = tuple(pitch + key for pitch in midi_pitches(token))
            assert pitches.setdefault(token_id, moved) == moved
    assert len(set(pitches.values())) == len(pitches)
    assert max(pitches) == N_TOKENS - 1


def test_learns_a_melody() -> None:
    """The network that is kept has the text's shape and vocabulary, predicts its windows, and knows the melody in another key."""
    run = train(start(replace(CONFIG, epochs=25, learning_rate=0.03)))
    network = shrink(run, len(VOCABULARY))
    assert network.linear2.out_features == len(VOCABULARY)
    assert evaluate(network, make_loader(IDS, SPLIT.validation)).accuracy > 0.9
    whole = copy.deepcopy(run.model)
    whole.load_state_dict(run.averaged)
    prediction, _ = whole.eval()(MUSIC[3:4, :WINDOW], whole.init_hidden(1))
    assert prediction.argmax() == MUSIC[3, WINDOW]


def test_labels_of_other_windows_are_not_learned() -> None:
    """Only what follows the training windows is ever a target."""
    asked = []
    run = start(replace(CONFIG, epochs=1))

    def watch(_: object, inputs: tuple[torch.Tensor, torch.Tensor]) -> None:
        asked.append(inputs[1])

    run.criterion.register_forward_pre_hook(watch)
    music = torch.ones_like(MUSIC)
    music[:, SPLIT.train + WINDOW] = 0
    train(run, music)
    assert asked
    assert not torch.cat(asked).any()


def test_a_resumed_run_ends_the_same(tmp_path: Path) -> None:
    """Stopped after any epoch and resumed from the file, it ends with the same averaged weights, bit for bit."""
    whole = train(start())
    first = start()
    with pytest.raises(KeyboardInterrupt):
        train_in_keys(first, MUSIC, SPLIT, len(VOCABULARY), _interrupt)
    save_run(first, tmp_path / "state.pt")
    resumed = train(resume_run(tmp_path / "state.pt", CONFIG, SHA, CPU))
    assert [epoch["train_loss"] for epoch in resumed.history] == [epoch["train_loss"] for epoch in whole.history]
    assert all(torch.equal(tensor, whole.averaged[name]) for name, tensor in resumed.averaged.items())
    assert load_model(tmp_path / "state.pt", CPU)[0].n_notes == N_TOKENS


def test_too_little_music() -> None:
    """Music that is shorter than two sequences is refused in a sentence."""
    with pytest.raises(MozartError, match="too few for sequences"):
        train(start(), MUSIC[:, :200])


@pytest.mark.parametrize("change", [{"dropout": 1.0}, {"dropout": -0.1}, {"precision": "mixed"}])
def test_settings_that_cannot_be(change: dict[str, object]) -> None:
    """Each is refused in a sentence that says what is possible."""
    with pytest.raises(MozartError, match="cannot be"):
        replace(CONFIG, **change)  # type: ignore[arg-type]


def _interrupt(_: Run) -> None:
    raise KeyboardInterrupt


def test_the_averaged_weights_follow() -> None:
    """They are neither the first weights nor the latest."""
    run = start(replace(CONFIG, epochs=1))
    before = {name: tensor.clone() for name, tensor in run.averaged.items()}
    train(run)
    name = "linear2.weight"
    assert not torch.equal(run.averaged[name], before[name])
    assert not torch.equal(run.averaged[name], run.model.state_dict()[name])
    assert np.isfinite(run.averaged[name].numpy()).all()
