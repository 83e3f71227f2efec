"""``crosscurrent validate``: measure whether a prediction holds."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from knowledge.errors import InputError
from predictor.interactions import predict

from ._common import as_json, knowledge, style
from ._measuring import needed, store
from ._progress import Progress
from ._verdict import describe

if TYPE_CHECKING:
    from knowledge import KnowledgeBase
    from validator.experiments import Experiment
    from validator.measuring import Watcher
    from validator.store import Store

__all__ = ["Plan", "plan", "run"]

PLACEBO = "placebo"


@dataclass(frozen=True)
class Plan:
    """What was asked to be measured, checked; nothing is trained yet.

    Attributes
    ----------
    experiment : Experiment
        What will be run.
    known : dict
        What is known of the pair beforehand: the conjecture, whether the defense is meant for the
        risk, and what was published.
    threads : int or None
        As many threads as it shall take.
    """

    experiment: Experiment
    known: dict[str, Any]
    threads: int | None

    def measure(self, kept: Store, watcher: Watcher) -> dict[str, Any]:
        """Measure; return the document that ``validate --json`` prints."""
        from validator.measuring import measure

        return measure(
            self.experiment, store=kept, watcher=watcher, threads=self.threads, **self.known
        ).document()

    def beforehand(self) -> dict[str, Any]:
        """Return which pair it is and what is known of it, ready for JSON."""
        experiment = self.experiment
        return {
            "defense": experiment.defense.name(),
            "risk": experiment.attack.risk,
            "known": {**self.known, "published": list(self.known.get("published", ()))},
        }

    def knowing(self, known: dict[str, Any]) -> Plan:
        """Return the same plan with what `beforehand` of another one says is known."""
        return replace(self, known={**known, "published": tuple(known["published"])})


def run(arguments: Namespace) -> str:
    """Answer the question."""
    needed()
    if arguments.list:
        from ._validate_list import listing

        return listing(arguments)
    with redirect_stdout(sys.stderr):  # what a model of the user's own prints is no answer
        document = _measured(arguments)
    return as_json(document) if arguments.json else describe(document, style(arguments))


def _measured(arguments: Namespace) -> dict[str, Any]:
    from validator.evidence import export, prepare

    planned = plan(arguments, knowledge(arguments))
    if arguments.export is not None:
        prepare(arguments.export)  # before the work, not after it
    try:
        document = planned.measure(store(arguments), Progress())
    except KeyboardInterrupt:
        Progress.say("interrupted; finished trials are kept, and the same command goes on")
        raise
    if arguments.export is not None:
        export([document], arguments.export)
    return document


def plan(arguments: Namespace, kb: KnowledgeBase) -> Plan:
    """Check what is asked for, of this knowledge.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    if arguments.defense is None or arguments.risk is None:
        raise InputError("validate takes a DEFENSE and a RISK; validate --list shows which")
    from validator.experiments import DEFAULT_DATASET, experiment

    planned = experiment(
        kb,
        arguments.defense,
        arguments.risk,
        data=arguments.dataset or DEFAULT_DATASET,
        model=arguments.model,
        seeds=arguments.seeds,
        device=arguments.device,
        memory=arguments.memory and arguments.memory << 20,
        settings=arguments.settings,
    )
    known = _known(kb, planned.defense.id, planned.attack.risk)
    return Plan(planned, known, arguments.threads)


def _known(kb: KnowledgeBase, defense: str, risk: str) -> dict[str, Any]:
    """Return what is known of the pair beforehand; nothing changes under a placebo."""
    if defense == PLACEBO:
        return {"conjecture": "no_change"}
    found = predict(kb, defense, risk)
    return {
        "conjecture": found.conjecture,
        "intended": found.intended,
        "published": tuple(found.seen),
    }
