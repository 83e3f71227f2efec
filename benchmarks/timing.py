"""Clocks: how long calls and processes take, and on what machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from math import ceil
from statistics import median
from time import perf_counter_ns

__all__ = ["Pair", "machine", "per_call", "process", "quantile", "seconds"]

Pair = tuple[str, str]


def per_call(answer: Callable[[str, str], object], pairs: Sequence[Pair]) -> list[int]:
    """Return the nanoseconds that each pair's answer takes, one call each."""
    clock = perf_counter_ns
    taken = []
    for defense, risk in pairs:
        start = clock()
        answer(defense, risk)
        taken.append(clock() - start)
    return taken


def seconds(
    action: Callable[[], object], repeats: int, fresh: Callable[[], object] | None = None
) -> float:
    """Return the median of how long an action takes.

    Parameters
    ----------
    action : callable
        What is timed. It runs once more than that, first, as a warm-up.
    repeats : int
        How often.
    fresh : callable, optional
        Called before each run, outside the time.
    """
    taken = []
    for _ in range(repeats + 1):
        if fresh is not None:
            fresh()
        start = perf_counter_ns()
        action()
        taken.append(perf_counter_ns() - start)
    return median(taken[1:]) / 1e9


def process(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Return the seconds from starting a process to its end; raise if it fails."""
    start = perf_counter_ns()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return (perf_counter_ns() - start) / 1e9


def quantile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least this share of all samples does not exceed."""
    return sorted(samples)[max(0, ceil(share * len(samples)) - 1)]


def machine() -> str:
    """Describe what the figures were taken with, in a line."""
    allowed = getattr(os, "sched_getaffinity", None)  # not on every system
    cpus = len(allowed(0)) if allowed else os.cpu_count()
    parts = [
        f"{platform.python_implementation()} {platform.python_version()}",
        f"{cpus} CPUs",
        f"{platform.system()} {platform.machine()}",
    ]
    for name in ("networkx", "pyoxigraph"):
        try:
            parts.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            parts.append(f"no {name}")
    return ", ".join(parts)
