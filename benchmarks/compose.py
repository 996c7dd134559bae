"""How fast composing is, beside the lab's literal way on the same weights, on one CPU thread.

OMP_NUM_THREADS=1 .venv/bin/python benchmarks/compose.py [--archive PATH_OR_URL] [--pieces 20] [--output FILE.json]

Also: whether the carried state predicts as well as the lab's window run from a fresh state, on all windows of the works that
validated ``unseen``.
"""

import argparse
import json
import platform
import resource
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import torch
from tqdm import tqdm

from mozart.checkpoint import PRETRAINED
from mozart.composer import Composer
from mozart.corpus import archive
from mozart.request import Request
from mozart.sampling import predict_like_the_lab
from mozart.score import Work, read_scores
from mozart.stepping import Stepper
from mozart.windows import WINDOW

LENGTH = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    parser.add_argument("--pieces", type=int, default=20)
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    torch.set_num_threads(1)
    works, _ = read_scores(archive.sonatas(flags.archive))
    result: dict[str, Any] = {"machine": f"{platform.machine()} CPU, 1 thread", "notes": LENGTH, "pieces": flags.pieces}
    for name in ("unseen", "lab"):
        composer = Composer.load(PRETRAINED.parent / name)
        result[name] = measure_speed(composer, flags.pieces)
    composer = Composer.load()
    held_out = [work for work in works if work.title in composer.checkpoint.metrics["validation_works"]]
    result["loss of the validation works"] = compare_losses(composer, held_out)
    result["peak memory, MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    show(result)
    if flags.output:
        flags.output.write_text(json.dumps(result, indent=1) + "\n")


def measure_speed(composer: Composer, pieces: int) -> dict[str, Any]:
    """Seconds for one piece by each step on the way, the median and the 95th percentile."""
    opening = composer.checkpoint.openings[0].ids
    composer.compose(Request(length=LENGTH, seed=pieces)).midi()  # what is made on first use
    composed = [composer.compose(Request(length=LENGTH, seed=seed)) for seed in range(pieces)]
    requests = [Request(length=LENGTH, seed=seed) for seed in range(pieces)]
    ways: dict[str, tuple[Callable[[int], object], int]] = {
        "the lab's literal loop": (lambda _: list(islice(predict_like_the_lab(composer.checkpoint.model, opening), LENGTH)), 3),
        "compose()": (lambda i: composer.compose(requests[i]), pieces),
        "compose(), max_copy 8": (lambda i: composer.compose(Request(length=LENGTH, seed=i, max_copy=8)), pieces),
        "notes to MIDI": (lambda i: composed[i].midi(), pieces),
        "originality": (lambda i: composed[i].originality(), pieces),
        "sheet music": (lambda i: composed[i].sheet_music(), pieces),
        "another rhythm": (lambda i: composer.with_offsets(composed[i], "sampled"), pieces),
    }
    timed = {}
    for name, (run, count) in ways.items():
        seconds = [clock(run, i) for i in tqdm(range(count), desc=name, leave=False)]
        timed[name] = {"p50": float(np.median(seconds)), "p95": float(np.quantile(seconds, 0.95))}
    slow, fast = timed["the lab's literal loop"]["p50"], timed["compose()"]["p50"]
    return {"seconds": timed, "times as fast": slow / fast, "where the lab's takes 5 s": 5 * fast / slow}


def clock(run: Callable[[int], object], i: int) -> float:
    started = time.perf_counter()
    run(i)
    return time.perf_counter() - started


def compare_losses(composer: Composer, works: list[Work]) -> dict[str, float]:
    """Mean loss, in nats, of every label after 100 ids of its work: window from a fresh state, and state carried from the start."""
    model, stepper = composer.checkpoint.model, Stepper(composer.checkpoint.model)
    window, carried = [], []
    for work in tqdm(works, desc="carried and fresh", leave=False):
        ids = composer.checkpoint.vocabulary.encode(event.token for event in work.events)
        reading = stepper.read()
        for place, number in enumerate(ids):
            if place >= WINDOW:
                carried.append(-reading.predict()[number])
            reading.hear(number)
        windows = torch.tensor(ids).unfold(0, WINDOW, 1)[:-1]
        with torch.no_grad():
            for batch, labels in zip(torch.split(windows, 256), torch.split(torch.tensor(ids[WINDOW:]), 256), strict=True):
                log_probabilities, _ = model(batch, model.init_hidden(len(batch)))
                window.extend((-log_probabilities[torch.arange(len(labels)), labels]).tolist())
    return {"windows": float(np.mean(window)), "carried": float(np.mean(carried)), "labels": len(window)}


def show(result: dict[str, Any]) -> None:
    for name in ("unseen", "lab"):
        print(f"\n| {name} | p50, s | p95, s |\n|---|---|---|")
        for way, seconds in result[name]["seconds"].items():
            print(f"| {way} | {seconds['p50']:.3f} | {seconds['p95']:.3f} |")
        print(f"\ncompose() is {result[name]['times as fast']:.0f} times as fast as the lab's literal loop")
    losses = result["loss of the validation works"]
    print(
        f"\nloss of windows {losses['windows']:.4f} nats, of the carried state {losses['carried']:.4f} ({losses['labels']} labels)"
    )
    print(f"peak memory {result['peak memory, MB']} MB")


if __name__ == "__main__":
    main()
