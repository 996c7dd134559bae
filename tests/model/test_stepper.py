"""One note at a time is the same network."""

import numpy as np
import pytest
import torch

from mozart.model.network import NetworkConfig, NotesNetwork
from mozart.model.rows import make_rows
from mozart.model.setting import Setting
from mozart.model.stepper import Moment, Stepper
from mozart.model.vocabulary import FIRST_KEY, KEYS, Vocabulary, to_units
from mozart.notes import Note, Score
from mozart.notes.keys import Key


def make_music(seed: int = 0, tonic: int = 0) -> Score:
    """Eight bars of chance in two voices, with chords, rests and repeated figures."""
    rng = np.random.default_rng(seed)
    notes: dict[tuple[int, int, int], Note] = {}
    for bar in range(8):
        if bar in (4, 5):
            notes |= {
                (n.onset + 7680, n.voice, n.pitch + 2): n._replace(onset=n.onset + 7680, pitch=n.pitch + 2)
                for n in list(notes.values())
                if n.onset < 1920 * 2
            }
            continue
        for time in sorted(rng.choice(24, 10, replace=False)):
            for voice, low in ((0, 67), (2, 48)):
                for pitch in rng.choice(12, rng.integers(1, 3), replace=False):
                    note = Note(1920 * bar + 80 * int(time), voice, low + tonic + int(pitch), 70, int(rng.integers(40, 100)))
                    notes[note.onset, note.voice, note.pitch] = note
    return Score(list(notes.values()))


@pytest.fixture(scope="module")
def network() -> NotesNetwork:
    """A small network with chance weights."""
    torch.manual_seed(0)
    config = NetworkConfig(state=12, layers=2, memory=8, part=6)
    return NotesNetwork(Vocabulary.of([make_music()]), config).eval()


def predict(moment: Moment, note: Note) -> list[np.ndarray]:
    time = int(to_units(note.onset))
    return [
        moment.iois(),
        moment.voices(time),
        moment.pitches(time, note.voice),
        moment.durations(time, note.voice, note.pitch),
        moment.loudnesses(time, note.voice),
    ]


@pytest.mark.parametrize("tonic", [0, 7, 5])
def test_the_stepper_is_the_network(network: NotesNetwork, tonic: int) -> None:
    """Every part of every note is as probable one note at a time as in one batch."""
    music, key = make_music(tonic=tonic), Key(tonic, "major")
    rows = make_rows(music, network.vocabulary, key)
    with torch.no_grad():
        predicted, _ = network({name: tensor[None] for name, tensor in rows.tensors.items()})
    expected = {name: part[0].numpy() for name, part in predicted.items()}
    moment = Stepper(network).start(Setting.of(network.vocabulary, music, key))
    for index, note in enumerate(music.notes):
        for name, found in zip(expected, predict(moment, note), strict=True):
            wanted = expected[name][index]
            if name == "pitch":
                found = found[FIRST_KEY : FIRST_KEY + KEYS]
            assert found == pytest.approx(wanted, abs=1e-4), (index, name)
        moment.feed(note)
    assert moment.iois() == pytest.approx(expected["ioi"][-1], abs=1e-4)


def test_keys_are_alike(network: NotesNetwork) -> None:
    """What is probable in C is as probable, moved, in E-flat: to the last digit that matters."""
    moments = [
        Stepper(network).start(Setting.of(network.vocabulary, make_music(tonic=tonic), Key(tonic, "major"))) for tonic in (0, 3)
    ]
    for low, high in zip(make_music(tonic=0).notes[:40], make_music(tonic=3).notes[:40], strict=True):
        a, b = predict(moments[0], low)[2], predict(moments[1], high)[2]
        # A keyboard ends where it does in every key: what lies beyond takes no share.
        possible = a[30:100] > -1000
        shares = [np.exp(a[30:100][possible]), np.exp(b[33:103][possible])]
        assert shares[0] / shares[0].sum() == pytest.approx(shares[1] / shares[1].sum(), abs=1e-5)
        moments[0].feed(low)
        moments[1].feed(high)


def test_a_fork_goes_its_own_way(network: NotesNetwork) -> None:
    """What a copy is fed changes nothing here."""
    music = make_music()
    moment = Stepper(network).start(Setting.of(network.vocabulary, music, Key(0, "major")))
    for note in music.notes[:20]:
        moment.feed(note)
    before = moment.iois()
    other = moment.fork()
    for note in music.notes[20:40]:
        other.feed(note)
    assert moment.iois() == pytest.approx(before, abs=0)
    assert len(moment.history.notes) == 20
    for note in music.notes[20:40]:
        moment.feed(note)
    assert moment.iois() == pytest.approx(other.iois(), abs=0)


def test_a_notes_probability_is_that_of_its_parts(network: NotesNetwork) -> None:
    """IOI, voice and pitch, added up."""
    music = make_music()
    moment = Stepper(network).start(Setting.of(network.vocabulary, music, Key(0, "major")))
    moment.feed(music.notes[0])
    note = music.notes[1]
    parts = predict(moment, note)
    time = int(to_units(note.onset))
    ioi = network.vocabulary.ioi_id(time - moment.history.time)
    expected = parts[0][ioi] + parts[1][note.voice] + parts[2][note.pitch]
    assert moment.log_probability(note) == pytest.approx(float(expected), abs=1e-5)
