"""Small music for the laboratory's tests: made here, so no file of anybody's is needed."""

import random
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import torch

from mozart.lab.checkpoint import LabCheckpoint, round_weights
from mozart.lab.config import LabConfig
from mozart.lab.keys import InKeys, move_tokens
from mozart.lab.network import RNN
from mozart.lab.parsing import Work
from mozart.lab.training import Run, start_run
from mozart.lab.windows import WINDOW, Loaders, Vocabulary, make_loaders, split_windows
from mozart.lab.writing import count_distances

PITCHES = ("C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5", "C4.E4", "D4.F4")
DISTANCES = (0.25, 0.5, 0.25, 0.0, 1 / 3)
CONFIG = LabConfig(epochs=5, batch_size=16, learning_rate=0.01, embedding_dim=4, hidden_size=8, num_layers=2)
CPU = torch.device("cpu")
SHA = "the music's"


def works(n_works: int = 2, n_elements: int = 320) -> list[Work]:
    """Works that are each their own melody over PITCHES."""
    made = []
    for number in range(n_works):
        chance = random.Random(number)
        tokens, offsets = [], [0.0]
        for _ in range(n_elements):
            tokens.append(chance.choice(PITCHES))
            offsets.append(offsets[-1] + chance.choice(DISTANCES))
        made.append(Work(f"Work {number}", tuple(tokens), tuple(offsets[:-1])))
    return made


def loaders() -> Loaders:
    """A melody of four notes that repeats."""
    ids = torch.tensor([0, 1, 2, 3, 3, 2, 1] * 40)
    return make_loaders(ids, split_windows(len(ids), CONFIG.seed), CONFIG.batch_size)


def start(config: LabConfig = CONFIG) -> Run:
    """A small network that can learn it."""
    return start_run(config, 4, SHA, CPU)


def checkpoint(seed: int = 0, *, in_keys: bool = False) -> LabCheckpoint:
    """A whole checkpoint with untrained weights."""
    music = works()
    vocabulary = Vocabulary.of(PITCHES)
    torch.manual_seed(seed)
    model = (InKeys(*move_tokens(vocabulary), 4, 8, 2) if in_keys else RNN(len(vocabulary), 4, 8, 2)).eval()
    round_weights(model)
    sequences = [vocabulary.encode(work.tokens[:WINDOW]) for work in music]
    epoch = {"epoch": 1, "train_loss": 2.5, "validation_loss": 2.25, "validation_accuracy": 0.25, "seconds": 10.0}
    return LabCheckpoint(
        model,
        vocabulary,
        np.array(sequences, dtype=np.int64),
        tuple(work.title for work in music),
        count_distances(music),
        {"recipe": "lab", "best_epoch": 1, "epochs": [epoch]},
    )


def write_midi(path: Path, n_notes: int = 240, seed: int = 0, *, drums: bool = False) -> Path:
    """A MIDI file of eighth and sixteenth notes at 120 quarters a minute, every fifth a chord of two."""
    chance = random.Random(seed)
    midi = pretty_midi.PrettyMIDI(initial_tempo=120)
    piano = pretty_midi.Instrument(0, is_drum=drums)
    time = 0.0
    for i in range(n_notes):
        pitch = 60 + (7 * i + seed) % 12
        for sounding in (pitch, pitch + 4) if i % 5 == 0 else (pitch,):
            piano.notes.append(pretty_midi.Note(70, sounding, time, time + 0.125))
        time += chance.choice([0.125, 0.25])
    midi.instruments.append(piano)
    midi.write(str(path))
    return path


def write_ticks(path: Path, notes: list[tuple[int, int, int]], metre: tuple[int, int] = (4, 4)) -> Path:
    """A MIDI file of notes given as (onset, end, pitch), in ticks of 1/480 quarter."""
    track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1])])
    events = sorted([(onset, 1, pitch) for onset, _, pitch in notes] + [(end, 0, pitch) for _, end, pitch in notes])
    before = 0
    for tick, begins, pitch in events:
        kind = "note_on" if begins else "note_off"
        track.append(mido.Message(kind, note=pitch, velocity=64, time=tick - before))
        before = tick
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(path)
    return path
