"""Process executor: processes of this machine, each with its share of cores and memory."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any, ClassVar, cast

import joblib

from crosscurrent.knowledge.errors import InputError

from ...data import Dataset
from ...machine.cores import Cores, cores
from ...machine.parents import end_with_parent
from ...training.chunks import allowed
from ...trials.trial import Result
from ._executor import Done, Executor, ExecutorOption, spread
from ._tasks import Lost, Parcel, Task

__all__ = ["Processes"]

# torch takes seconds to import: where that is safe, it is done once for all processes
if sys.platform == "linux":
    _START = get_context("forkserver")
    _START.set_forkserver_preload([__name__])
else:
    _START = get_context("spawn")
_EVERY = 0.1
"""Seconds between two messages of a process about how far it is, at least."""
_PATIENCE = 10.0
"""Seconds within which a killed process is gone."""


class Processes(Executor, ExecutorOption):
    """Runs tasks side by side in processes, which end with this one.

    A process that is killed loses its own task only. That is run again while no other one is: if
    memory was short, there is more of it then. Killed again, it has failed.

    Parameters
    ----------
    count : int
        As many processes at most. There are fewer at a time where threads or memory would not do.
    """

    forms: ClassVar[tuple[str, ...]] = ("processes", "processes:N")

    def __init__(self, count: int) -> None:
        self._count = count

    @classmethod
    def named(cls, detail: str, option: str) -> Processes:
        """Return it with as many processes as a text says, or one for each core."""
        most = cores()
        if not detail:
            return cls(most)
        if not detail.isdecimal() or not 1 <= int(detail[:9]) <= most:
            raise InputError(
                f"{option}: should be processes:N with N from 1 to {most}, the cores there are here"
            )
        return cls(int(detail))

    def side_by_side(self, models: int, cores: Cores) -> int:
        """Return about how many models a task should train, of so many in all."""
        return spread(models, min(self._count, cores.take()))

    def done(
        self, take: Callable[[], Task | None], cores: Cores, progress: Callable[[int], None]
    ) -> Generator[Done, None, None]:
        """Run tasks, as many at a time as there is room for."""
        again: deque[_Assignment] = deque()
        following: _Assignment | None = None
        with _Crew(self._count, cores) as crew:
            while True:
                if following is None and again:
                    following = again.popleft()
                elif following is None and (task := take()):
                    following = crew.order(task)
                if following and crew.begin(following):
                    following = None
                elif crew.busy:
                    for order, outcome in crew.ended(progress):
                        if isinstance(outcome, Lost) and not order.alone:
                            again.append(_Assignment(order.task, order.budget, 1, alone=True))
                        else:
                            yield order.task, outcome
                else:
                    return


@dataclass(frozen=True, eq=False)
class _Assignment:
    """A task, the bytes that all may take, and how many such tasks have room at a time."""

    task: Task
    budget: int
    room: int
    alone: bool = False


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    line: Connection
    order: _Assignment | None = None


class _Crew:
    """The processes, and a folder with the data that they share."""

    def __init__(self, count: int, cores: Cores) -> None:
        self._count, self._cores = count, cores
        self._workers: list[_Worker] = []
        self._folder = tempfile.TemporaryDirectory(prefix="crosscurrent-")
        self._files: dict[int, tuple[Dataset, str]] = {}
        self._limits: dict[Any, int] = {}

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._workers:
            each.process.kill()  # results are kept by us: they have nothing to lose
        for each in self._workers:
            each.process.join(_PATIENCE)
            each.line.close()
        self._folder.cleanup()

    @property
    def busy(self) -> list[_Worker]:
        """The processes that have a task."""
        return [each for each in self._workers if each.order]

    def order(self, task: Task) -> _Assignment:
        """Find out how many such tasks have room beside one another."""
        memory, device = task.context.memory, task.context.device
        if (memory, device) not in self._limits:
            # once, before our own processes take any of it
            self._limits[memory, device] = allowed(memory, device)
        budget = self._limits[memory, device]
        return _Assignment(task, budget, max(1, min(self._count, budget // task.least)))

    def begin(self, order: _Assignment) -> bool:
        """Give a task to a process, unless there is no room for another one now."""
        share = self._cores.take()
        at_once = min(self._count, share, order.room)
        if len(self.busy) >= min([at_once, *(each.order.room for each in self.busy if each.order)]):
            return False
        worker = next((each for each in self._workers if not each.order), None) or self._started()
        threads = max(1, share // min(self._count, share))
        parcel = Parcel.of(order.task, threads, memory=order.budget // order.room)
        worker.order = order
        with contextlib.suppress(OSError):  # killed meanwhile, as will be noticed
            worker.line.send((self._file(order.task.context.data), parcel))
        return True

    def ended(
        self, progress: Callable[[int], None]
    ) -> Iterator[tuple[_Assignment, list[Result] | Exception]]:
        """Wait for news; yield what ended with what came out, `Lost` if its process ended."""
        by = {each.line: each for each in self.busy}
        for line in wait(list(by)):
            worker = by[cast("Connection", line)]
            order = cast("_Assignment", worker.order)
            try:
                news = worker.line.recv()
            except (EOFError, OSError):
                self._workers.remove(worker)
                worker.process.join(_PATIENCE)
                worker.line.close()
                yield order, _lost(worker.process.exitcode or 0)
                continue
            if isinstance(news, int):
                progress(news)
            else:
                worker.order = None
                yield order, news

    def _started(self) -> _Worker:
        ours, theirs = _START.Pipe()
        process = _START.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()  # so that ours ends when the process does
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _file(self, data: Dataset) -> str:
        """Return the file with a data set; processes map it, so that it is in memory once."""
        if id(data) not in self._files:
            file = os.path.join(self._folder.name, f"{len(self._files)}.joblib")
            joblib.dump(data, file)
            self._files[id(data)] = data, file
        return self._files[id(data)][1]


def _lost(status: int) -> Lost:
    how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
    return Lost(
        f"the process that trained it {how}, twice; if memory is short, allow less (--memory) or"
        " choose a smaller model"
    )


def _work(line: Connection) -> None:
    """Be one of the processes: run tasks until killed."""
    end_with_parent()
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")  # where memory is short, rather us than the process that keeps results
    data = cache(lambda file: joblib.load(file, mmap_mode="r"))
    while True:
        file, parcel = line.recv()
        told = _Progress(line)
        outcome: list[Result] | Exception
        try:
            outcome = parcel.run(data(file), told)
        except Exception as error:  # noqa: BLE001 - it is for others to judge
            outcome = error
        told.rest()
        line.send(outcome)


class _Progress:
    """Adds up how far a task is, and tells that now and then."""

    def __init__(self, line: Connection) -> None:
        self._line, self._done, self._told = line, 0, monotonic()

    def __call__(self, work: int) -> None:
        self._done += work
        if monotonic() - self._told > _EVERY:
            self.rest()

    def rest(self) -> None:
        """Tell what was not told yet."""
        self._line.send(self._done)
        self._done, self._told = 0, monotonic()
