"""Write a file whole or not at all."""

import os
import secrets
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path`; a reader, or a crash at any moment, finds the old file or the new one, never a part.

    Raises OSError, and then leaves `path` as it was.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
