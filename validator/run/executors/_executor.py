"""Base classes of executors, and of the options that choose them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import ClassVar

from ...machine.cores import Cores
from ...trials.trial import Result
from ._tasks import Task

__all__ = ["SIDE_BY_SIDE", "Done", "Executor", "ExecutorOption", "spread"]

SIDE_BY_SIDE = 64
"""Models trained in one go: more are hardly faster, and fewer lose less if the run is killed."""

Done = tuple[Task, list[Result] | Exception]
"""A task with what came out of it, or what went wrong."""


class Executor(ABC):
    """Runs tasks."""

    @abstractmethod
    def side_by_side(self, models: int, cores: Cores) -> int:
        """Return about how many models a task should train, of so many in all.

        Raises
        ------
        InputError
            Nothing can be run.
        """

    @abstractmethod
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


class ExecutorOption(ABC):
    """A way to choose an executor with ``--executor``: the class that each module defines.

    Attributes
    ----------
    forms : tuple of str
        How users write it: the name of the module, and further forms with a colon and a detail
        if it takes one.
    """

    forms: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def named(cls, detail: str, option: str) -> Executor:
        """Return the executor that a user names.

        Parameters
        ----------
        detail : str
            The text after the first colon; empty without a colon.
        option : str
            The option as it was given, for messages.

        Raises
        ------
        InputError
            It cannot be used here, or the detail is wrong.
        """


def spread(models: int, places: int) -> int:
    """Return about how many models a task should train so that all places have something to do."""
    return max(1, min(SIDE_BY_SIDE, -(-models // places)))
