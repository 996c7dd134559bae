"""The output folder of a run: it must be free at the start, and is locked for the run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mozart import atomic
from mozart.checkpoint.card import CURVES, PIECES
from mozart.checkpoint.folder import FILES
from mozart.errors import MozartError

# The names in it beside the checkpoint, the curves and the run's state.
FIRST_PIECE, SAMPLES = "mozart.mid", "samples"


def require_free(folder: Path, state: Path, *, resume: bool) -> None:
    """Raise MozartError if training would overwrite a run or a person's file, or if there is no run to resume."""
    if resume:
        if not os.path.isfile(state):
            raise MozartError(f"There is nothing to resume: {state} does not exist. Leave --resume out to start.")
        return
    if os.path.exists(state):
        raise MozartError(
            f"{folder} already holds a run: continue it with --resume and the same settings, or choose another --output."
        )
    names = dict.fromkeys(name for files in FILES.values() for name in files)
    taken = [name for name in (*names, *CURVES, *PIECES, FIRST_PIECE, SAMPLES) if os.path.exists(folder / name)]
    if taken:
        raise MozartError(f"{folder} already holds {taken[0]}, which training would overwrite: choose another --output.")


@contextmanager
def own(folder: Path) -> Iterator[None]:
    """Lock the folder for this process; it is made if missing, and removed again if it stays empty.

    The lock is the system's and ends with the process, however that ends.

    Raises
    ------
    MozartError
        When the folder cannot be written, or another process has it.
    """
    made = [path for path in (folder, *folder.absolute().parents) if not os.path.exists(path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError
        lock = atomic.lock(folder)
    except BlockingIOError as error:
        raise MozartError(f"Another run is training in {folder}: wait for it, or choose another --output.") from error
    except OSError as error:
        raise MozartError(f"{folder} cannot be written to: choose another --output.") from error
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)
        for path in made:
            with suppress(OSError):  # it holds something
                path.rmdir()
