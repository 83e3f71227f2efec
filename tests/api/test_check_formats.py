"""Checks in the formats of others: SARIF and JUnit by their schemas, and what they say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import xmlschema
from gates import ACCEPTED, FAIRNESS, TODAY, checked, deployment
from jsonschema import Draft7Validator

from crosscurrent import __version__
from crosscurrent.api.formats.junit import junit
from crosscurrent.api.formats.sarif import sarif
from crosscurrent.api.text import checks as text
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.deployment_files import read_deployment_text
from crosscurrent.predictor.deployments import check_document_types as shapes
from crosscurrent.predictor.deployments.assessment import assess_deployment
from crosscurrent.predictor.deployments.check_documents import check_document
from crosscurrent.predictor.deployments.findings import KINDS
from crosscurrent.predictor.deployments.gate import judge

SCHEMAS = Path(__file__).parents[1] / "schemas"
UNUSED = "  - {finding: rise:evasion, reason: r, owner: o, until: '2027-06-30'}\n"
HOSTILE = "<b>&amp;' ]]> \\uFFFE \\uE000 ü"
FAR = "policy: {rise_at: derived_passive, matters: low, unprotected: true, chains: true}\n"

CASES = {
    "nothing": deployment(defenses=()),
    "one defense": deployment(),
    "accepted": deployment(ACCEPTED),
    "everything fails": deployment(FAR, ("PD1", "FD1", "RD2"), "P1: high, F: medium, R1: low"),
    "unused": deployment(ACCEPTED + UNUSED),
    "conflict": deployment(defenses=("RD3@pre", "RD2@in")),
    "hostile": deployment(
        f'adversaries: [{{name: "{HOSTILE}"}}]\npolicy: {{chains: true}}\n'
        + ACCEPTED.replace("measured each month", f'"{HOSTILE}"').replace(
            "fairness officer", f'"{HOSTILE}"'
        )
    ).replace("Loan applications", f'"{HOSTILE}"'),
}


@cache
def validator() -> Draft7Validator:
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


@cache
def xsd() -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(str(SCHEMAS / "junit-10.xsd"))


def written(
    kb: KnowledgeBase, given: str, *, name: str = "deployment.yaml", before: str | None = None
) -> tuple[shapes.DeploymentCheck, dict[str, Any], ElementTree.Element]:
    """Return a check, its SARIF and its JUnit, which keep to their schemas."""
    file = read_deployment_text(given.encode(), name)
    earlier: Any = check_document(checked(kb, before)) if before is not None else None
    check = judge(assess_deployment(kb, file), TODAY)
    document = check_document(check, earlier)
    said = text.said(kb, check)
    log = json.loads(json.dumps(sarif(document, said, __version__)))
    validator().validate(log)
    report = junit(document, said)
    xsd().validate(report)
    return document, log, ElementTree.fromstring(report)


def results(log: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return results by the id of the finding."""
    return {
        each["partialFingerprints"]["crosscurrentFinding/v1"]: each
        for each in log["runs"][0]["results"]
    }


@pytest.mark.parametrize("given", CASES.values(), ids=list(CASES))
def test_both_keep_to_the_schemas_and_say_what_the_document_says(
    kb: KnowledgeBase, given: str
) -> None:
    document, log, report = written(kb, given)
    levels = {"fails": "error", "accepted": "warning", "passes": "note"}
    found = results(log)
    assert list(found) == [each["id"] for each in document["findings"]]
    for each in document["findings"]:
        result = found[each["id"]]
        assert result["ruleId"] == each["kind"]
        assert result["level"] == levels[each["state"]]
        assert ("suppressions" in result) == (each["state"] == "accepted")
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region == {"startLine": each["line"], "startColumn": each["column"]}
    (invocation,) = log["runs"][0]["invocations"]
    assert invocation["exitCode"] == (0 if document["passes"] else 1)
    cases = {str(case.get("name")): case for case in report.iter("testcase")}
    for each in document["findings"]:
        tags = [child.tag for child in cases[each["id"]]]
        told = {"fails": "failure", "accepted": "skipped", "passes": "system-out"}
        assert tags == [told[each["state"]]]
    failing = sum(each["state"] == "fails" for each in document["findings"])
    assert int(str(report.get("failures"))) == failing == len(list(report.iter("failure")))


def test_the_schemas_refuse_what_is_not_theirs(kb: KnowledgeBase) -> None:
    _, log, report = written(kb, CASES["accepted"])
    result = results(log)[FAIRNESS]
    result["level"] = "fatal"
    assert not validator().is_valid(log)
    result["level"] = "warning"
    result["suppressions"][0]["status"] = "accepted"  # as drafts of the standard had it
    assert not validator().is_valid(log)
    suite = report.find("testsuite")
    assert suite is not None
    suite.attrib.pop("tests")
    assert not xsd().is_valid(report)


