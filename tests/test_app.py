"""The Space starts, whatever the Hub does and wherever it runs."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import app
from hub_server import Failure, HubServer
from mozart import hub
from mozart.checkpoint import load_checkpoint
from mozart.composer import Composer
from mozart.errors import MozartError


@pytest.fixture
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOZART_MODEL", raising=False)
    monkeypatch.delenv("MOZART_REVISION", raising=False)


@pytest.mark.usefixtures("_no_model")
def test_the_shipped_checkpoint() -> None:
    """Without MOZART_MODEL the page composes from it, and has nothing to say about it."""
    composer, notice, coming = app.load_composer()
    assert (composer.name, notice, coming) == ("pretrained/unseen", "", None)


@pytest.mark.parametrize("trouble", ["slow", "down", "broken"])
def test_the_hub_is_slow_or_down(trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page starts from the shipped checkpoint after a moment, and says why."""
    released = threading.Event()
    whole: Callable[..., Composer] = Composer.load

    def load(source: str | None = None, revision: str | None = None) -> Composer:
        if source is None:
            return whole()
        assert (source, revision) == ("user/name", "abc")
        if trouble == "down":
            raise MozartError("The Hub cannot be reached.")
        if trouble == "broken":
            raise ValueError("something new")
        released.wait(60)
        return whole()

    monkeypatch.setattr(Composer, "load", load)
    monkeypatch.setattr(app, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setenv("MOZART_MODEL", "user/name")
    monkeypatch.setenv("MOZART_REVISION", "abc")
    composer, notice, coming = app.load_composer()
    released.set()
    assert composer.name == "pretrained/unseen"
    said = {
        "slow": "The checkpoint user/name did not come in 0.05 seconds.",
        "down": "The Hub cannot be reached.",
        "broken": "The checkpoint user/name cannot be loaded (ValueError).",
    }[trouble]
    until = " until it is there" * (trouble == "slow")
    assert notice == f"{said} This page composes from the checkpoint that ships with the code{until}."
    # What is late is not lost.
    assert (coming is not None) == (trouble == "slow")
    assert coming is None or isinstance(coming.result(60), Composer)


@pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")
@pytest.mark.usefixtures("_no_model")
def test_a_model_on_the_hub(server: HubServer, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page composes from MOZART_MODEL, from the cache when the Hub is away, and from its own when there is neither."""
    hub.prepare("user/name")
    revision = hub.push(checkpoint_folder, "user/name")
    monkeypatch.setenv("MOZART_MODEL", "user/name")
    for _ in range(2):
        composer, notice, _ = app.load_composer()
        assert (composer.name, composer.revision, notice) == ("user/name", revision, "")
        assert composer.checkpoint.identity == load_checkpoint(checkpoint_folder).identity
        server.failures = [Failure("GET", "", times=9, status=503)]

    monkeypatch.setattr(app, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setenv("MOZART_REVISION", "v2")
    server.failures = [Failure("GET", "", times=9, seconds=1)]
    composer, notice, _ = app.load_composer()
    assert (composer.name, composer.revision) == ("pretrained/unseen", None)
    assert "did not come in" in notice


def test_zero_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the spaces module is there, a function is offered to the GPU, and never called."""
    offered: list[Callable[[], object]] = []
    stand_in = ModuleType("spaces")
    stand_in.GPU = offered.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spaces", stand_in)
    app.reserve_gpu()
    assert len(offered) == 1
    monkeypatch.setitem(sys.modules, "spaces", None)
    app.reserve_gpu()
    assert len(offered) == 1
