"""Assessments of deployments: never contradict the single questions, whatever is described."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.deployment_files import (
    DeploymentFile,
    read_deployment,
    read_deployment_text,
    schema,
)
from crosscurrent.knowledge.deployments import Deployment, Policy
from crosscurrent.knowledge.errors import BrokenDeployment, InputError
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.collusion import collude
from crosscurrent.predictor.conflicts import combine
from crosscurrent.predictor.deployments.assessment import DeploymentAssessment, assess_deployment
from crosscurrent.predictor.deployments.documents import deployment_document
from crosscurrent.predictor.deployments.effects import GRADES
from crosscurrent.predictor.deployments.findings import Finding, fails
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.plans import plan, wish
from crosscurrent.predictor.scenarios import scenario

MANY = 5 * int(os.environ.get("CROSSCURRENT_FUZZ", "50"))
"""Random deployments: 250, and 1,000 by ``make fuzz``."""

EXAMPLES = sorted((Path(__file__).parents[2] / "docs/examples/deployments").glob("*.yaml"))


def described(**fields: Any) -> DeploymentFile:
    return read_deployment_text(json.dumps({"deployment": 1, "name": "x", **fields}).encode())


def some(dice: random.Random, kb: KnowledgeBase) -> DeploymentFile:
    """Return a random deployment that is sound."""

    def maybe(values: Any) -> Any:
        return dice.choice([None, *values])

    def values(key: str) -> tuple[str, ...]:
        return kb.conditions[key].values if key in kb.conditions else kb.adversary[key].values

    variants = dice.sample(list(kb.variants), dice.randint(0, 3))
    defenses = [
        {"defense": each, "given": {"tuning": "tuned"}}
        if dice.random() < 0.2
        else {"defense": each}
        for each in variants
    ]
    adversaries = [
        {
            "name": f"adversary {number}",
            "attacks": dice.sample(list(kb.risks), dice.randint(0, 3)),
            "given": {
                key: dice.choice(values(key))
                for key in dice.sample(list(kb.adversary), dice.randint(0, 4))
            },
        }
        for number in range(dice.randint(0, 2))
    ]
    return described(
        data={
            "modality": maybe(values("modality")),
            "size": maybe(["small", "usual", "large"]),
            "dimensionality": maybe(["low", "usual", "high"]),
            "tail": maybe(["short", "usual", "long"]),
            "groups": maybe(values("group_share")),
        },
        model={
            "capacity": maybe(["small", "usual", "large"]),
            "fit": maybe(values("fit")),
            "initialization": maybe(values("initialization")),
        },
        offered={"answers": maybe(values("answers")), "interaction": maybe(values("interaction"))},
        defenses=defenses,
        adversaries=adversaries,
        risks=[
            {"risk": risk, "matters": dice.choice(["low", "medium", "high"])}
            for risk in dice.sample(list(kb.risks), dice.randint(0, 8))
        ],
    )


def contradictions(
    kb: KnowledgeBase, found: DeploymentAssessment, *, plans: bool = True
) -> Iterator[str]:
    """Yield what an assessment says otherwise than the single questions; plans take longest."""
    deployment = found.deployment
    for outcome in found.risks:
        said = set()
        for each in outcome.effects:
            assumed = scenario(
                kb,
                raise_=each.assumed.raised,
                lower=each.assumed.lowered,
                adversary=each.assumed.adversary,
                given=each.assumed.given,
            )
            alone = assess(kb, predict(kb, each.defense.name, outcome.risk, assumed))
            if alone != each.answer:
                yield f"{each.defense.name} on {outcome.risk}"
            said.add(alone.expect)
        rises, falls = "increase" in said, "decrease" in said
        if (outcome.expect in ("increase", "opposed")) != rises:
            yield f"{outcome.risk} rises"
        if (outcome.expect in ("decrease", "opposed")) != falls or outcome.protected != falls:
            yield f"{outcome.risk} falls"
        if len(outcome.effects) == 1 and {outcome.expect} != said:
            yield f"{outcome.risk}, by one defense"
    names = [each.variant.id for each in deployment.defenses]
    if len(names) > 1 and combine(kb, names) != found.combined:
        yield "the combination"
    for threat in found.threats:
        for link in threat.chain.links:
            if collude(kb, link.first.id, link.second.id, threat.assumed) != link or not link.holds:
                yield f"{link.first.id} to {link.second.id}"
    better = found.better
    if plans and better is not None and better.complete:
        have = names if better.kept else []
        most = len(names) + 2
        planned = plan(
            kb, wish(kb, protect=better.protect, avoid=better.avoid, have=have, most=most)
        )
        if not set(map(repr, better.plans)) <= set(map(repr, planned.plans)):
            yield "the plans"


def test_no_random_deployment_contradicts_the_single_questions(kb: KnowledgeBase) -> None:
    dice = random.Random(20)
    seen = 0
    for number in range(MANY):
        found = assess_deployment(kb, some(dice, kb))
        assert list(contradictions(kb, found, plans=number % 10 == 0)) == []
        seen += len(found.findings)
    assert seen > MANY


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_assessed_and_traceable(kb: KnowledgeBase, path: Path) -> None:
    found = assess_deployment(kb, read_deployment(str(path)))
    assert list(contradictions(kb, found)) == []
    document = deployment_document(kb, found)
    assert document["knowledge"] == kb.digest
    works = {
        source
        for risk in document["risks"]
        for effect in risk["effects"]
        for voice in effect["assessment"]["voices"]
        if voice["voice"] == "published"
        for own in voice["works"].values()
        for source in own
    }
    assert works
    assert works <= set(kb.references)
    assert json.loads(json.dumps(document)) == document


def test_facts_are_assumed_as_what_if_takes_them(kb: KnowledgeBase) -> None:
    found = assess_deployment(
        kb,
        described(
            data={"size": "small", "tail": "long", "records": 5},
            offered={"answers": "label_only", "interaction": "one_shot"},
            adversaries=[{"name": "a", "given": {"interaction": "unlimited"}}],
            defenses=[{"defense": "PD1", "given": {"privacy_budget": "strict"}}],
        ),
    )
    (effect,) = found.risks[0].effects
    assert effect.assumed.lowered == {"training_set_size"}
    assert effect.assumed.raised == {"tail_length"}
    assert dict(effect.assumed.given) == {
        "answers": "label_only",
        "records": "few",
        "privacy_budget": "strict",
    }
    assert dict(effect.assumed.adversary) == {"output": "hard_label", "interaction": "unlimited"}
    noted = [fact.field for fact in found.deployment.facts if fact.subject is None]
    assert noted == ["data.records"]


def test_the_worst_adversary_counts_and_the_others_are_told(kb: KnowledgeBase) -> None:
    accuser = {"name": "accuser", "given": {"role": "malicious_accuser"}}
    suspect = {"name": "suspect", "given": {"role": "malicious_suspect"}}
    found = assess_deployment(
        kb, described(adversaries=[accuser, suspect], defenses=[{"defense": "RD1"}])
    )
    by_risk = {each.risk: each for each in found.risks}
    (effect,) = by_risk["unauthorized_model_ownership"].effects
    assert effect.adversary == "suspect"
    assert effect.answer.expect == "increase"
    assert effect.otherwise == {"accuser": "decrease"}


def test_a_risk_that_nobody_may_attack_is_told(kb: KnowledgeBase) -> None:
    only = [{"name": "a", "attacks": ["evasion"]}]
    found = assess_deployment(kb, described(adversaries=only))
    assert {each.risk for each in found.risks if each.reachable} == {"evasion"}
    chained = {one.risk for each in found.threats for one in each.chain.attacks}
    assert chained <= {"evasion"}


def test_defenses_that_cannot_be_trained_together_hide_no_conflict(kb: KnowledgeBase) -> None:
    names = ("data_watermarking", "adversarial_training", "differential_privacy")
    joint = {"conflict", "not_trainable"}

    def found(*defenses: str) -> set[str]:
        file = described(defenses=[{"defense": each} for each in defenses])
        return {e.id for e in assess_deployment(kb, file).findings if e.kind in joint}

    assert found(*names) < found("outlier_removal@in", *names)


def test_each_of_many_adversaries_is_heard(kb: KnowledgeBase) -> None:
    idle = [{"name": f"idle {n}", "attacks": ["discriminatory_behavior"]} for n in range(8)]
    able = {"name": "able"}
    found = assess_deployment(kb, described(adversaries=[*idle, able])).threats
    alone = assess_deployment(kb, described(adversaries=[able])).threats
    chained = {each.chain.attacks for each in alone}
    assert chained <= {each.chain.attacks for each in found if ("able", "able") in each.adversaries}


def test_without_defenses_the_setting_alone_speaks(kb: KnowledgeBase) -> None:
    found = assess_deployment(kb, described(data={"tail": "long"}))
    by_risk = {each.risk: each for each in found.risks}
    outcome = by_risk["membership_inference"]
    assert outcome.setting is not None
    assert (outcome.expect, outcome.setting.effect) == ("unknown", "increase")
    assert {each.kind for each in found.findings} <= {"unprotected", "chain"}


def test_what_was_measured_here_is_heard_and_not_asked_for_again(kb: KnowledgeBase) -> None:
    row = {
        "id": "measured.mine.differential_privacy.evasion",
        "defense": "differential_privacy",
        "risk": "evasion",
        "effect": "decrease",
        "kind": "empirical",
        "provenance": "measured",
        "sources": ["mine"],
    }
    own = {
        "references": [{"id": "mine", "status": "confirmed", "title": "Ours", "year": 2026}],
        "observations": [row],
    }
    told = load([{"own.yaml": json.dumps(own).encode()}], cached=False)
    file = described(defenses=[{"defense": "PD1"}], risks=[{"risk": "evasion"}])
    before, after = (assess_deployment(base, file) for base in (kb, told))
    assert before.risks[0].expect == "increase"
    assert after.risks[0].expect == "decrease"
    assert [each.effect.risk for each in before.measurements] == ["evasion"]
    assert after.measurements == ()


def test_measurements_come_in_the_order_of_their_worth(kb: KnowledgeBase) -> None:
    found = assess_deployment(kb, read_deployment(str(EXAMPLES[0])))
    worths = [each.worth for each in found.measurements]
    assert worths == sorted(worths, reverse=True)
    assert all(0 <= each.uncertainty <= 1 for each in found.measurements)
    assert all(each.effect.risk in found.deployment.matters for each in found.measurements)


def test_a_missing_fact_is_told_with_what_hangs_on_it(kb: KnowledgeBase) -> None:
    file = described(defenses=[{"defense": "PD1"}], risks=[{"risk": "F"}])
    found = {each.field: each.effects for each in assess_deployment(kb, file).unstated}
    pair = ("differential_privacy", "discriminatory_behavior")
    assert pair in found["model.initialization"]
    stated = described(
        defenses=[{"defense": "PD1"}], risks=[{"risk": "F"}], model={"initialization": "pretrained"}
    )
    again = {each.field for each in assess_deployment(kb, stated).unstated}
    assert "model.initialization" not in again


def test_knowledge_without_a_condition_says_so() -> None:
    papers = load(builtin="papers", cached=False)
    found = assess_deployment(papers, described(model={"fit": "overfitted"}))
    assert [fact.field for fact in found.deployment.silent] == ["model.fit"]


BROKEN = {
    "nothing": (b"", "1:1: should be a mapping that begins with deployment: 1"),
    "a list": (b"- 1", "1:1: should be a mapping"),
    "another version": (b"deployment: 2\nname: x", "1:1 deployment: should be 1, not 2"),
    "no name": (b"deployment: 1", "1:1 name: missing"),
    "unknown field": (
        b"deployment: 1\nname: x\ndefences: []",
        "3:1 defences: unknown field (did you mean defenses?)",
    ),
    "unknown inner field": (
        b"deployment: 1\nname: x\ndata: {tial: long}",
        "3:8 data.tial: unknown field (did you mean tail?)",
    ),
    "a scale": (
        b"deployment: 1\nname: x\ndata: {tail: lng}",
        "3:8 data.tail: should be 'short', 'usual' or 'long', not 'lng' (did you mean long?)",
    ),
    "a defense": (
        b"deployment: 1\nname: x\ndefenses: [{defense: differental_privacy}]",
        "3:13 defenses[0].defense: unknown defense 'differental_privacy'"
        " (did you mean differential_privacy?)",
    ),
    "a defense twice": (
        b"deployment: 1\nname: x\ndefenses: [{defense: RD3}, {defense: watermarking@pre}]",
        "defenses[1].defense: watermarking@pre is there twice: leave one out",
    ),
    "a risk twice": (
        b"deployment: 1\nname: x\nrisks: [{risk: F}, {risk: fairness}]",
        "risks[1].risk: discriminatory_behavior is there twice: leave one out",
    ),
    "a condition": (
        b"deployment: 1\nname: x\ngiven: {privacy_buget: strict}",
        "given.privacy_buget: unknown condition 'privacy_buget' (did you mean privacy_budget?)",
    ),
    "a value": (
        b"deployment: 1\nname: x\nmodel: {fit: overfited}",
        "3:9 model.fit: unknown value 'overfited' (did you mean overfitted?)",
    ),
    "said two ways": (
        b"deployment: 1\nname: x\nmodel: {fit: overfitted}\ngiven: {fit: generalizes}",
        "4:9 given.fit: model.fit says overfitted: leave one out",
    ),
    "two ways, by a defense": (
        b"deployment: 1\nname: x\nmodel: {fit: overfitted}\n"
        b"defenses: [{defense: RD1, given: {fit: generalizes}}]",
        "defenses[0].given.fit: the deployment as a whole is said to be fit=overfitted",
    ),
    "of the adversary": (
        b"deployment: 1\nname: x\ngiven: {output: full}",
        "given.output: output is of the adversary: state it among adversaries",
    ),
    "an adversary twice": (
        b"deployment: 1\nname: x\nadversaries: [{name: a}, {name: a}]",
        "adversaries[1].name: another adversary has this name: choose two",
    ),
    "a grade": (
        b"deployment: 1\nname: x\npolicy: {rise_at: replicate}",
        "policy.rise_at: unknown grade 'replicate' (did you mean replicated?)",
    ),
    "true for the version": (
        b"deployment: true\nname: x",
        "1:13 deployment: should be 1, not true",
    ),
    "a number for a text": (
        b"deployment: 1\nname: 3",
        "2:1 name: should be a text; write it in quotes: '3'",
    ),
    "two results in one": (
        b"deployment: 1\nname: x\nresults: [{evidence: a, result: abcd}]",
        "3:11 results[0]: should name one of evidence and result",
    ),
    "an alias": (b"deployment: 1\nname: &a x\nowner: *a", "2:7: anchor &a"),
    "not UTF-8": (b"deployment: 1\nname: \xff", "not UTF-8 text"),
    "too large": (b"#" * 300_000, "larger than 256 KiB"),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_files_are_told_with_place_and_near_match(
    kb: KnowledgeBase, data: bytes, message: str
) -> None:
    with pytest.raises(BrokenDeployment) as error:
        assess_deployment(kb, read_deployment_text(data))
    assert message in str(error.value)


def test_every_problem_is_told_at_once(kb: KnowledgeBase) -> None:
    data = b"deployment: 1\nname: x\ndefenses: [{defense: a1}]\nrisks: [{risk: b1}]\ngiven: {c: d}"
    with pytest.raises(BrokenDeployment) as error:
        assess_deployment(kb, read_deployment_text(data))
    assert [each.line for each in error.value.problems] == [3, 4, 5]


def test_damaged_files_are_refused_and_nothing_else(kb: KnowledgeBase) -> None:
    dice = random.Random(3)
    refused = []
    for path in EXAMPLES:
        sound = path.read_bytes()
        for _ in range(60):
            data = bytearray(sound)
            for _ in range(dice.randint(1, 4)):
                place = dice.randrange(len(data))
                data[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
            try:
                assess_deployment(kb, read_deployment_text(bytes(data)))
            except BrokenDeployment as error:
                refused.append(str(error))
    assert len(refused) > 50
    assert all("deployment.yaml" in each for each in refused)


def test_what_is_kept_of_a_file_is_what_was_read(tmp_path: Path, monkeypatch: Any) -> None:
    path = EXAMPLES[0]
    monkeypatch.setenv("CROSSCURRENT_CACHE", str(tmp_path))
    first, again = (read_deployment(str(path)) for _ in range(2))
    monkeypatch.setenv("CROSSCURRENT_CACHE", "off")
    assert first == again == read_deployment(str(path))
    assert list(tmp_path.iterdir())


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(InputError, match=path.name):
            read_deployment(str(path))


def test_the_schema_accepts_the_examples_and_refuses_what_the_reader_refuses() -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema())
    for path in EXAMPLES:
        deployment = read_deployment(str(path)).deployment
        row = plain(deployment)
        assert list(validator.iter_errors(row)) == []
        assert list(validator.iter_errors({**row, "defences": []}))
        assert list(validator.iter_errors({**row, "deployment": 2}))


def plain(record: Any) -> Any:
    """Return a record as JSON would hold it."""
    if hasattr(record, "__dataclass_fields__"):
        return {
            name: plain(getattr(record, name))
            for name in record.__slots__
            if getattr(record, name) is not None
        }
    if isinstance(record, tuple):
        return [plain(each) for each in record]
    return dict(record) if hasattr(record, "items") else record


@pytest.mark.parametrize("grade", GRADES)
def test_a_rise_fails_at_its_grade_and_all_weaker_limits(grade: str) -> None:
    rise = Finding("rise:a:b", "rise", "a", ("b",), "published_once", "medium", "defenses[0]")
    strict = GRADES.index("published_once") <= GRADES.index(grade)
    assert fails(rise, Policy(rise_at=grade)) is strict
    assert not fails(rise, Policy(rise_at=grade, matters="high"))
    assert not fails(rise._replace(matters=None), Policy(rise_at=grade))


def test_what_else_fails_is_what_the_policy_names() -> None:
    found = {
        kind: Finding(kind, kind, "a", (), None, "high", "risks")
        for kind in ("conflict", "not_trainable", "at_a_cost", "unprotected", "chain")
    }
    assert [k for k, each in found.items() if fails(each, Policy())] == [
        "conflict",
        "not_trainable",
    ]
    loose = Policy(conflicts=False, unprotected=True, chains=True, rise_at="never")
    assert [k for k, each in found.items() if fails(each, loose)] == ["unprotected", "chain"]


def test_a_deployment_says_nothing_unless_it_is_told() -> None:
    said = Deployment(deployment=1, name="x")
    assert said.defenses == said.risks == ()
    assert said.data.tail is None


def test_each_group_of_defenses_is_judged_by_itself(kb: KnowledgeBase) -> None:
    names = ["data_watermarking", "RD1", "fingerprinting", "PD1"]
    found = assess_deployment(kb, described(defenses=[{"defense": each} for each in names]))
    joint = [each for each in found.findings if each.risk is None]
    assert joint
    for each in joint:
        assert combine(kb, each.defenses).outcome == each.kind
    kinds = {each.id: each.kind for each in joint}
    assert kinds["disputed:data_watermarking:differential_privacy"] == "disputed"
    assert kinds["at_a_cost:adversarial_training:differential_privacy"] == "at_a_cost"
