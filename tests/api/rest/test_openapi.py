"""The OpenAPI tells the truth: shapes, examples, problems, and what random requests get."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema
import pytest
import schemathesis
from asking import Asking
from deployment_texts import TRIAGE
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from pydantic import TypeAdapter
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from crosscurrent.api.answers import (
    assumptions,
    attacks,
    backtests,
    collusions,
    combinations,
    comparisons,
    compliance,
    plans,
    predictions,
)
from crosscurrent.api.answers.deployments import assess_sent
from crosscurrent.api.rest.examples import BODIES
from crosscurrent.api.rest.responses import answered, refusals
from crosscurrent.api.rest.settings import Settings
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.predictor import backtest_document_types
from crosscurrent.predictor import compliance_document_types as requirements
from crosscurrent.predictor import document_types as single
from crosscurrent.predictor import joint_document_types as joint
from crosscurrent.predictor.deployments.check_document_types import DeploymentCheck
from crosscurrent.predictor.deployments.check_documents import check_document
from crosscurrent.predictor.deployments.document_types import DeploymentAssessment
from crosscurrent.predictor.deployments.documents import deployment_document
from crosscurrent.predictor.deployments.gate import judge

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    unsupported_method,
]
# names are free texts to a schema, so a request may keep to it and name nothing: 422 is right
JSON = "application/json"
CASES = int(os.environ.get("CROSSCURRENT_FUZZ", "10"))


def closed(shape: Any) -> dict[str, Any]:
    """Return a shape's schema that lets no further field pass."""
    schema = TypeAdapter(shape).json_schema()
    for each in (schema, *schema.get("$defs", {}).values()):
        if "properties" in each:
            each["additionalProperties"] = False
    return schema


def test_shapes_have_every_field_of_the_answers_and_no_other(kb: KnowledgeBase) -> None:
    own = {"own.yaml": b"defenses:\n  - {id: explanations, action: revise, note: Ours}\n"}
    attack_ids = list(kb.attacks)
    gray = {"model_knowledge": "graybox"}
    triage = assess_sent(kb, TRIAGE.encode(), "deployment.yaml")
    pairs = [(a, b) for a in attack_ids for b in attack_ids if a != b]
    answers: list[tuple[Any, Sequence[Mapping[str, Any]]]] = [
        (single.Matrix, [predictions.matrix(kb)]),
        (single.Predictions, [predictions.predictions(kb, "RD1")]),
        (single.WhatIf, [assumptions.what_if(kb, "RD1", hold=["O3"], raise_=["D2"])]),
        (backtest_document_types.Backtest, [backtests.backtest(kb, resamples=5)]),
        (joint.Combinations, [combinations.combinations(kb)]),
        (joint.Combination, [combinations.combination(kb, ["RD3@pre", "RD2@in"], tensions=True)]),
        (joint.Collusions, [collusions.collude(kb), collusions.collude(kb, ["P1"])]),
        (joint.CollusionSequence, [collusions.collude(kb, attack_ids[:3])]),
        (joint.Collusion, [collusions.collude(kb, pair, gray) for pair in pairs]),
        (joint.Chains, [collusions.chains(kb, each) for each in attack_ids]),
        (joint.Plans, [plans.plan(kb, ["R1", "P1"]), plans.plan(kb, ["R1"], have=["PD1"], most=1)]),
        (
            requirements.Compliance,
            [
                compliance.comply(kb, name, have=["explanations"])
                for name in ("aisvs:1", "aisvs:2", "aisvs:3", "ai_act", "ai_rmf")
            ],
        ),
        (joint.PublishedAttacks, [attacks.attacks(kb)]),
        (single.Differences, [comparisons.diff(kb, load([own]))]),
        (DeploymentAssessment, [deployment_document(kb, triage)]),
        (DeploymentCheck, [check_document(judge(triage, "2026-11-29"))]),
    ]
    for shape, documents in answers:
        validator = jsonschema.Draft202012Validator(closed(shape))
        for document in documents:
            assert list(validator.iter_errors(document)) == []


