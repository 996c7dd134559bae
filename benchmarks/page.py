"""How quick the page is, beside the laboratory's literal loop in the same run; written to ``page.json``.

    python benchmarks/page.py            # all
    python benchmarks/page.py presses    # without the memory, which takes longest

The page runs as a person starts it, in a process of its own, and Chromium opens it at two widths. From a press on Compose, 32
bars by default settings, it takes until a sound is heard: its time moves. After each press the laboratory's loop predicts
as many elements, over the sliding window as the text has it, as the piece has notes. Medians. Then the page composes many
short pieces for one visitor, with all that belongs to them, and its memory is compared.
"""

import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # read when numpy and torch are imported, here and by the page

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from mozart.composing.composer import Composer
from mozart.lab.generating import predict
from mozart.lab.network import RNN

ROOT = Path(__file__).parent.parent
OUTPUT = Path(__file__).with_suffix(".json")
WIDTHS = {1280: 900, 390: 844}
PRESSES, PIECES = 10, 500
PATIENCE = 300_000  # milliseconds, on a busy machine
# The time at which the sound began, whenever it is looked at. Before the piece's a silent one is played, from data.
_SOUND = """() => new Promise((heard) => {
  const begun = performance.now();
  const look = () => {
    const audio = document.querySelector("#piece audio");
    if (audio && !audio.src.startsWith("data:") && !audio.paused && audio.currentTime > 0.02 && window.pressed)
      return heard(performance.now() - audio.currentTime * 1000 - window.pressed);
    if (performance.now() - begun < 250000) requestAnimationFrame(look);
  };
  look();
})"""
_PRESS = """() => {
  window.pressed = 0;
  for (const audio of document.querySelectorAll("audio")) audio.pause();
  const press = () => { window.pressed = performance.now(); };
  document.querySelector("#compose").addEventListener("click", press, { capture: true, once: true });
}"""


def main() -> None:
    """Measure what is named, print and write it beside what the file has of the other."""
    wanted = sys.argv[1:] or ["presses", "memory"]
    measured = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    with page_running() as (url, process):
        if "presses" in wanted:
            composer = Composer.load()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
                )
                widths = {str(width): measure_width(browser, url, width, height, composer) for width, height in WIDTHS.items()}
                browser.close()
            load = f"{platform.machine()} CPU, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
            measured |= {**widths, "presses": PRESSES, "machine": load}
        if "memory" in wanted:
            measured["memory"] = measure_memory(url, process)
    OUTPUT.write_text(json.dumps(measured, indent=1) + "\n")
    print(json.dumps(measured, indent=1))


@contextmanager
def page_running() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Start the page; yield its address and process when its first piece has been made."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"GRADIO_SERVER_PORT": str(port), "MOZART_VOTES": f"{folder}/votes.sqlite"}
        command = [sys.executable, "app.py"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("A first piece"):
                    break
            threading.Thread(target=process.stderr.read, daemon=True).start()  # or it would wait when the pipe is full
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()
            process.wait()


def measure_width(browser: Browser, url: str, width: int, height: int, composer: Composer) -> dict[str, Any]:
    """First paint, what is loaded, and from the press to the sound, at one width of the window."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(PATIENCE)
    loaded = {"bytes": 0, "requests": 0}
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def count(event: dict[str, Any]) -> None:
        loaded["bytes"] += int(event["encodedDataLength"])
        loaded["requests"] += 1

    network.on("Network.loadingFinished", count)
    page.goto(url)
    page.wait_for_selector("#compose")
    page.wait_for_timeout(2_000)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    first = dict(loaded)
    times = [measure_press(page, composer) for _ in range(PRESSES)]
    page.close()
    sounds, loops = zip(*times, strict=True)
    ratio = statistics.median(sound / loop for sound, loop in times)
    return {
        "first_paint_ms": round(paint or 0),
        **first,
        "press_to_sound_s": round(statistics.median(sounds), 2),
        "press_to_sound_s_range": [round(min(sounds), 2), round(max(sounds), 2)],
        "laboratorys_loop_s": round(statistics.median(loops), 2),
        "ratio": round(ratio, 3),
    }


def measure_press(page: Page, composer: Composer) -> tuple[float, float]:
    """Seconds from a press to the sound, and those of the laboratory's loop for as many notes."""
    page.evaluate(_PRESS)
    page.click("#compose")
    sound = float(page.evaluate(_SOUND)) / 1000
    page.wait_for_function("() => !document.body.matches('.mozart-composing')")
    page.wait_for_selector("#wav")  # the page has done all that it does
    page.wait_for_timeout(500)
    notes = page.locator("#piece .notes > *").count()
    checkpoint = composer.lab.checkpoint
    literal = RNN(len(checkpoint.vocabulary)).eval()  # the shape that the text has; what it has learned takes no time
    started = time.perf_counter()
    predict(literal, checkpoint.sequences[0].tolist(), notes)
    return sound, time.perf_counter() - started


def measure_memory(url: str, process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Resident memory before and after many pieces of four bars, with sound, sheet music and files, in megabytes."""
    config = httpx.get(f"{url}/config").json()
    events = {event["api_name"]: event for event in config["dependencies"] if event["api_name"]}
    press = events["press"]
    finish = next(event for event in config["dependencies"] if "finish" in str(event["api_name"]))
    before = resident(process.pid)
    after: list[int] = []
    for number in range(1, PIECES + 1):
        for event in (press, finish):
            send(url, config, event, number)
        if number in (PIECES // 2, PIECES):
            after.append(resident(process.pid))
    return {"pieces": PIECES, "before_mb": before, "halfway_mb": after[0], "after_mb": after[1]}


def send(url: str, config: dict[str, Any], event: dict[str, Any], number: int) -> None:
    """Send an event as the page does, with the widgets as they are but for four bars, and wait until it is done."""
    parts = {part["id"]: part["props"] for part in config["components"]}
    data = [4 if parts[part].get("elem_id") == "length" else parts[part].get("value") for part in event["inputs"]]
    sent = {
        "data": [*data[:-1], number if event["api_name"] == "press" else 1280],
        "fn_index": event["id"],
        "session_hash": "benchmark",
    }
    httpx.post(f"{url}/gradio_api/queue/join", json=sent).raise_for_status()
    with httpx.stream("GET", f"{url}/gradio_api/queue/data", params={"session_hash": "benchmark"}, timeout=300) as answer:
        if not any('"process_completed"' in line and '"success":true' in line.replace(" ", "") for line in answer.iter_lines()):
            raise RuntimeError(f"{event['api_name']} failed.")


def resident(pid: int) -> int:
    """Read the memory of a process, in megabytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


if __name__ == "__main__":
    main()
