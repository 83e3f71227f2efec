"""Plans: exact, free of conflict, undominated, and reproducible by single questions."""

from __future__ import annotations

import random
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_rows

from knowledge import InputError, KnowledgeBase
from predictor.conflicts import combine, workable
from predictor.expectations import expected
from predictor.interactions import predict
from predictor.plans import Wish, plan, wish


def test_each_set_passes_combine_and_none_dominates_another(kb: KnowledgeBase) -> None:
    risks = list(kb.risks)
    for size in (1, 2, 3):
        for protect in combinations(risks, size):
            answer = plan(kb, wish(kb, protect=protect))
            assert answer.complete
            for each in answer.plans:
                if len(each.order) > 1:
                    combined = combine(kb, [v.id for v in each.order])
                    assert combined.effective
                    assert not combined.overlooked
                assert {e.risk for e in each.covers} == set(protect)
                assert not any(other.dominates(each) for other in answer.plans)
                for e in each.raises:
                    prediction = predict(kb, e.defense, e.risk)
                    assert "increase" in (*prediction.seen, prediction.conjecture)


def best_by_brute_force(kb: KnowledgeBase, asked: Wish) -> set[tuple[frozenset[str], int]]:
    """Try every set of defenses at every stage; return the undominated (raised, size)."""
    there = {v.defense for v in asked.have}
    free = [name for name in kb.defenses if kb.stages(name) and name not in there]

    def covers(name: str, risk: str) -> bool:
        meant = [n for n, d in kb.defenses.items() if risk in d.protects_against]
        return name in meant if meant else expected(kb, name, risk).effect == "decrease"

    found = set()
    for size in range(len(free) + 1):
        for extra in combinations(free, size):
            names = [*there, *extra]
            if not names or (asked.most is not None and len(names) > asked.most):
                continue
            if not all(any(covers(n, r) for n in names) for r in asked.protect):
                continue
            raised = {
                e.risk
                for n in names
                for r in kb.risks
                if (e := expected(kb, n, r)).effect == "increase" and not e.intended
            }
            if raised.intersection(asked.avoid):
                continue
            choices = product(*(kb.stages(n).values() for n in extra))
            if any(workable([*asked.have, *choice]) is not None for choice in choices):
                found.add((frozenset(raised), len(names)))
    return {a for a in found if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in found)}


def staged_base(seed: int) -> KnowledgeBase:
    rng = random.Random(seed)
    rows = random_rows(seed, defenses=6, risks=4)
    rows["variants"] = {}
    for name in rows["defenses"]:
        for stage in rng.sample(["pre", "in", "post"], rng.choice([1, 1, 2])):
            rows["variants"][f"{name}@{stage}"] = {
                "defense": name,
                "stage": stage,
                "meaning": "random",
                "uses": [{"risk": r, "basis": "read"} for r in rows["risks"] if rng.random() < 0.3],
                "mitigates": [
                    {"risk": r, "basis": "read"} for r in rows["risks"] if rng.random() < 0.3
                ],
            }
    return KnowledgeBase(rows)


@given(st.integers(0, 10**6))
def test_random_bases_agree_with_brute_force(seed: int) -> None:
    kb, rng = staged_base(seed), random.Random(seed + 1)
    risks = list(kb.risks)
    protect = rng.sample(risks, rng.choice([1, 2, 3]))
    avoid = [r for r in risks if r not in protect and rng.random() < 0.2]
    have = [rng.choice(list(kb.variants))] if rng.random() < 0.3 else []
    most = rng.choice([None, None, 2, 3])
    asked = wish(kb, protect=protect, avoid=avoid, have=have, most=most)
    answer = plan(kb, asked)
    found = {(each.raised, len(each.order)) for each in answer.plans}
    assert found == best_by_brute_force(kb, asked)
    for each in answer.plans:
        assert {v.id for v in asked.have} <= {v.id for v in each.order}
        for order in (each.order, *each.alternatives):
            assert workable(order) == order


def test_a_search_cut_short_says_so(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predictor.plans.MAX_STEPS", 2)
    asked = wish(kb, protect=["R1", "R2", "R3", "P1"])
    answer = plan(kb, asked)
    assert not answer.complete
    assert not answer.plans


def test_what_is_there_already_stays(kb: KnowledgeBase) -> None:
    answer = plan(kb, wish(kb, protect=["poisoning"], have=["watermarking@pre"]))
    assert not answer.plans
    assert ("have", "watermarking@pre") in {(b.wish, b.value) for b in answer.blocked}
    answer = plan(kb, wish(kb, protect=["poisoning"], have=["watermarking@post"]))
    assert [v.id for v in answer.plans[0].order] == ["outlier_removal@in", "watermarking@post"]


def test_an_impossible_wish_names_what_stands_in_the_way(kb: KnowledgeBase) -> None:
    asked = wish(kb, protect=["evasion", "membership_inference", "poisoning"], most=1)
    answer = plan(kb, asked)
    assert not answer.plans
    assert [(b.wish, b.value) for b in answer.blocked] == [("max", "1")]


@pytest.mark.parametrize(
    ("asked", "expected_text"),
    [
        ({"protect": ["R1"], "avoid": ["evasion"]}, "can't be both protected and avoided"),
        ({"protect": []}, "nothing to protect"),
        ({"protect": ["evason"]}, "did you mean evasion"),
        ({"protect": ["R1"], "have": ["RD1", "RD1@in"]}, "given twice"),
        ({"protect": ["R1"], "have": ["RD3@pre", "RD2@in"]}, "conflict already"),
        ({"protect": ["R1"], "have": ["RD1", "PD1"], "most": 1}, "more than 1"),
    ],
)
def test_contradictory_wishes_are_said(
    kb: KnowledgeBase, asked: dict[str, Any], expected_text: str
) -> None:
    with pytest.raises(InputError, match=expected_text):
        wish(kb, **asked)
