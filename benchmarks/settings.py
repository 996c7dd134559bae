"""Which temperature, top-p and memory compose most like Mozart, and how hard the key should pull.

.venv/bin/python benchmarks/settings.py [--archive PATH_OR_URL] [--pieces 60] [--seed 0] [--output FILE.json]

With the checkpoint ``unseen``. Nothing is chosen by its test works: the pieces start from openings of the works that
validated it, and the real music is all works but those that tested it.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import torch
from tqdm import tqdm

from mozart import measures
from mozart.composer import Composer
from mozart.corpus import archive
from mozart.likeness import to_passage
from mozart.openings import choose_openings
from mozart.originality import find_loop
from mozart.request import Request
from mozart.score import Work, read_scores
from mozart.stepping import Stepper
from mozart.tonality import KeyPull
from mozart.windows import WINDOW, split_works

LENGTH = 300
TEMPERATURES_AND_TOP_P = ((1.0, 1.0), (1.0, 0.95), (0.95, 0.95), (0.9, 1.0), (0.9, 0.95), (0.85, 1.0), (0.85, 0.95))
MEMORIES = (0.0, 0.75, 0.9)
PULLS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7)
# Rhythm is drawn apart from pitch: these settings do not touch it.
RHYTHM = ("simultaneous notes", "onsets on a beat", "onsets on the sixteenth grid", "steps", "step pairs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    parser.add_argument("--pieces", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of the first piece")
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    works, _ = read_scores(archive.sonatas(flags.archive))
    shipped = Composer.load()
    checkpoint, metrics = shipped.checkpoint, shipped.checkpoint.metrics
    ids = torch.tensor(checkpoint.vocabulary.encode(event.token for work in works for event in work.events))
    split = split_works(works, metrics["seed"], metrics["validation_works"], metrics["test_works"])
    openings = choose_openings(works, ids, split.validation, flags.seed)
    composer = Composer(replace(checkpoint, openings=openings), "openings of the validation works")
    real = measures.real_passages([work for work in works if work.title not in metrics["test_works"]], LENGTH)

    result: dict[str, Any] = {"pieces": flags.pieces, "seed": flags.seed, "length": LENGTH}
    result["loss by pull"] = measure_pulls(shipped, [work for work in works if work.title in metrics["validation_works"]])
    print("loss of the validation works by the key's pull: ", end="")
    print(", ".join(f"{pull} {loss:.3f}" for pull, loss in result["loss by pull"].items()))
    print("| temperature, top-p, memory | mean overlap | repeated 4-grams | distances | chords | scale | loops | left |")
    print("|---|---|---|---|---|---|---|---|")
    result["settings"] = {}
    for temperature, top_p in TEMPERATURES_AND_TOP_P:
        for memory in MEMORIES:
            name = f"{temperature}, {top_p}, {memory}"
            row = try_setting(composer, real, flags, temperature=temperature, top_p=top_p, memory=memory)
            result["settings"][name] = row
            overlaps = {feature: f"({row[feature]['overlap']:.2f})" for feature in ("repeated 4-grams", "repetition distances")}
            print(
                f"| {name} | {row['mean overlap']:.3f} | {row['repeated 4-grams']['mean']:.1%} {overlaps['repeated 4-grams']} "
                f"| {overlaps['repetition distances']} | {row['chords']['mean']:.1%} | {row['scale consistency']['mean']:.3f} "
                f"| {row['loops']} | {row['left']} |",
                flush=True,
            )
    if flags.output:
        flags.output.write_text(json.dumps(result, indent=1) + "\n")


def try_setting(composer: Composer, real: list[measures.Passage], flags: argparse.Namespace, **settings: float) -> dict[str, Any]:
    """How like real music pieces of one setting are, by the features of pitch, and how many have or left a loop."""
    requests = [
        Request(length=LENGTH, seed=flags.seed + number, include_opening=False, **settings)  # type: ignore[arg-type]
        for number in range(flags.pieces)
    ]
    pieces = [composer.compose(request) for request in tqdm(requests, unit="piece", leave=False)]
    compared = measures.compare([to_passage(piece) for piece in pieces], real)
    by_pitch = {name: columns for name, columns in compared.items() if name not in RHYTHM}
    encode = composer.checkpoint.vocabulary.encode
    return {
        **by_pitch,
        "mean overlap": measures.likeness(by_pitch),
        "loops": sum(find_loop(encode(piece.tokens)) is not None for piece in pieces),
        "left": sum(bool(piece.warnings) for piece in pieces),
    }


def measure_pulls(composer: Composer, works: list[Work]) -> dict[str, float]:
    """Mean loss, in nats, of every second token after 100 of each work, with the key pulling more and less."""
    stepper, vocabulary = Stepper(composer.checkpoint.model), composer.checkpoint.vocabulary
    losses: dict[float, list[float]] = {pull: [] for pull in PULLS}
    for work in tqdm(works, desc="pulls", leave=False):
        reading, key = stepper.read(), KeyPull(vocabulary, pull=1.0)
        for place, number in enumerate(vocabulary.encode(event.token for event in work.events)):
            if place >= WINDOW and place % 2 == 0:
                predicted, weights = reading.predict(), key.log_weights()
                for pull in PULLS:
                    logits = predicted + pull * weights
                    losses[pull].append(float(np.log(np.exp(logits).sum()) - logits[number]))
            reading.hear(number)
            key.hear(number)
    return {str(pull): float(np.mean(values)) for pull, values in losses.items()}


if __name__ == "__main__":
    main()
