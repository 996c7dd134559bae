"""The model card, written from the metrics and never by hand."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from mozart import measures
from mozart.openings import CONTINUATION, MOST
from mozart.originality import PASSAGE, SHARES
from mozart.windows import WINDOW

# What the card shows and plays, beside it; each is left out where it has not been made.
CURVES = ("losses.png", "accuracy.png")
PIECES = ("pieces/1.mp3", "pieces/2.mp3", "pieces/3.mp3")
# No piece that the card plays copies a longer run: held-out works of Mozart's have as much of the others (median).
LONGEST_COPY = 11

_NAME = "A Mozart-like piano LSTM"
_SPLITS = {"windows": "windows dealt out at random", "works": "whole works held out"}

# One sentence for each split: what its numbers can say.
MEANING = {
    "windows": f"""The split is the lab's: windows of {WINDOW} notes, cut from all works with overlap, are dealt out at random.
Nearly all music around a test window was seen in training, and music repeats its sections, so the accuracy shows how well
the network remembers these works, and says little about music that it has not seen.""",
    "works": """Whole works are held out: the network has read nothing of the music that it is tested on, so the accuracy
shows what it has learned of Mozart's manner.""",
}
_TABLES = """The tables in italics only count what followed what in the training music; "in any key" means that they know a
passage again when it is moved. What they reach, a network must beat."""
_MIXED = {
    "windows": """Half and half: the mean of the network's and the table's probabilities.""",
    "works": """The memory is a table, in any key, of the piece heard so far, from its first note on.""",
}


def result_rows(metrics: Mapping[str, Any]) -> str:
    """The rows of a table of results, the network's first: validation and test, in nats a token and as accuracy.

    Parameters
    ----------
    metrics
        The content of ``metrics.json``.
    """
    results = {"**the network**": {part: metrics[part] for part in ("validation", "test")}}
    if "with_memory" in metrics:
        results["**the network and memory of the piece**"] = metrics["with_memory"]
    if "with_table" in metrics:
        results["**the network and the table in any key, half and half**"] = metrics["with_table"]
    results |= {f"*{name}*": result for name, result in metrics["baselines"].items()}
    return "\n".join(
        f"| {name} | "
        + " | ".join(f"{result[part]['loss']:.2f} | {result[part]['accuracy']:.1%}" for part in ("validation", "test"))
        + " |"
        for name, result in results.items()
    )


def measures_table(measured: Mapping[str, Any], held_out: Mapping[str, Any]) -> str:
    """What a checkpoint's pieces are like, as a Markdown table.

    Parameters
    ----------
    measured
        The ``measures`` of ``metrics.json``, as ``python -m mozart measure`` writes them.
    held_out
        Its ``originality``: how much of real music stands in the training music.
    """
    ways = list(measured["loops"])
    rows = [["loops, of pieces", "0", *[f"{measured['loops'][way]} of {measured['pieces'][way]}" for way in ways]]]
    known = {"Mozart": held_out, **measured["originality"]}
    rows.append(
        [
            "longest run in the training music, median (most)",
            *[f"{k['longest']['median']:.3g} ({k['longest']['max']})" for k in known.values()],
        ]
    )
    for length in SHARES:
        rows.append([f"runs of {length} in the training music", *[f"{k['shares'][str(length)]:.2%}" for k in known.values()]])
    return "\n".join([measures.markdown(measured["table"]), *(f"| {' | '.join(row)} |" for row in rows)])


def shown(folder: Path) -> list[str]:
    """The names of the pictures and pieces in `folder` that its card shows; they are published with it."""
    return [name for name in (*CURVES, *PIECES) if os.path.isfile(folder / name)]


def write_card(metrics: Mapping[str, Any], provenance: Mapping[str, Any], n_tokens: int, shown: Collection[str] = ()) -> str:
    """The text of a checkpoint's README.md, with the Hub's front matter.

    Parameters
    ----------
    metrics
        The content of ``metrics.json``.
    provenance
        The checkpoint's, with ``versions`` and ``music``.
    n_tokens
        Size of the vocabulary.
    shown
        Which of the pictures and pieces lie beside the card: see :func:`shown`.
    """
    best_by = provenance["training"]["best_by"]
    versions = ", ".join(f"{name} {version}" for name, version in provenance["versions"].items())
    return f"""---
{_front_matter(metrics, provenance)}
---
# {_NAME}

Predicts the next note or chord of a piano piece from those before it: an embedding, stacked LSTM layers, and a vocabulary
of {n_tokens} notes and chords. Rhythm, velocities and hands come from tables beside it.

{_listen(shown)}## Results

| {metrics["split"]} split | validation loss (nats a token) | accuracy | test loss | accuracy |
|---|---|---|---|---|
{result_rows(metrics)}

**What the accuracy means.** {MEANING[metrics["split"]]} {_TABLES} {_MIXED[metrics["split"]]}{_held_out(metrics)}

{_curves(shown)}{_pieces(metrics)}## What it copies

{_copies(metrics)}

## What it cannot do

{_limits(metrics)}

## How it was made

    {metrics["command"]}

Recipe `{metrics["recipe"]}`, split `{metrics["split"]}`, seed {metrics["seed"]}, {len(metrics["epochs"])} epochs in
{metrics["seconds"]:,.0f} seconds; the weights are those of epoch {metrics["best_epoch"]}, the best by validation {best_by}.
On {metrics["machine"]}, with {versions}.

## Training data, and what may be done with this

Trained on {provenance["music"]} None of these files is part of this checkpoint; it carries up to {MOST} excerpts of up to
{WINDOW + CONTINUATION} notes as pitches, steps and durations, without velocity and tempo, to start pieces from, and hashes of runs
of eight notes, to find copies with. What the licence of the files says of derived works holds for the weights too.

## Use

In a clone of the code:

    from pathlib import Path
    from mozart.composer import Composer
    from mozart.request import Request
    piece = Composer.load("path/or/user/name").compose(Request(length="32bars", seed=7))
    Path("mozart.mid").write_bytes(piece.midi())
"""


