"""What is not told is in no input."""

import numpy as np
import pytest
import torch

from mozart.model.hiding import Hidden, hide
from mozart.model.inputs import row_sizes
from mozart.model.network import NetworkConfig, NotesNetwork
from mozart.model.prediction import predict
from mozart.model.rows import make_rows
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Note, Score
from mozart.notes.keys import Key

MUSIC = Score(
    [Note(240 * step, 0, 60 + (4 * step) % 13, 240, 64) for step in range(48)]
    + [Note(960 * step, 2, 48 + (5 * step) % 12, 900, 50) for step in range(12)]
)
VOCABULARY = Vocabulary.of([MUSIC])


def masks(*flags: bool) -> Hidden:
    return Hidden(*(torch.tensor([flag]) for flag in flags))


@pytest.fixture(scope="module")
def network() -> NotesNetwork:
    """A small network with chance weights."""
    torch.manual_seed(0)
    return NotesNetwork(VOCABULARY, NetworkConfig(state=8, memory=8, part=8)).eval()


def as_batch(music: Score, key: Key) -> dict[str, torch.Tensor]:
    return {name: tensor[None] for name, tensor in make_rows(music, VOCABULARY, key).tensors.items()}


def test_without_key_and_plan_the_key_is_in_nothing() -> None:
    """Two opinions about the key give the same inputs, to the last number, once it is hidden."""
    one, two = (hide(as_batch(MUSIC, Key(*key)), VOCABULARY, masks(True, True, True)) for key in ((0, "major"), (7, "minor")))
    for name in one:
        assert torch.equal(one[name], two[name]), name
    told = [as_batch(MUSIC, Key(*key)) for key in ((0, "major"), (7, "minor"))]
    assert not torch.equal(told[0]["note"], told[1]["note"])


def test_without_plan_and_key_no_later_note_is_in_an_input() -> None:
    """Whatever comes later, what is read before it is the same: nothing of a plan that was found in it is left."""
    half = MUSIC.cut(0, 1920 * 3)
    other = Score([*half.notes, *(Note(5760 + 480 * step, 1, 90 - step, 240, 99) for step in range(12))])
    key = Key(0, "major")
    one, two = (hide(as_batch(music, key), VOCABULARY, masks(True, True, True)) for music in (MUSIC, other))
    for name in set(one) - {"target"}:
        assert torch.equal(one[name][:, : len(half)], two[name][:, : len(half)]), name
    told = [as_batch(music, key) for music in (MUSIC, other)]
    assert any(not torch.equal(told[0][name][:, : len(half)], told[1][name][:, : len(half)]) for name in ("note", "next"))


def test_bass_and_melody_remain_in_the_last_two_bars() -> None:
    """Where plans have them."""
    batch = hide(as_batch(MUSIC, Key(0, "major")), VOCABULARY, masks(False, False, True))
    told = as_batch(MUSIC, Key(0, "major"))
    changed = (batch["time"] != told["time"]).any(-1)[0].numpy()
    last = MUSIC.bar_at(MUSIC.onsets) >= len(MUSIC.bars) - 2
    assert not changed[:-1][last].any()
    assert changed[:-1][~last].all()


def test_without_the_plan_key_and_length_are_told() -> None:
    """Chords, and how pitches lie over them, are not; with the key hidden, neither is how many bars are left."""
    told = as_batch(MUSIC, Key(0, "major"))
    names = list(row_sizes(VOCABULARY)["note"])
    no_plan, no_key = (hide(told, VOCABULARY, masks(*flags)) for flags in ((True, False, True), (False, True, True)))
    for name in ("degree", "octave", "left"):
        column = names.index(name)
        assert torch.equal(no_plan["note"][..., column], told["note"][..., column]), name
        assert not no_key["note"][..., column].any(), name
    for name in ("chord", "next_chord", "tone", "bass", "melody"):
        column = names.index(name)
        assert told["note"][..., column].any(), name
        assert not no_plan["note"][..., column].any(), name
        assert not no_key["note"][..., column].any(), name


def test_sequences_are_hidden_one_by_one() -> None:
    """A mask is of one sequence; the others, and the batch itself, stay as they are."""
    single = as_batch(MUSIC, Key(0, "major"))
    batch = {name: torch.cat([tensor, tensor]) for name, tensor in single.items()}
    which = torch.tensor([True, False])
    hidden = hide(batch, VOCABULARY, Hidden(which, which, which))
    for name, tensor in single.items():
        assert torch.equal(hidden[name][1], tensor[0]), name
        assert torch.equal(batch[name][0], tensor[0]), name


def test_predictions_are_those_of_the_network(network: NotesNetwork) -> None:
    """A nat a part of a note, none for what the end does not have, and the carried state changes nothing."""
    rows = make_rows(MUSIC, VOCABULARY, Key(0, "major"))
    found = predict(network, rows, hidden=False)
    assert found.nats.shape == (len(MUSIC) + 1, 5)
    assert (found.nats[:-1] > 0).all()
    assert found.nats[-1, 1:].tolist() == [0] * 4
    assert found.quarters == float(np.ptp(MUSIC.onsets)) / 480
    assert not np.array_equal(predict(network, rows, hidden=True).nats, found.nats)
