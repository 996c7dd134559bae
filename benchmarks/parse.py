"""How long reading the sonatas takes: one process, all cores, and the second time.

python benchmarks/parse.py [--archive PATH_OR_URL] [--output FILE.json]
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from mozart.corpus import archive
from mozart.score import read_scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    files = archive.sonatas(flags.archive)
    cores = os.cpu_count() or 1

    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, workers, cache in (
            ("one process", 1, Path(folder) / "one"),
            (f"all {cores} cores", cores, Path(folder) / "all"),
            ("second run", cores, Path(folder) / "all"),
        ):
            started = time.perf_counter()
            works, _ = read_scores(files, workers=workers, cache=cache)
            seconds[name] = time.perf_counter() - started
    n_events = sum(len(work.events) for work in works)
    slowest = max(seconds.values())
    machine = f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, music21 {version('music21')}"
    print(f"{len(works)} works, {n_events} notes and chords, on {machine}")
    print("| reading | seconds | times as fast |\n|---|---|---|")
    for name, taken in seconds.items():
        print(f"| {name} | {taken:.2f} | {slowest / taken:.1f} |")
    if flags.output:
        flags.output.write_text(json.dumps({"machine": machine, "events": n_events, "seconds": seconds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
