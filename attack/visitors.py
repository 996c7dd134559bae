"""A page of its own with many visitors at once: every answer is compared with what composing gives here.

Meanwhile others send hostile calls, break uploads off, and ask for what cannot be.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import httpx

from attack import evil
from attack.trial import MAX_BYTES, Trial
from mozart.composing.composer import Composer
from mozart.composing.request import Request

ROOT = Path(__file__).parents[1]
CROWDS = (50, 200)
_WAIT = 600.0  # seconds that a visitor waits in such a crowd, and for the page to open: nobody promises a quick answer
_PATHS = [
    "/",
    "/config",
    "/gradio_api/info",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file=app.py",
    "/card.png",
    "/../etc/passwd",
]


def run(trial: Trial) -> None:
    """Open the page, and let the crowds come one after the other."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        composer = Composer.load()
        (folder / "temporary").mkdir()
        process, url, log = _open(folder)
        try:
            seconds = trial._seconds / len(CROWDS)
            for crowd in CROWDS:
                _crowd(trial, composer, url, crowd, seconds)
            _check(trial, process, folder)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        text = log.read_text(errors="replace")
        if "Traceback" in text:
            (Path(tempfile.gettempdir()) / "mozart-attack-page.log").write_text(text)
            trial.count("lost", f"the page printed a traceback, all of it in mozart-attack-page.log: {text[-300:]}")


def _open(folder: Path) -> tuple["subprocess.Popen[bytes]", str, Path]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log"
    variables = {
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(folder / "temporary"),
        "MOZART_VOTES": str(folder / "votes.sqlite"),
    }
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=os.environ | variables, stdout=file, stderr=file)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + _WAIT
    while process.poll() is None and time.monotonic() < end:
        try:
            httpx.get(f"{url}/config", timeout=5, trust_env=False)
            return process, url, log
        except httpx.TransportError:
            time.sleep(0.5)
    process.kill()
    raise RuntimeError(f"the page did not open: {log.read_text()[-500:]}")


def _crowd(trial: Trial, composer: Composer, url: str, size: int, seconds: float) -> None:
    end, lock = time.monotonic() + seconds, threading.Lock()

    def count(kind: str, what: object = "") -> None:
        with lock:
            trial.count(kind, what)

    def visit(number: int) -> None:
        random_ = random.Random(number)
        while time.monotonic() < end:
            try:
                kind, what = (_ask if number % 5 else _annoy)(random_, composer, url)
            except Exception as error:  # counted, whatever it is
                kind, what = "lost", f"{type(error).__name__}: {error}"
            count(kind, what)
            time.sleep(random_.random())

    threads = [threading.Thread(target=visit, args=(number,), daemon=True) for number in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 2 * _WAIT)
    if any(thread.is_alive() for thread in threads):
        count("lost", f"of {size} visitors some wait still")


def _ask(random_: random.Random, composer: Composer, url: str) -> tuple[str, str]:
    """Ask for a piece as a program does; its MIDI file is, byte for byte, the one that is composed here."""
    settings: dict[str, Any] = {"length": f"{random_.randrange(1, 5)}bars", "seed": random_.randrange(10)}
    if random_.random() < 0.3:
        settings["offsets"] = random_.choice(["0.25", "sampled"])
    with httpx.Client(base_url=url, timeout=_WAIT, trust_env=False) as client:
        values = list(Request(**settings).model_dump().values())
        answer = client.post("/gradio_api/call/compose", json={"data": values})
        if answer.status_code == 503:
            return "refused", ""
        event = answer.json()["event_id"]
        said = client.get(f"/gradio_api/call/compose/{event}").text
        if "event: complete" not in said:
            return "lost", f"no piece for {settings}: {said[:200]}"
        files = json.loads(said.rpartition("data: ")[2])
        midi = client.get(urlparse(files[1]["url"]).path).content
    return ("accepted", "") if midi == _expected(composer, Request(**settings)) else ("lost", f"another piece for {settings}")


@cache
def _expected(composer: Composer, request: Request) -> bytes:
    return composer.compose(request).midi()


def _annoy(random_: random.Random, _: Composer, url: str) -> tuple[str, str]:
    """Send what nobody should: it is refused within a few seconds, shortly, and nothing of Python's is said."""
    with httpx.Client(base_url=url, timeout=_WAIT, trust_env=False) as client:
        match random_.randrange(6):
            case 0:
                answer = client.get(random_.choice(_PATHS), params={"seed": random_.choice(["7", "x" * 5_000, "<script>"])})
                if "root:" in answer.text or "def main" in answer.text:
                    return "lost", "a file that is nobody's business was served"
            case 1:
                body = {"data": [random_.choice(evil.VALUES[:10]) for _ in range(random_.randrange(20))], "fn_index": 9}
                body |= {"session_hash": "x"} if random_.random() < 0.5 else {}
                name = random_.choice(["compose", "press", "stop", "finish", "arrive", "nothing", "predict"])
                answer = client.post(f"/gradio_api/call/{name}", content=json.dumps(body))
            case 2:
                data = {"data": [None], "fn_index": random_.randrange(-3, 60), "session_hash": f"{random_.random()}"}
                answer = client.post(f"/gradio_api/{random_.choice(['queue/join', 'run/predict'])}", json=data)
            case 3:
                answer = client.post(
                    "/gradio_api/upload", files={"files": ("../é\x01<b>.mid", os.urandom(random_.choice([10, 10**6])))}
                )
            case 4:
                answer = client.post("/gradio_api/call/compose", content=b"[" * 100_000)
            case _:
                _break_off(url)
                return "refused", ""
    if "Traceback" in answer.text or 'File "/' in answer.text or (answer.status_code >= 400 and len(answer.text) > 3_000):
        return "lost", f"{answer.request.url}: {answer.status_code} {answer.text[:200]}"
    return ("refused", "") if answer.status_code >= 400 else ("accepted", "")


def _break_off(url: str) -> None:
    """Half an upload, and away."""
    address = urlparse(url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        head = "POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n"
        head += "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        connection.sendall(
            head.encode() + b'--x\r\nContent-Disposition: form-data; name="files"; filename="h.mid"\r\n\r\n' + bytes(9_000)
        )


def _check(trial: Trial, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Require that the page lives, took no more memory than it may, and keeps nothing of broken uploads."""
    memory = 0
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            memory = int(line.split()[1]) * 1024
    if process.poll() is not None or memory > MAX_BYTES:
        trial.count("lost", f"the page ended, or took {memory / 1e9:.2f} GB")
    left = [path for path in (folder / "temporary").rglob("*") if path.name.startswith("h.mid")]
    if left:
        trial.count("lost", f"of uploads that broke off {len(left)} files are left")
