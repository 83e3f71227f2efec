"""Measurement of a variation: one pair at several values of a factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from ..requests import Request, VariationRequest, pair_request
from ._plan import Plan, Report, setup_of, spelled
from ._prior import PairPrior, VariationPrior, pair_prior, trend_prior

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..experiments.experiment import Experiment
    from ..experiments.sweeps import SweepListener
    from ..experiments.variation_documents import Predicted
    from ..experiments.variations import Variation
    from ..results.store import Store
    from ..run.executors import Executor

__all__ = ["VariationPlan"]


@dataclass(frozen=True)
class VariationPlan(Plan):
    """A variation to be measured.

    Attributes
    ----------
    variation : Variation
        What will be run.
    known : PairPrior
        What is known of the pair beforehand; the same at each value.
    predicted : Predicted
        What is known of the trend.
    commands : tuple of str
        The command line that gives the result at each value alone.
    """

    kind: ClassVar[str] = "variation"
    request_type: ClassVar[type[Request]] = VariationRequest

    variation: Variation
    known: PairPrior
    predicted: Predicted
    commands: tuple[str, ...]

    @classmethod
    def prepare(
        cls,
        kb: KnowledgeBase,
        request: VariationRequest,
        executor: Executor,
        knowledge: Sequence[str],
    ) -> VariationPlan:
        """Check a request and set up what it asks for."""
        from ..experiments.variations import variation

        planned = variation(
            kb,
            request.vary,
            request.defense,
            request.risk,
            settings=request.settings,
            **setup_of(request),
        )
        defense, risk = planned.experiments[0].defense, planned.experiments[0].attack.risk
        commands = tuple(
            pair_request(
                request,
                *spelled(request, defense.name(), risk),
                settings=point.settings,
                model=point.model or request.model,
            ).again(knowledge)
            for point in planned.points
        )
        return cls(
            request,
            executor,
            planned,
            pair_prior(kb, defense.id, risk, planned.experiments[0]),
            trend_prior(kb, defense.id, risk, planned.factor),
            commands,
        )

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Defense, risk and value of each cell, ready for JSON."""
        return [{**self.subject(), "value": point.value} for point in self.variation.points]

    def planned(self) -> list[Experiment]:
        """Return the experiments at all values."""
        return self.variation.experiments

    def run(self, store: Store, listener: SweepListener | None = None) -> Report:
        """Measure; the report is that of ``validate --vary``."""
        from ..experiments.sweeps import Asked, sweep
        from ..experiments.variation_documents import variation_document

        known = {**self.known, "published": tuple(self.known["published"])}
        told = [{**known, "command": each} for each in self.commands]
        asked = [
            Asked(experiment, each)
            for experiment, each in zip(self.variation.experiments, told, strict=True)
        ]
        outcomes = sweep(
            asked, store, listener, threads=self.request.threads, executor=self.executor
        )
        return Report(variation_document(self.variation, outcomes, told, self.predicted))

    def subject(self) -> dict[str, Any]:
        """Return the defense and the risk."""
        first = self.variation.experiments[0]
        return {"defense": first.defense.name(), "risk": first.attack.risk}

    def prior(self) -> VariationPrior:
        """Return what is known of the pair and of the trend."""
        return {"pair": self.known, "predicted": self.predicted}

    def with_prior(self, prior: VariationPrior) -> VariationPlan:
        """Return the same plan with what `prior` of another one says is known."""
        return replace(self, known=prior["pair"], predicted=prior["predicted"])

    @classmethod
    def draw(cls, document: dict[str, Any], file: str) -> None:
        """Draw the effect and the susceptibility over the values."""
        from ..plots.variation_plots import variation_plot

        variation_plot(document, file)
