"""What is counted beside the network, on works that were not counted: rhythm, velocities, hands and keys.

.venv/bin/python benchmarks/arranging.py [--archive PATH_OR_URL] [--output FILE.json]

Held out are the works that validated and tested ``unseen``. Everything was chosen by those that validated, or by leaving
out one work at a time of all that did not test.
"""

import argparse
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from numpy.typing import NDArray

from mozart.checkpoint import METRICS, PRETRAINED
from mozart.corpus import archive
from mozart.corpus.catalogue import find_movement
from mozart.dynamics import draw_velocities
from mozart.hands import LEFT, RIGHT, Hands
from mozart.rhythm import RhythmTable, event_steps
from mozart.score import Event, Work, read_scores
from mozart.tonality import estimate_key
from mozart.vocabulary import pitches
from mozart.windows import WINDOW

PIECES, LENGTH = 200, 500
LAGS = (1, 4, 16, 64, 256)
MIDDLE_C = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    works, _ = read_scores(archive.sonatas(flags.archive))
    metrics = json.loads((PRETRAINED / METRICS).read_text())
    parts = {part: [work for work in works if work.title in metrics[f"{part}_works"]] for part in ("validation", "test")}
    untested = [work for work in works if work not in parts["test"]]
    learned = [work for work in untested if work not in parts["validation"]]
    table, hands = RhythmTable.of(learned), Hands.of(learned)
    result: dict[str, Any] = {
        "steps, nats": {
            part: {strategy: table.loss(held_out, strategy) for strategy in ("sampled", "contextual")}
            for part, held_out in parts.items()
        }
        | {"test, by all other works": {"contextual": RhythmTable.of(untested).loss(parts["test"], "contextual")}},
        "steps, nats, one work left out": leave_one_out(works, parts["test"]),
        "running freely": {strategy: run_freely(table, strategy, parts["validation"]) for strategy in ("sampled", "contextual")}
        | {"Mozart": describe_steps([run_of(work.events) for work in works])},
        "velocities": {"Mozart": describe_velocities([np.array([e.velocity for e in work.events]) for work in works])}
        | {"drawn": describe_velocities([draw_velocities(5700, np.random.default_rng(seed)) for seed in range(100)])},
        "hands right": {
            part: {"learned": count_hands(hands, held_out), "middle C": count_hands(None, held_out)}
            for part, held_out in parts.items()
        },
        "keys right": count_keys(works),
    }
    print(json.dumps(result, indent=1))
    if flags.output:
        flags.output.write_text(json.dumps(result, indent=1) + "\n")


def leave_one_out(works: list[Work], tested: list[Work]) -> dict[str, Any]:
    """The loss of each work's steps by a table of all other works: means over all works, and over those that did not test."""
    losses = {}
    for work in works:
        table = RhythmTable.of([other for other in works if other is not work])
        losses[work.title] = {strategy: table.loss([work], strategy) for strategy in ("sampled", "contextual")}
    worst = max(losses, key=lambda title: losses[title]["contextual"])
    untested = {title: loss for title, loss in losses.items() if title not in {work.title for work in tested}}
    return {
        "mean": {strategy: float(np.mean([loss[strategy] for loss in losses.values()])) for strategy in losses[worst]},
        "mean of those that did not test": float(np.mean([loss["contextual"] for loss in untested.values()])),
        "worst work": {worst: losses[worst]},
    }


def run_freely(table: RhythmTable, strategy: str, works: list[Work]) -> dict[str, float]:
    """Steps drawn on and on, each run from a real place of the works."""
    chance = np.random.default_rng(0)
    runs = []
    for _ in range(PIECES):
        events = works[chance.integers(len(works))].events
        place = int(chance.integers(WINDOW, len(events)))
        recent = event_steps(events[place - 5 : place])
        phase = events[place - 1].bar_offset % 1
        steps = table.draw_steps(strategy, LENGTH, chance, phase=phase, recent=recent)
        runs.append(phase + np.cumsum(steps))
    return describe_steps(runs)


def run_of(events: list[Event]) -> NDArray[np.float64]:
    """The events' places in quarters; only what they are within a quarter counts."""
    return np.array([event.bar_offset for event in events])


def describe_steps(runs: list[NDArray[np.float64]]) -> dict[str, float]:
    places = np.concatenate(runs) % 1

    def share(grid: int) -> float:
        return float((np.abs(places * grid - np.round(places * grid)) < 1e-6).mean())

    return {"on a beat": share(1), "on the sixteenth grid": share(4)}


def describe_velocities(pieces: list[NDArray[np.int64]]) -> dict[str, float]:
    together = np.concatenate(pieces)
    described = {"mean": float(together.mean()), "standard deviation": float(together.std())}
    for lag in LAGS:
        pairs = np.concatenate([np.stack([piece[:-lag], piece[lag:]], 1) for piece in pieces])
        described[f"autocorrelation at {lag}"] = float(np.corrcoef(pairs.T)[0, 1])
    last = np.concatenate(
        [np.stack([np.convolve(piece, np.ones(16) / 16)[15 : len(piece) - 1], piece[16:]], 1) for piece in pieces]
    )
    described["correlation with the mean of the last 16"] = float(np.corrcoef(last.T)[0, 1])
    return described


def count_hands(hands: Hands | None, works: list[Work]) -> float:
    """The share of events whose hand is right: as learned, or by whether the lowest pitch is below middle C."""
    right = total = 0
    for work in works:
        tracks = sorted({event.track for event in work.events})
        played = [RIGHT if event.track in tracks[: 2 if len(tracks) > 2 else 1] else LEFT for event in work.events]
        tokens = [event.token for event in work.events]
        if hands:
            assigned = hands.assign(tokens, [event.offset for event in work.events])
        else:
            assigned = [RIGHT if pitches(token)[0] >= MIDDLE_C else LEFT for token in tokens]
        right += sum(a == b for a, b in zip(played, assigned, strict=True))
        total += len(played)
    return right / total


def count_keys(works: list[Work]) -> dict[str, int]:
    """Of how many movements the key is found, from all events and from the first hundred."""
    counts = {"movements": 0, "all events": 0, "the first 100": 0}
    for work in works:
        for number, movement in groupby(work.events, key=lambda event: event.movement):
            known, events = find_movement(work.title, number), list(movement)
            if known is None:
                continue
            counts["movements"] += 1
            for name, some in (("all events", events), ("the first 100", events[:100])):
                counts[name] += str(estimate_key([e.token for e in some], [e.duration for e in some])) == known.key
    return counts


if __name__ == "__main__":
    main()
