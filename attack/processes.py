"""Programs of ours as processes: killed and resumed, on full disks, as somebody else, in odd environments."""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import tiny
from attack.trial import Trial

ROOT = Path(__file__).parents[1]
_SOMEBODY = 12_345
_SLOW = 300  # seconds in which a program ends that composes a bar, or a page opens, on a machine that is very busy


def run_kills(trial: Trial) -> None:
    """Kill a training at a random moment, over and over, and resume it: the weights are those of a run left alone."""
    code = (
        "import sys, torch, tiny, train; torch.set_num_threads(1); train.NetworkConfig = lambda: tiny.SIZES; sys.exit(train.main())"
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tiny.write_midi_files(folder / "music")
        common = ["--midi-dir", str(folder / "music"), "--epochs", "5", "--sequence-length", "24", "--device", "cpu"]

        def start(output: str, *more: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", code, *common, "--output", str(folder / output), *more]
            return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

        started = time.monotonic()
        start("whole").communicate()
        takes = time.monotonic() - started
        whole = _weights(folder / "whole")
        for number in trial.rounds():
            output = f"killed-{number}"
            for _ in range(3):
                process = start(output, *_resume(folder / output))
                try:
                    _, said = process.communicate(timeout=trial.random.uniform(0.3, 1.3) * takes)
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
            else:
                said = start(output, *_resume(folder / output)).communicate()[1]
            same = (folder / output / "config.json").exists() and _weights(folder / output) == whole
            trial.count("accepted" if same and b"Traceback" not in said else "lost", f"kill {number}: {said[-300:]!r}")
            shutil.rmtree(folder / output)


def _resume(output: Path) -> list[str]:
    return ["--resume"] if list(output.glob("training_state*")) else []


def run_machines(trial: Trial) -> None:
    """Every program in every odd place: it works, or says in a sentence what is wrong with the machine."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        tiny.checkpoint(folder / "checkpoint")
        tiny.lab_checkpoint(folder / "lab")
        tiny.write_midi_files(folder / "music")
        (folder / "file").touch()
        (folder / "theirs").mkdir(0o700)
        cases = list(itertools.product(_programs(folder), _places(folder)))
        trial.random.shuffle(cases)
        for number in trial.rounds():
            if number == len(cases):
                break
            (program, command), (where, variables, prefix) = cases[number]
            for made in ("out", "run"):
                shutil.rmtree(folder / made, ignore_errors=True)
            (folder / "out").mkdir()
            (folder / "out").chmod(0o777)
            _try(trial, f"{program}, {where}", [*prefix, sys.executable, *command], variables)


def _programs(folder: Path) -> list[tuple[str, list[str]]]:
    compose = ["-m", "mozart", "compose", "--seed", "1", "--out", str(folder / "out" / "a.mid"), "--checkpoint"]
    train = ["train.py", "--midi-dir", str(folder / "music"), "--output", str(folder / "run"), "--dry-run"]
    return [
        ("compose", [*compose, str(folder / "checkpoint"), "--length", "2bars", "--opening", str(folder / "music" / "work-0.mid")]),
        ("compose with sound", [*compose, str(folder / "checkpoint"), "--length", "2bars", "--wav", str(folder / "out" / "a.wav")]),
        ("compose --lab", [*compose, str(folder / "lab"), "--lab", "--length", "10"]),
        ("compose from a hostile name", [*compose, "a/b\n\x1b[31m"]),
        ("train --dry-run", train),
        ("train --recipe lab --dry-run", [*train, "--recipe", "lab"]),
        ("app", ["app.py"]),
    ]


def _places(folder: Path) -> list[tuple[str, Mapping[str, str | None], list[str]]]:
    """Describe a machine: its name, changes of the environment (None removes), and what comes before the command."""
    somebody = ["setpriv", f"--reuid={_SOMEBODY}", f"--regid={_SOMEBODY}", "--clear-groups"]
    can_be_somebody = os.getuid() == 0 and shutil.which("setpriv") and _can_run([*somebody, sys.executable, "-c", ""])
    places: list[tuple[str, Mapping[str, str | None], list[str]]] = [
        ("as usual", {}, []),
        ("without HOME", {"HOME": None}, []),
        ("HOME is missing", {"HOME": "/nonexistent"}, []),
        ("HOME is a file", {"HOME": str(folder / "file")}, []),
        ("TMPDIR is a file", {"TMPDIR": str(folder / "file"), "GRADIO_TEMP_DIR": str(folder / "file")}, []),
        ("the cache is a file", {"MOZART_CACHE": str(folder / "file" / "x"), "HF_HOME": str(folder / "file")}, []),
        ("the cache is nobody's", {"MOZART_CACHE": "~nobody-here/c"}, []),
        ("a proxy that speaks SOCKS", {"ALL_PROXY": "socks5://127.0.0.1:9"}, []),
        ("a proxy that is dead", {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}, []),
        ("a terminal with ASCII", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}, []),
        ("a port that is none", {"GRADIO_SERVER_PORT": "abc"}, []),
        ("a full disk", {}, ["bash", "-c", 'ulimit -f 2; trap "" XFSZ; exec "$@"', "bash"]),
        ("few open files", {}, ["bash", "-c", 'ulimit -n 40; exec "$@"', "bash"]),
    ]
    if can_be_somebody:
        places += [
            ("somebody without a name", {"HOME": None}, somebody),
            (
                "somebody whose folders are others'",
                {"HOME": str(folder / "theirs"), "GRADIO_TEMP_DIR": str(folder / "theirs")},
                somebody,
            ),
        ]
    return places


def _try(trial: Trial, what: str, command: Sequence[str], variables: Mapping[str, str | None]) -> None:
    port = str(trial.random.randrange(20_000, 30_000))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GRADIO_SERVER_PORT": port, "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    environment |= {name: value for name, value in variables.items() if value is not None}
    for name, value in variables.items():
        if value is None:
            environment.pop(name, None)
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        end, serves, text = time.monotonic() + _SLOW, False, ""
        while process.poll() is None and not serves and time.monotonic() < end:
            time.sleep(0.2)
            text = _so_far(output)
            serves = "Running on" in text
        hung = process.poll() is None and not serves
        process.kill()
        status = process.wait()
        text = _so_far(output)
    if hung or "Traceback" in text or re.search(r"\[Errno|\x1b\[31m", text) or (status < 0 and not serves):
        trial.count("lost", f"{what}: {'hung' if hung else f'status {status}'}, {text[-300:]!r}")
    else:
        trial.count("accepted" if serves or status == 0 else "refused")


def _so_far(output: IO[bytes]) -> str:
    # Not by moving the file's place: the program writes there.
    return os.pread(output.fileno(), 1_000_000, 0).decode("utf-8", "replace")


def _can_run(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()
