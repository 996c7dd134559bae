"""Write a file whole or not at all, and keep a folder for one process."""

import os
import secrets
from pathlib import Path

from mozart.errors import MozartError


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path`, and make its folder; a reader, or a crash at any moment, finds the old file or the new one.

    Raises
    ------
    MozartError
        When that is not possible; `path` is then unchanged.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise MozartError(f"{path} cannot be written ({error.strerror}): make room, or choose another place.") from error


def lock(folder: Path) -> int | None:
    """Lock a folder until the file descriptor that this returns is closed, or the process ends.

    Returns
    -------
    int or None
        The file descriptor; None if the system or the file system has no locks.

    Raises
    ------
    BlockingIOError
        When another process has the lock.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:  # a file system without locks
        os.close(descriptor)
        return None
    return descriptor
