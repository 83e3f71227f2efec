"""One pair with its explanation: the predictor beside other ways, at growing sizes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from growth import dense, plain, wide
from report import Section
from rivals import Answer, Enumeration, Neighbours, Way, answer_of
from timing import Pair, per_call, quantile

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.guideline import conclude, paths_between
from crosscurrent.predictor.interactions import predict

__all__ = ["OURS", "PATHS", "SEED", "WHOLE", "Disagreement", "measure"]

OURS, WHOLE = "paths and verdict", "whole prediction"
PATHS, NEIGHBOURS, RDF = "networkx paths", "networkx neighbours", "SPARQL"
SEED = 20240521


class Disagreement(Exception):
    """Two ways gave different answers, so their times compare nothing."""


class PairFigure(NamedTuple):
    """How long one way takes for one pair of one knowledge base."""

    knowledge: str
    edges: int
    factors: int
    pairs: int
    common: float
    way: str
    p50_us: float
    p99_us: float
    p50_to_ours: float


def measure(base: KnowledgeBase, calls: int) -> Section:
    """Time all ways on the built-in knowledge base and on grown ones.

    Parameters
    ----------
    base : KnowledgeBase
        The built-in one.
    calls : int
        How many calls of each way are timed at each size, about.
    """
    bare = plain(base.rows)
    rows: list[PairFigure] = list(_size("built-in", KnowledgeBase(bare), calls, whole=base))
    grown = [("wide", wide, 10), ("wide", wide, 100), ("dense", dense, 10), ("dense", dense, 100)]
    for name, grow, times in grown:
        kb = KnowledgeBase(grow(bare, times, SEED))
        rows += _size(f"{name} x{times}", kb, calls // 4)
    return Section(
        "pairs",
        "1. One pair with its explanation, microseconds per call",
        (
            "timed: every path with both edges' signs and sources, and the verdict over them;"
            " one call each",
            "whole prediction (predict): also probability, modifiers, observations, exceptions, and"
            " at the built-in size edges under conditions and at stages, which no other way knows",
            "prepared before: networkx graph, RDF store, calibration; p50 to ours: medians' ratio",
            "wide: more subjects, each with as many factors; dense: more factors for each subject",
        ),
        tuple(rows),
    )


def _size(
    name: str, kb: KnowledgeBase, calls: int, whole: KnowledgeBase | None = None
) -> list[PairFigure]:
    """Check that all ways agree on the pairs asked, then time them in turns.

    `whole` is the base for whole predictions, where it holds more than the other ways know.
    """
    pairs = [(defense, risk) for defense in kb.defenses for risk in kb.risks]
    if len(pairs) > 500:
        pairs = random.Random(SEED).sample(pairs, 500)
    others = _ways(kb)
    common = _agree(kb, pairs, others) / len(pairs)
    ways: dict[str, Any] = {
        OURS: partial(_join, kb),
        WHOLE: partial(predict, whole or kb),
        **others,
    }
    samples: dict[str, list[int]] = {way: [] for way in ways}
    asked = pairs * max(1, min(calls, 500) // len(pairs))  # a turn starts with cold caches
    for turn in range(1 + max(1, calls // len(asked))):
        for way, answer in ways.items():
            taken = per_call(answer, asked)
            if turn:
                samples[way] += taken
    base = quantile(samples[OURS], 0.5)
    return [
        PairFigure(
            name,
            len(kb.correlations),
            len(kb.factors),
            len(pairs),
            common,
            way,
            quantile(taken, 0.5) / 1e3,
            quantile(taken, 0.99) / 1e3,
            quantile(taken, 0.5) / base,
        )
        for way, taken in samples.items()
    ]


def _join(kb: KnowledgeBase, defense: str, risk: str) -> object:
    """Do what the other ways do, and no more."""
    paths = paths_between(kb, defense, kb.risks[risk])
    return conclude(paths), paths


def _ways(kb: KnowledgeBase) -> dict[str, Way]:
    ways: dict[str, Way] = {PATHS: Enumeration(kb), NEIGHBOURS: Neighbours(kb)}
    try:
        from rdf import Sparql
    except ModuleNotFoundError as error:
        if error.name != "pyoxigraph":
            raise
        return ways  # it is an extra; the machine line says that it is missing
    return {**ways, RDF: Sparql(kb)}


def _agree(kb: KnowledgeBase, pairs: Sequence[Pair], ways: dict[str, Way]) -> int:
    """Return the number of paths of all pairs; raise if any two ways differ on any pair."""
    paths = 0
    for pair in pairs:
        expected = answer_of(predict(kb, *pair))
        paths += len(expected.routes)
        for name, way in ways.items():
            found = way(*pair)
            if _unordered(found) != _unordered(expected):
                raise Disagreement(f"{' → '.join(pair)}: {name} says {found}, we {expected}")
    return paths


def _unordered(answer: Answer) -> tuple[object, ...]:
    return (answer.conjecture, answer.basis, sorted(answer.routes))
