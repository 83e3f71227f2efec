"""The engine: trials that experiments need, each run once and kept.

Trials of the same models under several attacks are run as one (`validator.trials.pooling`), and
experiments share what they have in common, such as baselines. Yet each trial is kept under its own
recipe, as if its experiment had been measured alone: whichever is measured first, the other finds
it.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from ..machine.cores import Cores, sharing
from ..results.store import Store, address
from ..training.spec import Schedule
from ..trials.pooling import pooled
from ..trials.trial import Result, Trial, TrialContext
from .executors import Executor, Task
from .executors.here import SerialExecutor

__all__ = ["Found", "Planned", "ProgressListener", "finish", "recipes"]

Found = list[Result | Exception | None]
"""What came out of each trial of an experiment; None where it was not run."""


class Planned(Protocol):
    """What can be run: the same trials on one or several draws of a data set."""

    @property
    def contexts(self) -> Sequence[TrialContext]:
        """What the trials on each draw have in common."""

    def trials(self) -> list[Trial]:
        """Return all trials on one draw, those of a seed side by side."""


def recipes(planned: Planned) -> list[dict[str, Any]]:
    """Return the recipes of all trials, draw by draw, in their order."""
    trials = planned.trials()
    return [context.recipe(trial) for context in planned.contexts for trial in trials]


class ProgressListener(Protocol):
    """Is told how far a run is."""

    def start(self, trials: int, remembered: int, work: int) -> None:
        """`work` models × updates are ahead, for all trials but those `remembered`."""

    def on_work(self, work: int) -> None:
        """So much more was done."""

    def on_trials(self, trials: int) -> None:
        """So many more trials are finished and kept."""


def finish(
    planned: Sequence[Planned],
    store: Store,
    listener: ProgressListener | None = None,
    *,
    threads: int | None = None,
    executor: Executor | None = None,
    settle: Callable[[Callable[[int], Found]], None] = lambda _: None,
) -> list[Found]:
    """Run what was not run before, and keep every result.

    A trial that fails leaves all others as they are, and no other trial of the experiments that
    need it is started.

    Parameters
    ----------
    planned : sequence of Planned
        Experiments; each has the trials of a seed behind one another, draw by draw.
    store : Store
        Where results are kept and looked up.
    listener : ProgressListener, optional
        Is told how far it is.
    threads : int, optional
        By default the cores, shared with other runs that keep results in the same place.
    executor : Executor, optional
        Where trials are run; by default in this process.
    settle : callable
        Called at the start and whenever trials are finished, with what tells how an experiment
        stands, by its place.

    Returns
    -------
    list of list
        What came out of the trials of each experiment, draw by draw.
    """
    engine, executor = _Engine(planned, store, listener, settle), executor or SerialExecutor()
    engine.look_up()
    if engine.complete:
        engine.start(lambda models: models)
    else:
        store.ready()
        with sharing(store.marks, threads) as cores:
            engine.look_up()  # nothing is removed from now on
            engine.start(lambda models: executor.side_by_side(models, cores))
            engine.run(executor, cores)
    return [engine.found(place) for place in range(len(planned))]


@dataclass(eq=False)
class _Need:
    """A trial that is needed, by which experiments, and what came out."""

    context: TrialContext
    trial: Trial
    recipe: dict[str, Any]
    places: list[int]
    found: Result | Exception | None = None


_Settling = Callable[[Callable[[int], Found]], None]


class _Engine:
    def __init__(
        self,
        planned: Sequence[Planned],
        store: Store,
        listener: ProgressListener | None,
        settle: _Settling,
    ) -> None:
        self._store, self._listener, self._settle = store, listener, settle
        self._needs: dict[tuple[_Setting, Trial], _Need] = {}
        self._mine: list[list[_Need]] = []
        for place, each in enumerate(planned):
            trials = each.trials()
            mine = [self._need(context, trial) for context in each.contexts for trial in trials]
            for need in mine:
                need.places.append(place)
            self._mine.append(mine)
        self._queue: deque[tuple[TrialContext, list[Trial]]] = deque()

    def _need(self, context: TrialContext, trial: Trial) -> _Need:
        key = _setting(context), trial
        if key not in self._needs:
            self._needs[key] = _Need(context, trial, context.recipe(trial), [])
        return self._needs[key]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to be run."""
        return all(need.found for need in self._needs.values())

    def look_up(self) -> None:
        """Take what was run before from the store."""
        for need in self._needs.values():
            if need.found is None and (known := self._store.trial(need.recipe)):
                need.found = Result(**known)

    def found(self, place: int) -> Found:
        """Return how an experiment stands."""
        return [need.found for need in self._mine[place]]

    def start(self, side_by_side: Callable[[int], int]) -> None:
        """Put together what is left, and tell how much that is."""
        self._queue.extend(self._batches(side_by_side))
        if self._listener:
            left = sum(len(trials) for _, trials in self._queue)
            work = sum(
                context.work([piece.trial for piece in pooled(trials)])
                for context, trials in self._queue
            )
            self._listener.start(len(self._needs), len(self._needs) - left, work)
        self._settle(self.found)

    def run(self, executor: Executor, cores: Cores) -> None:
        """Run what is left."""
        told = self._listener.on_work if self._listener else lambda _: None
        with closing(executor.done(self._take, cores, told)) as done:
            for task, outcome in done:
                if not isinstance(outcome, Exception):
                    self._keep(task, outcome)
                elif smaller := list(_smaller(task)):
                    # whose fault it is shows when fewer are run at once
                    self._queue.extendleft((task.context, parts) for parts in reversed(smaller))
                    continue
                else:
                    self._needs[_setting(task.context), task.trials[0]].found = outcome
                self._settle(self.found)

    def _batches(
        self, side_by_side: Callable[[int], int]
    ) -> Iterator[tuple[TrialContext, list[Trial]]]:
        """Yield what is left; all arms of a seed together, so that their times compare."""
        by: dict[_Setting, dict[int, list[Trial]]] = {}
        benches: dict[_Setting, TrialContext] = {}
        for (setting, trial), need in self._needs.items():
            if need.found is None:
                benches.setdefault(setting, need.context)
                by.setdefault(setting, {}).setdefault(trial.seed, []).append(trial)
        left = [trials for seeds in by.values() for trials in seeds.values()]
        most = side_by_side(sum(map(_models, left))) if left else 0
        for setting, seeds in by.items():
            batch: list[Trial] = []
            for trials in seeds.values():
                if batch and _models([*batch, *trials]) > most:
                    yield benches[setting], batch
                    batch = []
                batch = [*batch, *trials]
            yield benches[setting], batch

    def _take(self) -> Task | None:
        """Return what is next, without trials of experiments that failed already."""
        while self._queue:
            context, trials = self._queue.popleft()
            setting = _setting(context)
            wanted = [trial for trial in trials if self._wanted(self._needs[setting, trial])]
            if wanted:
                return Task(context, tuple(pooled(wanted)))
        return None

    def _wanted(self, need: _Need) -> bool:
        return not all(
            any(isinstance(each, Exception) for each in self.found(place)) for place in need.places
        )

    def _keep(self, task: Task, results: Sequence[Result]) -> None:
        kept = {}
        for trial, result in zip(task.trials, results, strict=True):
            need = self._needs[_setting(task.context), trial]
            need.found = result
            kept[address(need.recipe)] = need.recipe, dataclasses.asdict(result)
        self._store.keep_trials(kept)
        if self._listener:
            self._listener.on_trials(len(kept))


_Setting = tuple[str, str, str, Schedule]


def _setting(context: TrialContext) -> _Setting:
    """Return what trials must have in common to be run in one go."""
    model = context.architecture
    return context.data.digest, model.name, model.code, context.schedule


def _models(trials: Sequence[Trial]) -> int:
    return sum(piece.trial.models for piece in pooled(trials))


def _smaller(task: Task) -> Iterator[list[Trial]]:
    """Take apart what failed together; nothing if it is a single trial."""
    if len(task.pieces) > 1:
        yield from (list(piece.parts) for piece in task.pieces)
    elif len(task.trials) > 1:
        yield from ([trial] for trial in task.trials)
