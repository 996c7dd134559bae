"""The report of a run: lines for the terminal, metrics.json, and the provenance in config.json."""

import datetime
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import torch

from mozart.corpus.archive import ARCHIVE_SHA256
from mozart.corpus.catalogue import RIGHTS, printable
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Score
from mozart.training.loop import Run
from mozart.training.machine import describe_machine, in_words

PARTS = ("training", "validation", "test")
# Flags that only say where a run comes from and goes to, and so do not change its result.
_PLACES = (
    "--accumulate",
    "--output",
    "--resume",
    "--push-to-hub",
    "--private",
    "--space",
    "--push-every",
    "--samples-every",
    "--track",
)
_PACKAGES = ("torch", "numpy", "music21")


def reproducing_command(arguments: Sequence[str]) -> str:
    """Write the command that makes the same checkpoint, without flags that do not change it."""
    kept, leaving_out = [], False
    for argument in arguments:
        if argument.startswith("--"):
            leaving_out = argument.partition("=")[0] in _PLACES
        if not leaving_out:
            kept.append(printable(argument))
    return shlex.join(["python", "train.py", *kept])


def about_run(arguments: Sequence[str], device: torch.device) -> dict[str, Any]:
    """Describe how, where and when a run was made, for both recipes' metrics."""
    return {
        "command": reproducing_command(arguments),
        "machine": describe_machine(device),
        "date": datetime.date.today().isoformat(),
    }


def make_provenance(config: Any, whose: str | None) -> dict[str, Any]:
    """Describe how a checkpoint was made, for ``config.json``.

    Parameters
    ----------
    config
        The configuration of its recipe.
    whose
        A sentence that says whose files the music is; None for the archive's.
    """
    return {
        "training": asdict(config),
        "versions": {name: version(name) for name in _PACKAGES},
        "music": whose or RIGHTS,
        "archive_sha256": None if whose else ARCHIVE_SHA256,
    }


def name_held_out(validation: Sequence[Score], test: Sequence[Score]) -> dict[str, list[str]]:
    """List the titles of the works held out."""
    return {"validation_works": [work.title for work in validation], "test_works": [work.title for work in test]}


def describe_split(parts: Sequence[Sequence[Score]], vocabulary: Vocabulary) -> str:
    """Describe the works to train on, to validate and to test, and the vocabulary, in lines."""
    lines = ["The split, whole works:"]
    for name, works in zip(PARTS, parts, strict=True):
        titles = [work.title for work in works]
        named = ", ".join(titles[:8]) + (f" and {len(titles) - 8} more" if len(titles) > 8 else "")
        lines.append(f"  {name}: {sum(map(len, works)):,} notes in {len(works)} works: {named}")
    metres = ", ".join(f"{beats}/{unit}" for beats, unit in vocabulary.metres)
    lines.append(f"  inter-onset intervals: {len(vocabulary.iois)}, durations: {len(vocabulary.durations)}, metres: {metres}")
    return "\n".join(lines)


def describe_epoch(run: Run) -> str:
    """Describe the last epoch in a line."""
    last = run.history[-1]
    return (
        f"  epoch {last['epoch']}: training loss {last['train_loss']:.3f}, validation loss {last['validation_loss']:.3f} nats a "
        f"note, validation accuracy {last['validation_accuracy']:.2%}, {in_words(last['seconds'])}"
    )


def count_parameters(run: Run) -> int:
    """Count the network's parameters."""
    return sum(parameter.numel() for parameter in run.network.parameters())


def describe_run(run: Run) -> dict[str, Any]:
    """Describe a run of recipe ``notes`` for ``metrics.json`` before its test, with the validation of the best epoch."""
    return {
        "recipe": "notes",
        "split": "works",
        "validation_works": run.identity["validation_works"],
        "test_works": run.identity["test_works"],
        "seed": run.config.seed,
        "settings": asdict(run.config),
        "parameters": count_parameters(run),
        "music_sha256": run.identity["music_sha256"],
        "seconds": round(sum(epoch["seconds"] for epoch in run.history), 1),
        "best_epoch": run.best_epoch,
        "validation": run.history[run.best_epoch - 1]["validation"],
        "epochs": run.history,
    }


def describe_measured(measured: Mapping[str, Any]) -> str:
    """Describe the result of :func:`mozart.training.evaluation.measure` in lines."""
    lines = []
    for part in ("validation", "test"):
        hidden, told = (measured[part][name] for name in ("hidden", "told"))
        lines.append(
            f"    {part}: {hidden['nats_a_quarter']['together']:.2f} nats a quarter for IOI, voice and pitch together, "
            f"{hidden['pitch_accuracy']:.1%} of the pitches right; "
            f"told plan and key {told['nats_a_quarter']['together']:.2f}, {told['pitch_accuracy']:.1%}"
        )
    for name, found in {"with a memory of the piece": measured["with_memory"], **measured["baselines"]}.items():
        lines.append(f"    test, {name}: {found['test']['nats_a_quarter']['together']:.2f}")
    return "\n".join(lines)
