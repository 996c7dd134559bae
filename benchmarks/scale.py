"""What more music and more processes cost: 100, 1,000 and 10,000 generated files read, read again, and trained on.

python benchmarks/scale.py [--files 100 1000 10000] [--folder FOLDER] [--output FILE.json]

Each part runs in processes of its own, whose peak memory is the largest of any of them. Seconds are those of a clock: what else
runs on the machine lengthens them, so its load stands beside them. A GPU is not measured.
"""

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from mozart.corpus.archive import midi_files
from mozart.corpus.works import Music, read_works
from mozart.model.network import NetworkConfig
from mozart.model.vocabulary import Vocabulary
from mozart.training.config import TrainingConfig
from mozart.training.data import Streams, split_works
from mozart.training.loop import start_run, train
from mozart.training.processes import join
from mozart.training.shards import make_shelves
from read import random_piece

BATCHES = 12  # that are trained of a pass at most
NOTES = 24  # a file, in seven bars or so
ROOT = Path(__file__).parent.parent
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--folder", type=Path, help="where the files are made, and stay (default: a temporary folder)")
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.part:
        PARTS[flags.part](flags.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        result = measure(flags.folder or Path(temporary), flags.files)
    print(json.dumps(result, indent=1))
    if flags.output:
        flags.output.write_text(json.dumps(result, indent=1) + "\n")


def measure(folder: Path, counts: list[int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {torch.__version__}",
        "notes_a_file": NOTES,
        "load_before": round(os.getloadavg()[0], 2),
        "files": {},
    }
    for count in counts:
        place = folder / str(count)
        generate(place / "midi", count)
        result["files"][count] = {part: run_part(part, place) for part in ("read", "read_again", "train")}
    first, last = (result["files"][count] for count in (counts[0], counts[-1]))
    result["memory_of_the_last_by_the_first"] = {
        part: round(last[part]["peak_megabytes"] / first[part]["peak_megabytes"], 2) for part in first
    }
    place = folder / str(counts[min(1, len(counts) - 1)])
    one, two = run_part("train", place), run_part("train", place, *TORCHRUN)
    result["processes"] = {"1": one["notes_a_second"], "2": two["notes_a_second"]}
    result["two_processes_by_one"] = round(two["notes_a_second"] / one["notes_a_second"], 2)
    result["load_after"] = round(os.getloadavg()[0], 2)
    return result


def run_part(part: str, place: Path, *launcher: str) -> dict[str, Any]:
    """Run a part in a new process, and return its measurements."""
    environment = os.environ | {"MOZART_CACHE": str(place / "cache"), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *launcher, __file__, "--part", part, "--folder", str(place)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(part, place.name, found, file=sys.stderr)
    return found


def read(folder: Path) -> None:
    started = time.perf_counter()
    music = read_folder(folder)
    seconds = time.perf_counter() - started
    tell({"seconds": seconds, "files_a_second": len(music.scores) / seconds, "notes": sum(music.scores.sizes)})


def train_once(folder: Path) -> None:
    """Make the rows of all files, and train one pass, or its first batches."""
    with join() as processes:
        with processes.leader_first():
            works = read_folder(folder).scores
            started = time.perf_counter()
            parts = [works.pick(part) for part in split_works(works.titles, 0)]
            vocabulary = Vocabulary.of(parts[0])
            shelves = make_shelves([("training", parts[0]), ("validation", parts[1])], vocabulary, folder / "rows")
            made = time.perf_counter() - started
        run = start_run(TrainingConfig(epochs=1), NetworkConfig(), vocabulary, {}, torch.device("cpu"))
        streams = Streams(shelves[0], shelves[0].sizes, run.config.batch_size, run.config.sequence_length, torch.device("cpu"))
        of_a_pass, streams.n_batches = streams.n_batches, min(streams.n_batches, BATCHES)
        train(run, streams, shelves[1][:20], processes=processes)
        (epoch,) = run.history
        notes = streams.n_batches * streams.count * run.config.sequence_length
        found = {"rows_seconds": made, "batches": streams.n_batches, "batches_of_a_pass": of_a_pass, "seconds": epoch["seconds"]}
        found["notes_a_second"] = notes / epoch["seconds"]
        if processes.leads:
            tell({**found, "train_loss": epoch["train_loss"]})


PARTS = {"read": read, "read_again": read, "train": train_once}


def read_folder(folder: Path) -> Music:
    return read_works(midi_files(folder / "midi"), folder=folder / "midi")


def tell(found: dict[str, Any]) -> None:
    """Print measurements with the peak memory of this process and of those that it started."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peaks = [resource.getrusage(who).ru_maxrss / unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({name: round(value, 4) for name, value in found.items()} | {"peak_megabytes": round(max(peaks), 1)}))


def generate(folder: Path, count: int) -> None:
    """Write random files of single notes in two tracks, a hundred in each folder."""
    for index in range(count):
        path = folder / f"composer {index // 100}" / f"{index}.mid"
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        random_piece(random.Random(index), NOTES, (480, 960, 1_920)).save(path)


if __name__ == "__main__":
    main()
