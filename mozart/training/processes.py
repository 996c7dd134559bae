"""The processes that train together, started by torchrun; without it the one process is alone.

The first process leads: it reads, says and writes. Sequences are dealt without overlap, and gradients are averaged by
DistributedDataParallel, through gloo on CPUs and NCCL on GPUs. An error is said once, by the process that has it first.
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

# While the leader reads and publishes the others wait; that a process has died is seen by its connection, and by torchrun.
_PATIENCE = datetime.timedelta(days=1)
_CONNECT = datetime.timedelta(seconds=30)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Processes:
    """This process among those that train together.

    Attributes
    ----------
    rank
        From 0, which leads.
    count
        How many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the one that reads, says and writes."""
        return self.rank == 0

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """The leader does what is inside before the others do, who find it done."""
        if not self.leads:
            self._meet()
        yield
        if self.leads:
            self._meet()

    def share(self, sequences: int) -> range:
        """Which sequences of a batch are this process's. Raises MozartError when there is none for each."""
        if sequences < self.count:
            raise MozartError(
                f"{self.count} processes cannot share {sequences} sequence{'s' * (sequences > 1)} a batch: start fewer, or give a "
                "larger --batch-size or more music."
            )
        return range(self.rank * sequences // self.count, (self.rank + 1) * sequences // self.count)

    def together(self, network: nn.Module) -> nn.Module:
        """The network, whose gradients are averaged over all processes."""
        if self.count == 1:
            return network
        device = next(network.parameters()).device
        return DistributedDataParallel(network, [device] if device.type == "cuda" else None)

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.count > 1:
            dist.all_reduce(values)
        return values

    def map(self, function: Callable[[int], Value], count: int) -> list[Value]:
        """What a function gives for 0 to `count` - 1, in order; each process calls it for its share."""
        own = [function(index) for index in range(self.rank, count, self.count)]
        if self.count == 1:
            return own
        everyones: list[list[Value]] = [[] for _ in range(self.count)]
        dist.all_gather_object(everyones, own)
        return [everyones[index % self.count][index // self.count] for index in range(count)]

    def _meet(self) -> None:
        if self.count > 1:
            dist.all_reduce(torch.zeros(1))  # on the CPU, so by gloo, which waits as long as it must


ALONE = Processes()


def without_averaging(network: nn.Module) -> AbstractContextManager[Any]:
    """While it holds, gradients are added up in each process and not averaged yet."""
    return network.no_sync() if isinstance(network, DistributedDataParallel) else nullcontext()


@contextmanager
def join() -> Iterator[Processes]:
    """Join the other processes, where torchrun has started several; who does not lead says nothing.

    Raises
    ------
    MozartError
        When another process has ended.
    SystemExit
        Where an error was said by another process.
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
                "Finished epochs are saved: go on with --resume."
            ) from error
        raise


def _is_lost(error: RuntimeError) -> bool:
    """Whether it means that another process is gone."""
    signs = ("closed by peer", "connection reset", "broken pipe", "gloo", "nccl", "connection refused", "recvvalue failed")
    return isinstance(error, dist.DistError) or any(sign in str(error).lower() for sign in signs)


def _is_first(store: Any) -> bool:
    """Whether no other process has said an error yet."""
    try:
        return bool(store.add("said", 1) == 1)
    except RuntimeError:  # whoever held the store is gone
        return True


@contextmanager
def _asked_to_end() -> Iterator[None]:
    """What is finished is saved, so a system that ends this process may do it as Ctrl-C does."""
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
