"""Plans: exact, free of conflict, undominated, and reproducible by single questions."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import random_rows

from crosscurrent.knowledge import InputError, KnowledgeBase, Variant
from crosscurrent.predictor.conflicts import combine, feasible, outcome_of
from crosscurrent.predictor.expectations import expected
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.plans import Miss, Wish, plan, wish


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
                    assert combined.trainable
                    assert not combined.overlooked
                    assert combined.outcome == each.outcome
                assert {e.risk for e in each.covers} == set(protect)
                assert not any(other.dominates(each) for other in answer.plans)
                for e in each.raises:
                    prediction = predict(kb, e.defense, e.risk)
                    assert "increase" in (*prediction.published, prediction.conjecture)


def best_by_brute_force(kb: KnowledgeBase, asked: Wish) -> set[tuple[frozenset[str], int, bool]]:
    """Try every set of defenses at every stage; return the undominated (raised, size, measured).

    The last one says whether each way to place the defenses holds a measured conflict.
    """
    there = {v.defense for v in asked.have}
    free = [name for name in kb.defenses if kb.stages(name) and name not in there]

    def covers(name: str, risk: str) -> bool:
        staged = [n for n in kb.defenses if kb.stages(n)]
        meant = [n for n in staged if risk in kb.defenses[n].protects_against]
        lowers = [n for n in meant or staged if expected(kb, n, risk).effect == "decrease"]
        return name in (lowers or meant)

    def contradicted(order: tuple[Variant, ...]) -> bool:
        ids = {v.id for v in order}
        return any(
            outcome_of(record) == "conflict" and ids.issuperset(record.defenses)
            for record in kb.combinations.values()
        )

    found = set()
    for size in range(len(free) + 1):
        for extra in combinations(free, size):
            names = [*there, *extra]
            total = len(asked.have) + len(extra)
            if not names or (asked.most is not None and total > asked.most):
                continue
            if not all(any(covers(n, r) for n in names) for r in asked.protect):
                continue
            raised = {r for n in names for r in kb.risks if expected(kb, n, r).effect == "increase"}
            if raised.intersection(asked.avoid):
                continue
            choices = product(*(kb.stages(n).values() for n in extra))
            orders = [o for c in choices if (o := feasible(kb, [*asked.have, *c])) is not None]
            if orders:
                found.add((frozenset(raised), total, all(map(contradicted, orders))))

    def below(a: tuple[frozenset[str], int, bool], b: tuple[frozenset[str], int, bool]) -> bool:
        return a != b and a[0] <= b[0] and a[1] <= b[1] and a[2] <= b[2]

    return {a for a in found if not any(below(b, a) for b in found)}


def staged_base(seed: int) -> KnowledgeBase:
    rng = random.Random(seed)
    rows = random_rows(seed, defenses=6, risks=4)
    rows["procedures"] = {
        name: {
            "id": name,
            "meaning": "random",
            "excludes": [
                {"procedure": other, "reason": "random", "basis": "inferred"}
                for other in ("some", "other")
                if rng.random() < 0.5
            ],
        }
        for name in ("some", "other")
    }
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
                "procedures": [p for p in rows["procedures"] if rng.random() < 0.2],
            }
    rows["combinations"] = {}
    for number, pair in enumerate(combinations(rows["variants"], 2)):
        if rng.random() < 0.3:
            rows["combinations"][f"pair_{number}"] = {
                "id": f"pair_{number}",
                "defenses": list(pair),
                "outcome": rng.choice(["effective", "conflict"]),
                "tuned_outcome": rng.choice([None, "effective", "conflict"]),
                "status": "explored",
            }
    return KnowledgeBase(rows)


def asked_at_random(kb: KnowledgeBase, seed: int) -> Wish:
    rng, risks = random.Random(seed + 1), list(kb.risks)
    protect = rng.sample(risks, rng.choice([1, 2, 3]))
    avoid = [r for r in risks if r not in protect and rng.random() < 0.2]
    have = rng.sample(list(kb.variants), rng.choice([0, 0, 1, 2]))
    assume(feasible(kb, [kb.variants[name] for name in have]) is not None)
    most = rng.choice([None, None, 2, 3])
    return wish(kb, protect=protect, avoid=avoid, have=have, most=most)


@given(st.integers(0, 10**6))
def test_random_bases_agree_with_brute_force(seed: int) -> None:
    kb = staged_base(seed)
    asked = asked_at_random(kb, seed)
    answer = plan(kb, asked)
    found = {(each.raised, len(each.order), each.contradicted) for each in answer.plans}
    assert found == best_by_brute_force(kb, asked)
    for each in answer.plans:
        assert {v.id for v in asked.have} <= {v.id for v in each.order}
        for order in (each.order, *each.alternatives):
            assert feasible(kb, order) == order
        counts = [len(each.against(order)) for order in (each.order, *each.alternatives)]
        assert counts == sorted(counts)


def missed(kb: KnowledgeBase, asked: Wish, order: Iterable[Variant]) -> set[tuple[str, str]]:
    """Return the wishes that a set does not meet, each asked of it by itself."""
    names = {v.defense for v in order}
    found = {("have", v.id) for v in asked.have if v not in tuple(order)}
    if asked.most is not None and len(names) > asked.most:
        found.add(("max", str(asked.most)))
    effects = {
        risk: {name: expected(kb, name, risk) for name in kb.defenses if kb.stages(name)}
        for risk in (*asked.avoid, *asked.protect)
    }
    for risk in asked.avoid:
        if any(effects[risk][name].effect == "increase" for name in names):
            found.add(("avoid", risk))
    for risk in asked.protect:
        everyone = list(effects[risk].values())
        meant = [each for each in everyone if each.intended]
        lowering = [each for each in meant or everyone if each.effect == "decrease"]
        if not names & {each.defense for each in lowering or meant}:
            found.add(("protect", risk))
    return found


def sets_of(kb: KnowledgeBase) -> Iterator[tuple[Variant, ...]]:
    """Yield every set of defenses, each at every stage, that can be combined and trained."""
    able = [name for name in kb.defenses if kb.stages(name)]
    for size in range(1, len(able) + 1):
        for names in combinations(able, size):
            for choice in product(*(kb.stages(name).values() for name in names)):
                if feasible(kb, choice) is not None:
                    yield choice


@given(st.integers(0, 10**6))
def test_near_misses_miss_what_they_say_and_as_little_as_any_set_does(seed: int) -> None:
    kb = staged_base(seed)
    asked = asked_at_random(kb, seed)
    answer = plan(kb, asked)
    assert not (answer.plans and answer.near_misses)
    counts = {len(near.misses) for near in answer.near_misses}
    assert len(counts) <= 1
    for near in answer.near_misses:
        assert feasible(kb, near.plan.order) == near.plan.order
        told = {(each.wish, each.value) for each in near.misses}
        assert missed(kb, asked, near.plan.order) == told
        for each in near.misses:
            if each.wish == "have" and each.instead:
                assert each.instead in {v.id for v in near.plan.order}
            if each.wish == "max":
                assert each.instead == str(len(near.plan.order))
    weights = [sum(each.weight for each in near.misses) for near in answer.near_misses]
    assert weights == sorted(weights)
    if not answer.plans:
        protecting = {("protect", risk) for risk in asked.protect}
        every = [missed(kb, asked, order) for order in sets_of(kb)]
        useful = [len(said) for said in every if not protecting <= said]
        assert counts == ({min(useful)} if useful else set())


def test_near_misses_are_ranked_and_say_what_there_is_instead(papers: KnowledgeBase) -> None:
    def near(**asked: Any) -> list[tuple[tuple[Miss, ...], list[str]]]:
        found = plan(papers, wish(papers, **asked)).near_misses
        return [(each.misses, [v.defense for v in each.plan.order]) for each in found]

    moved, *_, gone = near(protect=["R2", "P1"], have=["watermarking@in"], avoid=["P2"], most=2)
    assert len(moved[0]) <= len(gone[0])
    assert near(protect=["evasion", "poisoning"], most=1) == [
        ((Miss("max", "1", "2"),), ["adversarial_training", "outlier_removal"]),
        ((Miss("protect", "evasion"),), ["outlier_removal"]),
        ((Miss("protect", "poisoning"),), ["adversarial_training"]),
    ]
    (misses, defenses), *_ = near(protect=["R1"], have=["watermarking@pre"])
    assert misses[0][:2] == ("have", "watermarking@pre")
    assert misses[0].instead in {"watermarking@in", "watermarking@post"}
    assert defenses == ["adversarial_training", "watermarking"] or "watermarking" in defenses
    assert near(protect=["P1"]) == []


def test_what_cannot_be_trained_together_is_in_no_plan(kb: KnowledgeBase) -> None:
    for each in plan(kb, wish(kb, protect=["P1", "F"])).plans:
        for order in (each.order, *each.alternatives):
            names = {v.id for v in order}
            assert not {"differential_privacy@in", "group_fairness@in"} <= names
    answer = plan(kb, wish(kb, protect=["F"], have=["PD1"]))
    assert [v.id for v in answer.plans[0].order][-1] != "group_fairness@in"


def test_measured_conflicts_are_told_and_come_last(papers: KnowledgeBase) -> None:
    clean, doubtful = plan(
        papers, wish(papers, protect=["F", "R3"], have=["group_fairness@in"])
    ).plans
    assert not clean.observed
    assert [v.id for v in doubtful.order] == ["group_fairness@in", "fingerprinting@post"]
    assert [each.code for each in doubtful.observed] == ["C17"]
    assert doubtful.contradicted
    assert doubtful.outcome == "conflict"
    unasked = plan(papers, wish(papers, protect=["F", "R3"])).plans
    assert [each.order for each in unasked] == [clean.order, doubtful.order]
    (one,) = plan(papers, wish(papers, protect=["evasion", "poisoning"])).plans
    assert not one.contradicted
    (other,) = [o for o in one.alternatives if o[-1].id == "outlier_removal@post"]
    assert [each.code for each in one.against(other)] == ["C35"]


def test_a_defense_not_expected_to_lower_what_it_is_meant_for_does_not_cover_it(
    kb: KnowledgeBase,
) -> None:
    (one,) = plan(kb, wish(kb, protect=["F"], have=["explanations"])).plans
    assert [e.defense for e in one.covers] == ["group_fairness"]
    assert ("explanations", "discriminatory_behavior") in {(e.defense, e.risk) for e in one.open}
    for each in plan(kb, wish(kb, protect=["R3", "R2", "P1", "F", "R1"])).plans:
        assert "explanations" not in {v.defense for v in each.order}


def test_meant_for_a_risk_it_covers_it_for_want_of_a_better_one(kb: KnowledgeBase) -> None:
    rows = kb.rows
    for section in ("defenses", "variants", "correlations", "observations", "combinations"):
        rows[section] = {k: v for k, v in rows[section].items() if "group_fairness" not in str(v)}
    rows["experiments"] = {}
    (one,) = plan(own := KnowledgeBase(rows), wish(own, protect=["F"])).plans
    assert [e.defense for e in one.covers] == ["explanations"]
    assert "discriminatory_behavior" in {e.risk for e in one.open}


def test_a_defense_without_a_stage_takes_no_plan_away(kb: KnowledgeBase) -> None:
    rows = kb.rows
    rows["defenses"]["own"] = {
        "id": "own",
        "name": "Own",
        "pillar": "privacy",
        "protects_against": ["attribute_inference"],
        "meaning": "x",
    }
    before = plan(kb, wish(kb, protect=["P3"])).plans
    own = KnowledgeBase(rows)
    after = plan(own, wish(own, protect=["P3"])).plans
    assert before
    assert [each.order for each in after] == [each.order for each in before]


def test_a_search_cut_short_says_so(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscurrent.predictor.plans.MAX_STEPS", 2)
    asked = wish(kb, protect=["R1", "R2", "R3", "P1"])
    answer = plan(kb, asked)
    assert not answer.complete
    assert not answer.plans


def test_what_was_shown_to_conflict_is_proposed_last_where_another_stage_is_known(
    kb: KnowledgeBase,
) -> None:
    plans = plan(kb, wish(kb, protect=["F", "R3"])).plans
    assert not any(each.contradicted for each in plans)
    fingerprinted = [each for each in plans if each.order[-1].id == "fingerprinting@post"]
    for each in fingerprinted:
        assert each.order[0].id == "group_fairness@pre"
    assert fingerprinted


def test_what_is_there_already_stays(papers: KnowledgeBase, kb: KnowledgeBase) -> None:
    answer = plan(papers, wish(papers, protect=["evasion"], have=["watermarking@pre"]))
    assert not answer.plans
    assert ("have", "watermarking@pre") in {(b.wish, b.value) for b in answer.blocked}
    # taken out of the data first, outliers leave a watermark that is planted afterwards alone
    (one,) = plan(kb, wish(kb, protect=["poisoning"], have=["watermarking@pre"])).plans
    assert [v.id for v in one.order] == ["outlier_removal@pre", "watermarking@pre"]
    answer = plan(papers, wish(papers, protect=["poisoning"], have=["watermarking@post"]))
    assert [v.id for v in answer.plans[0].order] == ["outlier_removal@in", "watermarking@post"]


def test_an_impossible_wish_names_what_stands_in_the_way(papers: KnowledgeBase) -> None:
    asked = wish(papers, protect=["evasion", "membership_inference", "poisoning"], most=1)
    answer = plan(papers, asked)
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
        ({"protect": ["R1"], "have": ["PD1", "FD1"]}, "cannot be trained together"),
        ({"protect": ["R1"], "have": ["RD3@pre", "RD3@in"]}, "cannot be trained together"),
        ({"protect": ["R1"], "have": ["RD1", "PD1"], "most": 1}, "more than 1"),
    ],
)
def test_contradictory_wishes_are_said(
    kb: KnowledgeBase, asked: dict[str, Any], expected_text: str
) -> None:
    with pytest.raises(InputError, match=expected_text):
        wish(kb, **asked)


def test_a_defense_for_some_settings_only_is_left_out_unless_it_is_there(kb: KnowledgeBase) -> None:
    only = [each.id for each in kb.defenses.values() if each.when]
    assert "robust_aggregation" in only
    asked = wish(kb, protect=["poisoning"])
    answer = plan(kb, asked)
    assert set(answer.left_out) == set(only)
    for each in answer.plans:
        assert not {variant.defense for variant in each.order}.intersection(only)
    there = plan(kb, wish(kb, protect=["poisoning"], have=["robust_aggregation"]))
    assert "robust_aggregation" not in there.left_out
    for each in there.plans:
        assert "robust_aggregation" in {variant.defense for variant in each.order}
