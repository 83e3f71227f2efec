"""POST /v1/assessments: the document or the report, every problem with its place, within bounds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from asking import Asking
from deployment_texts import HOSTILE_DEPLOYMENT, TRIAGE

from crosscurrent.api.answers import checks, deployments
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.deployment_files import MAX_BYTES, read_deployment_text
from crosscurrent.predictor.deployments.check_documents import check_document

Serve = Callable[..., Asking]
PATH, CHECKS = "/v1/assessments", "/v1/checks"
YAML = {"Content-Type": "application/yaml"}
PAGE = {"Accept": "text/html"}


def told(answer: Any, status: int = 422) -> dict[str, Any]:
    """Return a problem document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert "Traceback" not in answer.text
    return document


def test_the_answer_is_the_document(asking: Any, kb: KnowledgeBase) -> None:
    answer = asking.post(PATH, content=TRIAGE, headers=YAML)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    file = read_deployment_text(TRIAGE.encode(), "deployment.yaml")
    assert answer.json() == deployments.deployment(kb, file)


def test_json_and_yaml_are_the_same_deployment(asking: Any) -> None:
    by_yaml = asking.post(PATH, content=TRIAGE, headers=YAML).json()
    by_json = asking.post(PATH, json=yaml.safe_load(TRIAGE)).json()
    for answer in (by_yaml, by_json):
        assert answer["deployment"].pop("digest").startswith("sha256:")
        answer["deployment"].pop("file")
        for finding in answer["findings"]:
            del finding["line"], finding["column"]
    assert by_yaml == by_json


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html", "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json,text/html;q=0.9", "application/json"),
        ("text/html;q=0,application/json", "application/json"),
    ],
)
def test_whoever_asks_for_a_page_gets_the_report(asking: Any, accept: str, media: str) -> None:
    answer = asking.post(PATH, content=TRIAGE, headers={**YAML, "Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media
    assert answer.text.startswith("{" if media == "application/json" else "<!doctype html>")


def test_a_report_that_is_sent_may_run_and_load_nothing(asking: Any) -> None:
    answer = asking.post(PATH, content=HOSTILE_DEPLOYMENT, headers={**YAML, **PAGE})
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in answer.text


def test_every_problem_is_told_with_line_and_column(asking: Any) -> None:
    text = (
        "deployment: 1\nname: x\ndefenses:\n  - defense: adverserial_training\n"
        "  - defense: nothing_such\nresults:\n  - result: abcd\n"
    )
    problem = told(asking.post(PATH, content=text, headers=YAML))
    assert problem["type"] == "urn:crosscurrent:problem:broken-deployment"
    assert problem["detail"] == "3 problems in the deployment file; nothing was assessed"
    places = [(each["line"], each["column"], each["field"]) for each in problem["problems"]]
    assert places == [
        (4, 5, "defenses[0].defense"),
        (5, 5, "defenses[1].defense"),
        (6, 1, "results"),
    ]
    assert "adversarial_training" in problem["problems"][0]["message"]
    assert {each["file"] for each in problem["problems"]} == {"deployment.yaml"}


@pytest.mark.parametrize("body", ["", "[]", "{", "null", '{"deployment": 2}', "\x00", "a: &x 1"])
def test_what_is_no_deployment_is_told(asking: Any, body: str) -> None:
    for media in ("application/json", "application/yaml"):
        problem = told(asking.post(PATH, content=body, headers={"Content-Type": media}))
        assert problem["problems"]


def test_results_of_another_machine_are_refused(asking: Any) -> None:
    for entry in ({"evidence": "/etc"}, {"result": "0123abcd"}):
        body = {**yaml.safe_load(TRIAGE), "results": [entry]}
        (problem,) = told(asking.post(PATH, json=body))["problems"]
        assert problem["field"] == "results"
        assert "on your own machine" in problem["message"]


def test_a_body_of_another_kind_is_refused(asking: Any) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = asking.post(PATH, content=TRIAGE, headers={"Content-Type": media})
        assert "application/yaml" in told(answer, 415)["detail"]
    answer = asking.post(PATH, content=TRIAGE, headers={**YAML, "Accept": "image/png"})
    assert "text/html" in told(answer, 406)["detail"]


def test_a_body_that_is_too_large_is_refused(asking: Any) -> None:
    told(asking.post(PATH, content=b"#" * (MAX_BYTES + 1), headers=YAML), 413)


def test_an_unknown_parameter_is_refused(asking: Any) -> None:
    told(asking.post(f"{PATH}?knowlege=x", content=TRIAGE, headers=YAML))
    told(asking.post(f"{PATH}?knowledge=a&knowledge=b", content=TRIAGE, headers=YAML))


def test_a_knowledge_set_can_be_asked(asking: Any) -> None:
    answers = [
        asking.post(f"{PATH}{query}", content=TRIAGE, headers=YAML)
        for query in ("", "?knowledge=literature", "?knowledge=nowhere")
    ]
    assert [each.status_code for each in answers] == [200, 200, 404]
    assert answers[0].json()["knowledge"] != answers[1].json()["knowledge"]


def test_what_costs_too_much_is_refused(serve: Serve, kb: KnowledgeBase) -> None:
    asking = serve(max_seconds=1)
    adversaries = [{"name": f"a{number}"} for number in range(150)]
    defenses = [{"defense": each} for each in kb.defenses]
    body = {"deployment": 1, "name": "x", "adversaries": adversaries, "defenses": defenses}
    problem = told(asking.post(PATH, json=body))
    assert problem["type"].endswith(":too-costly")
    assert problem["detail"].endswith("describe fewer adversaries or defenses")


def test_nothing_of_a_deployment_is_kept(serve: Serve, tmp_path: Path) -> None:
    asking = serve()
    asking.post(PATH, content=TRIAGE, headers=YAML)
    folders = (tmp_path, Path(os.environ["CROSSCURRENT_CACHE"]))
    kept = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert not [each for each in kept if b"Patient triage" in each.read_bytes()]
    assert "Patient triage" not in asking.log.getvalue()


def test_a_check_is_that_of_the_day(asking: Any, kb: KnowledgeBase) -> None:
    file = read_deployment_text(TRIAGE.encode(), "deployment.yaml")
    states = []
    for day in ("2027-06-30", "2027-07-01"):
        answer = asking.post(f"{CHECKS}?today={day}", content=TRIAGE, headers=YAML)
        assert answer.status_code == 200, answer.text
        assert answer.json() == check_document(checks.check(kb, file, day))
        by_id = {each["id"]: each["state"] for each in answer.json()["findings"]}
        states.append(by_id["rise:evasion:explanations"])
    assert states == ["accepted", "expired"]


def test_a_check_refuses_what_an_assessment_does(asking: Any) -> None:
    told(asking.post(f"{CHECKS}?today=tomorrow", content=TRIAGE, headers=YAML))
    told(asking.post(CHECKS, content="deployment: 2", headers=YAML))
    told(asking.post(CHECKS, content=b"#" * (MAX_BYTES + 1), headers=YAML), 413)
    told(asking.post(CHECKS, content=TRIAGE, headers={"Content-Type": "text/plain"}), 415)
    told(asking.post(CHECKS, content=TRIAGE, headers={**YAML, **PAGE}), 406)


def test_the_schema_of_the_body_is_that_of_deployment_files(asking: Any) -> None:
    document = asking.get("/openapi.json").json()
    content = document["paths"][PATH]["post"]["requestBody"]["content"]
    schema = {**content["application/json"]["schema"], "components": document["components"]}
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(content["application/json"]["example"])
    validator.validate(yaml.safe_load(content["application/yaml"]["example"]))
    validator.validate(yaml.safe_load(TRIAGE))
    assert not validator.is_valid({"deployment": 1})
    assert not validator.is_valid(json.loads('{"deployment": 1, "name": "x", "data": {"no": 1}}'))
