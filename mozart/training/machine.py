"""The machine that trains, and what is said on it: its device, what it can compute, how long things take, in words."""

import io
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from tqdm import tqdm

from mozart.errors import MozartError

_BROKEN_PIPE = 141  # what shells say of a program whose output nobody reads any more


def choose_device(name: str, precision: str, rank: int = 0) -> torch.device:
    """The device to train on.

    Parameters
    ----------
    name
        ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.
    precision
        ``float32`` or ``mixed``.
    rank
        Which of the processes of this machine it is for; each has a GPU of its own.

    Raises
    ------
    MozartError
        When there is no such device, or no more of them, or it does not compute in this precision.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise MozartError("There is no CUDA device here: choose --device cpu.")
    device = torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        # cuBLAS gives the same sums every time only with a workspace of fixed size; read when CUDA starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        if rank >= torch.cuda.device_count():
            raise MozartError(
                f"There are more processes than GPUs ({torch.cuda.device_count()}): start one for each GPU, or give --device cpu."
            )
        device = torch.device("cuda", rank)
        torch.cuda.set_device(device)
    if precision == "mixed" and device.type == "cpu" and not has_bfloat16(device):
        raise MozartError("This CPU does not compute in bfloat16: leave --precision mixed out, or train on a GPU.")
    return device


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device computes LSTMs in bfloat16."""
    if device.type == "cpu":
        # LSTMs run through oneDNN, which has no bfloat16 for processors without AVX-512.
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def describe_machine(device: torch.device) -> str:
    """The device with what a time depends on: ``x86_64 CPU, 2 cores, 1 thread``."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    cores, threads = os.cpu_count() or 1, torch.get_num_threads()
    return f"{platform.machine()} CPU, {cores} core{'s' * (cores > 1)}, {threads} thread{'s' * (threads > 1)}"


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a device raises when its memory is full into a MozartError."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise MozartError("The device has too little memory for this: choose a smaller --batch-size.") from error


def escape_output() -> None:
    """Print names that are no UTF-8 with escapes, where printing them would fail."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def leave_output() -> int:
    """Write nothing more to standard output, which nobody reads: Python would try once more at its end. Returns the exit status."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _BROKEN_PIPE


def say(text: str) -> None:
    """Print a line at once, and not into a progress bar."""
    tqdm.write(text)
    sys.stdout.flush()


def say_how_long(seconds: float) -> None:
    """Say how long the rest of a training will take."""
    say(f"  the training will take about {in_words(seconds)}")


def in_words(seconds: float) -> str:
    """``3 h 20 min``, ``7 min`` or ``12 s``."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes >= 2 else f"{seconds:.0f} s"
