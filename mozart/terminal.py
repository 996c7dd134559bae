"""The terminal: names that it cannot show, and a reader of the output who leaves."""

import io
import os
import sys

_BROKEN_PIPE = 141  # the exit status of shells for a program whose reader is gone


def escape_output() -> None:
    """Print characters that the terminal cannot show as escapes; otherwise printing such a file's name would fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def leave_output() -> int:
    """Discard the rest of the output, which Python would otherwise try to write at its end; return the exit status."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _BROKEN_PIPE
