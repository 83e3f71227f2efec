"""A name that people use gets the answer that the id gets, wherever it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import crosscurrent
from crosscurrent.api.answers import catalogue
from crosscurrent.knowledge import KnowledgeBase

Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("named", "identified"),
    [
        ("predictions/dp/mia", "predictions/differential_privacy/membership_inference"),
        ("predictions/Robust Training", "predictions/adversarial_training"),
        (
            "conflicts?defense=dpsgd&defense=fine-pruning",
            "conflicts?defense=differential_privacy@in&defense=outlier_removal@post",
        ),
        (
            "collusions?attack=backdoor&attack=stealing",
            "collusions?attack=poisoning&attack=model_extraction",
        ),
        ("collusions/chains?target=inversion", "collusions/chains?target=data_reconstruction"),
        (
            "plans?protect=robustness&avoid=bias&have=watermark",
            "plans?protect=evasion&avoid=discriminatory_behavior&have=watermarking",
        ),
        ("published-attacks?risk=mia", "published-attacks?risk=membership_inference"),
        ("defenses/pruning", "defenses/model_pruning"),
        ("risks/model_extraction", "risks/unauthorized_model_ownership"),
        ("attacks/theft", "attacks/model_extraction"),
        ("factors/margin", "factors/boundary_distance"),
    ],
)
def test_an_address_with_everyday_names_gives_the_answer_of_the_ids(
    asking: Any, named: str, identified: str
) -> None:
    by_name, by_id = (asking.get(f"/v1/{each}") for each in (named, identified))
    assert (by_name.status_code, by_id.status_code) == (200, 200)
    assert by_name.json() == by_id.json()


@pytest.mark.parametrize(
    ("named", "identified"),
    [
        ("predict dp mia", "predict differential_privacy membership_inference"),
        (
            "what-if at fairness --hold margin --lower tail",
            "what-if RD1 F --hold boundary_distance --lower tail_length",
        ),
        ("combine dp-sgd fine-pruning", "combine differential_privacy@in outlier_removal@post"),
        ("collude trojan inversion", "collude poisoning data_reconstruction"),
        ("collude --target mia", "collude --target membership_inference"),
        ("plan --protect mia --avoid unfairness", "plan --protect P1 --avoid F"),
        ("attacks --risk stealing", "attacks --risk ModExt"),
        ("kb show dp", "kb show differential_privacy"),
    ],
)
def test_a_command_with_everyday_names_prints_the_answer_of_the_ids(
    command: Command, named: str, identified: str
) -> None:
    assert command(*named.split()) == command(*identified.split())


def test_python_takes_everyday_names() -> None:
    assert (
        crosscurrent.predict("dp", "mia").to_dict() == crosscurrent.predict("PD1", "P1").to_dict()
    )
    assert crosscurrent.combine("dpsgd", "fine-pruning") == crosscurrent.combine(
        "PD1@in", "RD2@post"
    )
    assert crosscurrent.what_if("at", hold=["margin"]) == crosscurrent.what_if("RD1", hold=["O3"])
    assert crosscurrent.collude("backdoor", "mia") == crosscurrent.collude("R2", "P1")
    assert crosscurrent.plan(["mia"], avoid=["bias"]) == crosscurrent.plan(["P1"], avoid=["F"])


def test_what_is_not_known_is_not_found_and_what_it_is_instead_is_told(asking: Any) -> None:
    for name, detail in (
        ("rlhf", "unknown defense 'rlhf'"),
        ("mia", "mia is a risk (membership_inference), not a defense"),
    ):
        answer = asking.get(f"/v1/defenses/{name}")
        assert answer.status_code == 404
        assert detail in answer.json()["detail"]
        assert not answer.json().get("suggestions")


def test_the_document_of_a_record_has_its_names_and_those_of_others(
    asking: Any, kb: KnowledgeBase
) -> None:
    for section in ("defenses", "risks", "factors", "attacks"):
        for identity, record in getattr(kb, section).items():
            document = asking.get(f"/v1/{section}/{identity}").json()
            assert document["aliases"] == list(kb.aliases_of(record))
            assert [each["id"] for each in document["mappings"]] == [
                each.id for each in kb.mappings_of(identity)
            ]
            for each in document["mappings"]:
                known = kb.catalogues[each["catalogue"]]
                assert (each["name"], each["edition"]) == (known.name, known.edition)
                assert (each["predicate"] == "none") == (each["object"] is None)
    said = asking.get("/v1/defenses/watermarking").json()["mappings"]
    assert {e["catalogue"] for e in said if e["predicate"] == "none"} >= {"nist_ai_100_2", "avid"}
    assert asking.get("/v1/risks/R1").json()["mappings"][0]["id"] == "evasion.ai_act.article_15_5"


def test_documents_keep_ids(asking: Any) -> None:
    document = asking.get("/v1/predictions/dp/mia").json()
    assert (document["defense"], document["risk"]) == (
        "differential_privacy",
        "membership_inference",
    )
    assert asking.get("/v1/attacks/stealing").json()["record"]["id"] == "model_extraction"


@pytest.mark.parametrize(
    ("named", "identified"),
    [
        ("why/dp/mia?margin=hold&Tail=raise", "why/PD1/P1?O3=hold&D2=raise"),
        ("what-if?model size=lower", "what-if?M1=lower"),
        ("combine?defense=dp-sgd&defense=fine-pruning", "combine?defense=PD1@in&defense=RD2@post"),
        ("plan?protect=mia&avoid=bias&have=at", "plan?protect=P1&avoid=F&have=RD1"),
        ("collude?target=inversion&with=dp", "collude?target=P2&with=PD1"),
        ("learn/risks/fairness", "learn/risks/F"),
    ],
)
def test_pages_take_everyday_names(asking: Any, named: str, identified: str) -> None:
    by_name, by_id = (asking.get(f"/{each}") for each in (named, identified))
    assert (by_name.status_code, by_id.status_code) == (200, 200)
    main = [
        each.text[each.text.index("<main") : each.text.index("</main")] for each in (by_name, by_id)
    ]
    assert "There is no" not in main[0]
    assert main[0] == main[1]


def test_catalogues_and_mappings_are_resources(asking: Any, kb: KnowledgeBase) -> None:
    page = asking.get("/v1/mappings?limit=1000").json()
    assert [each["id"] for each in page["mappings"]] == list(kb.mappings)
    one = asking.get("/v1/mappings/evasion.atlas.aml_t0015").json()
    assert one == catalogue.record(kb, "evasion.atlas.aml_t0015", "mappings")
    assert one["record"]["object"] == "AML.T0015"
    known = asking.get("/v1/catalogues").json()["catalogues"]
    assert {each["id"]: each["edition"] for each in known}["mitre_atlas"] == "5.6/2026.09"


def test_standards_are_resources_by_any_of_their_names(asking: Any, kb: KnowledgeBase) -> None:
    assert [each["id"] for each in asking.get("/v1/standards").json()["standards"]] == list(
        kb.standards
    )
    one = asking.get("/v1/standards/AISVS").json()
    assert one == asking.get("/v1/standards/aisvs").json()
    assert [each["id"] for each in one["requirements"]] == [
        each.id for each in kb.requirements_of("aisvs")
    ]
    assert asking.get("/v1/requirements/aisvs.11_3_3").json()["record"]["number"] == "11.3.3"
    by_level = asking.get("/v1/standards/OWASP AISVS/compliance", params={"level": "L3"})
    assert by_level.json() == asking.get("/v1/standards/aisvs:3/compliance").json()


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("iso/compliance", 404, "unknown standard 'iso'"),
        ("aisvs/compliance?level=4", 422, "the levels are 1, 2, 3"),
        ("rmf/compliance?level=1", 422, "has no levels"),
        ("aisvs/compliance?have=rlhf", 422, "unknown defense 'rlhf'"),
        ("aisvs/compliance?levle=3", 422, "did you mean level?"),
        ("aisvs/compliance?knowledge=papers", 422, "holds no standards"),
    ],
)
def test_what_no_standard_has_is_a_problem(asking: Any, path: str, status: int, told: str) -> None:
    answer = asking.get(f"/v1/standards/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"]
