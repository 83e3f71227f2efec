"""``crosscurrent validate``: measure whether a prediction holds."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

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
    with redirect_stdout(sys.stderr):  # what a model of the user's own prints is no answer
        try:
            document = _measured(kb, arguments)
        except KeyboardInterrupt:
            Progress.say("interrupted; finished trials are kept, and the same command goes on")
            raise
    return as_json(document) if arguments.json else describe(document, style(arguments))


def _measured(kb: KnowledgeBase, arguments: Namespace) -> dict[str, Any]:
    from validator.evidence import export, prepare
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
        prepare(arguments.export)  # before the work, not after it
    expected = _expected(kb, planned.defense.id, planned.attack.risk)
    document = measure(
        planned, watcher=Progress(), store=store(arguments), threads=arguments.threads, **expected
    ).document()
    if arguments.export is not None:
        export([document], arguments.export)
    return document


def _expected(kb: KnowledgeBase, defense: str, risk: str) -> dict[str, Any]:
    """Return what is known of the pair beforehand; nothing changes under a placebo."""
    if defense == PLACEBO:
        return {"conjecture": "no_change"}
    found = predict(kb, defense, risk)
    return {
        "conjecture": found.conjecture,
        "intended": found.intended,
        "published": tuple(found.seen),
    }
