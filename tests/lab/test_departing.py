"""Beyond the text: the same network, taught in five keys."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lab_music import CPU, SHA, works
from mozart.errors import MozartError
from mozart.lab.config import KeysConfig
from mozart.lab.departing import ask_in_keys, train_in_keys
from mozart.lab.evaluation import evaluate
from mozart.lab.keys import KEYS, InKeys, move_tokens
from mozart.lab.pitches import midi_pitches
from mozart.lab.saving import load_model, resume_run, save_run
from mozart.lab.training import Run, start_run
from mozart.lab.windows import WINDOW, Vocabulary, make_loader, split_windows

CONFIG = KeysConfig(epochs=2, batch_size=2, embedding_dim=4, hidden_size=8, num_layers=2)
MELODY = [token for work in works(1, 7) for token in work.tokens] * 60
VOCABULARY = Vocabulary.of(MELODY)
IDS = torch.tensor(VOCABULARY.encode(MELODY))
SPLIT = split_windows(len(IDS), CONFIG.seed)
MOVED, N_TOKENS = move_tokens(VOCABULARY)
MUSIC = MOVED[:, IDS]


def start(config: KeysConfig = CONFIG) -> Run:
    return start_run(config, N_TOKENS, SHA, CPU)


def train(run: Run, ids: torch.Tensor = IDS) -> Run:
    train_in_keys(run, ids, SPLIT, MOVED, lambda _: None)
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
    """The network that is kept has the text's shape, predicts its windows, and knows the melody in every key."""
    run = train(start(replace(CONFIG, epochs=25, learning_rate=0.03)))
    network = ask_in_keys(run, MOVED)
    assert evaluate(network, make_loader(IDS, SPLIT.validation)).accuracy > 0.9
    whole = start().model.eval()
    whole.load_state_dict(run.averaged)
    predicted, _ = whole(MUSIC[:, :WINDOW], whole.init_hidden(len(KEYS)))
    assert predicted.argmax(1).tolist() == MUSIC[:, WINDOW].tolist()


def test_is_asked_in_every_key() -> None:
    """Its probabilities are the mean of those in the five keys, each moved back."""
    torch.manual_seed(0)
    network = InKeys(MOVED, N_TOKENS, 4, 8, 2).eval()
    plain = start().model.eval()
    plain.load_state_dict(network.state_dict())
    windows = torch.stack([IDS[:WINDOW], IDS[3 : WINDOW + 3]])
    found, _ = network(windows, network.init_hidden(2))
    wanted = torch.zeros(2, len(VOCABULARY))
    for row in MOVED:
        predicted, _ = plain(row[windows], plain.init_hidden(2))
        wanted += predicted.exp()[:, row] / len(KEYS)
    assert torch.allclose(found.exp(), wanted, atol=1e-6)


def test_labels_of_other_windows_are_not_learned() -> None:
    """Only what follows the training windows is ever a target."""
    asked = []
    run = start(replace(CONFIG, epochs=1))

    def watch(_: object, inputs: tuple[torch.Tensor, torch.Tensor]) -> None:
        asked.append(inputs[1])

    run.criterion.register_forward_pre_hook(watch)
    ids = torch.ones_like(IDS)
    ids[SPLIT.train + WINDOW] = 0
    train(run, ids)
    assert asked
    assert {*torch.cat(asked).tolist()} == {*MOVED[:, 0].tolist()}


def test_a_resumed_run_ends_the_same(tmp_path: Path) -> None:
    """Stopped after any epoch and resumed from the file, it ends with the same averaged weights, bit for bit."""
    whole = train(start())
    first = start()
    with pytest.raises(KeyboardInterrupt):
        train_in_keys(first, IDS, SPLIT, MOVED, _interrupt)
    save_run(first, tmp_path / "state.pt")
    resumed = train(resume_run(tmp_path / "state.pt", CONFIG, SHA, CPU))
    assert [epoch["train_loss"] for epoch in resumed.history] == [epoch["train_loss"] for epoch in whole.history]
    assert all(torch.equal(tensor, whole.averaged[name]) for name, tensor in resumed.averaged.items())
    assert load_model(tmp_path / "state.pt", CPU)[0].n_notes == N_TOKENS


def test_too_little_music() -> None:
    """Music that is shorter than two sequences is refused in a sentence."""
    with pytest.raises(MozartError, match="too few for sequences"):
        train(start(), IDS[:200])


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