def test_every_kind_of_finding_is_a_rule_and_a_suite(kb: KnowledgeBase) -> None:
    assert tuple(text.RULES) == KINDS
    _, log, report = written(kb, CASES["everything fails"])
    driver = log["runs"][0]["tool"]["driver"]
    assert driver["version"] == __version__
    rules = driver["rules"]
    assert [rule["id"] for rule in rules] == list(KINDS)
    for each in results(log).values():
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
    names = [text.RULES[kind].short for kind in KINDS]
    assert [suite.get("name") for suite in report] == names


def test_an_acceptance_is_a_suppression_with_reason_owner_and_last_day(kb: KnowledgeBase) -> None:
    _, log, report = written(kb, CASES["accepted"])
    (suppression,) = results(log)[FAIRNESS]["suppressions"]
    told = "accepted by fairness officer until 2027-06-30: measured each month"
    assert suppression == {"kind": "external", "state": "accepted", "justification": told}
    (skipped,) = report.iter("skipped")
    assert skipped.get("message") == told


def test_messages_say_what_is_wrong_and_what_to_do(kb: KnowledgeBase) -> None:
    _, log, report = written(kb, CASES["one defense"])
    message = results(log)[FAIRNESS]["message"]["text"]
    assert message.startswith("Differential privacy increases discriminatory behavior")
    assert "\nSee to it that " in message
    (failure,) = report.iter("failure")
    assert f"{failure.get('message')}\n" in str(failure.text)
    assert str(failure.text).startswith("deployment.yaml:5:6\n")


def test_an_expired_acceptance_fails_and_says_so(kb: KnowledgeBase) -> None:
    check = checked(kb, CASES["accepted"], "2027-07-01")
    document, said = check_document(check), text.said(kb, check)
    log, report = sarif(document, said, __version__), junit(document, said)
    validator().validate(log)
    xsd().validate(report)
    result = results(log)[FAIRNESS]
    assert result["level"] == "error"
    assert "suppressions" not in result
    (failure,) = ElementTree.fromstring(report).iter("failure")
    assert "until 2027-06-30, which has passed" in str(failure.text)


def test_unused_acceptances_are_notifications(kb: KnowledgeBase) -> None:
    given = CASES["unused"]
    _, log, _ = written(kb, given)
    (told,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert told["level"] == "warning"
    assert "accepted, but not found: rise:evasion" in told["message"]["text"]
    line = told["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert "rise:evasion" in given.splitlines()[line - 1]


def test_results_say_whether_they_are_new_unchanged_or_gone(kb: KnowledgeBase) -> None:
    one, two = deployment(ACCEPTED), deployment(ACCEPTED, ("PD1", "RD1"))
    _, alone, _ = written(kb, one)
    assert all("baselineState" not in each for each in results(alone).values())
    _, there, _ = written(kb, two, before=one)
    states = {name: each["baselineState"] for name, each in results(there).items()}
    assert set(states.values()) == {"new", "unchanged"}
    assert states[FAIRNESS] == "unchanged"
    assert states["rise:membership_inference:adversarial_training"] == "new"
    _, back, _ = written(kb, one, before=two)
    gone = results(back)["rise:membership_inference:adversarial_training"]
    assert (gone["baselineState"], gone["kind"], gone["level"]) == ("absent", "pass", "none")
    assert results(back)[FAIRNESS]["baselineState"] == "unchanged"


@pytest.mark.parametrize(
    ("name", "uri", "base"),
    [
        ("deployment.yaml", "deployment.yaml", True),
        ("models/credit 1/ü#?.yaml", "models/credit%201/%C3%BC%23%3F.yaml", True),
        ("/srv/a b.yaml", "file:///srv/a%20b.yaml", False),
    ],
)
def test_files_are_named_by_uris(kb: KnowledgeBase, name: str, uri: str, base: bool) -> None:
    _, log, _ = written(kb, deployment(), name=name)
    location = log["runs"][0]["artifacts"][0]["location"]
    assert location["uri"] == uri
    assert ("uriBaseId" in location) == base
    assert unquote(uri).endswith(name)
    for each in results(log).values():
        assert each["locations"][0]["physicalLocation"]["artifactLocation"] == location


def test_risks_of_which_nothing_was_found_pass(kb: KnowledgeBase) -> None:
    document, _, report = written(kb, deployment(ACCEPTED))
    rises = next(suite for suite in report if suite.get("name") == text.RULES["rise"].short)
    passing = [case.get("name") for case in rises if not len(case)]
    rising = {each["risk"] for each in document["findings"] if each["kind"] == "rise"}
    assert "membership_inference" not in rising
    assert passing == ["membership_inference"]
    conflicts = next(s for s in report if s.get("name") == text.RULES["conflict"].short)
    assert [case.get("name") for case in conflicts] == ["defenses in place"]
