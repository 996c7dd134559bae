"""What a copy of the page costs: its memory, and how many pieces a minute one copy and two copies compose on this machine.

python benchmarks/serve.py [--requests 6] [--output FILE.json]

Two people at a time ask each copy for pieces of 16 bars, as a program does, with sound and score. The first request goes to every
copy, whose answers are compared byte for byte. The machine's load stands beside the figures.
"""

import argparse
import hashlib
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from gradio_client import Client

ROOT = Path(__file__).parent.parent
LENGTH = "16bars"
AT_ONCE = 2  # people a copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=6, help="to each copy (default 6)")
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "length": LENGTH,
        "load_before": round(os.getloadavg()[0], 2),
        "copies": {count: measure(count, flags.requests) for count in (1, 2)},
        "load_after": round(os.getloadavg()[0], 2),
    }
    print(json.dumps(result, indent=1))
    if flags.output:
        flags.output.write_text(json.dumps(result, indent=1) + "\n")


def measure(count: int, requests: int) -> dict[str, Any]:
    with ExitStack() as stack:
        copies = [stack.enter_context(running()) for _ in range(count)]
        started = [megabytes(process.pid) for process, _, _ in copies]
        answers = {ask(client, 1) for _, client, _ in copies}
        begun = time.perf_counter()
        with ThreadPoolExecutor(count * AT_ONCE) as people:
            jobs = [(client, seed) for seed in range(2, requests + 2) for _, client, _ in copies]
            list(people.map(lambda job: ask(*job), jobs))
        seconds = time.perf_counter() - begun
        return {
            "seconds_to_start": [round(seconds_to_start, 1) for _, _, seconds_to_start in copies],
            "megabytes_each_at_the_start": started,
            "megabytes_each_after": [megabytes(process.pid) for process, _, _ in copies],
            "pieces_a_minute": round(60 * len(jobs) / seconds, 1),
            "same_bytes": len(answers) == 1,
        }


@contextmanager
def running() -> Iterator[tuple["subprocess.Popen[bytes]", Client, float]]:
    """Start a copy of the page; yield its process, a client, and how long the start took."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        own = {"GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": folder, "MOZART_VOTES": f"{folder}/votes.sqlite"}
        environment = os.environ | own | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, ROOT / "app.py"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            assert process.stdout is not None
            missing = {b"A first piece was ready", b"Running on local URL"}
            while missing:
                line = process.stdout.readline()
                assert line, "the page did not start"
                missing -= {sign for sign in missing if sign in line}
            yield process, Client(f"http://127.0.0.1:{port}", verbose=False), time.perf_counter() - begun
        finally:
            process.terminate()
            process.wait()


def ask(client: Client, seed: int) -> str:
    """Compose a piece, and hash its MIDI file and its score."""
    _, midi, score, _ = client.predict(length=LENGTH, seed=seed, api_name="/compose")
    return hashlib.sha256(Path(midi).read_bytes() + Path(score).read_bytes()).hexdigest()


def megabytes(pid: int) -> float:
    """Read the memory of a process, with shared pages divided among those that share them (PSS); Linux only."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


if __name__ == "__main__":
    main()