def test_every_operation_has_an_id_an_example_and_its_problems(asking: Any) -> None:
    document = asking.get("/openapi.json").json()
    ids = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            ids.append(operation["operationId"])
            for status, response in operation["responses"].items():
                for media, content in response.get("content", {}).items():
                    if status.startswith("2"):
                        assert "example" in content, (path, method)
                        assert content.get("schema") or content["itemSchema"], (path, method)
                    else:
                        assert media == "application/problem+json"
                        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            if "requestBody" in operation:
                assert "example" in operation["requestBody"]["content"]["application/json"]
            if path.startswith("/v1"):
                assert {"401", "404", "406", "422", "429", "500"} <= operation["responses"].keys()
    assert len(ids) == len(set(ids))


def test_examples_are_as_their_schemas_say(asking: Any) -> None:
    document = asking.get("/openapi.json").json()
    for methods in document["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    if "example" in content and "schema" in content:
                        schema = {**content["schema"], "components": document["components"]}
                        jsonschema.Draft202012Validator(schema).validate(content["example"])


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Return a client of a service without workers; cancel what it was made to accept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        data = str(tmp_path_factory.mktemp("fuzzed"))
        client = Asking(
            Settings(data=data, workers=(), open=True, hosts=("*",))
        )  # asked as testserver
    yield client
    for job in client.get("/v1/validations?limit=200").json()["validations"]:
        assert client.delete(f"/v1/validations/{job['id']}").json()["state"] == "cancelled"
    client.service.close()


@pytest.fixture(scope="module")
def schema(fuzzed: Asking) -> Any:
    """Return the OpenAPI of that service."""
    return schemathesis.openapi.from_asgi("/openapi.json", fuzzed.app)


def fuzzing(cases: int) -> settings:
    return settings(
        max_examples=cases,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        stateful_step_count=20,
    )


def test_random_requests_get_what_is_declared(schema: Any, fuzzed: Asking) -> None:
    tried = 0
    labels = set()
    for operation in schema.get_all_operations():
        if operation.ok().label == "GET /v1/backtest":  # seconds each; it has tests of its own
            continue

        def ask(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(checks=CHECKS)

        labels.add(operation.ok().label)
        requests: SearchStrategy[Any] = operation.ok().as_strategy()
        fuzzing(CASES)(given(requests)(ask))()
    assert tried > 20 * CASES
    assert sum("/v1/validations" in label for label in labels) == 9
    for example in BODIES["submit_validation"], {**BODIES["submit_validation"], "seeds": 2}:
        case = schema["/v1/validations"]["POST"].Case(body=dict(example), media_type=JSON)
        assert case.call_and_validate(checks=CHECKS).status_code == 202
    for job in fuzzed.get("/v1/validations").json()["validations"]:
        for path in ("", "/result", "/evidence", "/report", "/plot.{kind}"):
            of = {"id": job["id"]} | ({"kind": "svg"} if "kind" in path else {})
            schema[f"/v1/validations/{{id}}{path}"]["GET"].Case(
                path_parameters=of
            ).call_and_validate(checks=CHECKS)


def test_random_walks_get_what_is_declared(schema: Any) -> None:
    # events of a job that waits come to no end; they have tests of their own
    finite = schema.exclude(operation_id="watch_validation")

    class Walk(finite.as_state_machine()):  # type: ignore[misc]
        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    Walk.run(settings=fuzzing(max(3, CASES // 4)))


def test_no_schema_of_an_answer_is_built_before_it_is_described() -> None:
    for declared in (answered(single.Matrix, "all"), refusals(404)):
        shapes = [each["model"] for each in declared.values() if "model" in each]
        assert [TypeAdapter(each).pydantic_complete for each in shapes] == [False]
