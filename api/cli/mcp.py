"""``crosscurrent mcp``: the answers as tools of the Model Context Protocol."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..mcp.extra import require
from ._arguments import add_knowledge_option
from ._common import knowledge

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Answer an assistant or another client of the Model Context Protocol over standard input"
        " and output: predictions, what-if, combinations, plans, collusions and look-ups, as tools"
        " that only read. The client starts this command; docs/mcp.md shows how it is told."
    )
    parser.epilog = "examples:\n  crosscurrent mcp\n  crosscurrent mcp --knowledge my-knowledge"
    parser.set_defaults(run=run)
    add_knowledge_option(parser)


def run(arguments: Namespace) -> str:
    """Answer until the client is gone."""
    require()
    kb = knowledge(arguments)
    from ..mcp.stdio import serve

    serve(kb)
    raise SystemExit(0)  # a last line on standard output would be no message of the protocol
