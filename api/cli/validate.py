"""``crosscurrent validate``: models trained to see whether a prediction holds."""

from __future__ import annotations

from argparse import Namespace
from functools import partial

from ._measuring_questions import OTHERS, validate
from .parser import CommandParser

__all__ = ["add_arguments", "run"]


def add_arguments(parser: CommandParser) -> None:
    """Describe the command, add its arguments, and those of the commands below it."""
    validate(parser)
    parser.set_defaults(run=run)
    parser.add_alternatives({name: (OTHERS[name][0], partial(_add, name)) for name in OTHERS})


def _add(name: str, parser: CommandParser) -> None:
    OTHERS[name][1](parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> str:
    """Measure; return the answer as text."""
    from . import _validate

    return _validate.run(arguments)
