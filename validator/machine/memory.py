"""Free memory of this machine."""

from __future__ import annotations

import os

__all__ = ["free_bytes", "mib"]

_GROUP = "/sys/fs/cgroup"


def free_bytes() -> int:
    """Return the bytes that this process may still take: of the machine, or of its container."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            found = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        free = found["MemAvailable"] * 1024
    except (OSError, KeyError):
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    try:
        most, used = (_number(f"{_GROUP}/memory.{name}") for name in ("max", "current"))
    except (OSError, ValueError):  # no container, or one without a limit
        return free
    return min(free, max(0, most - used))


def _number(file: str) -> int:
    with open(file, encoding="ascii") as text:
        return int(text.read())


def mib(count: int) -> int:
    """Return bytes as MiB, rounded up."""
    return -(-count // (1 << 20))
