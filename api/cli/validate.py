"""``crosscurrent validate``: models trained to see whether a prediction holds."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _ActionsContainer
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.requests import (
    REQUESTS,
    Option,
    Request,
    commands,
    from_values,
    options,
)
from crosscurrent.validator.results.outcomes import PLACEBO

from ..text.measured import describe
from ..text.terminal import columns
from ._arguments import (
    add_executor_option,
    add_knowledge_option,
    add_output_options,
    add_store_option,
    whole_from,
)
from ._common import as_json, knowledge, style
from ._measuring import needed, store
from .parser import CommandParser
from .progress import GridProgress, Progress, VariationProgress

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.measurements import Plan

__all__ = ["add_arguments", "add_request_arguments", "requested", "run"]

_DRAWN = ("grid", "variation")
"""Kinds of measurements that `results plot` does not draw, as only their cells are kept."""


def add_arguments(parser: CommandParser) -> None:
    """Describe the command, add its arguments, and those of the commands below it."""
    (_, kinds), *others = commands(REQUESTS).items()
    add_request_arguments(kinds, parser)
    parser.add_alternatives(
        {
            command.word: (command.summary, partial(add_request_arguments, each))
            for command, each in others
        }
    )


def add_request_arguments(kinds: Sequence[type[Request]], parser: ArgumentParser) -> None:
    """Describe the command that takes these kinds of requests, and add its arguments.

    Those of the requests are made from what is declared of them; the others are of this terminal.
    """
    command = kinds[0].command
    parser.description = command.description
    parser.epilog = "\n  ".join(["examples:", *command.examples])
    parser.set_defaults(run=run, list=False, plot=None)
    add_knowledge_option(parser)
    add_output_options(parser)
    declared = _declared(kinds)
    _add(parser, declared["subject"])
    if not command.word:
        parser.add_argument(
            "--list",
            action="store_true",
            help="list defenses, risks, data sets, models and settings",
        )
    _add(parser, declared["options"])
    _add(parser.add_argument_group("experiment"), declared["experiment"])
    machine = parser.add_argument_group("machine")
    _add(machine, declared["machine"])
    add_executor_option(machine)
    add_store_option(machine)
    machine.add_argument(
        "--export", metavar="DIR", help="also write the evidence there, as knowledge files"
    )
    if not command.word:
        machine.add_argument(
            "--plot",
            metavar="FILE",
            help="with --all or --vary: also write a plot of measured and predicted effects to FILE"
            " (.png, .svg or .pdf)",
        )


def _declared(kinds: Sequence[type[Request]]) -> dict[str, list[tuple[Option, bool]]]:
    """Return options by group, each with whether all of these requests have it."""
    found: dict[str, list[tuple[Option, bool]]] = {}
    for name, each in options(*kinds).items():
        everywhere = all(name in options(kind) for kind in kinds)
        found.setdefault(each.group, []).append((each, everywhere))
    return defaultdict(list, found)


def _add(group: _ActionsContainer, declared: Iterable[tuple[Option, bool]]) -> None:
    for each, everywhere in declared:
        about: dict[str, Any] = {"help": each.meaning.replace("%", "%%")}
        if each.metavar is not None:
            about["metavar"] = each.metavar
        if each.choices:
            about["choices"] = each.choices
        if each.read_as == "number":
            about["type"] = partial(whole_from, each.least)
        if each.flag is None:
            about["nargs"] = (each.count or "+") if each.many else None if everywhere else "?"
            group.add_argument(each.name, **about)
            continue
        if each.read_as == "switch":
            about["action"] = "store_true"
        elif each.many:
            about |= {"action": "append", "default": []}
        else:
            about["default"] = each.absent
        group.add_argument(each.flag, dest=each.name, **about)


def run(arguments: Namespace) -> str:
    """Measure; return the answer as text."""
    needed()
    if arguments.list:
        for option in ("all", "vary"):
            if getattr(arguments, option):
                raise InputError(
                    f"--list says what can be measured, and --{option} measures it: give one"
                )
        return _listing(arguments)
    request = requested(arguments)
    if arguments.plot is not None and request.kind not in _DRAWN:
        raise InputError(
            "--plot draws what --all or --vary measures; one result: results plot RESULT FILE"
        )
    with redirect_stdout(sys.stderr):  # what a model of the user's own prints is no answer
        document = _measured(arguments, request)
    return as_json(document) if arguments.json else describe(document, style(arguments))


def requested(arguments: Namespace) -> Request:
    """Return the request that a command line makes."""
    given = vars(arguments)
    return from_values({name: given[name] for name in options(*REQUESTS) if name in given})


def _measured(arguments: Namespace, request: Request) -> dict[str, Any]:
    from crosscurrent.validator.measurements import draw, prepare
    from crosscurrent.validator.plots.figures import require_form
    from crosscurrent.validator.results import evidence

    if arguments.plot is not None:
        require_form(arguments.plot)  # before the work, not after it
    kb = knowledge(arguments)
    plan = prepare(
        kb,
        request,
        executor=arguments.executor,
        knowledge=arguments.knowledge,
    )
    if arguments.export is not None:
        _require_records(plan, kb)
        evidence.prepare(arguments.export)
    listener = _listener(plan, no_color=arguments.no_color)
    try:
        report = plan.run(store(arguments), listener)
    except KeyboardInterrupt:
        listener.over()
        Progress.say("interrupted; finished trials are stored; run the same command to resume")
        raise
    listener.over()
    if arguments.export is not None:
        known = (each for each in report.verdicts() if _recorded(each, kb))
        evidence.export(known, arguments.export)
    if arguments.plot is not None:
        draw(report.document(), arguments.plot)
    return report.document()


def _require_records(plan: Plan, kb: KnowledgeBase) -> None:
    """Refuse to measure for knowledge files that no knowledge base could read."""
    if not any(_recorded(each, kb) for each in plan.cells or [plan.subject()]):
        raise InputError(
            "--export writes what is known of a defense and a risk, and the knowledge base has no"
            " record of one of them: name the knowledge files of the plug-in (--knowledge)"
        )


def _recorded(subject: Mapping[str, Any], kb: KnowledgeBase) -> bool:
    """Whether the knowledge base knows the defense and the risk, if it is about any."""
    defense, risk = subject.get("defense"), subject.get("risk")
    known = (*kb.defenses, *kb.risks, PLACEBO, None)
    return (defense and defense.partition("@")[0]) in known and risk in known


def _listener(plan: Plan, *, no_color: bool) -> Progress:
    """Return what tells how far it is: of several experiments, one by one."""
    from crosscurrent.validator.measurements.grid import GridPlan
    from crosscurrent.validator.measurements.variation import VariationPlan

    if isinstance(plan, VariationPlan):
        return VariationProgress(plan.variation.name.lower(), plan.variation.values)
    if isinstance(plan, GridPlan):
        return GridProgress(plan.pairs, len(plan.grid.seeds) * plan.grid.draws, no_color=no_color)
    return Progress()


def _listing(arguments: Namespace) -> str:
    """List defenses, risks, settings, what can be varied, data sets and models."""
    from crosscurrent.validator.experiments.catalogue import catalogue

    with redirect_stdout(sys.stderr):  # what a plug-in prints is no answer either
        found = catalogue()
    if arguments.json:
        return as_json(found)
    look = style(arguments)
    sections = {
        **{
            title: [row for each in found[title] for row in _rows(each)]
            for title in ("defenses", "risks", "training")
        },
        "factors, for --vary": [
            [each["id"], each["set"], each["about"]] for each in found["factors"]
        ],
        "datasets": [row for each in found["datasets"] for row in _rows(each)],
        "models": [[each["id"], each["about"]] for each in found["models"]],
    }
    parts = []
    for title, rows in sections.items():
        parts += [look.paint(title.capitalize(), "bold"), columns(rows, look.width), ""]
    return look.finish("\n".join(parts).rstrip())


def _rows(each: dict[str, Any]) -> list[list[str]]:
    about = each["about"]
    if problem := each.get("problem"):
        about = f"cannot be used: {problem}"
    elif plugin := each.get("plugin"):
        about = f"{about} Of {plugin['distribution']} {plugin['version']}.".lstrip()
    own = [[each["id"], "", about]]
    return own + [
        [f"  {knob['set']}", f"{knob['default']}", knob["about"]] for knob in each["settings"]
    ]
