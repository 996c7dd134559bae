"""The machine that trains: its device, what it can compute, and lines about it on the terminal."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from tqdm import tqdm

from mozart.errors import MozartError


def choose_device(name: str, precision: str, rank: int = 0) -> torch.device:
    """Choose the device to train on.

    Parameters
    ----------
    name
        ``auto`` (CUDA if there is one), ``cpu`` or ``cuda``.
    precision
        ``float32`` or ``mixed``.
    rank
        The number of this process among those of the machine; each gets another GPU.

    Raises
    ------
    MozartError
        When there is no such device, or not enough of them, or it does not compute in this precision.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise MozartError("There is no CUDA device here: choose --device cpu.")
    device = torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        # cuBLAS gives the same sums every time only with a workspace of fixed size; CUDA reads this when it starts.
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
    """Tell whether the device computes LSTMs in bfloat16."""
    if device.type == "cpu":
        # LSTMs run through oneDNN, which has no bfloat16 for processors without AVX-512.
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def describe_machine(device: torch.device) -> str:
    """Describe the device with everything that times depend on: ``x86_64 CPU, 2 cores, 1 thread``."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    cores, threads = os.cpu_count() or 1, torch.get_num_threads()
    return f"{platform.machine()} CPU, {cores} core{'s' * (cores > 1)}, {threads} thread{'s' * (threads > 1)}"


@contextmanager
def explained() -> Iterator[None]:
    """Turn the error of a device whose memory is full into a MozartError."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise MozartError("The device has too little memory for this: choose a smaller --batch-size.") from error


def say(text: str) -> None:
    """Print a line at once, above a progress bar."""
    tqdm.write(text)
    sys.stdout.flush()


def say_how_long(seconds: float) -> None:
    """Say how long the rest of a training will take."""
    say(f"  the training will take about {in_words(seconds)}")


def in_words(seconds: float) -> str:
    """Write a duration: ``3 h 20 min``, ``7 min`` or ``12 s``."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes >= 2 else f"{seconds:.0f} s"
