"""The page with a stub for a composer, on a server of its own, and a browser."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from browser import Chromium, find_chromium
from mozart.notes import Score
from mozart.page import files
from mozart.page.page import QUEUE, build_page, launch_options
from mozart.page.studio import Studio
from stub import sines, stub_composer


def _play(score: Score) -> NDArray[np.int16]:
    return sines(score)


@pytest.fixture
def composer() -> Any:
    """Composes at once."""
    return stub_composer()


@pytest.fixture
def studio(composer: Any) -> Studio:
    """Remembers what the stub composes."""
    return Studio(composer)


@pytest.fixture
def _sines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passages are played without FluidSynth."""
    monkeypatch.setattr(files, "play", _play)


@pytest.fixture(scope="module")
def house() -> Any:
    """The composer of the page that runs for a module's tests."""
    sides = {side: {"passages": 60, "distance": {"together": 0.5}} for side in ("pieces", "mozart")}
    return stub_composer(metrics={"measures": {**sides, "floor": {}, "bars": 32}})


@pytest.fixture(scope="module")
def url(house: Any) -> Iterator[str]:
    """The address of the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "play", _play)
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        blocks = build_page(Studio(house))
        _, address, _ = blocks.queue(max_size=QUEUE).launch(prevent_thread_lock=True, quiet=True, **launch_options())
        yield address.rstrip("/")
        house.hold.set()
        blocks.close()


@pytest.fixture(scope="module")
def chromium(url: str) -> Iterator[Chromium]:
    """The browser, one a module: two at once cannot be led. Without one its tests are left out, but never in CI."""
    path = find_chromium()
    if path is None:
        missing = "there is no Chromium: `bash .ci/setup browser` installs one"
        assert not os.environ.get("CI"), missing
        pytest.skip(missing)
    with Chromium(path, url) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Chromium, house: Any) -> Iterator[Chromium]:
    """The browser for one test, which fails when anything went wrong in a page on the way, whatever the test is about."""
    chromium.troubles.clear()
    house.composed.clear()
    house.begun.clear()
    house.hold_at = 1
    yield chromium
    house.hold.set()
    chromium.close_pages()
    assert chromium.troubles == []


@pytest.fixture
def page(browser: Chromium) -> Page:
    """The page as a person sees it who has just opened it on a computer."""
    return browser.open()
