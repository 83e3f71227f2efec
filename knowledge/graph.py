"""The knowledge base as a graph for other tools."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import networkx as nx

if TYPE_CHECKING:
    from ._base import KnowledgeBase

__all__ = ["dot", "graph", "graphml", "node_link"]


def graph(kb: KnowledgeBase) -> nx.DiGraph[str]:
    """Return the signed graph: defense → factor → risk, with sources on every edge.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.

    Returns
    -------
    networkx.DiGraph
        Nodes are ids with ``kind``, ``name`` and, where there is one, ``code``; factors also have
        ``role`` and ``group``, defenses and risks ``pillar``. Edges have ``sign``, ``sources``
        (ids joined by spaces) and, where they take conditions, ``when``. Those of a defense are
        those at its usual stage.
    """
    built: nx.DiGraph[str] = nx.DiGraph(knowledge=kb.digest)
    for defense in kb.defenses.values():
        built.add_node(defense.id, kind="defense", name=defense.name, pillar=defense.pillar)
    for factor in kb.factors.values():
        built.add_node(
            factor.id, kind="factor", name=factor.name, role=factor.role, group=factor.group
        )
    for risk in kb.risks.values():
        built.add_node(risk.id, kind="risk", name=risk.name, pillar=risk.pillar)
    for records in (kb.defenses, kb.factors, kb.risks):
        for record in records.values():
            if record.code is not None:
                built.nodes[record.id]["code"] = record.code
    for subject in (*kb.defenses, *kb.risks):
        for edge in kb.edges(subject).values():
            ends = (edge.factor, subject) if subject in kb.risks else (subject, edge.factor)
            built.add_edge(*ends, sign=edge.sign, sources=" ".join(edge.sources))
            if edge.when:
                built.edges[ends]["when"] = " ".join(f"{k}={v}" for k, v in edge.when.items())
    return built


def graphml(kb: KnowledgeBase) -> str:
    """Return the graph as GraphML."""
    stream = io.BytesIO()
    nx.write_graphml(graph(kb), stream)
    return stream.getvalue().decode()


def node_link(kb: KnowledgeBase) -> dict[str, Any]:
    """Return the graph as networkx's node-link document, ready for JSON."""
    document: dict[str, Any] = nx.node_link_data(graph(kb), edges="edges")
    return document


def dot(kb: KnowledgeBase) -> str:
    """Return the graph in Graphviz's DOT: defenses left, factors in the middle, risks right."""
    drawn: nx.DiGraph[str] = nx.DiGraph(rankdir="LR", label=f'"knowledge {kb.digest[:19]}"')
    shapes = {"defense": "box", "factor": "ellipse", "risk": "octagon"}
    source = graph(kb)
    # pydot leaves values as they are, so whatever Graphviz could misread is quoted here
    for identity, node in source.nodes(data=True):
        label = json.dumps(node["name"], ensure_ascii=False)
        drawn.add_node(identity, label=label, shape=shapes[node["kind"]])
    for tail, head, edge in source.edges(data=True):
        style = "solid" if edge["sign"] == "+" else "dashed"
        drawn.add_edge(tail, head, label=f'"{edge["sign"]}"', style=style)
    return str(nx.nx_pydot.to_pydot(drawn).to_string())
