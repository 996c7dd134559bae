"""The model card, written from the metrics and never by hand; its text comes from the templates beside this module."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from mozart.corpus.catalogue import RIGHTS
from mozart.measuring import report

# The pictures and pieces that a card shows if they are in its folder.
LOSSES, ACCURACY = CURVES = ("losses.png", "accuracy.png")
PIECES = ("pieces/1.mp3", "pieces/2.mp3", "pieces/3.mp3")

_TITLES = {"notes": "A Mozart-like piano LSTM", "lab": "The laboratory's piano LSTM"}
_SPLITS = {"notes": "whole works held out", "lab": "windows dealt out at random"}
_TASKS = {"notes": "Predicting the next note", "lab": "Predicting the next note or chord"}
_TESTED = ("validation", "test")
_TABLES = ' The tables in italics only count which notes follow which in the training music; "in any key" means that they\n'
_TABLES += "also recognize a passage that is transposed. A network must beat them."
_MEMORY = " The memory counts which notes follow which in the piece so far, in any key;\n"
_MEMORY += "its weight was fitted on the works that validate."
_GOAL = 0.6  # the goal in the laboratory's text

Metrics = Mapping[str, Any]


def write_card(metrics: Metrics, provenance: Mapping[str, Any], folder: Path) -> str:
    """Write the text of a checkpoint's README.md, with the Hub's front matter.

    Parameters
    ----------
    metrics
        The content of ``metrics.json``, of either recipe; without ``test`` the checkpoint is still in training.
    provenance
        The checkpoint's provenance: ``versions`` of packages by name, and ``music``, a sentence, if they are known.
    folder
        The card's folder, whose curves and pieces it shows.
    """
    recipe = metrics["recipe"]
    name = recipe if "test" in metrics else "unfinished"
    template = Template(Path(__file__).with_name(f"card_{name}.md").read_text(encoding="utf-8"))
    fill = {"unfinished": _unfinished, "notes": _notes, "lab": _lab}[name]
    versions = ", ".join(f"{package} {version}" for package, version in provenance.get("versions", {}).items())
    found = shown(folder)
    return template.substitute(
        title=_TITLES[recipe],
        front_matter=_front_matter(metrics, provenance),
        command=metrics["command"],
        seed=metrics["seed"],
        epochs=len(metrics["epochs"]),
        best_epoch=metrics["best_epoch"],
        seconds=f"{metrics['seconds']:,.0f}",
        machine=metrics["machine"],
        versions=f", with {versions}" if versions else "",
        music=provenance.get("music") or RIGHTS,
        listen=_listen(found, recipe),
        curves=_curves(found),
        **fill(metrics),
    )


def shown(folder: Path) -> list[str]:
    """List the names of the curves and pieces in `folder` that its card shows; they are published with it."""
    return [name for name in (*CURVES, *PIECES) if os.path.isfile(folder / name)]


def result_rows(metrics: Metrics) -> str:
    """Write the results of network and tables as rows: loss and accuracy, validation and test.

    For recipe ``notes`` these are the results without a plan.
    """
    results = {"**the network**": {part: metrics[part] for part in _TESTED}}
    if "with_memory" in metrics:
        results["**the network and memory of the piece**"] = metrics["with_memory"]
    results |= {f"*{name}*": result for name, result in metrics.get("baselines", {}).items()}
    rows = []
    for name, result in results.items():
        cells = [cell for part in _TESTED for cell in (_cells(result[part]) if part in result else ("", ""))]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def result_table(metrics: Metrics) -> str:
    """Write :func:`result_rows` under a heading, as a Markdown table."""
    loss = "nats a quarter" if metrics["recipe"] == "notes" else "nats a token"
    measured = "pitches right" if metrics["recipe"] == "notes" else "accuracy"
    head = " | ".join(f"{part}: {loss} | {measured}" for part in _TESTED)
    return f"| {_SPLITS[metrics['recipe']]} | {head} |\n|---|---:|---:|---:|---:|\n{result_rows(metrics)}"


def _cells(result: Metrics) -> tuple[str, str]:
    """Format loss and accuracy of one result; for recipe ``notes`` without a plan."""
    result = result.get("hidden", result)
    if "nats_a_quarter" not in result:
        return f"{result['loss']:.2f}", f"{result['accuracy']:.1%}"
    accuracy = f"{result['pitch_accuracy']:.1%}" if "pitch_accuracy" in result else ""
    return f"{result['nats_a_quarter']['together']:.2f}", accuracy


def _notes(metrics: Metrics) -> dict[str, str]:
    return {
        "validation_works": ", ".join(metrics["validation_works"]),
        "test_works": ", ".join(metrics["test_works"]),
        "results": result_table(metrics),
        "parts": _part_table(metrics, "hidden"),
        "told": _part_table(metrics, "told"),
        "tables": _explain_rows(metrics),
        "measures": _measures(metrics),
    }


def _lab(metrics: Metrics) -> dict[str, str]:
    reached = metrics["test"]["accuracy"]
    goal = "" if reached > _GOAL else f"\n\nThe text's goal of more than {_GOAL:.0%} is **not reached**: {reached:.1%}."
    departures = metrics.get("departures")
    return {
        "way": "in another way than it teaches" if departures else "by its recipe",
        "recipe": "lab-keys" if departures else "lab",
        "departures": f"\n\nWhat departs from the text: {departures}" if departures else "",
        "window": str(metrics["window"]),
        "elements": f"{metrics['elements']:,}",
        "distinct": str(metrics["distinct"]),
        "results": result_rows(metrics),
        "tables": _explain_rows(metrics),
        "goal": goal,
        "note": f"{metrics['note']}\n\n" if metrics.get("note") else "",
    }


def _unfinished(metrics: Metrics) -> dict[str, str]:
    loss, accuracy = _cells(metrics["validation"])
    if metrics["recipe"] == "notes":
        return {"validation": f"{loss} nats a quarter note and {accuracy} of the pitches right"}
    return {"validation": f"{loss} nats a token and an accuracy of {accuracy}"}


def _explain_rows(metrics: Metrics) -> str:
    memory = _MEMORY if "with_memory" in metrics else ""
    return memory + (_TABLES if metrics.get("baselines") else "")


def _part_table(metrics: Metrics, way: str) -> str:
    """Write nats a quarter note by part of a note, and the share of right pitches, with the chords ``hidden`` or ``told``."""
    parts = [name for name in metrics["test"][way]["nats_a_quarter"] if name != "together"]
    rows = [["", *(name.upper() if name == "ioi" else name for name in parts), "IOI, voice, pitch", "pitches right"]]
    for part in _TESTED:
        result = metrics[part][way]
        nats = result["nats_a_quarter"]
        rows.append([part, *(f"{nats[name]:.2f}" for name in (*parts, "together")), f"{result['pitch_accuracy']:.1%}"])
    return _markdown(rows)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|---|{'---:|' * (len(rows[0]) - 1)}", *lines[1:]])


def _measures(metrics: Metrics) -> str:
    measured = metrics.get("measures")
    if not measured:
        return ""
    settings = ", ".join(f"{name} {value}" for name, value in measured.get("settings", {}).items())
    about = f"Composed: {measured['pieces']['passages']} pieces{f' ({settings})' if settings else ''}, with default settings."
    return f"## What its pieces are like\n\n{report.markdown(measured)}\n\n{about}\n\n"


def _listen(found: Iterable[str], recipe: str) -> str:
    pieces = [f"[piece {name[-5]}]({name})" for name in found if name in PIECES]
    if not pieces:
        return ""
    ways = {
        "notes": "with default settings, without an opening",
        "lab": "with offsets of 0.25, without the test sequence that each continues",
    }
    about = f"composed with seeds 1 to 3 {ways[recipe]}. Nobody selected them."
    return f"## Listen\n\n{', '.join(pieces)}: {about}\n\n"


def _curves(found: Iterable[str]) -> str:
    pictures = [f"![{name.removesuffix('.png').capitalize()} by epoch]({name})" for name in found if name in CURVES]
    return "".join([*pictures, "\n\n"]) if pictures else ""


def _front_matter(metrics: Metrics, provenance: Mapping[str, Any]) -> str:
    """Write the Hub's metadata as YAML; ``model-index`` has the network's own results, without memory, tables and plans."""
    from huggingface_hub import EvalResult, ModelCardData

    recipe = metrics["recipe"]
    music = str(provenance.get("music") or RIGHTS).partition(" (")[0].rstrip(".")
    names = ("loss (nats a quarter)", "pitch accuracy") if recipe == "notes" else ("loss (nats a token)", "accuracy")
    results = [
        EvalResult(
            task_type="other",
            task_name=_TASKS[recipe],
            dataset_type="other",
            dataset_name=f"{music}, {_SPLITS[recipe]}",
            dataset_split=part,
            metric_type=kind,
            metric_name=f"{part.capitalize()} {name}",
            metric_value=round(value, 4),
        )
        for part in _TESTED
        if part in metrics
        for kind, name, value in zip(("loss", "accuracy"), names, _own(metrics[part]), strict=True)
    ]
    about = ModelCardData(
        license="other",
        license_name="see-training-data",
        library_name="pytorch",
        tags=["music", "midi", "lstm", "mozart"],
        model_name=_TITLES[recipe],
        eval_results=results,
    )
    return about.to_yaml()


def _own(result: Metrics) -> tuple[float, float]:
    result = result.get("hidden", result)
    if "nats_a_quarter" in result:
        return result["nats_a_quarter"]["together"], result["pitch_accuracy"]
    return result["loss"], result["accuracy"]
