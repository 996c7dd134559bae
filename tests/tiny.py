"""Small music for tests: made here, so no file of anybody's is needed."""

import random
from pathlib import Path

import pretty_midi
import torch

from mozart.card import write_card
from mozart.checkpoint import Checkpoint, round_weights, save_checkpoint
from mozart.hands import Hands
from mozart.model import ModelConfig, MusicLSTM
from mozart.openings import choose_openings
from mozart.originality import CorpusIndex
from mozart.rhythm import RhythmTable
from mozart.score import Event, Work
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW, split_windows

PITCHES = ("C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5", "C4.E4", "D4.F4")
STEPS = (0.25, 0.5, 0.25, 0.0, 1 / 3)


def works(n_works: int = 2, n_events: int = 320) -> list[Work]:
    """Works of two movements each; every one its own melody over PITCHES."""
    made = []
    for number in range(n_works):
        chance = random.Random(number)
        events, offset = [], 0.0
        for i in range(n_events):
            token = chance.choice(PITCHES)
            duration, movement = chance.choice([0.25, 1.0]), 1 + 2 * i // n_events
            events.append(Event(token, offset, duration, 64, None, i % 2, movement, "4/4", offset % 4))
            offset += chance.choice(STEPS)
        made.append(Work(f"Work {number}", events))
    return made


def write_midi(path: Path, n_notes: int = 240, seed: int = 0, program: int = 0, *, drums: bool = False) -> Path:
    """A MIDI file of eighth and sixteenth notes at 120 quarters a minute, every fifth a chord of two."""
    chance = random.Random(seed)
    midi = pretty_midi.PrettyMIDI(initial_tempo=120)
    piano = pretty_midi.Instrument(program, is_drum=drums)
    time = 0.0
    for i in range(n_notes):
        pitch = 60 + (7 * i + seed) % 12
        for sounding in (pitch, pitch + 4) if i % 5 == 0 else (pitch,):
            piano.notes.append(pretty_midi.Note(70, sounding, time, time + 0.125))
        time += chance.choice([0.125, 0.25])
    midi.instruments.append(piano)
    midi.write(str(path))
    return path


def checkpoint(folder: Path, seed: int = 0) -> Checkpoint:
    """A whole checkpoint with untrained weights, saved into `folder`."""
    music = works()
    tokens = [event.token for work in music for event in work.events]
    vocabulary = Vocabulary.of(tokens)
    ids = torch.tensor(vocabulary.encode(tokens))
    torch.manual_seed(seed)
    model = MusicLSTM(ModelConfig(len(vocabulary), embedding_dim=4, hidden_size=8)).eval()
    round_weights(model)
    made = Checkpoint(
        model=model,
        vocabulary=vocabulary,
        openings=choose_openings(music, ids, split_windows(len(ids), seed).test, seed),
        rhythm=RhythmTable.of(music),
        hands=Hands.of(music),
        index=CorpusIndex.of(music, vocabulary),
        metrics=metrics(),
        provenance={"versions": {"torch": "2"}, "music": "Trained on nothing.", "training": {"best_by": "loss"}},
    )
    save_checkpoint(made, folder, write_card(made.metrics, made.provenance, len(vocabulary)))
    return made


def metrics() -> dict[str, object]:
    """Metrics of two epochs that never were."""
    epochs = [
        {"epoch": 1, "train_loss": 3.0, "validation_loss": 2.5, "validation_accuracy": 0.2, "seconds": 10.0},
        {"epoch": 2, "train_loss": 2.0, "validation_loss": 2.25, "validation_accuracy": 0.3, "seconds": 10.0},
    ]
    return {
        "recipe": "lab",
        "split": "windows",
        "window": WINDOW,
        "seed": 3,
        "command": "python train.py --seed 3",
        "machine": "a machine",
        "seconds": 20.0,
        "validation": {"loss": 2.25, "accuracy": 0.3},
        "test": {"loss": 2.375, "accuracy": 0.28125},
        "baselines": {"6-gram table": {"validation": {"loss": 2.125, "accuracy": 0.5}, "test": {"loss": 2.125, "accuracy": 0.25}}},
        "best_epoch": 2,
        "epochs": epochs,
        "originality": {
            "passages": 4,
            "longest_exact": {"median": 0.0, "max": 8},
            "longest": {"median": 8.5, "max": 12},
            "shares_exact": {"8": 0.0, "12": 0.0, "16": 0.0},
            "shares": {"8": 0.0625, "12": 0.0, "16": 0.0},
        },
        "measures": {},
    }
