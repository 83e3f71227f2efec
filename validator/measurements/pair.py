"""Measurement of a pair: one defense against one risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from ..requests import PairRequest, Request, pair_request
from ._plan import Plan, Report, interval_so_far, setup_of, spelled
from ._prior import PairPrior, pair_prior

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..experiments.experiment import Experiment
    from ..experiments.sweeps import SweepListener
    from ..results.store import Store
    from ..run.executors import Executor
    from ..trials.trial import Result

__all__ = ["PairPlan"]


@dataclass(frozen=True)
class PairPlan(Plan):
    """A pair to be measured.

    Attributes
    ----------
    experiment : Experiment
        What will be run.
    known : PairPrior
        What is known of the pair beforehand.
    command : str
        The command line that gives the result again.
    """

    kind: ClassVar[str] = "verdict"
    request_type: ClassVar[type[Request]] = PairRequest

    experiment: Experiment
    known: PairPrior
    command: str

    @classmethod
    def prepare(
        cls, kb: KnowledgeBase, request: PairRequest, executor: Executor, knowledge: Sequence[str]
    ) -> PairPlan:
        """Check a request and set up what it asks for."""
        from ..experiments.experiment import experiment

        planned = experiment(
            kb, request.defense, request.risk, settings=request.settings, **setup_of(request)
        )
        defense, risk = planned.defense, planned.attack.risk
        known = pair_prior(kb, defense.id, risk, planned)
        named = spelled(request, defense.name(), risk)
        command = pair_request(request, *named).again(knowledge)
        return cls(request, executor, planned, known, command)

    def planned(self) -> list[Experiment]:
        """Return the experiment."""
        return [self.experiment]

    def run(self, store: Store, listener: SweepListener | None = None) -> Report:
        """Measure; the report is that of ``validate DEFENSE RISK``."""
        from ..experiments.measuring import measure

        verdict = measure(
            self.experiment,
            self.known["conjecture"],
            store,
            listener,
            threads=self.request.threads,
            executor=self.executor,
            intended=self.known.get("intended", False),
            published=tuple(self.known["published"]),
            other_mechanism=self.known.get("other_mechanism", ()),
            claims=self.known.get("claims", ()),
            command=self.command,
        )
        return Report(verdict.document())

    def subject(self) -> dict[str, Any]:
        """Return the defense and the risk."""
        return {"defense": self.experiment.defense.name(), "risk": self.experiment.attack.risk}

    def prior(self) -> PairPrior:
        """Return what is known of the pair."""
        return self.known

    def with_prior(self, prior: PairPrior) -> PairPlan:
        """Return the same plan with what `prior` of another one says is known."""
        return replace(self, known=prior)

    @classmethod
    def draw(cls, document: dict[str, Any], file: str) -> None:
        """Draw paired seeds, and the effect with its interval."""
        from ..plots.verdict_plots import plot

        plot(document, file)

    def interval(self, results: Mapping[int, Result]) -> dict[str, Any] | None:
        """Return the effect over the seeds of which both arms are finished, if two are."""
        from ..experiments.verdicts import judge

        return interval_so_far(
            self.experiment,
            results,
            lambda some, *arms: judge(some, self.known["conjecture"], *arms).document(),
        )
