"""``crosscurrent validate``: measure whether a prediction holds."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.errors import InputError
from predictor.interactions import predict

from ._common import as_json, knowledge, style
from ._measuring import needed, store
from ._progress import Progress
from ._verdict import describe

if TYPE_CHECKING:
    from knowledge import KnowledgeBase
    from validator.experiments import Experiment, Watcher
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
    conjecture : str
        What is expected.
    published : tuple of str
        What was published.
    threads : int or None
        As many threads as it shall take.
    """

    experiment: Experiment
    conjecture: str
    published: tuple[str, ...]
    threads: int | None

    def measure(self, kept: Store, watcher: Watcher) -> dict[str, Any]:
        """Measure; return the document that ``validate --json`` prints."""
        from validator.experiments import measure

        return measure(
            self.experiment,
            self.conjecture,
            kept,
            watcher,
            published=self.published,
            threads=self.threads,
        ).document()


def run(arguments: Namespace) -> str:
    """Answer the question."""
    needed()
    if arguments.list:
        from ._validate_list import listing

        return listing(arguments)
    planned = plan(arguments)
    if arguments.export is not None:
        from validator.evidence import export, prepare

        prepare(arguments.export)  # before the work, not after it
    document = planned.measure(store(arguments), Progress())
    if arguments.export is not None:
        export([document], arguments.export)
    return as_json(document) if arguments.json else describe(document, style(arguments))


def plan(arguments: Namespace) -> Plan:
    """Check what is asked for.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    if arguments.defense is None or arguments.risk is None:
        raise InputError("validate takes a DEFENSE and a RISK; validate --list shows which")
    kb = knowledge(arguments)
    conjecture, published = _expected(kb, arguments.defense, arguments.risk)
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
    return Plan(planned, conjecture, published, arguments.threads)


def _expected(kb: KnowledgeBase, defense: str, risk: str) -> tuple[str, tuple[str, ...]]:
    """Return the conjecture and the published effects; nothing changes under a placebo."""
    if defense == PLACEBO:
        return "no_change", ()
    found = predict(kb, defense, risk)
    return found.conjecture, tuple(found.seen)
