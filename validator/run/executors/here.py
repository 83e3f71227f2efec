"""Serial executor: one task after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import ClassVar

from ...machine.cores import Cores
from ._executor import Done, Executor, ExecutorOption, spread
from ._tasks import Task

__all__ = ["SerialExecutor"]


class SerialExecutor(Executor, ExecutorOption):
    """Runs one task after the other in this process."""

    forms: ClassVar[tuple[str, ...]] = ("here",)

    @classmethod
    def named(cls, detail: str, option: str) -> SerialExecutor:
        """Return it; it takes no detail."""
        del detail, option
        return cls()

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
