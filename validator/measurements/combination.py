"""Measurement of a combination: defenses alone and together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from ..requests import CombinationRequest, Request
from ._plan import Plan, Report, finished, setup_of
from ._prior import CombinationPrior, combination_prior

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..experiments.combinations import Combination
    from ..experiments.sweeps import SweepListener
    from ..results.store import Store
    from ..run.executors import Executor

__all__ = ["CombinationPlan"]


@dataclass(frozen=True)
class CombinationPlan(Plan):
    """A combination to be measured.

    Attributes
    ----------
    combination : Combination
        What will be run.
    known : CombinationPrior
        What is known beforehand.
    command : str
        The command line that gives the result again.
    """

    kind: ClassVar[str] = "combination"
    request_type: ClassVar[type[Request]] = CombinationRequest

    combination: Combination
    known: CombinationPrior
    command: str

    @classmethod
    def prepare(
        cls,
        kb: KnowledgeBase,
        request: CombinationRequest,
        executor: Executor,
        knowledge: Sequence[str],
    ) -> CombinationPlan:
        """Check a request and set up what it asks for."""
        from ..experiments.combinations import combination, stage_name

        planned = combination(kb, request.defenses, settings=request.settings, **setup_of(request))
        known = combination_prior(kb, request.defenses)
        names = tuple(map(stage_name, planned.members))
        command = replace(request, defenses=names).again(knowledge)
        return cls(request, executor, planned, known, command)

    def planned(self) -> list[Combination]:
        """Return the combination."""
        return [self.combination]

    def run(self, store: Store, listener: SweepListener | None = None) -> Report:
        """Measure; the report is that of ``validate combine``."""
        from ..experiments.combination_verdicts import conclude_combination

        results = finished(self, store, listener)
        verdict = conclude_combination(self.combination, store, results, self.known, self.command)
        return Report(verdict.document())

    def subject(self) -> dict[str, Any]:
        """Return the defenses."""
        from ..experiments.combinations import stage_name

        return {"combine": [stage_name(each) for each in self.combination.members]}

    def prior(self) -> CombinationPrior:
        """Return what is known of the defenses together."""
        return self.known

    def with_prior(self, prior: CombinationPrior) -> CombinationPlan:
        """Return the same plan with what `prior` of another one says is known."""
        return replace(self, known=prior)

    @classmethod
    def draw(cls, document: dict[str, Any], file: str) -> None:
        """Draw how effective each defense is, alone and together."""
        from ..plots.combination_plots import combination_plot

        combination_plot(document, file)
