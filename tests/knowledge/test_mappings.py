"""What catalogues call our defenses and risks, or that they have no name for them, is as read."""

from __future__ import annotations

from typing import Any

import pytest
from golden_tables import table

from crosscurrent.knowledge import BrokenKnowledge, KnowledgeBase, load

IDS = table("catalogue_ids", paper="")
MAPPINGS = table("catalogue_mappings", paper="")
LOOKED_THROUGH = (
    "nist_ai_100_2",
    "mitre_atlas",
    "owasp_ml",
    "opencre",
    "avid",
    "ibm_risk_atlas",
    "owasp_aisvs",
)


def test_every_id_of_a_catalogue_is_one_of_its_edition_by_its_name(kb: KnowledgeBase) -> None:
    pinned = {(row["catalogue"], row["edition"], row["id"]): row["label"] for row in IDS}
    used = {
        (each.catalogue, kb.catalogues[each.catalogue].edition, each.object): each.label or ""
        for each in kb.mappings.values()
        if each.object is not None
    }
    assert used == pinned


def test_every_mapping_is_in_the_golden_table_and_the_other_way_round(kb: KnowledgeBase) -> None:
    known = [
        (each.subject, each.stage or "", each.catalogue, each.predicate, each.object or "")
        for each in kb.mappings.values()
    ]
    assert sorted(known) == sorted(tuple(row.values()) for row in MAPPINGS)


def test_every_defense_and_risk_of_the_table_is_looked_up_in_every_catalogue(
    kb: KnowledgeBase,
) -> None:
    subjects = {(row["subject"], row["stage"]) for row in MAPPINGS}
    for subject, stage in subjects:
        known = {e.catalogue for e in kb.mappings_of(subject) if (e.stage or "") == stage}
        assert known >= set(LOOKED_THROUGH), (subject, stage)
    assert {subject for subject, _ in subjects} >= {
        *kb.risks,
        "adversarial_training",
        "explanations",
    }


def test_ids_of_mappings_begin_with_their_subject(kb: KnowledgeBase) -> None:
    for each in kb.mappings.values():
        assert each.id.startswith(f"{each.subject}."), each.id
        if each.object is None:
            assert each.id.endswith(".none")


def test_an_entry_with_a_page_of_its_own_is_linked(kb: KnowledgeBase) -> None:
    assert kb.catalogues["opencre"].page("370-877") == "https://www.opencre.org/cre/370-877"
    assert kb.catalogues["mitre_atlas"].page("AML.T0015") is None


def mapping(**fields: Any) -> str:
    fields = {"id": "evasion.own", "subject": "evasion", "catalogue": "own", **fields}
    own = (
        "catalogues:\n- {id: own, name: Own, edition: '1', publisher: Us, url: 'https://own.org'}\n"
    )
    return own + "mappings:\n- {" + ", ".join(f"{k}: {v}" for k, v in fields.items()) + "}\n"


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        (mapping(predicate="exact"), "object", "which entry of the catalogue is it?"),
        (mapping(predicate="none", object="X1"), "object", "there is no entry to name"),
        (mapping(predicate="none", label="Evasion"), "label", "there is no entry to name"),
        (mapping(predicate="same", object="X1"), "predicate", "should be 'exact', 'close'"),
        (mapping(predicate="exact", object="X1", stage="pre"), "stage", "a risk has no stages"),
        (
            mapping(predicate="exact", object="X1", subject="D2"),
            "subject",
            "no defense or risk 'D2'",
        ),
        (mapping(predicate="exact", object="X1", catalogue="ow"), "catalogue", "did you mean own?"),
        (
            mapping(predicate="close", object="AML.T0015", catalogue="mitre_atlas"),
            "object",
            "mapping evasion.atlas.aml_t0015 speaks of the same",
        ),
        (
            mapping(predicate="none", catalogue="mitre_atlas"),
            "predicate",
            "says that there is a match",
        ),
        (
            mapping(predicate="exact", object="X1", catalogue="avid", subject="watermarking"),
            "predicate",
            "mapping watermarking.avid.none says that there is no match",
        ),
        (mapping(predicate="none").replace("https:", "gopher:"), "url", "does not have the form"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_where_it_stands(
    text: str, field: str, message: str
) -> None:
    with pytest.raises(BrokenKnowledge) as told:
        load([{"own.yaml": text.encode()}], cached=False)
    (problem,) = [each for each in told.value.problems if message in each.message]
    assert problem.field.endswith(f".{field}")
    assert problem.line == (2 if field == "url" else 4)


def test_a_team_adds_a_catalogue_of_its_own() -> None:
    own = load([{"own.yaml": mapping(predicate="narrower", object="X1").encode()}], cached=False)
    (found,) = [each for each in own.mappings_of("evasion") if each.catalogue == "own"]
    assert (found.predicate, found.object) == ("narrower", "X1")
