"""The machine that the page runs on: a folder of its own for temporary files, a port, and no proxy between it and itself."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mozart import atomic
from mozart.errors import MozartError

_PREFIX = "mozart-page-"
_PROXY = ("NO_PROXY", "no_proxy")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Keep all temporary files, Gradio's too, in one folder: ``GRADIO_TEMP_DIR``, or a new one that goes with this process.

    A folder that another process has left behind, because it was killed, goes too.

    Raises
    ------
    MozartError
        When there is no folder that can be written to.
    """
    chosen = os.environ.get("GRADIO_TEMP_DIR")
    before = tempfile.tempdir
    try:
        folder = Path(chosen).expanduser() if chosen else Path(tempfile.mkdtemp(prefix=_PREFIX))
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(4_096))
    except (OSError, RuntimeError) as error:
        name, flag = (
            (f"{chosen}, where temporary files go,", "GRADIO_TEMP_DIR") if chosen else ("The folder for temporary files", "TMPDIR")
        )
        reason = getattr(error, "strerror", None) or "there is no home folder"
        raise MozartError(f"{name} cannot be written to ({reason}): make room, or set {flag} to another one.") from error
    lock = None
    try:
        if not chosen:
            lock = atomic.lock(folder)
            _remove_left(folder.parent)
            # Beside each other: Gradio takes a file for one of its own, and does not copy it, when it lies in its folder.
            tempfile.tempdir = str(folder)
            os.environ["GRADIO_TEMP_DIR"] = str(folder / "served")
        yield folder
    finally:
        tempfile.tempdir = before
        if not chosen:
            os.environ.pop("GRADIO_TEMP_DIR", None)
            shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


@contextmanager
def without_proxy() -> Iterator[None]:
    """Ask no proxy: when the page starts, Gradio calls it once at its own address."""
    before = {name: os.environ.get(name) for name in _PROXY}
    os.environ.update(dict.fromkeys(_PROXY, "*"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def require_port() -> None:
    """Raise MozartError where ``GRADIO_SERVER_PORT`` is set and no port: Gradio reads it when it is imported."""
    port = os.environ.get("GRADIO_SERVER_PORT")
    if port is not None and not (port.isascii() and port.isdigit() and len(port) < 6 and 1 <= int(port) <= 65_535):
        raise MozartError(f"GRADIO_SERVER_PORT cannot be {port[:20]!r}: set it to a number from 1 to 65,535, or leave it out.")


def _remove_left(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # somebody else's, or in use
            lock = atomic.lock(folder)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)
