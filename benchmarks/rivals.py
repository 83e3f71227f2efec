"""Other ways to the same answer: path enumeration, neighbour sets and an RDF store.

Each way is prepared once from a knowledge base and then asked for one pair at a time. All return
the same `Answer`; the rule is written here a second time, on sets of signs instead of a sign
algebra, so agreement with the predictor says something. None of them gives a probability,
modifiers, observations or exceptions, which the predictor's answer also holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

import networkx as nx

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.interactions import Prediction

__all__ = [
    "TIMES",
    "Answer",
    "Enumeration",
    "Neighbours",
    "Route",
    "Way",
    "answer_of",
    "dominating",
    "verdict",
]

TIMES = {
    **dict.fromkeys([("+", "+"), ("-", "-")], "+"),
    **dict.fromkeys([("+", "-"), ("-", "+")], "-"),
    **dict.fromkeys([("?", "+"), ("?", "-"), ("+", "?"), ("-", "?"), ("?", "?")], "?"),
    **{pair: "0" for sign in "+-0?" for pair in ((sign, "0"), ("0", sign))},
}
"""The sign of a path by the signs of its two edges."""


class Route(NamedTuple):
    """One path: its factor, both edges' signs and sources, their product, whether it dominates."""

    factor: str
    push: str
    depends: str
    effect: str
    dominant: bool
    push_sources: tuple[str, ...]
    depends_sources: tuple[str, ...]


class Answer(NamedTuple):
    """A conjecture, what it rests on, and the paths behind it in any order."""

    conjecture: str
    basis: str
    routes: tuple[Route, ...]


class Way(Protocol):
    """A prepared way to answer."""

    def __call__(self, defense: str, risk: str, /) -> Answer:
        """Answer for one pair of ids."""


def verdict(routes: list[Route]) -> Answer:
    """Apply the guideline: unanimous paths decide, otherwise the dominant ones."""
    signs = {route.effect for route in routes} - {"0"}
    basis = "unanimous"
    if not signs:
        return Answer("unknown", "none", tuple(routes))
    if signs != {"+"} and signs != {"-"}:
        basis = "dominant"
        signs = {route.effect for route in routes if route.dominant} - {"0"}
    if signs == {"+"}:
        return Answer("increase", basis, tuple(routes))
    if signs == {"-"}:
        return Answer("decrease", basis, tuple(routes))
    return Answer("contested", "contested", tuple(routes))


def answer_of(prediction: Prediction) -> Answer:
    """Put the predictor's answer into the form in which ways are compared."""
    routes = [
        Route(
            path.factor.id,
            path.push,
            path.depends.sign,
            path.effect,
            path.dominant,
            path.moved_by.sources if path.moved_by else (),
            path.depends.sources,
        )
        for path in prediction.paths
    ]
    return Answer(prediction.conjecture, prediction.basis, tuple(routes))


def dominating(kb: KnowledgeBase) -> dict[str, frozenset[str]]:
    """Return the dominant factors by risk."""
    active = frozenset(f.id for f in kb.factors.values() if f.role == "active")
    return {
        risk.id: active if risk.dominant is None else frozenset(risk.dominant)
        for risk in kb.risks.values()
    }


class Enumeration:
    """networkx ``all_simple_paths`` with cutoff 2 over the signed graph."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        for section in (kb.defenses, kb.factors, kb.risks):
            self.graph.add_nodes_from(section)
        for edge in kb.correlations.values():
            ends = (edge.subject, edge.factor)
            if edge.subject in kb.risks:
                ends = (edge.factor, edge.subject)
            self.graph.add_edge(*ends, sign=edge.sign, sources=edge.sources)
        self.after = {node: dict(self.graph.succ[node]) for node in self.graph}
        self.before = {node: dict(self.graph.pred[node]) for node in self.graph}
        self.dominant = dominating(kb)

    def factors(self, defense: str, risk: str) -> Iterable[str]:
        """Yield the factors between a defense and a risk."""
        for path in nx.all_simple_paths(self.graph, defense, risk, cutoff=2):
            yield path[1]

    def __call__(self, defense: str, risk: str, /) -> Answer:
        """Answer for one pair of ids."""
        dominant, moved, depended = self.dominant[risk], self.after[defense], self.before[risk]
        routes = []
        for factor in self.factors(defense, risk):
            push, depends = moved[factor], depended[factor]
            first, second = push["sign"], depends["sign"]
            effect, strong = TIMES[first, second], factor in dominant
            sources = (push["sources"], depends["sources"])
            routes.append(Route(factor, first, second, effect, strong, *sources))
        return verdict(routes)


class Neighbours(Enumeration):
    """The same graph, without a search: what comes after the defense and before the risk."""

    def factors(self, defense: str, risk: str) -> Iterable[str]:
        """Return the factors between a defense and a risk."""
        return self.after[defense].keys() & self.before[risk].keys()
