"""Measurement of a collusion: an attack without and with what another one gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from ..requests import CollusionRequest, Request
from ._plan import Plan, Report, finished, interval_so_far, setup_of
from ._prior import CollusionPrior, collusion_prior

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..experiments.collusions import Collusion
    from ..experiments.sweeps import SweepListener
    from ..results.store import Store
    from ..run.executors import Executor
    from ..trials.trial import Result

__all__ = ["CollusionPlan"]


@dataclass(frozen=True)
class CollusionPlan(Plan):
    """A collusion to be measured.

    Attributes
    ----------
    collusion : Collusion
        What will be run.
    known : CollusionPrior
        What is known beforehand.
    command : str
        The command line that gives the result again.
    """

    kind: ClassVar[str] = "collusion"
    request_type: ClassVar[type[Request]] = CollusionRequest

    collusion: Collusion
    known: CollusionPrior
    command: str

    @classmethod
    def prepare(
        cls,
        kb: KnowledgeBase,
        request: CollusionRequest,
        executor: Executor,
        knowledge: Sequence[str],
    ) -> CollusionPlan:
        """Check a request and set up what it asks for."""
        from ..experiments.collusions import collusion

        known = collusion_prior(kb, *request.attacks)
        planned = collusion(kb, *request.attacks, settings=request.settings, **setup_of(request))
        command = replace(request, attacks=planned.names).again(knowledge)
        return cls(request, executor, planned, known, command)

    def planned(self) -> list[Collusion]:
        """Return the collusion."""
        return [self.collusion]

    def run(self, store: Store, listener: SweepListener | None = None) -> Report:
        """Measure; the report is that of ``validate collude``."""
        from ..experiments.collusion_verdicts import conclude_collusion

        verdict = conclude_collusion(
            self.collusion,
            self.known["conjecture"],
            store,
            finished(self, store, listener),
            published=tuple(self.known["published"]),
            factors=self.known["factors"],
            command=self.command,
        )
        return Report(verdict.document())

    def subject(self) -> dict[str, Any]:
        """Return the attacks."""
        return {"collude": list(self.collusion.names)}

    def prior(self) -> CollusionPrior:
        """Return what is known of the two attacks."""
        return self.known

    def with_prior(self, prior: CollusionPrior) -> CollusionPlan:
        """Return the same plan with what `prior` of another one says is known."""
        return replace(self, known=prior)

    @classmethod
    def draw(cls, document: dict[str, Any], file: str) -> None:
        """Draw paired seeds, and the effect with its interval."""
        from ..plots.verdict_plots import plot

        plot(document, file)

    def interval(self, results: Mapping[int, Result]) -> dict[str, Any] | None:
        """Return the effect over the seeds of which both arms are finished, if two are."""
        from ..experiments.collusion_verdicts import judge_collusion

        return interval_so_far(
            self.collusion,
            results,
            lambda some, *arms: judge_collusion(some, self.known["conjecture"], *arms).document(),
        )
