"""Write a file whole or not at all."""

import os
import secrets
from pathlib import Path

from mozart.errors import MozartError


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path`, making its folder; a reader, or a crash at any moment, finds the old file or the new one.

    Raises MozartError when that cannot be done, and then leaves `path` as it was.
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
