"""How fast the page is: cold start, press to sound in a real browser, many visitors at once, memory over many pieces.

.venv/bin/python benchmarks/page.py [--presses 10] [--visitors 50] [--pieces 500] [--output FILE.json]

Needs Chromium (``bash .ci/setup browser``). The page runs in a process of its own, as on a Space, from the shipped checkpoint.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from gradio_client import Client
from playwright.sync_api import Page

from browser import NARROW, WIDE, Chromium, find_chromium
from mozart import audio
from mozart.composer import Composer
from mozart.page import USUAL
from mozart.request import Request

ROOT = Path(__file__).parent.parent
# The moment at which the browser has enough of the sound to play it.
_WATCH = """() => {
  window.heard = 0;
  document.addEventListener("canplay", (event) => {
    if (!window.heard && event.target.closest("#piece")) window.heard = performance.now();
  }, { capture: true });
}"""
_PRESS = """() => { window.heard = 0; window.pressed = performance.now(); document.querySelector("#compose").click(); }"""
_SOUND = "() => window.heard"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=10)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--pieces", type=int, default=500)
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    path = find_chromium()
    if path is None:
        sys.exit("There is no Chromium: `bash .ci/setup browser` installs one.")
    result: dict[str, Any] = {"machine": f"{platform.machine()} CPU, {os.cpu_count()} cores", "notes": USUAL}
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as (url, server, answered):
        client = Client(url, verbose=False)
        client.predict(length=str(USUAL), api_name="/compose")
        result["cold start, s"] = {"page answers": answered(), "first piece": answered(now=True)}
        result["memory after the first piece, MB"] = memory(server, "VmRSS")
        with Chromium(path, url) as browser:
            for name, size in (("1280 pixels", WIDE), ("390 pixels", NARROW)):
                result[f"press to sound, {name}, s"] = press(browser.open(size=size), flags.presses)
        result[f"{flags.visitors} visitors at once"] = besiege(url, flags.visitors)
        result[f"{flags.pieces} pieces"] = go_on(client, server, Path(folder), flags.pieces)
        result["peak memory, MB"] = memory(server, "VmHWM")
    result["whole or streamed, s"] = compare_streaming(flags.presses)
    text = json.dumps(result, indent=1)
    print(text)
    if flags.output:
        flags.output.write_text(text + "\n")


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, int, Any]]:
    """`python app.py`: its address, its process, and what tells the seconds from its start to the first answer, or to now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "TMPDIR": str(folder)}
    environment.pop("MOZART_MODEL", None)
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.02)
            answers = time.perf_counter() - started
            yield (
                f"http://127.0.0.1:{port}",
                server.pid,
                lambda now=False: round(time.perf_counter() - started if now else answers, 2),
            )
        finally:
            server.terminate()


def press(page: Page, presses: int) -> dict[str, float]:
    """Seconds from pressing Compose until the browser can play the piece, the median and the slowest."""
    page.evaluate(_WATCH)
    seconds = []
    for _ in range(presses):
        page.evaluate(_PRESS)
        page.wait_for_function(_SOUND)
        seconds.append(page.evaluate("() => window.heard - window.pressed") / 1000)
        page.wait_for_selector("#musicxml")  # the rest of the piece has come too
        page.wait_for_timeout(1000)
    return {"p50": round(statistics.median(seconds), 2), "most": round(max(seconds), 2)}


def besiege(url: str, visitors: int) -> dict[str, Any]:
    """Everybody presses at once; whether each gets the piece of their own seed, and how long the last one waits."""
    clients = [Client(url, verbose=False) for _ in range(visitors)]
    together = threading.Barrier(visitors)

    def ask(seed: int) -> tuple[float, bool]:
        together.wait()
        started = time.perf_counter()
        sound, _, about = clients[seed].predict(length=str(USUAL), seed=seed, api_name="/compose")
        return time.perf_counter() - started, about["seed"] == seed and os.path.getsize(sound) > 0

    with ThreadPoolExecutor(visitors) as pool:
        answers = list(pool.map(ask, range(visitors)))
    seconds = sorted(waited for waited, _ in answers)
    return {
        "their own piece": sum(own for _, own in answers),
        "first, s": round(seconds[0], 1),
        "median, s": round(statistics.median(seconds), 1),
        "last, s": round(seconds[-1], 1),
    }


def go_on(client: Client, server: int, folder: Path, pieces: int) -> dict[str, Any]:
    """Memory as piece after piece is composed, and the files that wait to be deleted after an hour."""
    known = {}
    for number in range(1, pieces + 1):
        client.predict(length=str(USUAL), seed=1000 + number, api_name="/compose")
        if number in (pieces // 5, pieces // 2, pieces):
            known[f"memory after {number}, MB"] = memory(server, "VmRSS")
    known["files that Gradio deletes after an hour, MB"] = round(
        sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    )
    return known


def compare_streaming(pieces: int) -> dict[str, float]:
    """Until the whole sound is there, and until its first block would be, with composing; the median of some pieces."""
    composer = Composer.load()
    whole, first = [], []
    for seed in range(pieces + 1):
        started = time.perf_counter()
        midi = composer.compose(Request(length=USUAL, seed=seed, include_opening=False)).midi()
        made = time.perf_counter()
        audio.flac_bytes(next(audio.render_blocks(midi)))
        block = time.perf_counter()
        audio.flac_bytes(audio.render(midi))
        if seed:  # before the first one music21 is loaded
            first.append(block - started)
            whole.append(time.perf_counter() - block + made - started)
    return {"whole": round(statistics.median(whole), 2), "first block": round(statistics.median(first), 2)}


def memory(process: int, name: str) -> int:
    """VmRSS or VmHWM of a process, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(name))) // 1024


if __name__ == "__main__":
    main()
