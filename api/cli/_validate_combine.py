"""``crosscurrent validate combine``: defenses alone and together."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from predictor.conflicts import Combined, combine

from ._combine import codes
from ._reproducing import command

if TYPE_CHECKING:
    from knowledge import KnowledgeBase
    from validator.combinations import Combination
    from validator.engine import Watcher
    from validator.executors import Executor
    from validator.store import Store
    from validator.trials import Result

__all__ = ["CombinationPlan", "plan_combination"]


@dataclass(frozen=True)
class CombinationPlan:
    """A combination that was asked to be measured, checked; nothing is trained yet.

    Attributes
    ----------
    combination : Combination
        What will be run.
    known : dict
        What is known beforehand, ready for JSON, as `validator.combination_verdicts` takes it.
    command : str
        The command line that asks for it.
    threads : int or None
        As many threads as it shall take.
    executor : Executor
        Where its trials are run.
    """

    combination: Combination
    known: dict[str, Any]
    command: str
    threads: int | None
    executor: Executor

    def measure(self, kept: Store, watcher: Watcher) -> dict[str, Any]:
        """Measure; return the document that ``validate combine --json`` prints."""
        from validator.combination_verdicts import conclude_combination
        from validator.engine import finish
        from validator.measuring import whole

        (found,) = finish(
            [self.combination], kept, watcher, threads=self.threads, executor=self.executor
        )
        return conclude_combination(
            self.combination, kept, whole(found), self.known, self.command
        ).document()

    def beforehand(self) -> dict[str, Any]:
        """Return which defenses these are and what is known of them, ready for JSON."""
        from validator.combinations import stage_name

        names = [stage_name(each) for each in self.combination.members]
        return {"defense": None, "risk": None, "combine": names, "known": self.known}

    def knowing(self, known: dict[str, Any]) -> CombinationPlan:
        """Return the same plan with what `beforehand` of another one says is known."""
        return replace(self, known=known)

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Nothing: it is about no defense and risk."""
        return []

    def recipes(self) -> list[dict[str, Any]]:
        """Return the recipes of all trials, in their order."""
        return [self.combination.bench.recipe(trial) for trial in self.combination.trials()]

    def interval(self, results: Mapping[int, Result]) -> None:
        """Return nothing: there is one interval for each defense in each order."""
        del results


def plan_combination(arguments: Namespace, kb: KnowledgeBase) -> CombinationPlan:
    """Check what is asked for, of this knowledge.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    from validator.combinations import combination
    from validator.executors import chosen
    from validator.experiments import DEFAULT_DATASET

    executor = chosen(arguments.executor)
    answer = combine(kb, arguments.combine)
    planned = combination(
        kb,
        arguments.combine,
        data=arguments.dataset or DEFAULT_DATASET,
        model=arguments.model,
        seeds=arguments.seeds,
        device=arguments.device,
        memory=arguments.memory and arguments.memory << 20,
        settings=arguments.settings,
    )
    names = [variant.id for variant in answer.defenses]
    return CombinationPlan(
        planned,
        _known(answer),
        command(arguments, ["combine", *names], arguments.settings),
        arguments.threads,
        executor,
    )


def _known(answer: Combined) -> dict[str, Any]:
    from predictor.conflicts import measured

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
