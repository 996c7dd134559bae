"""Small music and small checkpoints for tests: made here, so no file of anybody's is needed."""

from pathlib import Path

import torch

import lab_music
from mozart import atomic
from mozart.checkpoint.checkpoint import Checkpoint, round_weights, save_checkpoint
from mozart.checkpoint.folder import write_folder
from mozart.lab.checkpoint import LabCheckpoint, to_files
from mozart.model.network import NetworkConfig, NotesNetwork
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Score
from mozart.rendering.midi import midi_bytes
from mozart.training.assemble import assemble
from sonatina import sonatina

SIZES = NetworkConfig(state=16, layers=1, memory=12, part=12, dropout=0.1)
PROVENANCE = {"training": {"epochs": 2}, "versions": {"torch": "2"}, "music": "Trained on nothing.", "archive_sha256": None}


def works(n_works: int = 3, bars: int = 12) -> list[Score]:
    """Works of two movements each, the second a fourth higher."""
    made = []
    for number in range(n_works):
        first, second = sonatina(2 * number, bars), sonatina(2 * number + 1, bars).transpose(5)
        work = Score.concatenate([first, second])
        made.append(work.replace(movements=(0, int(first.bars[-1]) + 1920), title=f"Work {number}"))
    return made


def write_midi_files(folder: Path, n_works: int = 3, bars: int = 12) -> Path:
    """A folder with the first movements of `works` as MIDI files: ``work-0.mid`` and so on."""
    for number, work in enumerate(works(n_works, bars)):
        atomic.write(folder / f"work-{number}.mid", midi_bytes(work.movement(0), ""))
    return folder


def network(scores: list[Score], seed: int = 0) -> NotesNetwork:
    """A small network with first weights, rounded as a checkpoint stores them."""
    torch.manual_seed(seed)
    made = NotesNetwork(Vocabulary.of(scores), SIZES).eval()
    round_weights(made)
    return made


def checkpoint(folder: Path, seed: int = 0) -> Checkpoint:
    """A whole checkpoint of recipe ``notes`` with untrained weights, saved into `folder`."""
    training, held_out = works()[:2], works(4, 48)[3:]
    made = assemble(network(training, seed), training, held_out, metrics(), PROVENANCE)
    save_checkpoint(made, folder, "# A checkpoint for tests\n")
    return made


def lab_checkpoint(folder: Path, seed: int = 0) -> LabCheckpoint:
    """A whole checkpoint of recipe ``lab`` with untrained weights, saved into `folder`."""
    made = lab_music.checkpoint(seed)
    write_folder(folder, "lab", to_files(made), PROVENANCE, "# A laboratory's checkpoint for tests\n")
    return made


def metrics() -> dict[str, object]:
    """Metrics of two epochs that never were, as recipe ``notes`` writes them."""
    nats = {"ioi": 0.5, "voice": 0.25, "pitch": 1.5, "duration": 1.0, "loudness": 0.75}
    found = {
        "nats_a_note": nats,
        "nats_a_quarter": {**{name: 4 * value for name, value in nats.items()}, "together": 9.0},
        "pitch_accuracy": 0.5,
        "notes": 1000,
        "quarters": 250.0,
    }
    part = {"hidden": found, "told": found}
    epoch = {"train": nats, "train_loss": 2.5, "validation": part, "validation_loss": 2.25, "validation_accuracy": 0.5}
    return {
        "recipe": "notes",
        "split": "works",
        "validation_works": ["Work 3"],
        "test_works": ["Work 4"],
        "seed": 0,
        "settings": {"epochs": 2},
        "parameters": 1000,
        "command": "python train.py",
        "machine": "a machine",
        "date": "2026-01-01",
        "seconds": 20.0,
        "best_epoch": 2,
        "epochs": [{"epoch": number, **epoch, "seconds": 10.0} for number in (1, 2)],
        "validation": part,
        "test": part,
    }
