"""Joint questions: how their time grows with the defenses or attacks they are about."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise, permutations
from time import perf_counter
from typing import Any, NamedTuple

import networkx as nx
from growth import Rows, wide
from pairs import Disagreement
from report import Section
from timing import seconds

from crosscurrent.knowledge import KnowledgeBase, Variant
from crosscurrent.predictor.chains import Chain, chains
from crosscurrent.predictor.collusion import collude
from crosscurrent.predictor.conflicts import combine
from crosscurrent.predictor.plans import plan, wish

__all__ = ["joint_times"]

_TARGET = "membership_inference"
_PROTECT = ("evasion", "poisoning", "unauthorized_model_ownership", "membership_inference")


class Row(NamedTuple):
    """One size of one question: ours, another way to the same answer, and how much was found."""

    question: str
    size: str
    ours_ms: float
    other_way_ms: float | str
    found: int


def joint_times(base: KnowledgeBase, repeats: int, brute: int) -> Section:
    """Measure all three questions; raise `Disagreement` if another way gives another answer.

    Parameters
    ----------
    base : KnowledgeBase
        The built-in knowledge.
    repeats : int
        How often each is timed.
    brute : int
        The largest number of defenses that all permutations are tried for.
    """
    rows = [*_combine(base, repeats, brute), *_chains(base, repeats), *_plans(base, repeats)]
    return Section(
        "joint",
        "6. Several defenses or attacks",
        (
            "combine: defenses of one stage, random stakes, against all permutations",
            "chains to a target, all of them, against networkx simple paths on the verdicts",
            "plan: four risks to protect; the other way is not run",
        ),
        tuple(rows),
    )


def _combine(base: KnowledgeBase, repeats: int, brute: int) -> list[Row]:
    rows: list[Row] = []
    for size in range(2, 13):
        kb = _one_stage(base.rows, size, seed=size)
        names = list(kb.variants)
        answer = combine(kb, names)
        other: float | str = "-"
        if size <= brute:
            start = perf_counter()
            effective = _every_permutation(list(kb.variants.values()))
            other = (perf_counter() - start) * 1e3
            if effective != answer.effective:
                raise Disagreement(f"combine of {size}")
        taken = seconds(partial(combine, kb, names), repeats)
        rows.append(Row("combine", f"{size} defenses", taken * 1e3, other, len(answer.orders)))
    return rows


def _chains(base: KnowledgeBase, repeats: int) -> list[Row]:
    rows: list[Row] = []
    for times in (1, 20):
        kb = base if times == 1 else KnowledgeBase(_more_attacks(base.rows, times))
        ours = [tuple(a.id for a in chain.attacks) for chain in _all_chains(kb)]
        start = perf_counter()
        theirs = _simple_paths(kb)
        other = (perf_counter() - start) * 1e3
        if sorted(ours) != sorted(theirs):
            raise Disagreement(f"chains at {times} times")
        taken = seconds(partial(_all_chains, kb), max(1, repeats // 4))
        rows.append(Row("chains", f"x{times}", taken * 1e3, other, len(ours)))
    return rows


def _plans(base: KnowledgeBase, repeats: int) -> list[Row]:
    rows: list[Row] = []
    for times in (1, 2):
        kb = base if times == 1 else KnowledgeBase(_more_defenses(base.rows, times))
        asked = wish(kb, protect=_PROTECT)
        answer = plan(kb, asked)
        taken = seconds(partial(plan, kb, asked), max(1, repeats // 4))
        size = f"x{times}" if answer.complete else f"x{times}, cut"
        rows.append(Row("plan", size, taken * 1e3, "-", len(answer.plans)))
    return rows


def _one_stage(base: Mapping[str, Any], size: int, seed: int) -> KnowledgeBase:
    """Return a base with so many defenses at one stage, that use and mitigate random risks."""
    rng = random.Random(seed)
    risks = list(base["risks"])
    template = base["defenses"]["watermarking"]
    rows = {section: {} for section in base} | {"risks": base["risks"]}
    rows["references"] = base["references"]
    rows["defenses"] = {f"d{i}": {**_bare(template), "id": f"d{i}"} for i in range(size)}
    rows["variants"] = {
        f"d{i}@in": {
            "defense": f"d{i}",
            "stage": "in",
            "meaning": "random",
            "uses": [{"risk": r, "basis": "read"} for r in risks if rng.random() < 0.15],
            "mitigates": [{"risk": r, "basis": "read"} for r in risks if rng.random() < 0.15],
        }
        for i in range(size)
    }
    return KnowledgeBase(rows)


def _every_permutation(variants: Sequence[Variant]) -> bool:
    """Try all orders to the end, as the rule is written down."""
    uses = {v.id: {s.risk for s in v.uses} for v in variants}
    takes = {v.id: {s.risk for s in v.mitigates} for v in variants}
    fine = 0
    for order in permutations(variants):
        fine += not any(uses[a.id] & takes[b.id] for a, b in pairwise(order))
    return fine > 0


def _all_chains(kb: KnowledgeBase) -> list[Chain]:
    return list(chains(kb, _TARGET))


def _simple_paths(kb: KnowledgeBase) -> list[tuple[str, ...]]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(kb.attacks)
    for first, second in permutations(kb.attacks, 2):
        if kb.outcomes_of(first) and collude(kb, first, second).verdict == "amplifies":
            graph.add_edge(first, second)
    starts = [name for name in kb.attacks if name != _TARGET]
    return [tuple(path) for start in starts for path in nx.all_simple_paths(graph, start, _TARGET)]


def _more_attacks(base: Mapping[str, Mapping[str, Any]], times: int) -> Rows:
    """Copy all attacks and what they are about; each copy's target helps the original one."""
    rows: Rows = {section: dict(named) for section, named in base.items()}
    shared = {"sources": ["duddu2026colluding"], "sign": "+"}
    for block in range(2, times + 1):
        for section in ("factors", "risks", "attacks"):
            for name, template in base[section].items():
                row = {**_bare(template), "id": f"{name}_{block}", "name": f"{name} {block}"}
                if section == "attacks":
                    row["risk"] = f"{row['risk']}_{block}"
                rows[section][row["id"]] = row
        for section in ("outcomes", "prerequisites"):
            for template in base[section].values():
                ends = {end: f"{template[end]}_{block}" for end in ("attack", "factor")}
                _edge(rows, section, {**template, **ends})
        bridge = {"factor": f"tail_length_{block}", **shared}
        _edge(rows, "outcomes", {"attack": f"{_TARGET}_{block}", **bridge})
        _edge(rows, "prerequisites", {"attack": _TARGET, **bridge})
        # the copied target must not help its own block by the bridge's factor
        for name, edge in list(rows["prerequisites"].items()):
            if edge["factor"] == bridge["factor"] and edge["attack"].endswith(f"_{block}"):
                del rows["prerequisites"][name]
    return rows


def _more_defenses(base: Mapping[str, Mapping[str, Any]], times: int) -> Rows:
    """Grow the base, and give the new defenses variants that protect the same risks."""
    rows = wide(base, times, seed=1)
    for block in range(2, times + 1):
        for name, template in base["defenses"].items():
            row = rows["defenses"][f"{name}_{block}"]
            row["protects_against"] = template["protects_against"]
        for template in base["variants"].values():
            row = {**template, "defense": f"{template['defense']}_{block}"}
            rows["variants"][f"{row['defense']}@{row['stage']}"] = row
    return rows


def _bare(template: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in template.items() if key not in ("code", "aliases")}


def _edge(rows: Rows, section: str, row: dict[str, Any]) -> None:
    ends = (row["attack"], row["factor"])
    rows[section][">".join(ends if section == "outcomes" else reversed(ends))] = row
