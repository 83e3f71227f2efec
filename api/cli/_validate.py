"""``crosscurrent validate``: measure whether a prediction holds."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.requests import REQUESTS, Request, from_values, options

from ..text.measured import describe
from ._common import as_json, knowledge, style
from ._measuring import needed, store
from ._progress import Progress

if TYPE_CHECKING:
    from crosscurrent.validator.measurements import Plan

__all__ = ["requested", "run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    needed()
    if arguments.list:
        for option in ("all", "vary"):
            if getattr(arguments, option):
                raise InputError(
                    f"--list says what can be measured, and --{option} measures it: give one"
                )
        from ._validate_list import listing

        return listing(arguments)
    request = requested(arguments)
    if arguments.plot is not None and request.kind not in _DRAWN:
        raise InputError(
            "--plot draws what --all or --vary measures; one result: results plot RESULT FILE"
        )
    with redirect_stdout(sys.stderr):  # what a model of the user's own prints is no answer
        document = _measured(arguments, request)
    return as_json(document) if arguments.json else describe(document, style(arguments))


_DRAWN = ("grid", "variation")
"""Kinds of measurements that `results plot` does not draw, as only their cells are kept."""


def requested(arguments: Namespace) -> Request:
    """Return the request that a command line makes."""
    given = vars(arguments)
    return from_values({name: given[name] for name in options(*REQUESTS) if name in given})


def _measured(arguments: Namespace, request: Request) -> dict[str, Any]:
    from crosscurrent.validator.measurements import draw, prepare
    from crosscurrent.validator.plots.figures import require_form
    from crosscurrent.validator.results.evidence import export
    from crosscurrent.validator.results.evidence import prepare as prepare_folder

    if arguments.plot is not None:
        require_form(arguments.plot)  # before the work, not after it
    plan = prepare(
        knowledge(arguments),
        request,
        executor=arguments.executor,
        knowledge=arguments.knowledge,
    )
    if arguments.export is not None:
        prepare_folder(arguments.export)
    listener = _listener(plan, no_color=arguments.no_color)
    try:
        report = plan.run(store(arguments), listener)
    except KeyboardInterrupt:
        listener.over()
        Progress.say("interrupted; finished trials are kept, and the same command goes on")
        raise
    listener.over()
    if arguments.export is not None:
        export(report.verdicts(), arguments.export)
    if arguments.plot is not None:
        draw(report.document(), arguments.plot)
    return report.document()


def _listener(plan: Plan, *, no_color: bool) -> Progress:
    """Return what tells how far it is: of several experiments, one by one."""
    from crosscurrent.validator.measurements.grid import GridPlan
    from crosscurrent.validator.measurements.variation import VariationPlan

    if isinstance(plan, VariationPlan):
        from ._variation_progress import VariationProgress

        return VariationProgress(plan.variation.name.lower(), plan.variation.values)
    if not isinstance(plan, GridPlan):
        return Progress()
    from ._grid_progress import GridProgress

    return GridProgress(plan.pairs, len(plan.grid.seeds), no_color=no_color)
