"""A real browser for the page's tests: Chromium, led by Playwright, which notes everything that goes wrong in it.

with Chromium(path, url) as browser:
    page = browser.open("?__theme=dark", size=NARROW)
    page.click("#compose")
    assert browser.troubles == []
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Error, Page, Request, ViewportSize, expect, sync_playwright

WIDE = ViewportSize(width=1280, height=900)
NARROW = ViewportSize(width=390, height=844)
PATIENCE = 60_000  # milliseconds, on a busy machine
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# What Gradio says when a reload, or leaving, ends the stream that it listens to: which of these depends on the moment.
_LEAVING = ("AbortError: signal is aborted", "AbortError: BodyStreamBuffer was aborted", "Unexpected error Connection errored out")
_FLAGS = [
    "--no-sandbox",  # root in a container has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# An offline context needs no sound card.
_LOUDEST = """async (url) => {
  const sound = await (await fetch(url)).arrayBuffer();
  const decoded = await new OfflineAudioContext(1, 1, 44100).decodeAudioData(sound);
  let loudest = 0;
  for (let c = 0; c < decoded.numberOfChannels; c++)
    for (const sample of decoded.getChannelData(c)) loudest = Math.max(loudest, Math.abs(sample));
  return [decoded.duration, loudest];
}"""


def find_chromium() -> str | None:
    """The path of the system's Chromium, or else of the one that Playwright downloads; None where there is neither."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        downloaded = playwright.chromium.executable_path
    return downloaded if Path(downloaded).exists() else None


class Chromium:
    """Runs while its context is open.

    Parameters
    ----------
    path
        The program, as :func:`find_chromium` finds it.
    url
        The address of the page's server.

    Attributes
    ----------
    troubles
        What the pages complained of: errors in scripts, errors on the console (something could not be loaded, say), and
        requests to another server.
    """

    def __init__(self, path: str, url: str) -> None:
        self.url = url
        self.troubles: list[str] = []
        self._path = path

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=self._path, args=_FLAGS)
        # One for all pages, because a second one would have to read the scripts again.
        self._context = self._browser.new_context(base_url=self.url)
        self._context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()
        self._playwright.stop()

    def open(self, query: str = "", size: ViewportSize = WIDE) -> Page:
        """The page in a tab of its own, ready to be used; `query` is what comes after its address."""
        page = self._context.new_page()
        page.set_viewport_size(size)
        page.on("console", self._hear)
        page.on("pageerror", self._note_error)
        page.on("request", self._watch)
        page.goto(f"/{query}")
        page.wait_for_selector("#compose")
        return page

    def close_pages(self) -> None:
        """Close all tabs."""
        for page in self._context.pages:
            page.close()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(said in message.text for said in _LEAVING):
            self.troubles.append(f"console: {message.text} ({message.location.get('url')})")

    def _note_error(self, error: Error) -> None:
        self.troubles.append(f"script: {error}")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", f"blob:{self.url}")):
            self.troubles.append(f"foreign: {request.url}")


def hear(page: Page, url: str) -> tuple[float, float]:
    """How long a sound is in seconds, and its largest sample without sign, 0 to 1, as the browser decodes it."""
    seconds, loudest = page.evaluate(_LOUDEST, url)
    return seconds, loudest


def barriers(page: Page, exceptions: Mapping[str, str]) -> list[str]:
    """List what axe-core finds in the page that keeps people from using it: violations of serious or critical impact.

    Parameters
    ----------
    page
        The page in the browser.
    exceptions
        Rules that are left out, each with the reason.
    """
    rules = {rule: {"enabled": False} for rule in exceptions}
    found = Axe().run(page, options={"resultTypes": ["violations"], "rules": rules}).response["violations"]
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
