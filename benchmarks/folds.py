"""How the stream recipe does on whole works that it has never seen: three folds, each beside its tables of counts.

.venv/bin/python benchmarks/folds.py

Trains the folds one after the other (about 6 minutes each on one CPU core), or goes on where it was stopped, and writes
benchmarks/folds.json. The works were chosen before anything was measured on them; what is decided while training is
decided by the validation works, which the seed draws from the others.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import train
from mozart.runs import STATE_FILE

FOLDS = (("K. 281", "K. 311", "K. 457"), ("K. 309", "K. 310", "K. 545"), ("K. 284", "K. 333", "K. 570"))
RUNS = Path(__file__).parent.parent / "runs" / "folds"


def main() -> int:
    """Train what is not trained yet, print a table, write the results."""
    results = []
    for number, works in enumerate(FOLDS, start=1):
        output = RUNS / str(number)
        if not (output / "metrics.json").exists():
            resume = ["--resume"] * (output / STATE_FILE).exists()
            way = ["--recipe", "stream", "--split", "works", "--test-works", *works]
            if status := train.main([*way, "--output", str(output), *resume]):
                return status
        metrics = json.loads((output / "metrics.json").read_text())
        results.append({key: value for key, value in metrics.items() if key not in ("epochs", "measures")})
    print("\ntest works | network | network and memory | best table | best table and memory  (nats a token, accuracy)")
    for result in results:
        tables = [result["baselines"][name]["test"] for name in list(result["baselines"])[-2:]]
        columns = [result["test"], result["with_memory"]["test"], *tables]
        print(" | ".join([", ".join(result["test_works"]), *(f"{c['loss']:.3f} {c['accuracy']:.1%}" for c in columns)]))
    Path(__file__).with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
