"""Completion: for shells that ask while a line is typed, and the script that makes them ask."""

from __future__ import annotations

import argparse
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping

import argcomplete
from argcomplete.shell_integration import shellcode

from crosscurrent.knowledge import Attack, Defense, Factor, KnowledgeBase, Risk, load
from crosscurrent.knowledge.errors import InputError

from ._common import overlays
from .parser import parsers

__all__ = ["add_arguments", "complete", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = "Print a shell completion script for commands, options and names."
    parser.epilog = 'example: eval "$(crosscurrent completion bash)"'
    parser.set_defaults(run=run)
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])


def run(arguments: Namespace) -> str:
    """Print the script."""
    return str(shellcode(["crosscurrent"], shell=arguments.shell))


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that wants to know how a line may go on, and leave the process."""
    for each in parsers(parser, os.environ.get("COMP_LINE")):
        for action in each._actions:
            names = _NAMES.get(action.metavar) if isinstance(action.metavar, str) else None
            if names is not None:
                action.completer = _completer(names)  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options=False)


def _named(records: Mapping[str, Attack | Defense | Factor | Risk]) -> list[str]:
    """Return ids and codes."""
    return [*records, *(record.code for record in records.values() if record.code)]


_NAMES: dict[str, Callable[[KnowledgeBase], list[str]]] = {
    "DEFENSE": lambda kb: [*_named(kb.defenses), *kb.variants],
    "ATTACK": lambda kb: _named(kb.attacks),
    "RISK": lambda kb: _named(kb.risks),
    "STANDARD[:LEVEL]": lambda kb: [
        *kb.standards,
        *(f"{each.id}:{level}" for each in kb.standards.values() for level in each.levels),
    ],
    "FACTOR": lambda kb: _named(kb.factors),
    "NAME": lambda kb: [
        *kb.rows,
        *_named(kb.factors),
        *_named(kb.defenses),
        *_named(kb.risks),
        *kb.variants,
        *_named(kb.attacks),
    ],
    "KEY=VALUE": lambda kb: [f"{c.id}={v}" for c in kb.adversary.values() for v in c.values],
    "CONDITION=VALUE": lambda kb: [
        *(f"{c.id}={v}" for c in kb.conditions.values() for v in c.values),
        *(f"{c.id}={v}" for c in kb.adversary.values() for v in c.values),
    ],
}


def _completer(names: Callable[[KnowledgeBase], list[str]]) -> Callable[..., list[str]]:
    def known(parsed_args: Namespace, **_: object) -> list[str]:
        if not hasattr(parsed_args, "knowledge"):
            parsed_args.knowledge = []
        try:
            return names(load(overlays(parsed_args)))
        except InputError:
            return names(load())  # half-typed or broken overlays are no reason to fall silent

    return known
