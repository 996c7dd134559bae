"""How the composer's network does on other works held out: three folds, each beside baselines on the same notes.

python benchmarks/folds.py

The first fold is the shipped checkpoint's own. The others are trained one after the other, about 8 minutes each on a quiet
CPU core, or continued where they were stopped; the result goes to benchmarks/folds.json. The test works were chosen before
anything was measured on them, and what is decided while training, the validation works decide, which the seed draws.
"""

import json
import subprocess
import sys
from pathlib import Path

from mozart.training.saving import STATE_FILE

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "mozart" / "pretrained" / "sonata" / "metrics.json"
FOLDS = (("K. 309", "K. 310", "K. 545"), ("K. 284", "K. 333", "K. 570"))
RUNS = ROOT / "runs" / "folds"
KEPT = ("test_works", "validation_works", "seed", "seconds", "machine", "test", "with_memory", "baselines")


def main() -> int:
    """Train what is not trained yet, print a table, write the results."""
    results = [json.loads(SHIPPED.read_text())]
    for number, works in enumerate(FOLDS, start=2):
        output = RUNS / str(number)
        if not (output / "metrics.json").exists():
            resume = ["--resume"] * (output / STATE_FILE).exists()
            command = [sys.executable, str(ROOT / "train.py"), "--test-works", *works, "--output", str(output), *resume]
            if status := subprocess.run(command, check=False).returncode:
                return status
        results.append(json.loads((output / "metrics.json").read_text()))
    print("\nIOI, voice and pitch together, in nats a quarter note; pitches right, given time and voice")
    print("test works | network | with memory | counts in any key | counts, rhythm apart | pitches right")
    for result in results:
        baselines = [result["baselines"][name]["test"] for name in ("counts in any key", "counts in any key, rhythm apart")]
        figures = [result["test"]["hidden"], result["with_memory"]["test"], *baselines]
        nats = " | ".join(f"{figure['nats_a_quarter']['together']:.2f}" for figure in figures)
        print(f"{', '.join(result['test_works'])} | {nats} | {result['test']['hidden']['pitch_accuracy']:.1%}")
    kept = [{name: result[name] for name in KEPT if name in result} for result in results]
    Path(__file__).with_suffix(".json").write_text(json.dumps(kept, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
