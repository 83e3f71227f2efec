"""Combinations: the published predictions exactly, and the laws that any verdict obeys."""

from __future__ import annotations

import random
from itertools import pairwise, permutations
from typing import Any

import pytest
from golden_tables import table
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_rows

from crosscurrent.knowledge import InputError, KnowledgeBase, UnknownName, Variant
from crosscurrent.predictor.conflict_backtest import SetName, conflict_backtest
from crosscurrent.predictor.conflicts import combine, combine_all, spoiling, workable
from crosscurrent.predictor.orders import orders
from crosscurrent.predictor.tensions import tensions


@pytest.fixture(scope="session")
def kb(papers: KnowledgeBase) -> KnowledgeBase:
    """Return the papers alone: the figures here are theirs."""
    return papers


@pytest.mark.parametrize("row", table("combinations", "defcon_"), ids=lambda row: row["id"])
def test_every_published_prediction_is_reproduced(kb: KnowledgeBase, row: dict[str, str]) -> None:
    answer = combine(kb, [row["later"], row["earlier"]])
    assert answer.effective == (row["defcon"] == "effective")
    stages = {variant.stage for variant in answer.defenses}
    assert (len(stages) == 2) == (row["naive"] == "effective")


@pytest.mark.parametrize("row", table("six_pairs", "defcon_"), ids=lambda row: row["earlier"])
def test_identified_pairs_of_earlier_work(kb: KnowledgeBase, row: dict[str, str]) -> None:
    assert combine(kb, [row["earlier"], row["later"]]).effective == (
        row["predicted"] == "effective"
    )


@pytest.mark.parametrize("row", table("multiple", "defcon_"), ids=lambda row: row["number"])
def test_the_nine_scripts_get_the_order_that_the_rule_derives(
    kb: KnowledgeBase, row: dict[str, str]
) -> None:
    answer = combine(kb, row["defenses"].split(";"))
    assert answer.effective == (row["predicted"] == "effective")
    assert not answer.overlooked
    first, _, second = row["must_precede"].partition("<")
    for order in answer.orders:
        ids = [variant.id for variant in order]
        assert [each.stage for each in order] == sorted(
            (each.stage for each in order), key=["pre", "in", "post"].index
        )
        if second:
            assert ids.index(first) < ids.index(second)
    if second:
        assert [(c.later.id, c.earlier.id) for c in answer.avoid] == [(first, second)]


def test_the_published_scores_come_out(kb: KnowledgeBase) -> None:
    result = conflict_backtest(kb)
    assert result.agreement == (30, 30)
    sets: dict[str, SetName] = {
        "prior": "prior_as_published",
        "before_tuning": "before_tuning",
        "after_tuning": "after_tuning",
    }
    for row in table("scores", "defcon_"):
        method = "published_rule" if row["method"] == "defcon" else "published_baseline"
        names = [method]
        if row["vector"] != "prior":
            names.append("rule" if row["method"] == "defcon" else "different_stages")
        for name in names:
            (score,) = [s for s in result.scores[sets[row["vector"]]] if s.method == name]
            assert (score.right, score.cells) == (int(row["correct"]), int(row["total"]))
            assert score.balanced_accuracy is not None
            printed = float(row["balanced_accuracy"])
            assert round(score.balanced_accuracy * 100, 1) == pytest.approx(printed, abs=0.06)
    (six,) = [s for s in result.scores["prior_identified"] if s.method == "rule"]
    assert (six.right, six.cells) == (5, 6)


