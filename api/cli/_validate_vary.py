"""``crosscurrent validate DEFENSE RISK --vary FACTOR=…``: one pair by a factor."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crosscurrent.api.answers.assumptions import assume
from crosscurrent.predictor.documents import what_if_document

from ._measurements import Measurement, running, setup
from ._reproducing import command

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.experiments.experiment import Experiment
    from crosscurrent.validator.experiments.sweeps import SweepListener
    from crosscurrent.validator.experiments.variation_documents import Predicted
    from crosscurrent.validator.experiments.variations import Point, Variation
    from crosscurrent.validator.results.store import Store

__all__ = ["VariationPlan", "plan_variation"]

_SIGNS = {"+": "increase", "-": "decrease"}


@dataclass(frozen=True)
class VariationPlan(Measurement):
    """A variation that was asked to be measured, checked; nothing is trained yet.

    Attributes
    ----------
    variation : Variation
        What will be run.
    known : dict
        What is known of the pair beforehand; the same at each value.
    predicted : Predicted
        What is known of the trend.
    commands : tuple of str
        The command line that asks for each value alone.
    """

    variation: Variation
    known: dict[str, Any]
    predicted: Predicted
    commands: tuple[str, ...]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Defense, risk and value of each cell, ready for JSON."""
        return [
            {
                "defense": point.experiment.defense.name(),
                "risk": point.experiment.attack.risk,
                "value": point.value,
            }
            for point in self.variation.points
        ]

    def measure(self, kept: Store, watcher: SweepListener) -> dict[str, Any]:
        """Measure; return the document that ``validate --vary --json`` prints."""
        from crosscurrent.validator.experiments.sweeps import Asked, sweep
        from crosscurrent.validator.experiments.variation_documents import variation_document

        told = [{**self.known, "command": each} for each in self.commands]
        asked = [
            Asked(experiment, known)
            for experiment, known in zip(self.variation.experiments, told, strict=True)
        ]
        outcomes = sweep(asked, kept, watcher, threads=self.threads, executor=self.executor)
        return variation_document(self.variation, outcomes, told, self.predicted)

    def beforehand(self) -> dict[str, Any]:
        """Return which pair it is and what is known of it and of the trend, ready for JSON."""
        first = self.variation.experiments[0]
        known = {**self.known, "published": list(self.known.get("published", ()))}
        return {
            "defense": first.defense.name(),
            "risk": first.attack.risk,
            "known": {"pair": known, "predicted": self.predicted},
        }

    def knowing(self, known: dict[str, Any]) -> VariationPlan:
        """Return the same plan with what `beforehand` of another one says is known."""
        pair = {**known["pair"], "published": tuple(known["pair"]["published"])}
        return replace(self, known=pair, predicted=known["predicted"])

    def planned(self) -> list[Experiment]:
        """Return the experiments at all values."""
        return self.variation.experiments


def plan_variation(arguments: Namespace, kb: KnowledgeBase) -> VariationPlan:
    """Check what is asked for, of this knowledge.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    from crosscurrent.validator.experiments.variations import variation

    from ._validate import known

    how = running(arguments)
    planned = variation(kb, arguments.vary, arguments.defense, arguments.risk, **setup(arguments))
    first = planned.experiments[0]
    pair = first.defense.id, first.attack.risk
    return VariationPlan(
        **how,
        variation=planned,
        known=known(kb, *pair),
        predicted=_predicted(kb, *pair, planned.factor),
        commands=tuple(_command(arguments, planned, point) for point in planned.points),
    )


def _command(arguments: Namespace, planned: Variation, point: Point) -> str:
    asked = Namespace(**{**vars(arguments), "model": point.model or arguments.model})
    first = planned.experiments[0]
    return command(asked, [first.defense.name(), first.attack.risk], point.settings)


def _predicted(kb: KnowledgeBase, defense: str, risk: str, factor: str) -> Predicted:
    """Return what is predicted: directions, as no edge has a size.

    An edge says that the risk rises or falls with the factor. Of the defense's effect nothing
    follows from that, since the factor moves the risk of both arms.
    """
    from ._validate import PLACEBO

    edge = kb.edges(risk).get(factor)
    direction = _SIGNS.get(edge.sign) if edge else None
    if defense == PLACEBO:
        return {
            "risk": direction,
            "effect": "no_change",
            "scenario": None,
            "knowledge": kb.digest,
        }
    assumed = {
        "raise": assume(kb, defense, risk, raise_=[factor]),
        "lower": assume(kb, defense, risk, lower=[factor]),
    }
    scenario = {verb: what_if_document(*found)["predictions"][0] for verb, found in assumed.items()}
    return {
        "risk": direction,
        "effect": None,
        "scenario": scenario,
        "knowledge": kb.digest,
    }
