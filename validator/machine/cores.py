"""CPU cores, shared by the measurements that run on this machine."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO

if sys.platform != "win32":
    import fcntl

__all__ = ["Cores", "cores", "sharing"]


class Cores:
    """The cores of this machine, shared by the runs that are alive.

    Threads of several processes that outnumber the cores slow each other down by far more than
    their share (measured: six times, for two processes of two threads on two cores).

    Parameters
    ----------
    folder : str
        Where each run has a file, locked while it is alive.
    threads : int, optional
        As many threads as this run shall take, however many others there are; never more than
        there are cores.
    """

    def __init__(self, folder: str, threads: int | None = None) -> None:
        self._folder, self._threads = folder, threads

    @property
    def wanted(self) -> int | None:
        """As many threads as were asked for, None if that was left open."""
        return self._threads

    def take(self) -> int:
        """Take this run's share from now on; return how many threads that is."""
        import torch  # only for whoever trains: looking at results takes no second then

        fair = max(1, cores() // max(1, self.runs()))
        share = min(self._threads or fair, cores())
        torch.set_num_threads(share)
        return share

    def runs(self) -> int:
        """Return how many runs are alive, this one included; forget those that are not."""
        alive = 0
        for name in os.listdir(self._folder) if os.path.isdir(self._folder) else ():
            path = os.path.join(self._folder, name)
            with contextlib.suppress(OSError), open(path, "rb+") as file:
                if _lock(file):
                    os.remove(path)
                else:
                    alive += 1
        return alive


@contextlib.contextmanager
def sharing(folder: str, threads: int | None = None) -> Iterator[Cores]:
    """Be counted as a run while this lasts; the mark of a killed run counts no more."""
    path = os.path.join(folder, str(os.getpid()))
    with _made(path) as file:
        _lock(file)
        try:
            yield Cores(folder, threads)
        finally:
            with contextlib.suppress(OSError):
                os.remove(path)
                os.rmdir(folder)  # unless others are in it


def _made(path: str) -> IO[bytes]:
    """Make a file with its folder, which a run that ends may be removing."""
    while True:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            return open(path, "wb")


def _lock(file: IO[bytes]) -> bool:
    """Lock a file unless another process has; say whether that worked."""
    if sys.platform == "win32":
        return False  # nothing is counted there: each run takes the cores for itself
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
