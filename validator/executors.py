"""Executors: where trials are run; what comes out is the same wherever that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from .pooling import Pooled
from .sharing import Cores
from .trials import Bench, Result, Trial, run

__all__ = ["Done", "Executor", "Here", "Task"]

_SIDE_BY_SIDE = 64
"""Models trained in one go: more are hardly faster, and fewer lose less if the run is killed."""


@dataclass(frozen=True, eq=False)
class Task:
    """Trials that are run in one go, side by side.

    Attributes
    ----------
    bench : Bench
        What they have in common.
    pieces : tuple of Pooled
        The trials, and which ones each of them stands for.
    """

    bench: Bench
    pieces: tuple[Pooled, ...]

    @property
    def trials(self) -> list[Trial]:
        """All trials that results are wanted of."""
        return [trial for piece in self.pieces for trial in piece.parts]

    @property
    def work(self) -> int:
        """About how many models × updates it takes."""
        return self.bench.work([piece.trial for piece in self.pieces])

    def run(self, progress: Callable[[int], None] = lambda _: None) -> list[Result]:
        """Run the trials; return the results of all parts, in their order."""
        parts = [piece.parts for piece in self.pieces]
        return run(self.bench, [piece.trial for piece in self.pieces], progress, parts)


Done = tuple[Task, list[Result] | Exception]
"""A task with what came out of it, or what went wrong."""


class Executor(Protocol):
    """Runs tasks."""

    @property
    def side_by_side(self) -> int:
        """About how many models a task should train, of those that may be put together."""

    def done(
        self, take: Callable[[], Task | None], cores: Cores, progress: Callable[[int], None]
    ) -> Iterator[Done]:
        """Run tasks and yield each with what came out, in any order.

        Parameters
        ----------
        take : callable
            Gives another task, or None if there is none now: what went wrong may give more.
        cores : Cores
            Of this machine, shared with other runs.
        progress : callable
            Called with the number of models × updates done since the last call.
        """


class Here:
    """Runs one task after the other in this process."""

    side_by_side = _SIDE_BY_SIDE

    def done(
        self, take: Callable[[], Task | None], cores: Cores, progress: Callable[[int], None]
    ) -> Iterator[Done]:
        """Run tasks in their order."""
        while task := take():
            cores.take()
            try:
                results = task.run(progress)
            except Exception as error:  # noqa: BLE001 - whose fault it is others will find out
                yield task, error
            else:
                yield task, results
