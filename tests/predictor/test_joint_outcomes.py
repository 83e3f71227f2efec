"""The graded answer for defenses together: shown only by what was seen of all of them."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscurrent.knowledge import Combination, KnowledgeBase
from crosscurrent.predictor.conflicts import combine, combine_all
from crosscurrent.predictor.joint_outcomes import GRADES, judged, outcome_of, seen_at_a_cost

NAMES = ("a@in", "b@in", "c@post")


def seen(*defenses: str, outcome: str = "effective", **more: Any) -> Combination:
    """Return an observation; the names of the defenses are not looked up."""
    made = {"id": "seen.it", "status": "explored", "outcome": outcome, **more}
    return Combination(defenses=defenses, **made)


@pytest.mark.parametrize(
    ("observations", "conflicting", "outcome", "grounds"),
    [
        ([], [], "no_known_conflict", ()),
        ([seen(*NAMES)], [], "shown_effective", ("published",)),
        ([seen(*NAMES, provenance="measured")], [], "shown_effective", ("measured",)),
        ([seen(*NAMES[:2])], [], "no_known_conflict", ()),
        ([seen(*NAMES, outcome="unreported")], [], "no_known_conflict", ()),
        ([seen(*NAMES, outcome="conflict")], [], "conflict", ("published",)),
        ([seen(*NAMES[:2], outcome="conflict")], [], "conflict", ("published",)),
        ([], [NAMES[:2]], "conflict", ("rule",)),
        ([seen(*NAMES[:2])], [NAMES[:2]], "disputed", ("rule", "published")),
        ([seen(*NAMES), seen(*NAMES, outcome="conflict")], [], "disputed", ("published",)),
        ([seen(*NAMES), seen(*NAMES[1:], outcome="conflict")], [], "disputed", ("published",)),
        (
            [seen(*NAMES, outcome="conflict", tuned_outcome="effective")],
            [],
            "at_a_cost",
            ("published",),
        ),
        ([seen(*NAMES, cost="time")], [], "at_a_cost", ("published",)),
        ([seen(*NAMES[:2], works_if="it is tuned")], [], "at_a_cost", ("published",)),
        # it says as well that they conflict as they are
        (
            [seen(*NAMES[:2], works_if="it is tuned"), seen(*NAMES[:2], outcome="conflict")],
            [NAMES[:2]],
            "at_a_cost",
            ("published",),
        ),
    ],
)
def test_each_kind_of_evidence_has_its_answer(
    observations: list[Combination],
    conflicting: list[tuple[str, str]],
    outcome: str,
    grounds: tuple[str, ...],
) -> None:
    found = judged(NAMES, conflicting, observations)
    assert (found.outcome, found.grounds) == (outcome, grounds)
    assert set(found.records) <= set(observations)
    apart = judged(NAMES, conflicting, observations, trainable=False)
    assert (apart.outcome, apart.grounds) == ("not_trainable", ("procedures",))


@given(st.integers(0, 10**6))
def test_nothing_is_shown_but_by_what_was_seen_of_all(seed: int) -> None:
    rng = random.Random(seed)
    parts = [p for size in (2, 3) for p in combinations(NAMES, size)]
    observations = [
        seen(
            *rng.choice(parts),
            outcome=rng.choice(["effective", "conflict"]),
            tuned_outcome=rng.choice([None, None, "effective", "conflict"]),
        )
        for _ in range(rng.randrange(4))
    ]
    conflicting = [(a, b) for a, b in combinations(NAMES, 2) if rng.random() < 0.2]
    found = judged(NAMES, conflicting, observations)
    whole = [each for each in observations if set(each.defenses) == set(NAMES)]
    works = [each for each in whole if outcome_of(each) == "effective"]
    fails = [each for each in observations if outcome_of(each) == "conflict"]
    costly = [each for each in observations if seen_at_a_cost(each)]
    if found.outcome == "shown_effective":
        assert works
        assert not [*fails, *costly, *conflicting]
    if found.outcome == "no_known_conflict":
        assert not [*whole, *fails, *costly, *conflicting]
    if found.outcome == "disputed":
        assert any(outcome_of(each) == "effective" for each in observations)
        assert fails or conflicting
    if found.outcome == "conflict":
        assert not works
        assert fails or conflicting
    # whatever order things were seen in
    rng.shuffle(observations)
    assert judged(NAMES, conflicting[::-1], observations).outcome == found.outcome


def test_the_rules_verdict_is_none_of_what_can_be_trained(kb: KnowledgeBase) -> None:
    apart = combine(kb, ["PD1", "FD1"])
    assert apart.effective
    assert not apart.trainable
    assert apart.outcome == "not_trainable"
    ((excluded,), repairs) = apart.exclusions, apart.repairs
    assert excluded.record is not None
    assert "no gradient of one example" in excluded.record.reason
    assert excluded.record.sources
    moved = {tuple(v.id for v in repair.defenses) for repair in repairs}
    assert ("group_fairness@pre", "differential_privacy@in") in moved
    assert all(combine(kb, order).trainable for order in moved if len(order) > 1)


def test_every_answer_agrees_with_itself(kb: KnowledgeBase) -> None:
    for answer in combine_all(kb):
        assert answer.outcome in GRADES
        assert answer.trainable == (answer.outcome != "not_trainable")
        if answer.outcome in ("shown_effective", "no_known_conflict"):
            assert answer.effective
            assert not answer.measured_otherwise
        if not answer.effective:
            assert answer.outcome in ("conflict", "disputed", "at_a_cost", "not_trainable")
        whole = [r for r in answer.published if len(r.defenses) == len(answer.defenses)]
        if answer.outcome == "no_known_conflict":
            assert not whole


def test_one_defense_at_two_stages_is_never_trained_together(kb: KnowledgeBase) -> None:
    (excluded,) = combine(kb, ["watermarking@pre", "watermarking@post"]).exclusions
    assert (excluded.kind, excluded.record) == ("one_defense", None)


def test_procedures_of_ones_own_exclude_others_as_well(kb: KnowledgeBase) -> None:
    rows = kb.rows
    rows["variants"]["fingerprinting@post"]["procedures"] = ["fitting_again"]
    answer = combine(KnowledgeBase(rows), ["PD1", "RD4"])
    assert answer.outcome == "not_trainable"
    assert [each.procedures for each in answer.exclusions] == [
        ("privacy_accounting", "fitting_again")
    ]
