"""Run recipe lab for train.py."""

from argparse import Namespace
from pathlib import Path
from typing import Any

import torch

from mozart.corpus.works import Music
from mozart.errors import MozartError
from mozart.lab.checkpoint import LabCheckpoint
from mozart.lab.laboratory import prepare, train_lab
from mozart.training.finishing import Finisher
from mozart.training.machine import say, say_how_long
from mozart.training.processes import Processes


def train_laboratory(
    flags: Namespace, config: Any, music: Music, device: torch.device, saved: Path | None, finisher: Finisher, processes: Processes
) -> LabCheckpoint | None:
    """Run Problems 1 to 3; return None after a dry run, and raise MozartError with more than one process."""
    if processes.count > 1:
        raise MozartError("Recipe lab trains in one process: start it without torchrun.")
    options: dict[str, Any] = {"skip_unreadable": flags.skip_unreadable, "say": say}
    if flags.dry_run:
        prepare(config, music.paths, device, **options)
        return None
    options |= {"saved": saved, "place": flags.resume, "about": finisher.about}
    options |= {"on_epoch": finisher.after_epoch, "on_estimate": say_how_long}
    return train_lab(config, music.paths, flags.output, device, **options)
