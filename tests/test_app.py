"""The Space starts, whatever the Hub does and wherever it runs."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import app
from mozart.errors import MozartError
from stub import StubComposer

INSTEAD = "This page composes from the checkpoint that ships with the code"


class Hub(StubComposer):
    """Stands for the composer: what ships is there at once, what lies on the Hub when `released` is set."""

    released = threading.Event()
    error: Exception | None = None

    @classmethod
    def load(cls, source: str | None = None, revision: str | None = None) -> "Hub":
        if source is None:
            return cls(name="shipped")
        assert (source, revision) == ("user/name", "abc")
        assert cls.released.wait(60)
        if cls.error is not None:
            raise cls.error
        return cls(name=source)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Hub]:
    """A page that is to compose from a checkpoint on the Hub."""
    monkeypatch.setattr(Hub, "released", threading.Event())
    module = ModuleType("mozart.composing.composer")
    module.Composer = Hub  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setenv("MOZART_MODEL", "user/name")
    monkeypatch.setenv("MOZART_REVISION", "abc")
    monkeypatch.setenv("MOZART_VOTES", str(tmp_path / "votes.sqlite"))
    return Hub


def arrived() -> None:
    """Wait until the thread that loads has come to its end."""
    for thread in threading.enumerate():
        if thread.name.endswith("(load)"):
            thread.join(60)


@pytest.mark.usefixtures("hub")
def test_the_shipped_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MOZART_MODEL the page composes from it, and has nothing to say about it."""
    monkeypatch.delenv("MOZART_MODEL")
    studio = app.open_studio()
    assert (studio.composer.name, studio.notice) == ("shipped", "")


def test_the_hub_is_there(hub: type[Hub]) -> None:
    """What comes in time is what composes."""
    hub.released.set()
    studio = app.open_studio()
    assert (studio.composer.name, studio.notice) == ("user/name", "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MozartError("The Hub cannot be reached."), "The Hub cannot be reached."),
        (ValueError("something new"), "The checkpoint user/name cannot be loaded (ValueError)."),
    ],
)
def test_the_hub_is_down(hub: type[Hub], monkeypatch: pytest.MonkeyPatch, error: Exception, said: str) -> None:
    """The page starts from the shipped checkpoint, and says why."""
    monkeypatch.setattr(hub, "error", error)
    hub.released.set()
    studio = app.open_studio()
    assert (studio.composer.name, studio.notice) == ("shipped", f"{said} {INSTEAD}.")


@pytest.mark.parametrize("fails", [False, True])
def test_the_hub_is_slow(hub: type[Hub], monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    """The page starts at once and says that it waits; it adopts what is late, and says when that has failed."""
    monkeypatch.setattr(app, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(hub, "error", MozartError("The checkpoint is damaged.") if fails else None)
    studio = app.open_studio()
    assert studio.composer.name == "shipped"
    assert studio.notice == f"The checkpoint user/name did not come in 0 seconds. {INSTEAD} until it is there."
    hub.released.set()
    arrived()
    assert studio.composer.name == ("shipped" if fails else "user/name")
    assert studio.notice == (f"The checkpoint is damaged. {INSTEAD}." if fails else "")


def test_guesses_stay(hub: type[Hub]) -> None:
    """Guesses of before are there when the page starts again."""
    hub.released.set()
    app.open_studio().votes.add("K. 281", 7, "one", True)
    assert app.open_studio().votes.count("one") == (1, 1)


def test_no_room_for_guesses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where they cannot be kept the page starts all the same, and it is said."""
    monkeypatch.setenv("MOZART_VOTES", str(tmp_path))
    app.open_votes().add("K. 281", 7, "one", True)
    assert "The guesses cannot be kept" in capsys.readouterr().err


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
