"""The processes that train together, started by torchrun; without it there is one.

The first process leads: it reads, prints and writes. Each process gets other sequences, and DistributedDataParallel averages
gradients, through gloo on CPUs and NCCL on GPUs. The process that meets an error first prints it, and no other.
"""

import datetime
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mozart.errors import MozartError

# The others wait long, while the leader reads and publishes; the connections and torchrun notice a process that has died.
_PATIENCE = datetime.timedelta(days=1)
_CONNECT = datetime.timedelta(seconds=30)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Processes:
    """The processes that train together, seen from one of them.

    Attributes
    ----------
    rank
        The number of this process; 0 leads.
    count
        The number of processes.
    """

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process reads, prints and writes."""
        return self.rank == 0

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """Let the leader run the block first, and the others when it is done."""
        if not self.leads:
            self._meet()
        yield
        if self.leads:
            self._meet()

    def share(self, sequences: int) -> range:
        """Choose this process's sequences of a batch; raise MozartError when there are not enough for all processes."""
        if sequences < self.count:
            raise MozartError(
                f"{self.count} processes cannot share {sequences} sequence{'s' * (sequences > 1)} a batch: start fewer, or give a "
                "larger --batch-size or more music."
            )
        return range(self.rank * sequences // self.count, (self.rank + 1) * sequences // self.count)

    def together(self, network: nn.Module) -> nn.Module:
        """Wrap the network so that its gradients are averaged over all processes."""
        if self.count == 1:
            return network
        device = next(network.parameters()).device
        return DistributedDataParallel(network, [device] if device.type == "cuda" else None)

    def sum(self, values: Tensor) -> Tensor:
        """Sum over all processes."""
        if self.count > 1:
            dist.all_reduce(values)
        return values

    def map(self, function: Callable[[int], Value], count: int) -> list[Value]:
        """Collect a function's results for 0 to `count` - 1, in order; each process calls it for its share."""
        own = [function(index) for index in range(self.rank, count, self.count)]
        if self.count == 1:
            return own
        everyones: list[list[Value]] = [[] for _ in range(self.count)]
        dist.all_gather_object(everyones, own)
        return [everyones[index % self.count][index // self.count] for index in range(count)]

    def _meet(self) -> None:
        if self.count > 1:
            dist.all_reduce(torch.zeros(1))  # on the CPU, where gloo waits as long as necessary


ALONE = Processes()


def without_averaging(network: nn.Module) -> AbstractContextManager[Any]:
    """Return a context in which each process adds up its gradients, and does not average them yet."""
    return network.no_sync() if isinstance(network, DistributedDataParallel) else nullcontext()


@contextmanager
def join() -> Iterator[Processes]:
    """Join the other processes, if torchrun has started several; only the leader prints.

    Raises
    ------
    MozartError
        When another process has ended.
    SystemExit
        When another process has printed an error.
    """
    count, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if count == 1:
        with _asked_to_end():
            yield ALONE
        return
    hosts = rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
    store: Any = dist.TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=hosts, timeout=_CONNECT)  # type: ignore[attr-defined]
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    try:
        with _silent(rank > 0), _asked_to_end():
            own: Any = dist.PrefixStore("mozart", store)  # type: ignore[attr-defined]
            dist.init_process_group(backend, store=own, rank=rank, world_size=count, timeout=_PATIENCE)
            yield Processes(rank, count)
            dist.destroy_process_group()
    except (MozartError, KeyboardInterrupt, RuntimeError) as error:
        lost = isinstance(error, RuntimeError) and _is_lost(error)
        if not isinstance(error, MozartError | KeyboardInterrupt) and not lost:
            raise  # a fault of ours, with its traceback
        if not _is_first(store):
            sys.exit(130 if isinstance(error, KeyboardInterrupt) else 1)
        if lost:
            raise MozartError(
                "Another process of this training has ended, perhaps because memory ran out, so this one stops too. "
                "Finished epochs are saved: continue with --resume."
            ) from error
        raise


def _is_lost(error: RuntimeError) -> bool:
    """Tell whether the error means that another process is gone."""
    signs = ("closed by peer", "connection reset", "broken pipe", "gloo", "nccl", "connection refused", "recvvalue failed")
    return isinstance(error, dist.DistError) or any(sign in str(error).lower() for sign in signs)


def _is_first(store: Any) -> bool:
    """Tell whether no other process has printed an error yet."""
    try:
        return bool(store.add("said", 1) == 1)
    except RuntimeError:  # the process that held the store is gone
        return True


@contextmanager
def _asked_to_end() -> Iterator[None]:
    """Treat the system's request to end (SIGTERM) like Ctrl-C: finished epochs are saved."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _silent(silent: bool) -> Iterator[None]:
    if not silent:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
