"""``crosscurrent validate collude``: an attack without and with what another one gives."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crosscurrent.predictor.collusion import Colluded, collude

from ._measurements import Measurement, running, setup, so_far
from ._reproducing import command

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.experiments.collusions import Collusion
    from crosscurrent.validator.results.store import Store
    from crosscurrent.validator.run.engine import ProgressListener
    from crosscurrent.validator.trials.trial import Result

__all__ = ["CollusionPlan", "plan_collusion"]


@dataclass(frozen=True)
class CollusionPlan(Measurement):
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
    """

    collusion: Collusion
    known: dict[str, Any]
    command: str

    def measure(self, kept: Store, watcher: ProgressListener) -> dict[str, Any]:
        """Measure; return the document that ``validate collude --json`` prints."""
        from crosscurrent.validator.experiments.collusion_verdicts import conclude_collusion
        from crosscurrent.validator.experiments.measuring import whole
        from crosscurrent.validator.run.engine import finish

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

    def planned(self) -> list[Collusion]:
        """Return the collusion."""
        return [self.collusion]

    def interval(self, results: Mapping[int, Result]) -> dict[str, Any] | None:
        """Return the effect over the seeds of which both arms are finished, if two are."""
        from crosscurrent.validator.experiments.collusion_verdicts import judge_collusion

        conjecture = self.known["conjecture"]
        return so_far(
            self.collusion,
            results,
            lambda *some: judge_collusion(some[0], conjecture, *some[1:]).document(),
        )


def plan_collusion(arguments: Namespace, kb: KnowledgeBase) -> CollusionPlan:
    """Check what is asked for, of this knowledge.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    from crosscurrent.validator.experiments.collusions import collusion

    how = running(arguments)
    answer = collude(kb, *arguments.collude)
    names = [answer.first.id, answer.second.id]
    return CollusionPlan(
        **how,
        collusion=collusion(kb, *names, **setup(arguments)),
        known=_known(answer),
        command=command(arguments, ["collude", *names], arguments.settings),
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
