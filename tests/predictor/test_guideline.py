"""The guideline as published: golden cells, an independent implementation, metamorphic laws."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import networkx as nx
import pytest
from golden_tables import table
from hypothesis import given
from hypothesis import strategies as st
from strategies import Rows, random_base, random_rows

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.backtest import readings
from crosscurrent.predictor.guideline import conclude, paths_between
from crosscurrent.predictor.interactions import Prediction, matrix, predict


@pytest.fixture(scope="session")
def kb(papers: KnowledgeBase) -> KnowledgeBase:
    """Return the papers alone: the figures here are theirs."""
    return papers


SEEDS = st.integers(0, 2**32)
FLIPPED = {
    "increase": "decrease",
    "decrease": "increase",
    "contested": "contested",
    "unknown": "unknown",
}


@pytest.mark.parametrize("row", table("guideline"), ids=lambda r: f"{r['defense']}-{r['risk']}")
def test_each_cell_is_as_in_the_papers_guideline(kb: KnowledgeBase, row: dict[str, str]) -> None:
    answer = predict(kb, row["defense"], row["risk"])
    assert answer.conjecture == row["dominant"]
    assert readings(answer)["guideline_unanimity_only"] == row["unanimous"]
    common = {part for part in row["common"].split(";") if part}
    assert {f"{path.factor.code}{path.effect}" for path in answer.paths} == common
    observed = {seen.record.effect for seen in answer.observations} or {"unexplored"}
    assert observed == {row["observed"]}


def test_the_talks_two_worked_examples(kb: KnowledgeBase) -> None:
    """Slide 13: both are decided by active factors against a passive one."""
    for pair, decisive in ((("PD1", "R1"), {"O1", "O3"}), (("FD1", "P1"), {"O3"})):
        answer = predict(kb, *pair)
        assert (answer.conjecture, answer.basis) == ("increase", "dominant")
        deciding = {p.factor.code for p in answer.paths if p.decides("increase", "dominant")}
        assert deciding == decisive


def test_active_factors_alone_are_right_wherever_they_decide(kb: KnowledgeBase) -> None:
    judged = Counter(
        readings(answer)["dominant_factors_alone"] == answer.observations[0].record.effect
        for row in matrix(kb)
        for answer in row
        if answer.observations
        and readings(answer)["dominant_factors_alone"] in ("increase", "decrease")
    )
    assert judged == {True: 18}


def _independent(rows: Rows, defense: str, risk: str) -> tuple[str, set[tuple[str, str]]]:
    """Work out a verdict by enumerating paths in a networkx graph, from numbers not signs."""
    graph: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
    graph.add_nodes_from([("d", defense), ("r", risk)])
    for edge in rows["correlations"].values():
        factor = ("f", edge["factor"])
        if edge["subject"] == defense:
            graph.add_edge(("d", defense), factor, sign=edge["sign"])
        if edge["subject"] == risk:
            graph.add_edge(factor, ("r", risk), sign=edge["sign"])
    value: dict[str, Any] = {"+": 1, "-": -1, "0": 0, "?": None}
    found: dict[str, int | None] = {}
    for path in nx.all_simple_paths(graph, ("d", defense), ("r", risk)):
        first, second = (value[graph.edges[step]["sign"]] for step in nx.utils.pairwise(path))
        if first == 0 or second == 0:
            found[path[1][1]] = 0
        else:
            found[path[1][1]] = None if None in (first, second) else first * second
    dominant = rows["risks"][risk].get("dominant")
    if dominant is None:
        dominant = [f for f, row in rows["factors"].items() if row["role"] == "active"]

    def judge(effects: list[int | None]) -> str:
        counted = [effect for effect in effects if effect != 0]
        if not counted:
            return "unknown"
        if None in counted or len(set(counted)) > 1:
            return "contested"
        return "increase" if counted[0] == 1 else "decrease"

    verdict = judge(list(found.values()))
    if verdict == "contested":
        strongest = judge([effect for factor, effect in found.items() if factor in dominant])
        verdict = strongest if strongest in ("increase", "decrease") else "contested"
    signs = {1: "+", -1: "-", 0: "0", None: "?"}
    return verdict, {(factor, signs[effect]) for factor, effect in found.items()}


@pytest.mark.parametrize("block", range(8))
def test_thousands_of_random_graphs_agree_with_an_independent_implementation(block: int) -> None:
    for seed in range(block * 300, block * 300 + 300):
        rows = random_rows(seed, factors=2 + seed % 7)
        kb = KnowledgeBase(rows)
        for defense in kb.defenses:
            for risk in kb.risks.values():
                paths = paths_between(kb, defense, risk)
                answer, _ = conclude(paths)
                expected, effects = _independent(rows, defense, risk.id)
                assert answer == expected, (seed, defense, risk.id)
                assert {(path.factor.id, path.effect) for path in paths} == effects


def _flat(kb: KnowledgeBase) -> dict[tuple[str, str], Prediction]:
    return {(p.defense, p.risk): p for row in matrix(kb) for p in row}


def _flip(rows: Rows) -> Rows:
    turned = {"+": "-", "-": "+", "0": "0", "?": "?"}
    edges = {
        name: {
            **edge,
            "sign": turned[edge["sign"]] if edge["subject"] in rows["risks"] else edge["sign"],
        }
        for name, edge in rows["correlations"].items()
    }
    return {**rows, "correlations": edges}


def test_flipping_every_risk_sign_flips_every_definite_conjecture(kb: KnowledgeBase) -> None:
    after = _flat(KnowledgeBase(_flip(dict(kb.rows))))
    for pair, before in _flat(kb).items():
        assert after[pair].conjecture == FLIPPED[before.conjecture]
        assert after[pair].basis == before.basis


def test_flipping_all_signs_changes_nothing_since_two_flips_cancel(kb: KnowledgeBase) -> None:
    turned = {"+": "-", "-": "+"}
    edges = {n: {**e, "sign": turned[e["sign"]]} for n, e in kb.rows["correlations"].items()}
    after = _flat(KnowledgeBase({**kb.rows, "correlations": edges}))
    for pair, before in _flat(kb).items():
        assert (after[pair].conjecture, after[pair].basis) == (before.conjecture, before.basis)


@given(SEEDS)
def test_flipping_holds_on_random_bases(seed: int) -> None:
    rows = random_rows(seed)
    after = _flat(KnowledgeBase(_flip(rows)))
    for pair, before in _flat(KnowledgeBase(rows)).items():
        assert after[pair].conjecture == FLIPPED[before.conjecture]


def _rename(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {_rename(k, names): _rename(v, names) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rename(item, names) for item in value]
    if isinstance(value, str):
        return re.sub(r"[a-z_0-9]+", lambda m: names.get(m.group(), m.group()), value)
    return value


@given(SEEDS)
def test_renaming_ids_changes_nothing_but_the_names(seed: int) -> None:
    rows = random_rows(seed)
    ids = [*rows["factors"], *rows["defenses"], *rows["risks"]]
    names = {old: f"renamed_{len(ids) - i}" for i, old in enumerate(ids)}
    after = _flat(KnowledgeBase(_rename(rows, names)))
    for (defense, risk), before in _flat(KnowledgeBase(rows)).items():
        renamed = after[names[defense], names[risk]]
        assert renamed.conjecture == before.conjecture
        assert renamed.basis == before.basis
        assert renamed.probability_increase == before.probability_increase
        assert {names[p.factor.id] for p in before.paths} == {p.factor.id for p in renamed.paths}


def test_renaming_ids_of_the_built_in_base_changes_nothing(kb: KnowledgeBase) -> None:
    ids = [*kb.factors, *kb.defenses, *kb.risks]
    names = {old: f"thing_{i}" for i, old in enumerate(ids)}
    after = _flat(KnowledgeBase(_rename(kb.rows, names)))
    for (defense, risk), before in _flat(kb).items():
        renamed = after[names[defense], names[risk]]
        assert (renamed.conjecture, renamed.probability_increase) == (
            before.conjecture,
            before.probability_increase,
        )


@given(SEEDS, st.sampled_from(["active", "passive"]), st.sampled_from("+-?"))
def test_a_factor_that_no_risk_depends_on_changes_nothing(seed: int, role: str, sign: str) -> None:
    rows = random_rows(seed)
    before = _flat(KnowledgeBase(rows))
    rows["factors"]["idle"] = {**rows["factors"]["factor_0"], "id": "idle", "role": role}
    for defense in rows["defenses"]:
        edge = {"subject": defense, "factor": "idle", "sign": sign, "sources": ["work"]}
        rows["correlations"][f"{defense}.idle"] = edge
    after = _flat(KnowledgeBase(rows))
    for pair, answer in before.items():
        assert after[pair]._replace(knowledge="") == answer._replace(knowledge="")


@given(SEEDS)
def test_decisive_paths_alone_give_the_same_verdict_and_without_them_it_goes(seed: int) -> None:
    kb = random_base(seed)
    for answer in _flat(kb).values():
        if answer.conjecture in ("increase", "decrease"):
            assert conclude(answer.decisive) == (answer.conjecture, "unanimous")
            assert {path.effect for path in answer.decisive} == {_SIGN[answer.conjecture]}
        else:
            assert answer.decisive == ()
        rest = [path for path in answer.paths if path not in answer.decisive]
        if answer.basis == "unanimous":
            assert conclude(rest) == ("unknown", "none")
        if answer.basis == "dominant":
            assert {path.effect for path in rest if path.dominant} <= {"0"}
            assert {path.effect for path in rest} - {"0", _SIGN[answer.conjecture]}


_SIGN = {"increase": "+", "decrease": "-"}


def test_dominance_can_be_overridden_for_one_attack(kb: KnowledgeBase) -> None:
    """Differential privacy on evasion is decided by O1 and O3, unless D2 is said to dominate."""
    risks = {**kb.rows["risks"]}
    risks["evasion"] = {**risks["evasion"], "dominant": ["tail_length"]}
    changed = KnowledgeBase({**kb.rows, "risks": risks})
    assert predict(kb, "PD1", "R1").conjecture == "increase"
    after = predict(changed, "PD1", "R1")
    assert (after.conjecture, after.basis) == ("decrease", "dominant")
    assert [p.factor.code for p in after.paths if p.decides("decrease", "dominant")] == ["D2"]
    assert predict(changed, "PD1", "P4").conjecture == predict(kb, "PD1", "P4").conjecture
