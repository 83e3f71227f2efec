"""``crosscurrent validate combine``: defenses alone and together."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crosscurrent.predictor.conflicts import Combined, combine

from ..text.combinations import codes
from ._measurements import Measurement, running, setup
from ._reproducing import command

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.experiments.combinations import Combination
    from crosscurrent.validator.results.store import Store
    from crosscurrent.validator.run.engine import ProgressListener

__all__ = ["CombinationPlan", "plan_combination"]


@dataclass(frozen=True)
class CombinationPlan(Measurement):
    """A combination that was asked to be measured, checked; nothing is trained yet.

    Attributes
    ----------
    combination : Combination
        What will be run.
    known : dict
        What is known beforehand, ready for JSON, as
        `validator.experiments.combination_verdicts` takes it.
    command : str
        The command line that asks for it.
    """

    combination: Combination
    known: dict[str, Any]
    command: str

    def measure(self, kept: Store, watcher: ProgressListener) -> dict[str, Any]:
        """Measure; return the document that ``validate combine --json`` prints."""
        from crosscurrent.validator.experiments.combination_verdicts import conclude_combination
        from crosscurrent.validator.experiments.measuring import whole
        from crosscurrent.validator.run.engine import finish

        (found,) = finish(
            [self.combination], kept, watcher, threads=self.threads, executor=self.executor
        )
        return conclude_combination(
            self.combination, kept, whole(found), self.known, self.command
        ).document()

    def beforehand(self) -> dict[str, Any]:
        """Return which defenses these are and what is known of them, ready for JSON."""
        from crosscurrent.validator.experiments.combinations import stage_name

        names = [stage_name(each) for each in self.combination.members]
        return {"defense": None, "risk": None, "combine": names, "known": self.known}

    def knowing(self, known: dict[str, Any]) -> CombinationPlan:
        """Return the same plan with what `beforehand` of another one says is known."""
        return replace(self, known=known)

    def planned(self) -> list[Combination]:
        """Return the combination."""
        return [self.combination]


def plan_combination(arguments: Namespace, kb: KnowledgeBase) -> CombinationPlan:
    """Check what is asked for, of this knowledge.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    from crosscurrent.validator.experiments.combinations import combination

    how = running(arguments)
    answer = combine(kb, arguments.combine)
    names = [variant.id for variant in answer.defenses]
    return CombinationPlan(
        **how,
        combination=combination(kb, arguments.combine, **setup(arguments)),
        known=_known(answer),
        command=command(arguments, ["combine", *names], arguments.settings),
    )


def _known(answer: Combined) -> dict[str, Any]:
    from crosscurrent.predictor.conflicts import measured

    whole = {variant.id for variant in answer.defenses}
    return {
        "conjecture": "effective" if answer.effective else "conflict",
        "proposed": [[variant.id for variant in order] for order in answer.orders],
        "conflicts": [
            {"earlier": each.earlier.id, "later": each.later.id, "risk": each.risk}
            for each in answer.conflicts
        ],
        "published": [
            {"name": codes([each]), "outcome": measured(each)}
            for each in answer.observations
            if set(each.defenses) == whole and not each.id.startswith("measured.")
        ],
    }
