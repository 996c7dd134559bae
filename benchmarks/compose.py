"""How fast pieces are composed, beside the laboratory's literal loop in the same run; written to ``compose.json``.

    python benchmarks/compose.py

One thread. A piece of 500 notes is composed by the shipped composer, and 500 elements are predicted over the sliding window as
the laboratory's text has it; each some times in turn, medians.
"""

import json
import os
import platform
import statistics
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # read when numpy and torch are imported

from mozart.composing.composer import Composer
from mozart.composing.request import Request
from mozart.lab.generating import predict
from mozart.lab.network import RNN

RUNS, LOOPS, NOTES = 9, 3, 500
OUTPUT = Path(__file__).with_suffix(".json")


def main() -> None:
    """Measure, print and write."""
    composer = Composer.load()
    checkpoint = composer.lab.checkpoint
    literal = RNN(len(checkpoint.vocabulary)).eval()  # the shape that the text has; what it has learned takes no time
    composer.compose(Request(length="4bars", seed=0))
    seconds, notes, loop = [], [], []
    for seed in range(RUNS):
        started = time.process_time()
        piece = composer.compose(Request(length=str(NOTES), seed=seed))
        seconds.append(time.process_time() - started)
        notes.append(len(piece.score))
        if seed < LOOPS:
            started = time.process_time()
            predict(literal, checkpoint.sequences[seed].tolist(), NOTES)
            loop.append(time.process_time() - started)
    # A piece has as many notes as its bars hold: counted by the note.
    a_piece = NOTES * statistics.median(used / count for used, count in zip(seconds, notes, strict=True))
    measured = {
        "notes": NOTES,
        "cpu_seconds": round(a_piece, 3),
        "cpu_seconds_of_the_laboratorys_loop": round(statistics.median(loop), 3),
        "ratio": round(statistics.median(loop) / a_piece, 1),
        "runs": RUNS,
        "machine": f"{platform.machine()} CPU, {os.cpu_count()} cores, 1 thread",
    }
    OUTPUT.write_text(json.dumps(measured, indent=1) + "\n")
    print(json.dumps(measured, indent=1))


if __name__ == "__main__":
    main()
