"""What to do about an effect: what is known to help, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.advice import Advice, advise
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.interactions import matrix, predict

NEW: dict[str, dict[str, Any]] = {
    "references": {
        work: {"id": work, "status": "confirmed", "title": work} for work in ("one", "two", "three")
    },
    "adversary": {
        key: {"id": key, "name": key, "ordered": False, "values": values, "meaning": "made up"}
        for key, values in (
            ("initialization", ["from_scratch", "pretrained"]),
            ("poison", ["backdoor", "availability"]),
        )
    },
    "defenses": {
        "other": {
            "id": "other", "name": "Other", "pillar": "privacy", "meaning": "made up",
            "protects_against": ["membership_inference"],
        },
    },
}  # fmt: skip


def observed(name: str, risk: str, effect: str, **further: Any) -> dict[str, Any]:
    return {
        "id": name, "defense": "differential_privacy", "risk": risk, "effect": effect,
        "kind": "empirical", "sources": [name.partition(".")[0]], **further,
    }  # fmt: skip


def advice(kb: KnowledgeBase, risk: str, *added: dict[str, Any]) -> tuple[Advice, ...]:
    """Return the advice on differential privacy, with some knowledge more."""
    rows: dict[str, Any] = dict(kb.rows)
    for section, records in NEW.items():
        rows[section] = {**rows[section], **records}
    rows["observations"] = {**rows["observations"], **{row["id"]: row for row in added}}
    base = KnowledgeBase(rows)
    return advise(base, assess(base, predict(base, "differential_privacy", risk)))


def test_a_condition_that_avoids_it_is_named_with_its_work(papers: KnowledgeBase) -> None:
    (found,) = advice(
        papers,
        "discriminatory_behavior",
        observed(
            "one.a", "discriminatory_behavior", "no_change", when={"initialization": "pretrained"}
        ),
    )
    assert found == Advice(
        "condition", None, {"initialization": "pretrained"}, "no_change", ("one",), None
    )


def test_what_only_the_adversary_chooses_is_no_advice(papers: KnowledgeBase) -> None:
    assert not advice(
        papers,
        "discriminatory_behavior",
        observed("one.a", "discriminatory_behavior", "no_change", when={"poison": "backdoor"}),
        observed(
            "two.a", "discriminatory_behavior", "decrease", when={"defense_knowledge": "aware"}
        ),
    )


def test_another_stage_counts_if_all_its_works_are_better(papers: KnowledgeBase) -> None:
    better = observed("one.a", "discriminatory_behavior", "decrease", stage="post")
    (found,) = advice(papers, "discriminatory_behavior", better)
    assert (found.kind, found.subject, found.works) == (
        "stage",
        "differential_privacy@post",
        ("one",),
    )
    worse = observed("two.a", "discriminatory_behavior", "increase", stage="post")
    assert not advice(papers, "discriminatory_behavior", better, worse)


def test_another_defense_for_the_same_purpose_must_be_known_not_to_do_it(
    papers: KnowledgeBase,
) -> None:
    good = observed("three.a", "discriminatory_behavior", "decrease") | {"defense": "other"}
    (found,) = advice(papers, "discriminatory_behavior", good)
    assert (found.kind, found.subject, found.effect, found.grade) == (
        "defense",
        "other",
        "decrease",
        "published_once",
    )
    assert found.works == ("three",)
    bad = observed("three.a", "discriminatory_behavior", "increase") | {"defense": "other"}
    assert not advice(papers, "discriminatory_behavior", bad)


def test_where_it_helps_only_what_undoes_it_is_told(papers: KnowledgeBase) -> None:
    undone = observed(
        "one.a", "membership_inference", "no_change", when={"initialization": "pretrained"}
    )
    (found,) = advice(papers, "membership_inference", undone)
    assert (found.kind, dict(found.when)) == ("avoid", {"initialization": "pretrained"})
    assert not advice(papers, "membership_inference")


@pytest.mark.parametrize("kind", ["stage", "defense"])
def test_advice_never_names_what_is_expected_to_raise_the_risk(
    kb: KnowledgeBase, kind: str
) -> None:
    for row in matrix(kb):
        for prediction in row:
            answer = assess(kb, prediction)
            for each in advise(kb, answer):
                assert each.effect in ("decrease", "no_change") or each.kind == "avoid"
                if each.kind == kind == "defense":
                    assert each.subject not in (None, prediction.defense)
            if answer.expect == "unknown":
                assert advise(kb, answer) == ()
