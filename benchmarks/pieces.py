"""What the shipped checkpoints compose, beside real windows: what it copies, whether it loops, how varied it is.

.venv/bin/python benchmarks/pieces.py [--archive PATH_OR_URL] [--pieces 20] [--output FILE.json]

Pieces of 300 notes with default settings; their openings do not count. Real windows are stretches of 300 of the works that
``unseen`` was tested on. All of it is held against the works that both checkpoints have learned from.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from tqdm import tqdm

from mozart import corpus
from mozart.checkpoint import PRETRAINED
from mozart.composer import Composer, Request
from mozart.score import read_scores
from mozart.vocabulary import Vocabulary, pitches

LENGTH = 300
GRAM = 8
# A loop: three exact cycles of a period of up to 64, over at least 48 tokens; the sonatas have none.
CYCLES, LONGEST_PERIOD, LOOP = 3, 64, 48


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    parser.add_argument("--pieces", type=int, default=20)
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    works, _ = read_scores(corpus.sonatas(flags.archive))
    metrics = json.loads((PRETRAINED / "metrics.json").read_text())
    held_out = metrics["validation_works"] + metrics["test_works"]
    learned = [[event.token for event in work.events] for work in works if work.title not in held_out]
    tested = [[event.token for event in work.events] for work in works if work.title in metrics["test_works"]]
    known = {gram for tokens in learned for gram in grams(tokens)}

    groups: dict[str, list[list[str]]] = {}
    for name in ("unseen", "lab"):
        composer = Composer.load(PRETRAINED.parent / name)
        requests = [Request(length=LENGTH, seed=seed, include_opening=False) for seed in range(flags.pieces)]
        groups[name] = [composer.compose(request).tokens for request in tqdm(requests, desc=name, unit="piece", leave=False)]
    groups["Mozart, held out"] = [
        tokens[start : start + LENGTH] for tokens in tested for start in range(0, len(tokens) - LENGTH, LENGTH)
    ]
    results = {name: describe(pieces, known) for name, pieces in groups.items()}
    print("| | pieces | with a loop | 8-grams known from training, in any key | distinct tokens | 4-grams that repeat |")
    print("|---|---|---|---|---|---|")
    for name, row in results.items():
        print(
            f"| {name} | {row['pieces']} | {row['loops']} | {row['copied']:.1%} | {row['distinct']:.0f} | {row['repeated']:.1%} |"
        )
    if flags.output:
        flags.output.write_text(json.dumps(results, indent=1) + "\n")


def describe(pieces: list[list[str]], known: set[tuple[tuple[int, ...], ...]]) -> dict[str, float]:
    """Means over pieces: the share of runs of eight that are known, of 4-grams that came before, and distinct tokens."""
    copied = [np.mean([gram in known for gram in grams(tokens)]) for tokens in pieces]
    repeated = []
    for tokens in pieces:
        fours = list(zip(*(tokens[i:] for i in range(4)), strict=False))
        repeated.append(1 - len(set(fours)) / len(fours))
    return {
        "pieces": len(pieces),
        "loops": sum(has_loop(tokens) for tokens in pieces),
        "copied": float(np.mean(copied)),
        "distinct": float(np.mean([len(set(tokens)) for tokens in pieces])),
        "repeated": float(np.mean(repeated)),
    }


def grams(tokens: list[str]) -> list[tuple[tuple[int, ...], ...]]:
    """Every run of eight as pitches above the lowest of its first token: the same in every key."""
    chords = [pitches(token) for token in tokens]
    return [
        tuple(tuple(pitch - chords[start][0] for pitch in chord) for chord in chords[start : start + GRAM])
        for start in range(len(chords) - GRAM + 1)
    ]


def has_loop(tokens: list[str]) -> bool:
    """Whether some stretch repeats itself exactly, at least three times and over at least 48 tokens."""
    ids = np.array(Vocabulary.of(tokens).encode(tokens))
    for period in range(1, LONGEST_PERIOD + 1):
        run = 0
        for same in ids[period:] == ids[:-period]:
            run = run + 1 if same else 0
            if run + period >= max(LOOP, CYCLES * period):
                return True
    return False


if __name__ == "__main__":
    main()
