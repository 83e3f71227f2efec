"""Scenarios of what-if questions: held, raised and lowered factors, and who the adversary is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_base, random_rows

from crosscurrent.knowledge import KnowledgeBase, UnknownName
from crosscurrent.predictor.changes import what_if
from crosscurrent.predictor.guideline import paths_between
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.scenarios import ScenarioError, meets, scenario
from crosscurrent.predictor.signs import multiply

SEEDS = st.integers(0, 2**32)


def test_holding_a_factor_removes_its_paths_and_only_those(kb: KnowledgeBase) -> None:
    change = what_if(kb, "RD1", "P1", scenario(kb, hold=["O3"]))
    gone = {p.factor.code for p in change.before.paths} - {
        p.factor.code for p in change.after.paths
    }
    assert gone == {"O3"}
    assert (change.before.conjecture, change.after.conjecture) == ("contested", "increase")
    assert change.after.basis == "dominant"
    assert [(r.assumption, r.subject) for r in change.because] == [("hold", "boundary_distance")]


def test_holding_every_factor_leaves_nothing_known(kb: KnowledgeBase) -> None:
    everything = scenario(kb, hold=list(kb.factors))
    for defense in kb.defenses:
        for risk in kb.risks:
            answer = predict(kb, defense, risk, everything)
            assert (answer.conjecture, answer.paths, answer.modifiers) == ("unknown", (), ())


def test_raising_a_factor_pushes_every_risk_that_depends_on_it(kb: KnowledgeBase) -> None:
    longer_tail = scenario(kb, raise_=["tail_length"])
    for defense in kb.defenses:
        for risk in kb.risks.values():
            answer = predict(kb, defense, risk.id, longer_tail)
            pushed = [p for p in answer.paths if p.moved_by is None]
            depends = kb.edges(risk.id).get("tail_length")
            assert [(p.push, p.effect) for p in pushed] == (
                [("+", depends.sign)] if depends else []
            )


def test_the_context_reaches_risks_that_the_defense_does_not(papers: KnowledgeBase) -> None:
    change = what_if(papers, "FD1", "R2", scenario(papers, raise_=["M1"]))
    assert (change.before.conjecture, change.after.conjecture) == ("unknown", "increase")
    assert change.changed
    assert "model_capacity" not in {m.factor.id for m in change.after.modifiers}


@given(SEEDS, st.sampled_from([f"factor_{i}" for i in range(5)]))
def test_lowering_is_the_mirror_of_raising(seed: int, factor: str) -> None:
    kb = random_base(seed)
    up, down = scenario(kb, raise_=[factor]), scenario(kb, lower=[factor])
    for defense in kb.defenses:
        for risk in kb.risks.values():
            raised = paths_between(kb, defense, risk, up)
            lowered = paths_between(kb, defense, risk, down)
            for left, right in zip(raised, lowered, strict=True):
                turned = multiply("-", left.effect) if left.moved_by is None else left.effect
                assert right.effect == turned


@given(SEEDS)
def test_assuming_nothing_changes_nothing(seed: int) -> None:
    kb = random_base(seed)
    for defense in kb.defenses:
        for risk in kb.risks:
            change = what_if(kb, defense, risk, scenario(kb))
            assert change.before == change.after
            assert not change.changed
            assert not change.because


@given(SEEDS, st.sampled_from([f"factor_{i}" for i in range(5)]))
def test_a_change_of_factors_always_has_a_reason(seed: int, factor: str) -> None:
    kb = random_base(seed)
    for assumed in (scenario(kb, hold=[factor]), scenario(kb, raise_=[factor])):
        for defense in kb.defenses:
            for risk in kb.risks:
                change = what_if(kb, defense, risk, assumed)
                assert change.because or not change.changed


@pytest.mark.parametrize(
    ("pair", "adversary", "before", "after"),
    [
        (("RD1", "R3"), {"role": "malicious_accuser"}, "increase", "decrease"),
        (("PD1", "P4"), {"defense_knowledge": "aware"}, "decrease", "increase"),
        (("FD1", "P3"), {"defense_knowledge": "aware"}, "decrease", "increase"),
    ],
)
def test_the_papers_exceptions_hold_for_their_adversary(
    papers: KnowledgeBase, pair: tuple[str, str], adversary: dict[str, str], before: str, after: str
) -> None:
    """Slide 17 of the talk."""
    change = what_if(papers, *pair, scenario(papers, adversary=adversary))
    applying = [s.record.effect for s in change.before.observations if s.applies]
    assert applying == [before]
    assert not any(seen.applies for seen in change.after.observations)
    assert [s.record.effect for s in change.after.exceptions if s.applies] == [after]
    assert change.changed
    assert change.after.conjecture == change.before.conjecture  # an observation is no conjecture


def test_an_adversary_that_contradicts_the_condition_turns_the_exception_off(
    kb: KnowledgeBase,
) -> None:
    suspect = scenario(kb, adversary={"role": "malicious_suspect"})
    answer = predict(kb, "RD1", "R3", suspect)
    assert {seen.applies for seen in answer.observations} == {True}
    assert [seen.applies for seen in answer.exceptions] == [False]


def test_an_exception_of_unknown_condition_is_never_said_to_apply(kb: KnowledgeBase) -> None:
    anyone = scenario(kb, adversary={"role": "malicious_accuser", "defense_knowledge": "aware"})
    for pair in (("PD1", "R1"), ("FD2", "F")):
        answer = predict(kb, *pair, anyone)
        assert {seen.applies for seen in answer.exceptions} == {None}
        assert all(seen.applies for seen in answer.observations)


def test_who_is_stronger_on_an_ordered_scale_meets_a_weaker_condition(kb: KnowledgeBase) -> None:
    assert meets(kb, {"model_knowledge": "whitebox"}, {"model_knowledge": "blackbox"}) is True
    assert meets(kb, {"model_knowledge": "blackbox"}, {"model_knowledge": "graybox"}) is False
    assert meets(kb, {"defense_knowledge": "unaware"}, {"defense_knowledge": "aware"}) is False
    assert meets(kb, {}, {"defense_knowledge": "aware"}) is None
    assert meets(kb, {"role": "malicious_accuser"}, {"role": "malicious_suspect"}) is False
    assert meets(kb, {"role": "malicious_accuser"}, None) is None


def test_the_weakest_value_of_a_scale_means_that_value_alone(kb: KnowledgeBase) -> None:
    assert meets(kb, {"defense_knowledge": "unaware"}, {"defense_knowledge": "unaware"}) is True
    assert meets(kb, {"defense_knowledge": "aware"}, {"defense_knowledge": "unaware"}) is False
    assert meets(kb, {}, {"defense_knowledge": "unaware"}) is None


@pytest.mark.parametrize(
    "assumptions",
    [
        {"raise_": ["D1"], "lower": ["training_set_size"]},
        {"raise_": ["D1"], "hold": ["D1"]},
        {"lower": ["M1"], "hold": ["model_capacity"]},
    ],
)
def test_assumptions_that_contradict_each_other_are_refused(
    kb: KnowledgeBase, assumptions: dict[str, Any]
) -> None:
    with pytest.raises(ScenarioError, match="can't be both"):
        scenario(kb, **assumptions)


def test_names_that_do_not_exist_are_refused_with_a_suggestion(kb: KnowledgeBase) -> None:
    with pytest.raises(UnknownName, match="did you mean tail_length"):
        scenario(kb, hold=["tail_lenght"])
    with pytest.raises(UnknownName, match="did you mean role"):
        scenario(kb, adversary={"rolle": "malicious_accuser"})
    with pytest.raises(UnknownName, match="did you mean malicious_accuser"):
        scenario(kb, adversary={"role": "accuser"})


def test_saying_the_same_twice_is_no_contradiction(kb: KnowledgeBase) -> None:
    assert scenario(kb, hold=["D1", "d1", "training_set_size"]).held == {"training_set_size"}


@pytest.mark.parametrize("value", ["malicious_suspect", "malicious_accuser"])
@pytest.mark.parametrize("needed", ["malicious_suspect", "malicious_accuser"])
def test_a_change_by_the_adversary_always_has_a_reason(
    kb: KnowledgeBase, value: str, needed: str
) -> None:
    row = {**kb.rows["observations"]["sok2024.adversarial_training.evasion"], "id": "mine"}
    row |= {"risk": "attribute_inference", "when": {"role": needed}}
    more = KnowledgeBase({**kb.rows, "observations": {**kb.rows["observations"], "mine": row}})
    assumed = scenario(more, adversary={"role": value})
    for defense in more.defenses:
        for risk in more.risks:
            change = what_if(more, defense, risk, assumed)
            assert change.because or not change.changed
    change = what_if(more, "RD1", "P3", assumed)
    assert change.changed == (value != needed)
    assert change.after.published == (("decrease",) if value == needed else ())


def test_a_reason_names_only_what_the_adversary_fails(kb: KnowledgeBase) -> None:
    row = {**kb.rows["observations"]["sok2024.adversarial_training.evasion"], "id": "mine"}
    row |= {"risk": "attribute_inference"}
    row["when"] = {"role": "malicious_suspect", "model_knowledge": "blackbox"}
    more = KnowledgeBase({**kb.rows, "observations": {**kb.rows["observations"], "mine": row}})
    both = {"role": "malicious_accuser", "model_knowledge": "whitebox"}
    change = what_if(more, "RD1", "P3", scenario(more, adversary=both))
    assert [reason.text for reason in change.because] == [
        "decrease published for role=malicious_suspect only",
        "decrease published for model_knowledge=blackbox",
    ]


def test_reasons_say_in_words_what_they_mean(kb: KnowledgeBase) -> None:
    assumed = scenario(
        kb,
        raise_=["D2"],
        lower=["D1"],
        hold=["O3"],
        adversary={"role": "malicious_accuser", "defense_knowledge": "aware"},
    )
    texts = {
        reason.text
        for defense, risk in (("RD1", "P1"), ("RD1", "R3"), ("PD1", "P4"))
        for reason in what_if(kb, defense, risk, assumed).because
    }
    assert texts == {
        "boundary distance held: its decrease no longer counts",
        "training set size lowered: increase",
        "tail length raised: increase",
        "decrease published for role=malicious_accuser",
        "increase published for role=malicious_suspect only",
        "increase published for defense_knowledge=aware",
    }


def test_a_probability_alone_is_a_change_too(kb: KnowledgeBase) -> None:
    change = what_if(kb, "RD1", "P2", scenario(kb, raise_=["D2"]))
    assert (change.before.conjecture, change.before.basis) == (
        change.after.conjecture,
        change.after.basis,
    )
    assert change.after.probability_increase > change.before.probability_increase
    assert change.changed


@given(SEEDS, st.sets(st.sampled_from([f"factor_{i}" for i in range(5)]), max_size=3))
def test_a_scenario_equals_a_base_in_which_it_is_true(seed: int, held: set[str]) -> None:
    """Holding factors is the same as knowing no edge from a defense to them."""
    rows = random_rows(seed)
    kb = KnowledgeBase(rows)
    edges = {
        name: edge
        for name, edge in rows["correlations"].items()
        if edge["subject"] in rows["risks"] or edge["factor"] not in held
    }
    without = KnowledgeBase({**rows, "correlations": edges})
    for defense in kb.defenses:
        for risk in kb.risks:
            answer = predict(kb, defense, risk, scenario(kb, hold=held))
            same = predict(without, defense, risk)
            assert (answer.conjecture, answer.basis) == (same.conjecture, same.basis)
            assert [p.factor.id for p in answer.paths] == [p.factor.id for p in same.paths]
