"""``crosscurrent mcp``: the answers as tools of the Model Context Protocol."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from crosscurrent.knowledge.errors import InputError

from ..mcp.extra import require
from ._arguments import add_knowledge_option, add_store_option
from ._common import knowledge

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Answer an assistant or another client of the Model Context Protocol over standard input"
        " and output: predictions, what-if, combinations, plans, collusions and look-ups, as tools"
        " that only read unless measurements are allowed. The client starts this command;"
        " docs/mcp.md shows how it is told."
    )
    parser.epilog = "examples:\n  crosscurrent mcp\n  crosscurrent mcp --knowledge my-knowledge"
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    group = parser.add_argument_group("measurements")
    group.add_argument(
        "--allow-measurements",
        action="store_true",
        help="also offer the tool validate, which trains models on this machine and keeps the"
        " results (extra validate)",
    )
    add_store_option(group)


def run(arguments: Namespace) -> str:
    """Answer until the client is gone."""
    require()
    kb = knowledge(arguments)
    from ..mcp.stdio import serve
    from ..mcp.tools import TOOLS

    tools = list(TOOLS)
    if arguments.allow_measurements:
        from crosscurrent.validator.results.store import default_file

        from ..mcp.measuring import validate

        tools.append(validate(arguments.store or default_file()))
    elif arguments.store:
        raise InputError("--store is where measurements are kept: add --allow-measurements")
    serve(kb, tools)
    raise SystemExit(0)  # a last line on standard output would be no message of the protocol
