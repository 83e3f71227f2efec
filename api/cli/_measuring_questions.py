"""What can be asked about measurements: ``crosscurrent validate`` and ``crosscurrent results``."""

from __future__ import annotations

from argparse import ArgumentParser, _ActionsContainer
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from crosscurrent.validator.requests import Option, Request, commands, options

from ._arguments import Questions, knowing, printing, whole_from

__all__ = ["COMMANDS", "OTHERS", "ask_for", "executor", "validate"]


def validate(question: ArgumentParser) -> None:
    """Describe ``crosscurrent validate``."""
    ask_for(next(iter(commands().values())), question)


def ask_for(kinds: Sequence[type[Request]], question: ArgumentParser) -> None:
    """Describe the command that takes these kinds of requests: their options, and its own."""
    command = kinds[0].command
    question.description = command.description
    question.epilog = "\n  ".join(["examples:", *command.examples])
    question.set_defaults(module="_validate", list=False, plot=None)
    knowing(question)
    printing(question)
    declared = _declared(kinds)
    _add(question, declared["subject"])
    if not command.word:
        question.add_argument(
            "--list", action="store_true", help="what can be measured, on what, and what can be set"
        )
    _add(question, declared["options"])
    _add(question.add_argument_group("experiment"), declared["experiment"])
    machine = question.add_argument_group("machine")
    _add(machine, declared["machine"])
    executor(machine)
    _store(machine)
    machine.add_argument(
        "--export", metavar="DIR", help="also write the evidence there, as knowledge files"
    )
    if not command.word:
        machine.add_argument(
            "--plot",
            metavar="FILE",
            help="with --all or --vary: also draw it there, measured beside predicted: .png, .svg"
            " or .pdf",
        )


OTHERS: Questions = {
    command.word: (command.summary, partial(ask_for, kinds))
    for command, kinds in commands().items()
    if command.word
}
"""What the first word after ``crosscurrent validate`` may ask instead."""


def _declared(kinds: Sequence[type[Request]]) -> dict[str, list[tuple[Option, bool]]]:
    """Return options by group, each with whether all of these requests have to give it."""
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


def _list(question: ArgumentParser) -> None:
    question.description = "List what was measured."
    question.set_defaults(module="_results_list")
    printing(question)
    _store(question)


def _show(question: ArgumentParser) -> None:
    question.description = "Show one result again, as validate printed it."
    question.epilog = "example: crosscurrent results show 3f9a"
    question.set_defaults(module="_results_show")
    printing(question)
    _result(question)


def _plot(question: ArgumentParser) -> None:
    question.description = "Draw one result: paired seeds, and the effect with its interval."
    question.epilog = "example: crosscurrent results plot 3f9a privacy.svg"
    question.set_defaults(module="_results_plot")
    _result(question)
    question.add_argument("file", metavar="FILE", help="where to write it: .png, .svg or .pdf")


def _report(question: ArgumentParser) -> None:
    question.description = (
        "Write results as one HTML page that needs nothing else: methods, every result with its"
        " figure and numbers, and the command that gives it again."
    )
    question.epilog = "example: crosscurrent results report measured.html"
    question.set_defaults(module="_results_report")
    question.add_argument("file", metavar="FILE", help="where to write it: .html")
    question.add_argument(
        "names", metavar="RESULT", nargs="*", help="ids, or beginnings of them (default: all)"
    )
    _store(question)


def _export(question: ArgumentParser) -> None:
    question.description = (
        "Write results as knowledge files, which predict --knowledge DIR shows as observations."
    )
    question.epilog = "example: crosscurrent results export measured 3f9a"
    question.set_defaults(module="_results_export")
    question.add_argument("folder", metavar="DIR", help="a folder; made if it is not there")
    question.add_argument(
        "names", metavar="RESULT", nargs="*", help="ids, or beginnings of them (default: all)"
    )
    _store(question)


def _prune(question: ArgumentParser) -> None:
    question.description = (
        "Remove results, and the trials that no other result rests on. Without RESULT only trials"
        " of runs that were never finished."
    )
    question.epilog = "example: crosscurrent results prune 3f9a"
    question.set_defaults(module="_results_prune")
    question.add_argument("names", metavar="RESULT", nargs="*", help="ids, or beginnings of them")
    _store(question)


def _result(question: ArgumentParser) -> None:
    question.add_argument("name", metavar="RESULT", help="id, or the beginning of it")
    _store(question)


def executor(question: _ActionsContainer, default: str | None = "here", more: str = "") -> None:
    """Describe the option that says where models are trained."""
    question.add_argument(
        "--executor",
        default=default,
        metavar="WHERE",
        help="where models are trained: here (default), in processes:N of this machine, or on a Ray"
        f" cluster, ray or ray:HOST:PORT; the results are the same{more}",
    )


def _store(question: _ActionsContainer) -> None:
    question.add_argument(
        "--store",
        metavar="FILE",
        help="where results are kept (default: $CROSSCURRENT_RESULTS, or"
        " ~/.local/share/crosscurrent/results.sqlite)",
    )


COMMANDS: Questions = {
    "list": ("list what was measured", _list),
    "show": ("show one result", _show),
    "plot": ("draw one result for a report", _plot),
    "report": ("write results as an HTML page", _report),
    "export": ("write results as knowledge files", _export),
    "prune": ("remove results", _prune),
}
"""The commands of ``crosscurrent results``."""
