"""``crosscurrent validate``: measure whether a prediction holds."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from knowledge.errors import InputError
from predictor.interactions import predict

from ._common import as_json, knowledge, style
from ._measuring import needed, store
from ._progress import Progress
from ._verdict import describe

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

__all__ = ["run"]

PLACEBO = "placebo"


def run(arguments: Namespace) -> str:
    """Answer the question."""
    needed()
    if arguments.list:
        from ._validate_list import listing

        return listing(arguments)
    if arguments.defense is None or arguments.risk is None:
        raise InputError("validate takes a DEFENSE and a RISK; validate --list shows which")
    kb = knowledge(arguments)
    conjecture, published = _expected(kb, arguments.defense, arguments.risk)
    from validator.experiments import DEFAULT_DATASET, experiment, measure

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
    if arguments.export is not None:
        from validator.evidence import export, prepare

        prepare(arguments.export)  # before the work, not after it
    document = measure(
        planned,
        conjecture,
        store(arguments),
        Progress(),
        published=published,
        threads=arguments.threads,
    ).document()
    if arguments.export is not None:
        export([document], arguments.export)
    return as_json(document) if arguments.json else describe(document, style(arguments))


def _expected(kb: KnowledgeBase, defense: str, risk: str) -> tuple[str, tuple[str, ...]]:
    """Return the conjecture and the published effects; nothing changes under a placebo."""
    if defense == PLACEBO:
        return "no_change", ()
    found = predict(kb, defense, risk)
    return found.conjecture, tuple(found.seen)
