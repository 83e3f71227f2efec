"""``crosscurrent data``: a user's own data, checked before anything is trained."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..text.data_check import describe
from ._arguments import add_output_options
from ._common import as_json, style
from ._measuring import needed
from .parser import CommandParser, Commands

__all__ = ["add_arguments"]


def add_arguments(parser: CommandParser) -> None:
    """Describe the command and add those below it."""
    parser.description = "Check data of your own."
    parser.add_commands(_COMMANDS)


def _check_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Say what is understood of a data file and its card, before anything is trained: how it is"
        " written, each column and what it becomes, classes, groups, records that are dropped, and"
        " what is striking. Exit status 2 if it cannot be used as it is."
    )
    parser.epilog = (
        "examples:\n"
        "  crosscurrent data check loans/loans.csv\n"
        "  crosscurrent data check images.npz --json"
    )
    parser.set_defaults(run=_check)
    parser.add_argument(
        "file", metavar="FILE", help="a CSV, Parquet or NPZ file with a card beside it, or a card"
    )
    add_output_options(parser)


def _check(arguments: Namespace) -> str:
    needed("audit")
    from crosscurrent.validator.data import check

    document = check(arguments.file)
    arguments.status = 0 if document["usable"] else 2
    if arguments.json:
        return as_json(document)
    return describe(document, style(arguments))


_COMMANDS: Commands = {
    "check": ("say what is understood of a data file, before anything is trained", _check_arguments)
}
