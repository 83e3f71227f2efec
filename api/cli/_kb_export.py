"""``crosscurrent kb export``: the graph for other tools."""

from __future__ import annotations

from argparse import Namespace

from crosscurrent.knowledge import InputError, graph

from ._common import as_json, as_markup, knowledge

__all__ = ["run"]

_WRITERS = {"graphml": graph.graphml, "dot": graph.dot}


def run(arguments: Namespace) -> str:
    """Answer the question."""
    if arguments.json and arguments.format not in (None, "json"):
        raise InputError(f"give --json or --format {arguments.format}, not both")
    kb = knowledge(arguments)
    if arguments.json or arguments.format == "json":
        return as_json(graph.node_link(kb))
    if arguments.format is None:
        raise InputError("say which form: --format graphml, json or dot")
    return as_markup(_WRITERS[arguments.format](kb))
