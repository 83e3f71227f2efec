"""The gate: what fails, what is accepted until when, and what changed since it was accepted."""

from __future__ import annotations

import json
from itertools import product
from typing import Any, get_args

import pytest
from gates import ACCEPTED, FAIRNESS, TODAY, checked, deployment

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.deployment_files import read_deployment_text
from crosscurrent.knowledge.deployments import Matters
from crosscurrent.knowledge.errors import BrokenDeployment
from crosscurrent.predictor.assessment import Grade
from crosscurrent.predictor.deployments import check_document_types as shapes
from crosscurrent.predictor.deployments.assessment import assess_deployment
from crosscurrent.predictor.deployments.check_documents import check_document
from crosscurrent.predictor.deployments.comparison import compared
from crosscurrent.predictor.deployments.effects import GRADES
from crosscurrent.predictor.deployments.findings import KINDS, Finding, Kind
from crosscurrent.predictor.deployments.gate import judge

LEVELS: tuple[Matters, ...] = ("low", "medium", "high")
ALL = "{rise_at: none, matters: low, conflicts: true, unprotected: true, chains: true}"
NOTHING = "{rise_at: never, conflicts: false}"


def finding(kind: Kind, grade: Grade | None = None, matters: Matters | None = "high") -> Finding:
    return Finding(f"{kind}:x", kind, "evasion", (), grade, matters, "risks")


def with_risks(check: Any, *risks: Any) -> Any:
    """Return a check that told other risks."""
    return {**check, "risks": list(risks)}


def states(kb: KnowledgeBase, policy: str, *findings: Finding) -> list[str]:
    """Return what a policy makes of findings."""
    file = read_deployment_text(deployment(f"policy: {policy}", ()).encode())
    found = assess_deployment(kb, file)._replace(findings=findings)
    return [each.state for each in judge(found, TODAY).judged]


def failing(kb: KnowledgeBase, policy: str, *findings: Finding) -> list[Finding]:
    told = states(kb, policy, *findings)
    return [each for each, state in zip(findings, told, strict=True) if state == "fails"]


def test_grades_are_those_of_assessments() -> None:
    assert set(GRADES) == set(get_args(Grade))


@pytest.mark.parametrize("threshold", [*GRADES, "never"])
def test_a_rise_fails_from_its_grade_on(kb: KnowledgeBase, threshold: str) -> None:
    rises = [finding("rise", grade) for grade in GRADES]
    firm = GRADES[: GRADES.index(threshold) + 1] if threshold in GRADES else ()
    assert failing(kb, f"{{rise_at: {threshold}}}", *rises) == rises[: len(firm)]


@pytest.mark.parametrize("least", LEVELS)
def test_what_matters_less_passes(kb: KnowledgeBase, least: Matters) -> None:
    kinds: tuple[Kind, ...] = ("rise", "unprotected", "chain")
    found = [
        finding(kind, "replicated" if kind == "rise" else None, matters)
        for kind, matters in product(kinds, [None, *LEVELS])
    ]
    policy = f"{{matters: {least}, unprotected: true, chains: true}}"
    counts = LEVELS[LEVELS.index(least) :]
    assert failing(kb, policy, *found) == [each for each in found if each.matters in counts]


@pytest.mark.parametrize(
    ("policy", "kinds"),
    [
        ("{}", ["rise", "conflict", "not_trainable", "disputed"]),
        ("{conflicts: false}", ["rise"]),
        ("{unprotected: true}", ["rise", "conflict", "not_trainable", "disputed", "unprotected"]),
        ("{chains: true}", ["rise", "conflict", "not_trainable", "disputed", "chain"]),
        (NOTHING, []),
        (ALL, ["rise", "conflict", "not_trainable", "disputed", "unprotected", "chain"]),
    ],
)
def test_each_kind_fails_by_its_own_field(kb: KnowledgeBase, policy: str, kinds: list[str]) -> None:
    found = [finding(kind, "replicated" if kind == "rise" else None) for kind in KINDS]
    assert [each.kind for each in failing(kb, policy, *found)] == kinds


@pytest.mark.parametrize(
    ("today", "state"),
    [
        ("2026-12-31", "accepted"),
        ("2027-06-29", "accepted"),
        ("2027-06-30", "accepted"),
        ("2027-07-01", "expired"),
        ("2028-01-01", "expired"),
    ],
)
def test_an_acceptance_counts_to_the_end_of_its_last_day(
    kb: KnowledgeBase, today: str, state: str
) -> None:
    check = checked(kb, deployment(ACCEPTED), today)
    told = {each.finding.id: each for each in check.judged}
    assert told[FAIRNESS].state == state
    assert told[FAIRNESS].field == "accepted[0]"
    assert check.passes == (state == "accepted")
    assert [each.finding.id for each in check.failing] == [FAIRNESS] * (state == "expired")
    assert [each.finding.id for each in check.accepted] == [FAIRNESS] * (state == "accepted")


