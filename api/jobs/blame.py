"""Blame for what went wrong in training: the request, this machine, or nobody yet.

Only what the request is to blame for ends a job at once. A machine that is unfit must not fail the
jobs of others, so its jobs go back; a process that was killed is started again.
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import sys
import sysconfig
import traceback
from typing import Literal

__all__ = ["Kills", "Verdict", "blamed", "last_line", "started_in_vain"]

Verdict = Literal["request", "machine", "memory", "lost"]

_MACHINE = frozenset(
    {
        errno.EAGAIN,
        errno.EDQUOT,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENODEV,
        errno.ENOSPC,
        errno.EROFS,
        errno.ESTALE,
    }
)
"""Numbers of errors of a machine that lacks something, or is damaged."""
_NO_THREAD = "can't start new thread"
_NO_GPU = ("No CUDA GPUs", "NVIDIA driver", "CUDA driver", "ECC error")
"""What torch says where a GPU, or what drives it, is missing or damaged."""
_NO_MEMORY = ("DefaultCPUAllocator", "out of memory", "Cannot allocate memory")
"""What torch says where memory is short, in errors of its own or of no narrower kind."""
_LONGEST = 500


def blamed(error: BaseException) -> Verdict:
    """Return who is to blame for an exception of training.

    Parameters
    ----------
    error : BaseException
        What was raised, by the training itself or by a user's model.

    Returns
    -------
    {'request', 'machine', 'memory', 'lost'}
        ``memory``: the machine has too little for this request; ``lost``: what ran a trial was
        killed.
    """
    from crosscurrent.validator.results.store import DamagedResults
    from crosscurrent.validator.run.executors import Lost, Unlike, Unreachable

    said = str(error)
    if isinstance(error, Lost):
        return "lost"
    if isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(each in said for each in _NO_MEMORY)
    ):
        return "memory"
    if isinstance(error, OSError):
        if error.errno == errno.ENOMEM:
            return "memory"
        kept = isinstance(error.filename, str) and error.filename.endswith("results.sqlite")
        return "machine" if error.errno in _MACHINE or kept else "request"
    if isinstance(error, DamagedResults | Unlike | Unreachable | sqlite3.Error):
        return "machine"
    if isinstance(error, RuntimeError) and any(each in said for each in (_NO_THREAD, *_NO_GPU)):
        return "machine"
    return "request"


def started_in_vain(error: BaseException) -> bool:
    """Say whether an exception means that this machine lacks threads, files or memory."""
    if isinstance(error, RuntimeError):
        return _NO_THREAD in str(error)
    return isinstance(error, OSError | MemoryError)


def last_line(error: BaseException) -> str:
    """Return an exception's last line, and where it was raised: the last line of no library."""
    said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1][:_LONGEST]
    libraries = tuple(
        os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "purelib", "platlib")
    )
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not each.filename.startswith((*libraries, "<"))]
    if not frames:
        return said
    at = (own or frames)[-1]
    return f"{said} ({os.path.basename(at.filename)}, line {at.lineno}, in {at.name})"


class Kills:
    """What is known of how a process ends: its memory while it runs, and the kernel's kills.

    Parameters
    ----------
    process : int
        Its id.
    """

    def __init__(self, process: int) -> None:
        self._process, self._most = process, 0
        self._before = _kernel_kills()

    def look(self) -> None:
        """Take note of how much memory the process has used at most."""
        try:
            with open(f"/proc/{self._process}/status", encoding="ascii", errors="replace") as file:
                for line in file:
                    if line.startswith("VmHWM:"):
                        self._most = max(self._most, int(line.split()[1]) // 1024)
        except (OSError, ValueError):  # it has ended, or there is no such file on this system
            return

    def told(self, status: int) -> str:
        """Say how the process ended, by its exit status; negative where a signal killed it."""
        memory = f"; it had used {self._most} MiB of memory when last seen" if self._most else ""
        if status >= 0:
            return f"the process that trains ended by itself with exit status {status}{memory}"
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"{-status}"
        if -status == signal.SIGKILL:
            now = _kernel_kills()
            if now is not None and self._before is not None and now > self._before:
                who = "the kernel, as memory ran out"
            else:
                who = "somebody, or by the kernel as memory ran out"
            return f"the process that trains was killed ({name}) by {who}{memory}"
        crashed = -status in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL)
        how = "crashed" if crashed else "was ended by somebody"
        return f"the process that trains {how} ({name}){memory}"


def _kernel_kills() -> int | None:
    """Return how many processes the kernel has killed for want of memory; None if not told."""
    if sys.platform != "linux":
        return None
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
    except (OSError, ValueError, StopIteration):
        return None