def test_a_conflict_names_the_pair_the_risk_and_repairs_that_work(kb: KnowledgeBase) -> None:
    answer = combine(kb, ["watermarking@pre", "outlier_removal@in", "explanations"])
    assert [(c.earlier.id, c.later.id, c.risk) for c in answer.conflicts] == [
        ("watermarking@pre", "outlier_removal@in", "poisoning")
    ]
    kinds = {change[0] for repair in answer.repairs for change in repair.changes}
    assert kinds == {"stage", "swap", "drop"}
    for repair in answer.repairs:
        if len(repair.defenses) > 1:
            assert combine(kb, [v.id for v in repair.defenses]).effective
    assert answer.observations[0].code == "C21"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["explanations@pre", "RD1"], "explanations has no variant at stage 'pre'"),
        (["watermarking@pre", "RD3"], "watermarking@pre is given twice"),
        (["RD1"], "at least two defenses"),
        (["watermarkin@pre", "RD1"], "did you mean watermarking"),
    ],
)
def test_what_cannot_be_combined_is_said(
    kb: KnowledgeBase, names: list[str], expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        combine(kb, names)


def test_codes_and_bare_names_stand_for_variants(kb: KnowledgeBase) -> None:
    assert kb.variant("RD3@post").id == "watermarking@post"
    assert kb.variant("RD3").id == "watermarking@pre"
    with pytest.raises(UnknownName):
        kb.variant("nothing@pre")


def test_tensions_find_c35_and_do_not_help_held_out(kb: KnowledgeBase) -> None:
    answer = combine(kb, ["RD1", "outlier_removal@post"])
    assert answer.effective
    pulling = {(each.mechanism, each.subject) for each in tensions(kb, answer.defenses)}
    assert ("opposed_factor", "tail_length") in pulling
    assert ("undermined_risk", "poisoning") in pulling
    for name in ("before_tuning", "after_tuning"):
        scores = {s.method: s.right for s in conflict_backtest(kb).scores[name]}
        assert scores["rule_and_best_mechanism_held_out"] < scores["rule"]


def test_measurements_against_the_verdict_are_named(kb: KnowledgeBase) -> None:
    def otherwise(*names: str) -> list[str]:
        return [each.code or each.id for each in combine(kb, names).measured_otherwise]

    assert otherwise("group_fairness", "fingerprinting") == ["C17"]
    assert otherwise("group_fairness", "fingerprinting", "explanations") == ["C17"]
    # before tuning C32 was a conflict
    assert otherwise("data_watermarking", "watermarking@post") == []
    assert otherwise("watermarking@pre", "outlier_removal@in") == []
    assert "C7" in otherwise("data_watermarking", "differential_privacy")
    # that two of these were measured to go together does not contradict the conflict of all
    assert otherwise("watermarking@pre", "outlier_removal@in", "explanations") == []


def joint_base(seed: int, size: int = 6, risks: int = 3) -> KnowledgeBase:
    """Return a random base in which each defense has one variant, with random stakes."""
    rng = random.Random(seed)
    rows = random_rows(seed, defenses=size, risks=risks)
    rows["variants"] = {}
    for name in rows["defenses"]:
        stage = rng.choice(["pre", "in", "in", "post"])
        row: dict[str, Any] = {"defense": name, "stage": stage, "meaning": "random"}
        for field, share in (("uses", 0.25), ("mitigates", 0.25)):
            chosen = [r for r in rows["risks"] if rng.random() < share]
            row[field] = [{"risk": r, "basis": "read"} for r in chosen]
        rows["variants"][f"{name}@{stage}"] = row
    return KnowledgeBase(rows)


def by_brute_force(variants: list[Variant]) -> bool:
    """Try every permutation, as the paper describes it."""

    def clash(a: Variant, b: Variant) -> bool:
        return bool({s.risk for s in a.uses} & {s.risk for s in b.mitigates})

    rank = ["pre", "in", "post"].index
    for order in permutations(variants):
        stages = [rank(v.stage) for v in order]
        if stages != sorted(stages):
            continue
        across = any(
            clash(a, b) for i, a in enumerate(order) for b in order[i + 1 :] if a.stage != b.stage
        )
        inside = any(clash(a, b) for a, b in pairwise(order) if a.stage == b.stage)
        if not across and not inside:
            return True
    return False


@given(st.integers(0, 10**6))
def test_random_bases_agree_with_brute_force_whatever_the_order_of_arguments(seed: int) -> None:
    kb = joint_base(seed)
    variants = list(kb.variants.values())
    names = [v.id for v in variants]
    answer = combine(kb, names)
    assert answer.effective == by_brute_force(variants)
    random.Random(seed).shuffle(names)
    again = combine(kb, names)
    assert again.effective == answer.effective
    assert {c[:3] for c in again.conflicts} == {c[:3] for c in answer.conflicts}
    for order in answer.orders:
        position = {v.id: i for i, v in enumerate(order)}
        for conflict in answer.avoid:
            gap = position[conflict.later.id] - position[conflict.earlier.id]
            assert gap != 1
    if workable(variants) is not None:
        assert answer.effective
        assert not answer.overlooked


@given(st.integers(0, 10**6))
def test_a_conflict_forced_by_stages_stays_in_every_larger_set(seed: int) -> None:
    kb = joint_base(seed)
    names = [v.id for v in kb.variants.values()]
    for answer in combine_all(kb):
        one, other = answer.defenses
        if not answer.effective and one.stage != other.stage:
            assert not combine(kb, names).effective
            assert any(True for _ in spoiling(one, other))


@given(st.integers(0, 10**6))
def test_repairs_work_and_change_as_little_as_possible(seed: int) -> None:
    kb = joint_base(seed, size=5)
    answer = combine(kb, list(kb.variants))
    counts = {len(repair.changes) for repair in answer.repairs}
    assert len(counts) <= 1
    assert bool(answer.repairs) <= (not answer.effective)
    for repair in answer.repairs:
        assert workable(repair.defenses) == repair.defenses


@given(st.lists(st.integers(0, 63), min_size=0, max_size=6))
def test_orders_are_all_that_brute_force_finds(masks: list[int]) -> None:
    size = len(masks)
    spoils = [mask & ((1 << size) - 1) & ~(1 << i) for i, mask in enumerate(masks)]
    found, strict = orders(spoils, 1000)
    every = list(permutations(range(size)))
    free = [o for o in every if not any(spoils[a] >> b & 1 for i, a in enumerate(o) for b in o[i:])]
    loose = [o for o in every if not any(spoils[a] >> b & 1 for a, b in pairwise(o))]
    assert strict == bool(free)
    assert found == (free or loose)
