"""Base class of measurement plans, and the report that running one gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from ..experiments.assignments import DEFAULT_DATASET
from ..results.kinds import kind_of

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..experiments.collusions import Collusion
    from ..experiments.experiment import Experiment, SetupOptions
    from ..experiments.sweeps import SweepListener
    from ..requests import PairRequest, Request, Setup
    from ..results.store import Store
    from ..run.engine import Planned
    from ..run.executors import Executor
    from ..trials.trial import Result

__all__ = ["Plan", "Report", "finished", "interval_so_far", "setup_of", "spelled"]

Paired = TypeVar("Paired", "Experiment", "Collusion")


class Report:
    """The result of a measurement.

    Parameters
    ----------
    document : mapping
        What ``crosscurrent validate --json`` prints.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = dict(document)

    def __repr__(self) -> str:
        """Name the kind, and the verdict if there is a single one."""
        return f"Report(kind={self.kind!r}, verdict={self.verdict!r})"

    @property
    def kind(self) -> str:
        """The kind of measurement: ``verdict`` (of a pair), ``grid``, ``variation`` and so on."""
        return kind_of(self._document)

    @property
    def verdict(self) -> str | None:
        """``confirmed``, ``refuted`` or ``inconclusive``; None of a grid, which has many."""
        found: str | None = self._document.get("trend", self._document).get("verdict")
        return found

    def document(self) -> dict[str, Any]:
        """Return the result, ready for JSON, as ``crosscurrent validate --json`` prints it."""
        return self._document

    def verdicts(self) -> list[dict[str, Any]]:
        """Return the documents of all that was judged: of a grid those of its cells, say."""
        cells = self._document.get("cells", [self._document])
        return [cell for cell in cells if "reason" not in cell]


@dataclass(frozen=True)
class Plan(ABC):
    """Base class of measurement plans: requests, checked; nothing is trained yet.

    Attributes
    ----------
    kind : str
        What documents call it.
    request_type : type
        The requests that it is made of.
    request : Request
        What was asked for.
    executor : Executor
        Where its trials are run.
    """

    kind: ClassVar[str]
    request_type: ClassVar[type[Request]]

    request: Request
    executor: Executor

    @classmethod
    @abstractmethod
    def prepare(
        cls, kb: KnowledgeBase, request: Any, executor: Executor, knowledge: Sequence[str]
    ) -> Self:
        """Check a request and set up what it asks for.

        Parameters
        ----------
        kb : KnowledgeBase
            Of which it is known what is predicted.
        request : Request
            One of `request_type`.
        executor : Executor
            Where its trials are run.
        knowledge : sequence of str
            Folders of the user's own knowledge, which the commands in the result name.

        Raises
        ------
        InputError
            Anything that will not work, before any training starts.
        """

    @abstractmethod
    def planned(self) -> Sequence[Planned]:
        """Return all that will be run."""

    @abstractmethod
    def run(self, store: Store, listener: SweepListener | None = None) -> Report:
        """Measure.

        Parameters
        ----------
        store : Store
            Where results are kept and looked up.
        listener : SweepListener, optional
            Is told how far it is, and of what has cells how each stands.
        """

    @abstractmethod
    def subject(self) -> dict[str, Any]:
        """Return the subject by ids, called as in a request; None for a pair that it has not."""

    @abstractmethod
    def prior(self) -> Mapping[str, Any]:
        """Return what is known beforehand, ready for JSON.

        That is: which conjecture is judged, what was published, and which claims are looked into.
        """

    @abstractmethod
    def with_prior(self, prior: Any) -> Self:
        """Return the same plan with what `prior` of another one says is known."""

    @classmethod
    @abstractmethod
    def draw(cls, document: dict[str, Any], file: str) -> None:
        """Draw a result of this kind; raises what `validator.measurements.draw` does."""

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The subject of each cell, ready for JSON; empty where it has none."""
        return []

    def beforehand(self) -> dict[str, Any]:
        """Return the subject, and what is ``known`` of it beforehand, ready for JSON."""
        return {"defense": None, "risk": None, **self.subject(), "known": self.prior()}

    def recipes(self) -> list[dict[str, Any]]:
        """Return the recipes of all trials, in their order."""
        from ..run.engine import recipes

        return [recipe for each in self.planned() for recipe in recipes(each)]

    def interval(self, results: Mapping[int, Result]) -> dict[str, Any] | None:
        """Return the effect so far with its interval; None unless there is a single one.

        Parameters
        ----------
        results : mapping of int to Result
            Those that are finished, by the place of their recipe.
        """
        del results
        return None


def setup_of(request: Setup) -> SetupOptions:
    """Return on what to measure, and how, as everything in `experiments` takes it."""
    return {
        "data": request.dataset or DEFAULT_DATASET,
        "model": request.model,
        "seeds": request.seeds,
        "draws": request.draws,
        "device": request.device,
        "memory": request.memory and request.memory << 20,
    }


def spelled(request: PairRequest, defense: str, risk: str) -> tuple[str, str]:
    """Return how a command names a pair: by the ids given here, but for import paths."""
    return (
        request.defense if ":" in request.defense else defense,
        request.risk if ":" in request.risk else risk,
    )


def finished(plan: Plan, store: Store, listener: SweepListener | None) -> list[Result]:
    """Run the only thing that a plan is of; return the results of its trials, in their order."""
    from ..experiments.measuring import whole
    from ..run.engine import finish

    (found,) = finish(
        plan.planned(), store, listener, threads=plan.request.threads, executor=plan.executor
    )
    return whole(found)


def interval_so_far(
    planned: Paired,
    results: Mapping[int, Result],
    judged: Callable[[Paired, list[Result], list[Result]], Mapping[str, Any]],
) -> dict[str, Any] | None:
    """Return the effect over the seeds, or draws, that are finished, if two are.

    Parameters
    ----------
    planned : Experiment or Collusion
        With two arms a seed.
    results : mapping of int to Result
        Those that are finished, by the place of their trial.
    judged : callable
        From fewer seeds or draws, and the results of either arm, to the document of a verdict.
    """
    several = len(planned.contexts) > 1
    size = 2 * len(planned.seeds) if several else 2
    done = _complete(results, size, 2 * len(planned.seeds) * len(planned.contexts))
    if len(done) < 2:
        return None
    places = [start // size for start in done]
    contexts = tuple(planned.contexts[i] for i in places) if several else planned.contexts
    seeds = planned.seeds if several else tuple(planned.seeds[i] for i in places)
    some = replace(planned, contexts=contexts, seeds=seeds)
    arms: tuple[list[Result], list[Result]] = ([], [])
    for start in done:
        for place in range(start, start + size):
            arms[(place - start) % 2].append(results[place])
    effect = judged(some, *arms)["effect"]
    shown = ("metric", "name", "estimate", "low", "high", "level", "smallest_effect")
    return {"draws" if several else "seeds": len(done)} | {key: effect[key] for key in shown}


def _complete(results: Mapping[int, Result], size: int, count: int) -> list[int]:
    """Return where each run of so many places starts of which all are finished."""
    return [
        start
        for start in range(0, count, size)
        if all(place in results for place in range(start, start + size))
    ]