def test_what_the_policy_does_not_mind_passes_whoever_accepted_it(kb: KnowledgeBase) -> None:
    check = checked(kb, deployment(f"{ACCEPTED}policy: {NOTHING}"), "2030-01-01")
    assert {each.state for each in check.judged} == {"passes"}
    assert check.passes
    assert not check.unused


def test_an_acceptance_of_nothing_is_told_with_what_it_may_have_meant(kb: KnowledgeBase) -> None:
    misspelt = FAIRNESS.replace("behavior", "behaviour")
    check = checked(kb, deployment(ACCEPTED.replace(FAIRNESS, misspelt)))
    assert not check.passes
    (unused,) = check.unused
    assert unused.acceptance.finding == misspelt
    assert unused.field == "accepted[0].finding"
    assert unused.suggestions[0] == FAIRNESS
    far = checked(kb, deployment(ACCEPTED.replace(FAIRNESS, "zzz")))
    assert far.unused[0].suggestions == ()


def test_a_finding_is_accepted_once(kb: KnowledgeBase) -> None:
    twice = ACCEPTED + ACCEPTED.partition("\n")[2]
    with pytest.raises(BrokenDeployment, match=r"accepted\[1\]\.finding: rise:.* twice") as error:
        checked(kb, deployment(twice))
    (problem,) = error.value.problems
    assert deployment(twice).splitlines()[problem.line - 1] == f"  - finding: {FAIRNESS}"


@pytest.mark.parametrize(
    "until", ["2027-02-29", "2027-13-01", "0000-01-01", "2027-06-31", "soon", "2027-6-30"]
)
def test_the_last_day_is_a_day(until: str) -> None:
    text = deployment(ACCEPTED.replace("2027-06-30", until))
    with pytest.raises(BrokenDeployment, match=r"accepted\[0\]\.until: ") as error:
        read_deployment_text(text.encode())
    (problem,) = error.value.problems
    assert until in text.splitlines()[problem.line - 1][problem.column - 1 :]


@pytest.mark.parametrize("until", ["2027-02-28", "2028-02-29", "9999-12-31"])
def test_every_day_of_the_calendar_can_be_the_last(until: str) -> None:
    file = read_deployment_text(deployment(ACCEPTED.replace("2027-06-30", until)).encode())
    assert file.deployment.accepted[0].until == until


def document(kb: KnowledgeBase, text: str, today: str = TODAY) -> shapes.DeploymentCheck:
    return check_document(checked(kb, text, today))


def since(before: shapes.DeploymentCheck, after: shapes.DeploymentCheck) -> shapes.Changes:
    earlier: shapes.Earlier = json.loads(json.dumps(before))  # as it is kept
    return compared(earlier, after)


@pytest.fixture(scope="module")
def alone(kb: KnowledgeBase) -> shapes.DeploymentCheck:
    """Return the check of differential privacy alone."""
    return document(kb, deployment())


@pytest.fixture(scope="module")
def robust(kb: KnowledgeBase) -> shapes.DeploymentCheck:
    """Return the check with adversarial training beside it."""
    return document(kb, deployment(defenses=("PD1", "RD1")))


def test_nothing_changes_from_a_check_to_itself(alone: shapes.DeploymentCheck) -> None:
    changes = since(alone, alone)
    assert changes["since"] == TODAY
    assert not any(changes[key] for key in ("because", "statements", "risks", "new", "gone"))


def test_comments_and_names_change_nothing(
    kb: KnowledgeBase, alone: shapes.DeploymentCheck
) -> None:
    text = "# reviewed\n" + deployment().replace(
        "{defense: PD1}", "{defense: differential_privacy}"
    )
    changes = since(alone, document(kb, text))
    assert changes["digest"] == alone["deployment"]["digest"]
    assert not any(changes[key] for key in ("because", "statements", "risks"))


def test_an_added_defense_is_told_with_all_it_raises(
    alone: shapes.DeploymentCheck, robust: shapes.DeploymentCheck
) -> None:
    changes = since(alone, robust)
    assert changes["because"] == ["file"]
    assert changes["statements"] == [
        {"field": "defenses.adversarial_training", "before": None, "after": "in place"}
    ]
    ways = {each["risk"]: each["way"] for each in changes["risks"]}
    assert ways["membership_inference"] == "raises"
    told = next(each for each in changes["risks"] if each["risk"] == "membership_inference")
    assert told["before"] is not None
    assert told["after"] is not None
    assert (told["before"]["expect"], told["after"]["expect"]) == ("decrease", "opposed")
    assert "rise:membership_inference:adversarial_training" in changes["new"]
    assert FAIRNESS not in changes["new"]
    assert changes["gone"] == []