def write_unfinished_card(metrics: Mapping[str, Any], provenance: Mapping[str, Any], epochs: int) -> str:
    """The README.md of a checkpoint that is still in training: what is known of it, and that nothing was tested.

    Parameters
    ----------
    metrics
        The best epoch's validation, and the epochs so far.
    epochs
        How many there will be.
    """
    validation, training = metrics["validation"], provenance["training"]
    return f"""---
{_front_matter(metrics, provenance)}
---
# {_NAME}, still in training

{len(metrics["epochs"])} of {epochs} epochs are done, of

    {metrics["command"]}

The weights are those of epoch {metrics["best_epoch"]}, the best by validation {training["best_by"]}:
{validation["loss"]:.2f} nats a token and {validation["accuracy"]:.1%}, judged by one window in {training["validate_every"]}.
Nothing has been tested yet; the finished checkpoint will take this one's place.

Trained on {provenance["music"]}
"""


def _front_matter(metrics: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    """The Hub's metadata as YAML: the network's own results, without table and memory, are its ``model-index``."""
    from huggingface_hub import EvalResult, ModelCardData

    music = str(provenance["music"]).partition(" (")[0].rstrip(".")
    results = [
        EvalResult(
            task_type="other",
            task_name="Predicting the next note or chord",
            dataset_type="other",
            dataset_name=f"{music}, {_SPLITS[metrics['split']]}",
            dataset_split=part,
            metric_type=kind,
            metric_name=f"{part.capitalize()} {name}",
            metric_value=round(metrics[part][kind], 4),
        )
        for part in ("validation", "test")
        if part in metrics
        for kind, name in (("accuracy", "accuracy"), ("loss", "loss (nats a token)"))
    ]
    tags = ["music", "midi", "lstm", "mozart"]
    about = ModelCardData(
        license="other",
        license_name="see-training-data",
        library_name="pytorch",
        tags=tags,
        model_name=_NAME,
        eval_results=results,
    )
    return about.to_yaml()


def _listen(shown: Collection[str]) -> str:
    pieces = [name for name in PIECES if name in shown]
    if not pieces:
        return ""
    links = ", ".join(f"[piece {number}]({name})" for number, name in enumerate(pieces, start=1))
    seeds = "seed 1" if len(pieces) == 1 else f"seeds 1 to {len(pieces)}"
    return f"""## Listen

{links}: composed with {seeds}, without the passage of real music that each begins from, and with no more than
{LONGEST_COPY} notes in a row that stand in the training music. Nobody has chosen them.

"""


def _curves(shown: Collection[str]) -> str:
    pictures = [f"![{name.removesuffix('.png').capitalize()} by epoch]({name})" for name in CURVES if name in shown]
    return "".join([*pictures, "\n\n"]) if pictures else ""


def _copies(metrics: Mapping[str, Any]) -> str:
    mozart = "music that is held out" if metrics["split"] == "works" else "a training work, looked up in the others"
    counted = {f"{mozart}, passages of {PASSAGE} notes": metrics["originality"]}
    missing = ""
    if metrics["measures"]:
        counted[f"its pieces by default, of {metrics['measures']['length']} notes"] = metrics["measures"]["originality"]["default"]
    else:
        missing = "\n\nIts own pieces have not been measured; `python -m mozart measure` does it."
    lines = [
        f"- {name}: the longest run has {known['longest']['median']:.3g} notes (median; at most {known['longest']['max']}); "
        + ", ".join(f"{known['shares'][str(length)]:.2%} of runs of {length}" for length in SHARES)
        for name, known in counted.items()
    ]
    return "What stands in the training music, in any key; every piece says its own.\n\n" + "\n".join(lines) + missing


def _limits(metrics: Mapping[str, Any]) -> str:
    again = ""
    if metrics["measures"]:
        mozart, ours = (metrics["measures"]["table"][who]["repeated 4-grams"]["mean"] for who in ("Mozart", "default"))
        again = f" Of the runs of four notes {ours:.0%} have come before in a piece, and {mozart:.0%} in Mozart's passages."
    return f"""- There is no form: a piece is fragments in his style, one after the other; no theme comes back on purpose.{again}
- The network hears pitches alone. The rhythm comes from a table that knows nothing of them, and they know nothing of it.
- It knows piano music of one composer; a note or chord that is not in its vocabulary it can neither read nor write.
- Velocities wander by themselves, there is no pedal, and the tempo is what is customary for the opening's movement."""


def _pieces(metrics: Mapping[str, Any]) -> str:
    if not metrics["measures"]:
        return ""
    measured = metrics["measures"]
    counts = ", ".join(f"{way} {count}" for way, count in measured["pieces"].items())
    settings = ", ".join(f"{name.replace('_', '-')} {value}" for name, value in measured["settings"].items())
    return f"""## What its pieces are like

{measures_table(measured, metrics["originality"])}

Means, and in brackets how far the distribution overlaps with that of real passages of the same length (1: the same); under
Mozart, of one half of these with the other. Pieces of {measured["length"]} notes after the opening: {counts}.
By default {settings}, and the contextual rhythm; greedy is the most probable note each
time, and so is the lab's way, with its sampled rhythm. What stands in the training music is counted in any key, under Mozart
for music that is held out.

"""


def _held_out(metrics: Mapping[str, Any]) -> str:
    if metrics["split"] != "works":
        return ""
    return f"\n\nHeld out: {', '.join(metrics['validation_works'])} to validate, {', '.join(metrics['test_works'])} to test."
