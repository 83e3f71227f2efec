"""Executor protocol, and the serial executor."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

from ...machine.cores import Cores
from ...trials.trial import Result
from .tasks import Task

__all__ = ["SIDE_BY_SIDE", "Done", "Executor", "SerialExecutor", "spread"]

SIDE_BY_SIDE = 64
"""Models trained in one go: more are hardly faster, and fewer lose less if the run is killed."""

Done = tuple[Task, list[Result] | Exception]
"""A task with what came out of it, or what went wrong."""


class Executor(Protocol):
    """Runs tasks."""

    def side_by_side(self, models: int, cores: Cores) -> int:
        """Return about how many models a task should train, of so many in all.

        Raises
        ------
        InputError
            Nothing can be run.
        """

    def done(
        self, take: Callable[[], Task | None], cores: Cores, progress: Callable[[int], None]
    ) -> Generator[Done, None, None]:
        """Run tasks and yield each with what came out, in any order.

        Closing the iterator ends what is running.

        Parameters
        ----------
        take : callable
            Gives another task, or None if there is none now: what went wrong may give more.
        cores : Cores
            Of this machine, shared with other runs.
        progress : callable
            Called with the number of models × updates done since the last call.
        """


class SerialExecutor:
    """Runs one task after the other in this process."""

    def side_by_side(self, models: int, cores: Cores) -> int:
        """Return about how many models a task should train, of so many in all."""
        del cores
        return spread(models, 1)

    def done(
        self, take: Callable[[], Task | None], cores: Cores, progress: Callable[[int], None]
    ) -> Generator[Done, None, None]:
        """Run tasks in their order."""
        while task := take():
            cores.take()
            try:
                results = task.run(progress)
            except Exception as error:  # noqa: BLE001 - whose fault it is others will find out
                yield task, error
            else:
                yield task, results


def spread(models: int, places: int) -> int:
    """Return about how many models a task should train so that all places have something to do."""
    return max(1, min(SIDE_BY_SIDE, -(-models // places)))
