"""The JSON documents: the contract's fields, plain values only, and equal to the answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_base

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor import documents
from crosscurrent.predictor.backtest import backtest
from crosscurrent.predictor.changes import what_if
from crosscurrent.predictor.differences import differences
from crosscurrent.predictor.interactions import matrix, predict, predict_all
from crosscurrent.predictor.scenarios import scenario


@pytest.fixture(scope="session")
def kb(papers: KnowledgeBase) -> KnowledgeBase:
    """Return the papers alone: the figures here are theirs."""
    return papers


def test_the_contracts_example(kb: KnowledgeBase) -> None:
    document = documents.prediction_document(kb, predict(kb, "RD1", "P2"))
    assert document["defense"] == "adversarial_training"
    assert document["risk"] == "data_reconstruction"
    assert document["intended"] is False
    assert document["conjecture"] == "increase"
    assert document["basis"] == "dominant"
    assert 0.5 < document["probability_increase"] < 1
    active, passive = document["paths"]
    assert active["factor"] == "dataset_distinguishability"
    assert (active["code"], active["role"]) == ("O2.1", "active")
    assert (active["defense_sign"], active["risk_sign"], active["effect"]) == ("+", "+", "increase")
    assert active["decisive"] is True
    assert active["sources"] == ["song2019privacy", "unresolved_b121", "zhang2020secret"]
    assert passive["factor"] == "tail_length"
    assert (passive["defense_sign"], passive["risk_sign"]) == ("-", "+")
    assert (passive["effect"], passive["decisive"]) == ("decrease", False)
    assert {m["factor"]: m["risk_sign"] for m in document["modifiers"]} == {
        "attribute_count": "-",
        "subgroup_distinguishability": "+",
    }
    (seen,) = document["observations"]
    assert (seen["effect"], seen["kind"], seen["when"]) == ("increase", "empirical", None)
    assert document["exceptions"] == []
    assert document["knowledge"] == kb.digest
    assert document["kind"] == "prediction"
    assert set(document) == {
        "kind", "defense", "risk", "intended", "conjecture", "basis", "probability_increase",
        "opposed", "paths", "modifiers", "observations", "exceptions", "assessment", "knowledge",
        "stage",
    }  # fmt: skip


def test_a_source_in_a_document_is_always_a_known_reference(kb: KnowledgeBase) -> None:
    for row in matrix(kb):
        for answer in row:
            document = documents.prediction_document(kb, answer)
            for part in ("paths", "modifiers", "observations", "exceptions"):
                for item in document[part]:
                    assert item["sources"]
                    assert set(item["sources"]) <= set(kb.references)


def test_one_defense_and_the_matrix_hold_the_single_documents(kb: KnowledgeBase) -> None:
    single = [documents.prediction_document(kb, predict(kb, "PD1", risk)) for risk in kb.risks]
    assert documents.predictions_document(kb, "differential_privacy", predict_all(kb, "PD1")) == {
        "kind": "predictions",
        "defense": "differential_privacy",
        "predictions": single,
    }
    whole = documents.matrix_document(kb, matrix(kb))
    assert len(whole["predictions"]) == 56
    assert [d for d in whole["predictions"] if d["defense"] == "differential_privacy"] == single


def test_what_if_holds_before_and_after_as_prediction_documents(kb: KnowledgeBase) -> None:
    assumed = scenario(
        kb, raise_=["M1", "D2"], hold=["O3"], adversary={"role": "malicious_accuser"}
    )
    document = documents.what_if_document(
        kb, "adversarial_training", assumed, [what_if(kb, "RD1", "R3", assumed)]
    )
    assert document["defense"] == "adversarial_training"
    assert document["scenario"] == {
        "raise": ["model_capacity", "tail_length"],
        "lower": [],
        "hold": ["boundary_distance"],
        "adversary": {"role": "malicious_accuser"},
        "given": {},
    }
    (only,) = document["predictions"]
    assert only["risk"] == "unauthorized_model_ownership"
    assert only["changed"] is True
    assert only["before"] == documents.prediction_document(kb, predict(kb, "RD1", "R3"))
    assert only["after"] == documents.prediction_document(kb, predict(kb, "RD1", "R3", assumed))
    context = [p for p in only["after"]["paths"] if p["origin"] == "context"]
    assert [(p["factor"], p["defense_sign"], p["context_sign"]) for p in context] == [
        ("model_capacity", None, "+")
    ]
    assert {reason["assumption"] for reason in only["because"]} == {"raise", "adversary"}


def plain(value: Any) -> bool:
    """Say whether JSON gives a value back as it was."""
    return bool(json.loads(json.dumps(value)) == value)


def test_all_documents_are_plain_json(kb: KnowledgeBase) -> None:
    assumed = scenario(kb, hold=["D2"])
    assert plain(documents.matrix_document(kb, matrix(kb, assumed)))
    assert plain(documents.interaction_backtest_document(backtest(kb, seed=0, resamples=5)))
    assert plain(documents.differences_document(kb, kb, differences(kb, kb)))


@given(st.integers(0, 2**32))
def test_documents_of_random_bases_are_plain_json_and_consistent(seed: int) -> None:
    kb = random_base(seed)
    for row in matrix(kb):
        for answer in row:
            document = documents.prediction_document(kb, answer)
            assert plain(document)
            deciding = [p for p in document["paths"] if p["decisive"]]
            if document["conjecture"] in ("increase", "decrease"):
                assert deciding
                assert {p["effect"] for p in deciding} == {document["conjecture"]}
            else:
                assert not deciding
            if document["basis"] == "dominant":
                assert all(p["dominant"] for p in deciding)


def test_a_score_document_names_its_figures(kb: KnowledgeBase) -> None:
    document = documents.interaction_backtest_document(backtest(kb, seed=3, resamples=20))
    first = document["scores"]["all"][0]
    assert first["increases"].keys() == {"right", "decided", "cells", "accuracy", "brier"}
    assert first["accuracy"].keys() == {"value", "low", "high"}
    assert len(document["cells"]) == 44


@pytest.mark.parametrize("change", ["edge", "observation", "defense"])
def test_differences_name_the_records_and_the_pairs_they_reach(
    kb: KnowledgeBase, change: str
) -> None:
    rows: dict[str, Any] = {section: dict(records) for section, records in kb.rows.items()}
    if change == "edge":
        del rows["correlations"]["watermarking.tail_length"]
    elif change == "observation":
        name = "sok2024.watermarking.discriminatory_behavior"
        rows["observations"][name] = {**rows["observations"][name], "effect": "decrease"}
    else:
        new = {**rows["defenses"]["watermarking"], "id": "mine", "code": "X1"}
        rows["defenses"]["mine"] = new
    other = KnowledgeBase(rows)
    document = documents.differences_document(kb, other, differences(kb, other))
    pairs = {(d["defense"], d["risk"]) for d in document["predictions"]}
    if change == "edge":
        assert document["records"]["retracted"] == {"correlations": ["watermarking.tail_length"]}
        reached = {r for r in kb.risks if "tail_length" in kb.edges(r)}
        assert pairs == {("watermarking", risk) for risk in reached}
    elif change == "observation":
        effect = {"effect": {"before": "increase", "after": "decrease"}}
        assert document["records"]["revised"] == {"observations": {name: effect}}
        assert pairs == {("watermarking", "discriminatory_behavior")}
        shifts = [abs(s["after"] - s["before"]) for s in document["shifted"]]
        assert shifts
        assert shifts == sorted(shifts, reverse=True)
    else:
        assert document["records"]["added"] == {"defenses": ["mine"]}
        assert pairs == {("mine", risk) for risk in kb.risks}
        assert all(d["before"] is None for d in document["predictions"])


def test_a_base_differs_in_nothing_from_itself(kb: KnowledgeBase) -> None:
    result = differences(kb, kb)
    assert (result.predictions, result.shifted) == ((), ())
    assert (result.added, result.revised, result.retracted) == ({}, {}, {})


def test_other_words_in_a_record_are_no_change_of_a_prediction(kb: KnowledgeBase) -> None:
    rows: dict[str, Any] = {section: dict(records) for section, records in kb.rows.items()}
    factor = rows["factors"]["tail_length"]
    rows["factors"]["tail_length"] = {**factor, "meaning": "put differently"}
    result = differences(kb, KnowledgeBase(rows))
    changed = {"meaning": (factor["meaning"], "put differently")}
    assert result.revised == {"factors": {"tail_length": changed}}
    assert (result.predictions, result.shifted) == ((), ())


def test_notes_on_edges_reach_the_document(kb: KnowledgeBase) -> None:
    document = documents.prediction_document(kb, predict(kb, "RD1", "P1"))
    notes = {path["code"]: path["notes"] for path in document["paths"]}
    assert notes["O3"] == ["for most training records"]
    assert notes["D1"] == []