def test_a_change_and_its_undoing_are_told_as_opposites(
    alone: shapes.DeploymentCheck, robust: shapes.DeploymentCheck
) -> None:
    there, back = since(alone, robust), since(robust, alone)
    assert [each["id"] for each in back["gone"]] == there["new"]
    assert back["new"] == [each["id"] for each in there["gone"]]
    assert back["statements"] == [
        {"field": each["field"], "before": each["after"], "after": each["before"]}
        for each in there["statements"]
    ]
    assert {each["risk"] for each in back["risks"]} == {each["risk"] for each in there["risks"]}
    ways = {each["risk"]: each["way"] for each in back["risks"]}
    assert ways["membership_inference"] == "no_longer_raises"


def test_new_knowledge_is_told_from_a_changed_file(alone: shapes.DeploymentCheck) -> None:
    papers = document(load(["papers"]), deployment())
    changes = since(papers, alone)
    assert changes["because"] == ["knowledge"]
    assert changes["statements"] == []
    assert changes["knowledge"] == papers["knowledge"] != alone["knowledge"]
    assert changes["risks"]
    both = since(document(load(["papers"]), deployment(defenses=("PD1", "RD1"))), alone)
    assert both["because"] == ["file", "knowledge"]


@pytest.mark.parametrize(
    ("more", "field", "before", "after"),
    [
        ("policy: {rise_at: replicated}", "policy.rise_at", "published_once", "replicated"),
        ("policy: {conflicts: false}", "policy.conflicts", "true", "false"),
        ("offered: {answers: scores}", "offered.answers", None, "scores"),
        (
            "adversaries: [{name: applicant, given: {model_knowledge: blackbox}}]",
            "adversaries.applicant.model_knowledge",
            None,
            "blackbox",
        ),
        (
            "adversaries: [{name: applicant, attacks: [P1]}]",
            "adversaries.applicant.attacks",
            None,
            "membership_inference",
        ),
        ("adversaries: [{name: applicant}]", "adversaries.applicant.attacks", None, "all"),
    ],
)
def test_what_the_file_states_otherwise_is_told(
    kb: KnowledgeBase,
    alone: shapes.DeploymentCheck,
    more: str,
    field: str,
    before: str | None,
    after: str,
) -> None:
    changes = since(alone, document(kb, deployment(more)))
    assert {"field": field, "before": before, "after": after} in changes["statements"]
    assert changes["because"] == ["file"]


def test_settings_conditions_and_what_matters_are_statements(
    kb: KnowledgeBase, alone: shapes.DeploymentCheck
) -> None:
    text = deployment(risks="P1: low, F: high").replace(
        "{defense: PD1}",
        "{defense: PD1, settings: {epsilon: 4, clipped: true}, given: {privacy_budget: strict}}",
    )
    changes = since(alone, document(kb, text))
    assert {each["field"]: (each["before"], each["after"]) for each in changes["statements"]} == {
        "defenses.differential_privacy.settings.epsilon": (None, "4"),
        "defenses.differential_privacy.settings.clipped": (None, "true"),
        "defenses.differential_privacy.given.privacy_budget": (None, "strict"),
        "risks.membership_inference.matters": ("high", "low"),
    }


def outcome(expect: str, likelihood: float | None = 0.8) -> dict[str, object]:
    return {"risk": "evasion", "matters": None, "expect": expect, "grade": "replicated"} | {
        "likelihood": likelihood
    }


@pytest.mark.parametrize(
    ("before", "after", "way"),
    [
        ("unknown", "increase", "raises"),
        ("decrease", "opposed", "raises"),
        ("decrease", "increase", "raises"),
        ("depends", "opposed", "raises"),
        ("increase", "unknown", "no_longer_raises"),
        ("opposed", "decrease", "no_longer_raises"),
        ("opposed", "increase", "no_longer_lowers"),
        ("decrease", "unknown", "no_longer_lowers"),
        ("decrease", "no_change", "no_longer_lowers"),
        ("unknown", "decrease", "lowers"),
        ("increase", "decrease", "lowers"),
        ("increase", "opposed", "shifts"),
        ("unknown", "depends", "shifts"),
    ],
)
def test_what_a_change_does_to_a_risk(
    alone: shapes.DeploymentCheck, before: str, after: str, way: str
) -> None:
    old, new = (with_risks(alone, outcome(each)) for each in (before, after))
    (change,) = compared(old, new)["risks"]
    assert change["way"] == way


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (0.8, 0.809, False),
        (0.8, 0.815, True),
        (None, 0.5, True),
        (0.5, None, True),
        (None, None, False),
    ],
)
def test_likelihoods_that_only_round_otherwise_are_the_same(
    alone: shapes.DeploymentCheck, before: float | None, after: float | None, changed: bool
) -> None:
    old, new = (with_risks(alone, outcome("increase", each)) for each in (before, after))
    assert bool(compared(old, new)["risks"]) == changed


def test_a_risk_that_one_base_does_not_know_is_told(alone: shapes.DeploymentCheck) -> None:
    old, none = with_risks(alone, outcome("increase")), with_risks(alone)
    (gone,) = compared(old, none)["risks"]
    assert (gone["way"], gone["after"]) == ("no_longer_raises", None)
    (new,) = compared(none, old)["risks"]
    assert (new["way"], new["before"]) == ("raises", None)
