"""``crosscurrent validate collude``: an attack without and with what another one gives."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from predictor.collusion import Colluded, collude

from ._reproducing import command

if TYPE_CHECKING:
    from knowledge import KnowledgeBase
    from validator.collusions import Collusion
    from validator.engine import Watcher
    from validator.executors import Executor
    from validator.store import Store
    from validator.trials import Result

__all__ = ["CollusionPlan", "plan_collusion"]


@dataclass(frozen=True)
class CollusionPlan:
    """A collusion that was asked to be measured, checked; nothing is trained yet.

    Attributes
    ----------
    collusion : Collusion
        What will be run.
    known : dict
        What is known beforehand, ready for JSON: the conjecture, the shared factors, and what was
        published.
    command : str
        The command line that asks for it.
    threads : int or None
        As many threads as it shall take.
    executor : Executor
        Where its trials are run.
    """

    collusion: Collusion
    known: dict[str, Any]
    command: str
    threads: int | None
    executor: Executor

    def measure(self, kept: Store, watcher: Watcher) -> dict[str, Any]:
        """Measure; return the document that ``validate collude --json`` prints."""
        from validator.collusions import conclude_collusion
        from validator.engine import finish
        from validator.measuring import whole

        (found,) = finish(
            [self.collusion], kept, watcher, threads=self.threads, executor=self.executor
        )
        return conclude_collusion(
            self.collusion,
            store=kept,
            results=whole(found),
            command=self.command,
            **{**self.known, "published": tuple(self.known["published"])},
        ).document()

    def beforehand(self) -> dict[str, Any]:
        """Return which attacks these are and what is known of them, ready for JSON."""
        names = list(self.collusion.names)
        return {"defense": None, "risk": None, "collude": names, "known": self.known}

    def knowing(self, known: dict[str, Any]) -> CollusionPlan:
        """Return the same plan with what `beforehand` of another one says is known."""
        return replace(self, known=known)

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Nothing: it is about no defense and risk."""
        return []

    def recipes(self) -> list[dict[str, Any]]:
        """Return the recipes of all trials, in their order."""
        return [self.collusion.bench.recipe(trial) for trial in self.collusion.trials()]

    def interval(self, results: Mapping[int, Result]) -> dict[str, Any] | None:
        """Return the effect over the seeds of which both arms are finished, if two are.

        Parameters
        ----------
        results : mapping of int to Result
            Those that are finished, by the place of their recipe.
        """
        from validator.collusions import judge_collusion

        planned = self.collusion
        seeds = [i for i in range(len(planned.seeds)) if {2 * i, 2 * i + 1} <= results.keys()]
        if len(seeds) < 2:
            return None
        some = replace(planned, seeds=tuple(planned.seeds[i] for i in seeds))
        without, with_first = ([results[2 * i + arm] for i in seeds] for arm in (0, 1))
        effect = judge_collusion(some, self.known["conjecture"], without, with_first).document()[
            "effect"
        ]
        shown = ("metric", "estimate", "low", "high", "level")
        return {"seeds": len(seeds)} | {key: effect[key] for key in shown}


def plan_collusion(arguments: Namespace, kb: KnowledgeBase) -> CollusionPlan:
    """Check what is asked for, of this knowledge.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    from validator.collusions import collusion
    from validator.executors import chosen
    from validator.experiments import DEFAULT_DATASET

    executor = chosen(arguments.executor)
    answer = collude(kb, *arguments.collude)
    names = [answer.first.id, answer.second.id]
    planned = collusion(
        kb,
        *names,
        data=arguments.dataset or DEFAULT_DATASET,
        model=arguments.model,
        seeds=arguments.seeds,
        device=arguments.device,
        memory=arguments.memory and arguments.memory << 20,
        settings=arguments.settings,
    )
    return CollusionPlan(
        planned,
        _known(answer),
        command(arguments, ["collude", *names], arguments.settings),
        arguments.threads,
        executor,
    )


def _known(answer: Colluded) -> dict[str, Any]:
    return {
        "conjecture": answer.verdict,
        "published": [answer.seen] if answer.seen else [],
        "factors": [
            {
                "factor": link.factor.id,
                "code": link.factor.code,
                "name": link.factor.name,
                "first_sign": link.moved_by.sign,
                "second_sign": link.depends.sign,
            }
            for link in answer.factors
        ],
    }
