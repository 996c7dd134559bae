"""Run every attack for its share of the time, and print the table; exit status 1 when anything was lost.

python -m attack --minutes 10
python -m attack --minutes 10 --only midi,checkpoints --seed 7
python -m attack --minutes 60 --write docs/reliability.md     the table goes into the file
"""

import argparse
import datetime
import importlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from attack.trial import Trial

# Name → module, function, share of the time, and what it is, for people.
ATTACKS = {
    "midi": ("files", "run_midi", 3, "MIDI files, damaged and odd, by the reader and as openings"),
    "laboratory": ("files", "run_laboratory_midi", 1, "MIDI files by the laboratory's entrance"),
    "texts": ("files", "run_texts", 1, "the request inside a MIDI file"),
    "requests": ("requests", "run", 1, "links, and settings that programs send"),
    "archives": ("files", "run_archives", 1, "archives"),
    "cache": ("files", "run_cache", 1, "the cache of parsed files"),
    "checkpoints": ("checkpoints", "run", 4, "files of both checkpoints, most with right hashes"),
    "kills": ("processes", "run_kills", 3, "training, killed at any moment and resumed: equal weights"),
    "machines": ("processes", "run_machines", 2, "full disks, foreign users, no home, odd environments"),
    "visitors": ("visitors", "run", 4, "50 and 200 visitors, hostile calls and broken uploads meanwhile"),
}
# An attack that has not ended so long after its time hangs.
_GRACE = 1_800
_MARK = re.compile(r"(<!-- attack -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    """Run the attacks; see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", default=",".join(ATTACKS), help="some of them, by name, with commas between")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--write", type=Path, help="put the table between the marks of this file")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.one:
        return _run_one(flags.one, flags.minutes * 60, flags.seed)
    names = [name for name in ATTACKS if name in flags.only.split(",")]
    if not names:
        parser.error(f"choose among {', '.join(ATTACKS)}")
    parts = sum(ATTACKS[name][2] for name in names)
    started = time.monotonic()
    results = {name: _run(name, flags.minutes * ATTACKS[name][2] / parts, flags.seed) for name in names}
    minutes = (time.monotonic() - started) / 60
    table = _table(results, minutes, flags.seed)
    print(table)
    if flags.write:
        text = flags.write.read_text(encoding="utf-8")
        flags.write.write_text(_MARK.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text), encoding="utf-8")
    for name, result in results.items():
        for find in result["finds"]:
            print(f"{name}: {find}", file=sys.stderr)
    return int(any(result["counts"].get("lost") for result in results.values()))


def _run(name: str, minutes: float, seed: int) -> dict[str, Any]:
    """One attack in a process of its own: what it counted, with one loss more where it hung or broke."""
    print(f"{name}, {minutes:.1f} min: {ATTACKS[name][3]}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "attack", "--one", name, "--minutes", str(minutes), "--seed", str(seed)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=minutes * 60 + _GRACE, check=False)
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        why = "hung" if isinstance(error, subprocess.TimeoutExpired) else "broke down"
        result = {"counts": {"tried": 1, "lost": 1}, "finds": [f"the attack {why}; its last words are above"]}
    print(f"  {result['counts']}", file=sys.stderr, flush=True)
    return result


def _run_one(name: str, seconds: float, seed: int) -> int:
    module, function, *_ = ATTACKS[name]
    trial = Trial(seconds, seed)
    getattr(importlib.import_module(f"attack.{module}"), function)(trial)
    print(trial.to_json())
    return 0


def _table(results: dict[str, dict[str, Any]], minutes: float, seed: int) -> str:
    lines = ["| attack | tried | refused | accepted | lost |", "|---|---:|---:|---:|---:|"]
    total = dict.fromkeys(("tried", "refused", "accepted", "lost"), 0)
    for name, result in results.items():
        counts = {kind: result["counts"].get(kind, 0) for kind in total}
        total = {kind: total[kind] + counts[kind] for kind in total}
        lines.append(f"| {ATTACKS[name][3]} | " + " | ".join(f"{count:,}" for count in counts.values()) + " |")
    lines.append("| **all** | " + " | ".join(f"**{count:,}**" for count in total.values()) + " |")
    date = datetime.datetime.now(datetime.UTC).date()
    lines.append(f"\n{minutes:.0f} minutes on {os.cpu_count()} cores, {date}, seed {seed}.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
