"""What all that can be asked to be measured has in common, whatever it is about."""

from __future__ import annotations

from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from crosscurrent.validator.experiments.collusions import Collusion
    from crosscurrent.validator.experiments.experiment import Experiment
    from crosscurrent.validator.results.store import Store
    from crosscurrent.validator.run.engine import Planned
    from crosscurrent.validator.run.executors import Executor
    from crosscurrent.validator.trials.trial import Result

__all__ = ["Measurement", "running", "setup", "so_far"]

Paired = TypeVar("Paired", "Experiment", "Collusion")


@dataclass(frozen=True)
class Measurement(ABC):
    """What was asked to be measured, checked; nothing is trained yet.

    Attributes
    ----------
    threads : int or None
        As many threads as it shall take.
    executor : Executor
        Where its trials are run.
    """

    threads: int | None
    executor: Executor

    @abstractmethod
    def planned(self) -> Sequence[Planned]:
        """Return all that will be run."""

    @abstractmethod
    def measure(self, kept: Store, watcher: Any) -> dict[str, Any]:
        """Measure; return the document that the question gives with ``--json``.

        Parameters
        ----------
        kept : Store
            Where results are kept and looked up.
        watcher : Watcher
            Is told how far it is; of what has cells an `Onlooker`.
        """

    @abstractmethod
    def beforehand(self) -> dict[str, Any]:
        """Return what it is about, and what is ``known`` of that beforehand, ready for JSON."""

    @abstractmethod
    def knowing(self, known: dict[str, Any]) -> Self:
        """Return the same with what `beforehand` of another one says is known."""

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Which experiment each cell is, ready for JSON; empty where it has none."""
        return []

    def recipes(self) -> list[dict[str, Any]]:
        """Return the recipes of all trials, in their order."""
        return [each.context.recipe(trial) for each in self.planned() for trial in each.trials()]

    def interval(self, results: Mapping[int, Result]) -> dict[str, Any] | None:
        """Return the effect so far with its interval; None unless there is a single one.

        Parameters
        ----------
        results : mapping of int to Result
            Those that are finished, by the place of their recipe.
        """
        del results
        return None


def setup(arguments: Namespace) -> dict[str, Any]:
    """Return on what to measure, and how, as everything in `validator` that is set up takes it."""
    from crosscurrent.validator.experiments.assignments import DEFAULT_DATASET

    return {
        "data": arguments.dataset or DEFAULT_DATASET,
        "model": arguments.model,
        "seeds": arguments.seeds,
        "device": arguments.device,
        "memory": arguments.memory and arguments.memory << 20,
        "settings": arguments.settings,
    }


def running(arguments: Namespace) -> dict[str, Any]:
    """Return how trials are run, as a `Measurement` has it.

    Raises
    ------
    InputError
        There is no such executor, or it cannot be used here.
    """
    from crosscurrent.validator.run.executors import chosen

    return {"threads": arguments.threads, "executor": chosen(arguments.executor)}


def so_far(
    planned: Paired,
    results: Mapping[int, Result],
    judged: Callable[[Paired, list[Result], list[Result]], dict[str, Any]],
) -> dict[str, Any] | None:
    """Return the effect over the seeds of which both arms are finished, if two are.

    Parameters
    ----------
    planned : Experiment or Collusion
        With two arms a seed.
    results : mapping of int to Result
        Those that are finished, by the place of their trial.
    judged : callable
        From fewer seeds, and the results of either arm, to the document of a verdict.
    """
    seeds = [i for i in range(len(planned.seeds)) if {2 * i, 2 * i + 1} <= results.keys()]
    if len(seeds) < 2:
        return None
    some = replace(planned, seeds=tuple(planned.seeds[i] for i in seeds))
    one, other = ([results[2 * i + arm] for i in seeds] for arm in (0, 1))
    effect = judged(some, one, other)["effect"]
    shown = ("metric", "name", "estimate", "low", "high", "level", "smallest_effect")
    return {"seeds": len(seeds)} | {key: effect[key] for key in shown}
