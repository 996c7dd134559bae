"""The model card, written from the metrics and never by hand."""

from collections.abc import Mapping
from typing import Any

from mozart.openings import CONTINUATION, MOST
from mozart.windows import WINDOW


def write_card(metrics: Mapping[str, Any], provenance: Mapping[str, Any], n_tokens: int) -> str:
    """The text of a checkpoint's README.md, with the Hub's front matter.

    Parameters
    ----------
    metrics
        The content of ``metrics.json``.
    provenance
        The checkpoint's, with ``versions`` and ``music``.
    n_tokens
        Size of the vocabulary.
    """
    best = min(metrics["epochs"], key=lambda epoch: epoch["validation_loss"])
    versions = ", ".join(f"{name} {version}" for name, version in provenance["versions"].items())
    baselines = "".join(
        f"| *{name}, validation* | {result['loss']:.3f} | {result['accuracy']:.1%} |\n"
        for name, result in metrics["baselines"].items()
    )
    return f"""---
license: other
license_name: see-training-data
library_name: pytorch
tags: [music, midi, lstm, mozart]
---
# A Mozart-like piano LSTM

Predicts the next note or chord of a piano piece from those before it: an embedding, stacked LSTM layers, and a vocabulary
of {n_tokens} notes and chords.

## Results

| {metrics["split"]} split | loss (nats a token) | accuracy |
|---|---|---|
| validation | {metrics["validation"]["loss"]:.3f} | {metrics["validation"]["accuracy"]:.1%} |
| test | {metrics["test"]["loss"]:.3f} | {metrics["test"]["accuracy"]:.1%} |
{baselines}
**What the accuracy means.** The split is the lab's: windows of {WINDOW} notes, cut from all works with overlap, are
dealt out at random. Nearly all music around a test window was seen in training, and music repeats its sections, so the
accuracy shows how well the network remembers these works. It says little about music that it has not seen. The tables in
italics only count which notes followed the last five (or none) in training: what they reach, remembering alone can reach.

## How it was made

    {metrics["command"]}

Recipe `{metrics["recipe"]}`, split `{metrics["split"]}`, seed {metrics["seed"]}, {len(metrics["epochs"])} epochs in
{metrics["seconds"]:,.0f} seconds; the weights are those of epoch {best["epoch"]}, the best by validation loss.
On {metrics["machine"]}, with {versions}.

## Training data, and what may be done with this

Trained on {provenance["music"]} None of these files is part of this checkpoint; it carries up to {MOST} excerpts of up to
{WINDOW + CONTINUATION} notes as pitches, steps and durations, without velocity and tempo, to start pieces from. What the licence of
the files says of derived works holds for the weights too.

## Use

    from mozart.composer import Composer, Request

    piece = Composer.load("path/or/user/name").compose(Request(length=500, offsets="0.25", seed=7))
    open("mozart.mid", "wb").write(piece.midi())
"""
