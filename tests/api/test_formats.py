"""Formats of others: valid by their schemas, the same every time, and true to the assessment."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from commands import Ask
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from outcomes import DIFFERENCES, document

from crosscurrent import __version__
from crosscurrent.api.formats import FORMATS, written
from crosscurrent.api.formats.avid import measured
from crosscurrent.api.formats.navigator import navigator
from crosscurrent.api.text import deployment_findings as points
from crosscurrent.api.text import deployments as text
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.deployment_files import read_deployment_text
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.deployments.assessment import DeploymentAssessment, assess_deployment
from crosscurrent.predictor.documents import prediction_document
from crosscurrent.predictor.interactions import predict
from crosscurrent.validator.results.store import Store

SCHEMAS = Path(__file__).parents[1] / "schemas"
AT = datetime(2026, 11, 29, 12, tzinfo=UTC)

PLAIN: dict[str, Any] = {
    "name": "Credit scoring",
    "purpose": "Decides whom to offer a loan",
    "owner": "credit risk",
    "data": {
        "records": 30000,
        "modality": "tabular",
        "tail": "long",
        "groups": "small_groups",
        "sensitive_attributes": ["sex", "age"],
    },
    "model": {"kind": "three dense layers", "fit": "overfitted"},
    "offered": {"answers": "scores", "interaction": "unlimited"},
    "adversaries": [{"name": "applicant", "given": {"model_knowledge": "blackbox"}}],
    "defenses": [
        {"defense": "differential_privacy", "settings": {"epsilon": 4, "2nd": "", "a b": True}},
        {"defense": "group_fairness"},
    ],
    "risks": [
        {"risk": "membership_inference", "matters": "high"},
        {"risk": "discriminatory_behavior", "matters": "high"},
        {"risk": "attribute_inference"},
    ],
}
SIGNS = "<b>*a*_b_</b> | `c` [d](e) \\ ü 中 &"
DEPLOYMENTS: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "nothing said": {"name": "x"},
    "one defense": {"name": "x", "defenses": [{"defense": "outlier_removal@post"}]},
    "three stages": {
        "name": "x",
        "defenses": [
            {"defense": each} for each in ("outlier_removal@pre", "watermarking", "explanations")
        ],
    },
    "signs": {
        **PLAIN,
        "name": SIGNS,
        "purpose": f"{SIGNS}\n{SIGNS}",
        "owner": SIGNS,
        "data": {"sensitive_attributes": [SIGNS]},
        "adversaries": [{"name": SIGNS}],
    },
}


def assessed(kb: KnowledgeBase, **fields: Any) -> DeploymentAssessment:
    content = json.dumps({"deployment": 1, **fields}).encode()
    return assess_deployment(kb, read_deployment_text(content, "a folder/a file.yaml"))


@pytest.fixture(scope="module", params=DEPLOYMENTS)
def found(kb: KnowledgeBase, request: pytest.FixtureRequest) -> DeploymentAssessment:
    return assessed(kb, **DEPLOYMENTS[request.param])


@pytest.fixture(scope="module")
def plain(kb: KnowledgeBase) -> DeploymentAssessment:
    return assessed(kb, **PLAIN)


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def closed(shape: Any) -> Any:
    """Return a schema whose objects take no other fields."""
    if isinstance(shape, list):
        return [closed(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    inner = {key: closed(each) for key, each in shape.items()}
    return {**inner, "additionalProperties": False} if "properties" in inner else inner


OSCAL = jsonschema_rs.validator_for(schema("oscal-complete-1.2.3"), validate_formats=True)
AVID = jsonschema_rs.validator_for(closed(schema("avid-report-0.3.2")), validate_formats=True)
NAVIGATOR = jsonschema_rs.validator_for(schema("navigator-layer-4.5"))
CYCLONEDX = JsonStrictValidator(SchemaVersion.V1_7)


def complaints(form: str, text: str) -> list[str]:
    """Return what an official schema finds wrong."""
    if form == "cyclonedx":
        return [str(each) for each in CYCLONEDX.validate_str(text, all_errors=True) or ()]
    by = {"oscal": OSCAL, "avid": AVID, "navigator": NAVIGATOR}[form]
    return [str(each) for each in by.iter_errors(json.loads(text))]


def in_form(form: str, kb: KnowledgeBase, found: DeploymentAssessment) -> Any:
    return json.loads(written(form, kb, found, AT, __version__))


@pytest.mark.parametrize("form", ["cyclonedx", "oscal", "avid"])
def test_official_schemas_accept_every_assessment(
    kb: KnowledgeBase, found: DeploymentAssessment, form: str
) -> None:
    assert complaints(form, written(form, kb, found, AT, __version__)) == []


@pytest.mark.parametrize(
    ("form", "path", "value"),
    [
        ("cyclonedx", ("components", 0, "type"), "machine-learning"),
        ("cyclonedx", ("components", 0, "modelCard", "considerations", "tradeoffs"), []),
        ("oscal", ("assessment-results", "results", 0, "observations", 0, "methods"), []),
        ("oscal", ("assessment-results", "uuid"), "1"),
        ("avid", ("impact", "avid", "sep_view", 0), "S0301"),
        ("avid", ("found",), True),
    ],
)
def test_official_schemas_refuse_what_is_wrong(
    kb: KnowledgeBase, plain: DeploymentAssessment, form: str, path: tuple[Any, ...], value: Any
) -> None:
    damaged = in_form(form, kb, plain)
    inner = damaged
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert complaints(form, json.dumps(damaged)) != []


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_assessment_at_the_same_moment_gives_the_same_bytes(
    kb: KnowledgeBase, plain: DeploymentAssessment, form: str
) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))
    once = written(form, kb, plain, AT, __version__)
    assert once.endswith("\n")
    assert written(form, kb, assessed(kb, **PLAIN), elsewhere, __version__) == once
    assert written(form, kb, plain, AT + timedelta(days=1), __version__) != once
    assert kb.digest in once
    assert plain.deployment.file.digest in once
    with pytest.raises(ValueError, match="time zone"):
        written(form, kb, plain, AT.replace(tzinfo=None), __version__)


@pytest.mark.parametrize("form", FORMATS)
def test_assess_prints_and_writes_every_format(ask: Ask, tmp_path: Path, form: str) -> None:
    path, target = tmp_path / "d.json", tmp_path / f"found{FORMATS[form].ending}"
    path.write_text(json.dumps({"deployment": 1, **PLAIN}), encoding="utf-8")
    words = ("assess", str(path), "--format", form)
    printed = ask(*words).out
    assert ask(*words, "--output", str(target)).out == f"wrote {target}\n"
    kept = target.read_text(encoding="utf-8")
    if form == "model-card":
        assert kept.splitlines()[0] == printed.splitlines()[0] == "## Bias, Risks, and Limitations"
    else:
        assert complaints(form, printed) == complaints(form, kept) == []
    assert ask(*words, "--json").status == 2


def considerations(kb: KnowledgeBase, found: DeploymentAssessment) -> Any:
    (model,) = (
        each
        for each in in_form("cyclonedx", kb, found)["components"]
        if each["type"] == "machine-learning-model"
    )
    return model["modelCard"]["considerations"]


def test_the_model_card_of_cyclonedx_says_what_the_assessment_does(
    kb: KnowledgeBase, plain: DeploymentAssessment
) -> None:
    said = considerations(kb, plain)
    assert said["useCases"] == [PLAIN["purpose"]]
    rows = [row for row in text.summary(kb, plain) if row.matters]
    assert [each["mitigationStrategy"] for each in said["ethicalConsiderations"]] == [
        row.to_do for row in rows
    ]
    for row, each in zip(rows, said["ethicalConsiderations"], strict=True):
        assert each["name"].startswith(f"{row.risk} ({row.matters}): {text.EXPECT[row.expect]}")
    (fairness,) = said["fairnessAssessments"]
    assert fairness["groupAtRisk"] == "groups by sex and by age"
    assert fairness["harms"].startswith("Differential privacy increases discriminatory behavior")
    traded = " ".join(said["performanceTradeoffs"])
    for each in plain.findings:
        sentence = points.finding(kb, plain, each)
        if each.kind == "rise":
            assert (sentence in traded) == (each.risk != "discriminatory_behavior")
        else:
            assert (sentence in traded) == (each.kind == "not_trainable")
    assert len(said["technicalLimitations"]) >= len(plain.unstated)


def test_cyclonedx_describes_data_that_the_file_describes(
    kb: KnowledgeBase, plain: DeploymentAssessment
) -> None:
    model, data = in_form("cyclonedx", kb, plain)["components"]
    (reference,) = model["modelCard"]["modelParameters"]["datasets"]
    assert reference == {"ref": data["bom-ref"]}
    (contents,) = data["data"]
    assert contents["sensitiveData"] == ["sex", "age"]
    named = {each["name"]: each["value"] for each in contents["contents"]["properties"]}
    assert named["crosscurrent:records"] == "30000"
    assert [
        each["type"] for each in in_form("cyclonedx", kb, assessed(kb, name="x"))["components"]
    ] == ["machine-learning-model"]


def inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every field, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from inside(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key, each
            yield from inside(each)


def test_references_within_oscal_results_lead_somewhere(
    kb: KnowledgeBase, found: DeploymentAssessment
) -> None:
    results = in_form("oscal", kb, found)
    assert all(each["rlinks"] for each in results["assessment-results"]["back-matter"]["resources"])
    fields = list(inside(results))
    ids = [value for key, value in fields if key == "uuid"]
    assert len(set(ids)) == len(ids)
    named = {value for key, value in fields if key.endswith("-uuid")}
    named |= {value[1:] for key, value in fields if key == "href" and value.startswith("#")}
    assert named <= set(ids)


def result(kb: KnowledgeBase, found: DeploymentAssessment, at: datetime = AT) -> Any:
    (one,) = json.loads(written("oscal", kb, found, at, __version__))["assessment-results"][
        "results"
    ]
    return one


def prop(each: Any, name: str) -> str:
    (value,) = (one["value"] for one in each["props"] if one["name"] == name)
    return str(value)


def test_oscal_has_an_observation_for_each_effect_with_evidence_and_a_risk_for_each_finding(
    kb: KnowledgeBase, plain: DeploymentAssessment
) -> None:
    one = result(kb, plain)
    effects = [
        effect
        for outcome in plain.risks
        for effect in outcome.effects
        if effect.answer.grade != "none"
    ]
    assert [(prop(o, "expect"), prop(o, "grade")) for o in one["observations"]] == [
        (effect.answer.expect, effect.answer.grade) for effect in effects
    ]
    for observed, effect in zip(one["observations"], effects, strict=True):
        tiers = effect.answer.evidence.tiers
        works = {each.work for tier in tiers for each in tier if each.work in kb.references}
        assert len(observed.get("relevant-evidence", ())) == len(works)
    assert [prop(each, "finding") for each in one["findings"]] == [e.id for e in plain.findings]
    assert [prop(each, "finding") for each in one["risks"]] == [e.id for e in plain.findings]
    assert {each["status"] for each in one["risks"]} == {"open"}
    (raised,) = (r for r in one["risks"] if prop(r, "finding") == plain.findings[0].id)
    assert [each["id"] for each in raised["threat-ids"]] == [
        "https://atlas.mitre.org/techniques/AML.T0024.000"
    ]


def test_oscal_approves_a_deviation_up_to_the_last_day_of_its_acceptance(
    kb: KnowledgeBase, plain: DeploymentAssessment
) -> None:
    name = plain.findings[0].id
    accepted = {"finding": name, "reason": "two\nlines", "owner": "a b", "until": "2026-12-31"}
    agreed = assessed(kb, **PLAIN, accepted=[accepted])
    for day, status in (("2026-12-31", "deviation-approved"), ("2027-01-01", "open")):
        at = datetime.fromisoformat(f"{day}T23:59:59+00:00")
        assert complaints("oscal", written("oscal", kb, agreed, at, __version__)) == []
        by_name = {prop(each, "finding"): each for each in result(kb, agreed, at)["risks"]}
        assert by_name[name]["status"] == status
        assert ("deadline" in by_name[name]) == (status != "open")
        assert {each["status"] for each in by_name.values()} == {status, "open"}


def test_what_was_measured_is_a_test_to_oscal_and_what_was_published_an_examination(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(
        "references: [{id: us, status: confirmed, title: Ours, url: 'https://example.org/a'}]\n"
        "observations: [{id: ours, provenance: measured, defense: differential_privacy,"
        " risk: evasion, effect: decrease, kind: empirical, sources: [us]}]\n",
        encoding="utf-8",
    )
    mine = load([str(tmp_path)])
    one = result(mine, assessed(mine, **PLAIN))
    by = {each["title"]: each for each in one["observations"]}
    ours = by["Differential privacy on evasion"]
    assert (ours["methods"], prop(ours, "grade")) == (["TEST"], "measured_here")
    assert ours["relevant-evidence"][0]["description"] == "Ours: decrease"
    assert by["Differential privacy on membership inference"]["methods"] == ["EXAMINE"]


def defenses() -> list[str]:
    kb = load()
    return [*kb.defenses, *(each for each in kb.variants if "@post" in each)]


@pytest.mark.parametrize("defense", defenses())
def test_a_layer_scores_each_technique_as_the_prediction_of_its_nearest_risk(
    kb: KnowledgeBase, defense: str
) -> None:
    layer = navigator(kb, defense)
    assert complaints("navigator", json.dumps(layer)) == []
    scores = {each["techniqueID"]: each.get("score") for each in layer["techniques"]}
    assert len(scores) == len(layer["techniques"])
    order = ("exact", "close", "narrower", "broader", "related")
    expected: dict[str, tuple[int, int | None]] = {}
    for mapping in kb.mappings.values():
        if mapping.catalogue == "mitre_atlas" and mapping.object and mapping.subject in kb.risks:
            answer = prediction_document(kb, predict(kb, defense, mapping.subject))["assessment"]
            sign = {"increase": 1, "decrease": -1, "no_change": 0}.get(answer["expect"])
            likely = answer["likelihood"]
            score = None if sign is None or likely is None else sign * round(100 * likely)
            near = (order.index(mapping.predicate), score)
            expected[mapping.object] = min(expected.get(mapping.object, near), near, key=nearness)
    assert scores == {technique: score for technique, (_, score) in expected.items()}


def nearness(scored: tuple[int, int | None]) -> int:
    return scored[0]


def test_kb_export_navigator_takes_names_of_a_defense_and_refuses_none(ask: Ask) -> None:
    layer = ask("kb", "export", "--format", "navigator", "--defense", "dp").json
    assert layer == navigator(load(), "differential_privacy")
    for words in (
        ("--format", "navigator"),
        ("--format", "sssom", "--defense", "dp"),
        ("--format", "navigator", "--defense", "rlhf"),
        ("--defense", "dp"),
    ):
        answer = ask("kb", "export", *words)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err.startswith("crosscurrent: ")


def test_a_layer_needs_to_know_of_atlas(tmp_path: Path) -> None:
    kb = load()
    names = [each.id for each in kb.mappings.values() if each.catalogue == "mitre_atlas"]
    retracted = [f"{{action: retract, id: {name}}}" for name in names]
    (tmp_path / "mine.yaml").write_text(
        f"mappings: [{', '.join(retracted)}]\ncatalogues: [{{action: retract, id: mitre_atlas}}]\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="no catalogue mitre_atlas"):
        navigator(load([str(tmp_path)]), "dp")


def test_a_report_for_avid_names_the_entries_of_the_risks_of_findings(
    kb: KnowledgeBase, plain: DeploymentAssessment
) -> None:
    report = in_form("avid", kb, plain)
    assert report["problemtype"]["type"] == "Advisory"
    assert "metrics" not in report
    assert "S0301: Information Leak" in report["impact"]["avid"]["sep_view"]
    assert report["impact"]["avid"]["lifecycle_view"] == ["L04: Model Development"]
    for each in plain.findings:
        assert points.finding(kb, plain, each) in report["description"]["value"]


@pytest.mark.parametrize("shows", DIFFERENCES)
def test_a_result_is_a_measurement_to_avid(kb: KnowledgeBase, shows: str) -> None:
    found = document(kb, conjecture="increase", shows=shows, reading=1.0)
    report = measured(kb, found, AT)
    assert complaints("avid", json.dumps(report)) == []
    (metric,) = report["metrics"]
    assert metric["results"]["estimate"] == found["effect"]["estimate"]
    assert (metric["results"]["outcome"], metric["results"]["verdict"]) == (shows, found["verdict"])
    assert report["reported_date"] == "2026-11-29"


def test_results_export_writes_a_report_for_avid_of_each_pair_that_was_measured(
    ask: Ask, kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder = str(tmp_path / "results.sqlite"), tmp_path / "reports"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", file)
    found = document(kb, shows="increase", reading=1.0)
    Store(file).keep_experiment(found["id"], found, [])
    words, form = ("results", "export", str(folder)), ("--format", "avid")
    answer = ask(*words, *form)
    (report,) = folder.iterdir()
    assert answer.out == f"wrote {report}\n"
    assert report.name == f"watermarking.membership_inference.{found['id'][:12]}.avid.json"
    assert complaints("avid", report.read_text(encoding="utf-8")) == []
    before = report.read_bytes()
    assert ask(*words, found["id"][:12], *form) == answer
    assert report.read_bytes() == before


def test_a_model_card_has_the_headings_of_the_template_and_one_row_for_each_risk(
    kb: KnowledgeBase, found: DeploymentAssessment
) -> None:
    lines = written("model-card", kb, found, AT, __version__).splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "## Bias, Risks, and Limitations",
        "### Interactions of defenses",
        "### Recommendations",
    ]
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(kb.risks)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {6}


def test_a_model_card_takes_no_sign_of_the_file_for_markup(kb: KnowledgeBase) -> None:
    card = written("model-card", kb, assessed(kb, **DEPLOYMENTS["signs"]), AT, __version__)
    without_escapes = re.sub(r"\\.", "", card)
    assert SIGNS not in card
    assert "<" not in without_escapes
    assert "[d]" not in without_escapes
    assert re.findall(r"\]\((?!https?://[^\s()]+\))", without_escapes) == []


def test_formats_are_named_apart_and_loaded_when_they_are_asked_for() -> None:
    endings = [each.ending for each in FORMATS.values()]
    assert len(set(endings)) == len(endings)
    assert all(each.media_type and each.ending.startswith(".") for each in FORMATS.values())
    loaded = (
        "import sys, crosscurrent.api.formats as formats;"
        "print([each for each in sys.modules if each.startswith(formats.__name__ + '.')])"
    )
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
