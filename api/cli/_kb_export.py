"""``crosscurrent kb export``: the graph for other tools."""

from __future__ import annotations

from argparse import Namespace

from knowledge import graph

from ._common import knowledge

__all__ = ["run"]

_WRITERS = {"graphml": graph.graphml, "json": graph.node_link, "dot": graph.dot}


def run(arguments: Namespace) -> str:
    """Answer the question."""
    return _WRITERS[arguments.format](knowledge(arguments))
