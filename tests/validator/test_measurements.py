"""Measurements as peers: each request has its plan, and what is known beforehand goes with it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.measurements import Report, kinds, measure, pair_prior, prepare
from crosscurrent.validator.requests import (
    REQUESTS,
    CollusionRequest,
    CombinationRequest,
    GridRequest,
    PairRequest,
    Request,
    VariationRequest,
)
from crosscurrent.validator.results.outcomes import PLACEBO
from crosscurrent.validator.results.store import Store

SMALL: dict[str, Any] = {
    "dataset": "breast_cancer",
    "model": "mlp-s",
    "seeds": 2,
    "settings": ("training.epochs=1",),
}
ASKED = (
    PairRequest("RD1", "R1", **SMALL),
    VariationRequest("RD1", "R1", "training_set_size=100,200", **SMALL),
    GridRequest(**SMALL),
    CombinationRequest(("RD3@pre", "outlier_removal"), **SMALL),
    CollusionRequest(("poisoning", "model_extraction"), **SMALL),
)


@pytest.mark.parametrize(
    ("defense", "risk", "any_adversary", "ours"),
    [
        ("group_fairness", "attribute_inference", "decrease", "increase"),
        ("differential_privacy", "distribution_inference", "decrease", "increase"),
        ("explanations", "membership_inference", "increase", "increase"),
    ],
)
def test_what_was_published_of_another_adversary_is_not_compared(
    kb: KnowledgeBase, defense: str, risk: str, any_adversary: str, ours: str
) -> None:
    """Our adversaries train shadow models with the defense: they know of it."""
    assert pair_prior(kb, defense, risk)["published"] == [any_adversary]
    planned = experiment(kb, defense, risk, seeds=2)
    prior = pair_prior(kb, defense, risk, planned)
    assert prior["published"] == [ours]
    assert prior["conjecture"] == pair_prior(kb, defense, risk)["conjecture"]
    # the papers alone know no kinds of data
    assert pair_prior(load(["papers"]), defense, risk, planned)["published"] == [ours]


def test_each_kind_of_request_has_a_plan_and_words() -> None:
    assert {each.request_type for each in kinds().values()} == {*REQUESTS}
    for name, plan in kinds().items():
        assert plan.request_type.kind == name
        assert find_spec(f"crosscurrent.api.text.measured.{name}") is not None


@pytest.mark.parametrize("request_", ASKED, ids=lambda each: each.kind)
def test_what_is_known_beforehand_goes_as_json_to_whoever_trains(
    kb: KnowledgeBase, request_: Request
) -> None:
    plan = prepare(kb, request_)
    told = json.loads(json.dumps(plan.beforehand()))
    assert {"defense", "risk", "known"} <= told.keys()
    again = prepare(kb, request_).with_prior(told["known"])
    assert json.loads(json.dumps(again.beforehand())) == told
    assert again.recipes() == plan.recipes()
    assert len(plan.recipes()) >= 2 * request_.seeds


def test_nothing_is_known_of_a_placebo_which_is_the_validators_own(kb: KnowledgeBase) -> None:
    assert PLACEBO in defenses()
    assert PLACEBO not in kb.defenses
    assert pair_prior(kb, PLACEBO, "evasion") == {"conjecture": "no_change", "published": []}


def test_a_program_measures_with_one_call(kb: KnowledgeBase, tmp_path: Path) -> None:
    request = PairRequest(
        PLACEBO,
        "evasion",
        dataset="breast_cancer",
        model="mlp-s",
        seeds=2,
        settings=("training.epochs=1", "attack.steps=1"),
    )
    store = str(tmp_path / "results.sqlite")
    report = measure(kb, request, store=store)
    assert report.kind == "verdict"
    assert report.verdict == report.document()["verdict"]
    assert report.verdicts() == [report.document()]
    assert report.document()["command"].startswith("crosscurrent validate placebo evasion")
    assert measure(kb, request, store=Store(store)).document() == report.document()


def test_a_report_of_many_has_their_verdicts() -> None:
    cells = [{"verdict": "confirmed"}, {"reason": "training diverged"}]
    assert Report({"kind": "grid", "cells": cells}).verdicts() == cells[:1]
    assert Report({"kind": "grid", "cells": cells}).verdict is None
    assert Report({"kind": "variation", "trend": {"verdict": "refuted"}}).verdict == "refuted"
