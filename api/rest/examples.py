"""Examples of every operation: real answers to real questions, their lists cut short."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from crosscurrent.api.jobs.records import Job
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.predictor.deployments.check_documents import check_document
from crosscurrent.predictor.deployments.documents import deployment_document
from crosscurrent.predictor.deployments.gate import judge

from ..answers import (
    assumptions,
    attacks,
    backtests,
    catalogue,
    collusions,
    combinations,
    comparisons,
    compliance,
    deployments,
    plans,
    predictions,
)
from .knowledge_sets import KnowledgeSets, described
from .routes.catalogue import SECTIONS

__all__ = ["BODIES", "PARAMETERS", "examples"]

_SHOWN = 2
_OVERLAY = """\
correlations:
  - subject: watermarking
    factor: boundary_distance
    sign: "-"
    sources: [adi2018watermark]
    note: as measured in our lab
"""

_JOB = Job(
    id="5d41402abc4b2a76b9719d911017c592",
    owner="",
    state="running",
    request={"dataset": "digits", "defense": "adversarial_training", "risk": "evasion"},
    submitted="2026-11-24T09:00:00.000+00:00",
    ended=None,
    error=None,
)
_VERDICT = {
    "id": "638d1e07e6e4",
    "defense": "adversarial_training",
    "risk": "evasion",
    "conjecture": "decrease",
    "outcome": "decrease",
    "verdict": "confirmed",
    "effect": {"metric": "robust_accuracy", "estimate": -0.305, "low": -0.354, "high": -0.257},
}
"""The beginning of one; docs/validate.md shows how it is made."""

_POOLS = {
    "kind": "pools",
    "over": "data",
    "defense": "explanations",
    "risk": "data_reconstruction",
    "pools": [
        {
            "over": "data",
            "defense": "explanations",
            "risk": "data_reconstruction",
            "conjecture": "increase",
            "metric": "reconstruction_error",
            "name": "squared error of reconstructed records, relative to predicting the mean",
            "worse_when": "lower",
            "smallest_effect": 0.02,
            "common": {"model": "mlp-s", "training.epochs": 20},
            "differing": [],
            "studies": [
                {
                    "result": digest,
                    "label": dataset,
                    "dataset": dataset,
                    "model": "mlp-s",
                    "data": {"records": 400},
                    "draws": 1,
                    "seeds": 3,
                    "outcome": "increase",
                    "estimate": estimate,
                    "low": low,
                    "high": high,
                    "standard_error": error,
                    "weight": weight,
                }
                for digest, dataset, estimate, low, high, error, weight in (
                    ("1c5f6f2f9be1", "breast_cancer", 0.336, 0.225, 0.446, 0.026, 0.491),
                    ("8a2b9c6d0e77", "german_credit", 0.22, 0.128, 0.311, 0.021, 0.509),
                )
            ],
            "left_out": [],
            "effect": {
                "estimate": 0.277,
                "low": -0.46,
                "high": 1.014,
                "level": 0.95,
                "standard_error": 0.058,
            },
            "prediction": None,
            "heterogeneity": {
                "tau": 0.078,
                "tau_squared": 0.006,
                "i_squared": 0.917,
                "q": 12.0,
                "degrees_of_freedom": 1,
                "p_value": 0.0005,
            },
            "outcome": "inconclusive",
        }
    ],
    "knowledge": "sha256:35c2dfb214c9",
}
"""Of two data sets; docs/pool.md shows how more are measured."""

_DEPLOYMENT = {
    "deployment": 1,
    "name": "Credit scoring",
    "purpose": "Decide whom to offer a loan",
    "data": {"modality": "tabular", "size": "small", "tail": "long"},
    "offered": {"answers": "scores", "interaction": "unlimited"},
    "adversaries": [{"name": "applicant", "given": {"model_knowledge": "blackbox"}}],
    "defenses": [
        {"defense": "differential_privacy", "given": {"privacy_budget": "moderate"}},
        {"defense": "group_fairness@post"},
    ],
    "risks": [{"risk": "membership_inference", "matters": "high"}],
}

PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "": {
            "defense": "adversarial_training",
            "risk": "membership_inference",
        },
        "get_conflicts": {"defense": ["watermarking@pre", "outlier_removal@in"]},
        "get_collusions": {"attack": ["poisoning", "membership_inference"]},
        "get_chains": {"target": "data_reconstruction", "limit": 2},
        "get_plans": {"protect": ["evasion", "membership_inference"]},
        "get_published_attacks": {"risk": "membership_inference", "model_knowledge": "blackbox"},
        "get_backtest": {"resamples": 200},
        "get_factor": {"name": "tail_length"},
        "get_defense": {"name": "RD1"},
        "get_risk": {"name": "P1"},
        "get_attack": {"name": "poisoning"},
        "get_correlation": {"name": "adversarial_training.boundary_distance"},
        "get_reference": {"name": "song2019privacy"},
        "get_catalogue": {"name": "mitre_atlas"},
        "get_mapping": {"name": "evasion.atlas.aml_t0015"},
        "get_standard": {"name": "aisvs"},
        "get_requirement": {"name": "aisvs.11_3_3"},
        "get_compliance": {"name": "aisvs", "level": "3"},
        "get_knowledge": {"name": "lab"},
        "put_knowledge": {"name": "lab"},
        "retire_knowledge": {"name": "lab@1"},
        "diff_knowledge": {"to": "lab"},
        "get_pools": {"defense": "explanations", "risk": "data_reconstruction"},
        "get_validation_plot": {"kind": "svg"},
        **{
            name: {"id": _JOB.id}
            for name in (
                "get_validation",
                "cancel_validation",
                "get_validation_result",
                "get_validation_evidence",
                "get_validation_report",
                "watch_validation",
            )
        },
    }
)
"""Parameters of the examples by operation; under the empty name, those of several."""

BODIES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "what_if": {
            "defense": "differential_privacy",
            "risk": "membership_inference",
            "lower": ["training_set_size"],
            "adversary": {"model_knowledge": "whitebox"},
        },
        "put_knowledge": {"files": {"lab.yaml": _OVERLAY}},
        "submit_validation": _JOB.request,
        "assess": _DEPLOYMENT,
        "check": _DEPLOYMENT,
    }
)
"""Request bodies of the examples by operation."""


def examples() -> dict[str, Any]:
    """Return the answer to each operation's example, by operation id, or id and media type."""
    kb = load()
    asked: Callable[[str], dict[str, Any]] = lambda name: dict(PARAMETERS[name])  # noqa: E731
    pair = asked("")
    body = {("raise_" if k == "raise" else k): v for k, v in BODIES["what_if"].items()}
    reach = asked("get_published_attacks")
    answers = {
        "get_matrix": predictions.matrix(kb),
        "get_predictions": predictions.predictions(kb, pair["defense"]),
        "get_prediction": predictions.prediction(kb, **pair),
        "what_if": assumptions.what_if(kb, **body),
        "get_conflicts": combinations.combination(kb, asked("get_conflicts")["defense"]),
        "get_collusions": collusions.collude(kb, asked("get_collusions")["attack"]),
        "get_chains": collusions.chains(kb, **asked("get_chains")),
        "get_plans": plans.plan(kb, **asked("get_plans")),
        "get_compliance": compliance.comply(kb, "aisvs", level="3"),
        "get_published_attacks": attacks.attacks(kb, reach.pop("risk"), reach),
        "get_backtest": backtests.backtest(kb, **asked("get_backtest")),
        **_deployments(kb),
        **_validations(),
        "get_live": {"status": "live"},
        "get_ready": {"status": "ready"},
        "get_metrics": 'crosscurrent_requests_total{method="GET",route="/v1/predictions",'
        'status="200"} 7.0\n',
    }
    for section, one in SECTIONS.items():
        answers[f"list_{section}"] = {**catalogue.section(kb, section), "next": None}
        answers[f"get_{one}"] = catalogue.record(kb, asked(f"get_{one}")["name"], section)
    return {name: _short(answer) for name, answer in {**answers, **_sets(kb)}.items()}


def _deployments(kb: KnowledgeBase) -> dict[str, Any]:
    """Return the answers about a deployment."""
    found = deployments.assess_sent(kb, json.dumps(_DEPLOYMENT).encode(), "deployment.json")
    return {
        "assess": deployment_document(kb, found),
        "assess text/html": '<!doctype html>\n<html lang="en">...',
        "check": check_document(judge(found, "2026-11-24")),
    }


def _sets(kb: KnowledgeBase) -> dict[str, Any]:
    """Return the answers about a set that is uploaded for the purpose."""
    with tempfile.TemporaryDirectory() as folder:
        sets = KnowledgeSets(folder, clock=lambda: "2026-11-24T09:00:00Z")
        files = BODIES["put_knowledge"]["files"]
        version, _ = sets.put("lab", files, None)
        shown = described(version)
        return {
            "put_knowledge": shown,
            "get_knowledge": {**shown, "contents": files, "versions": [1]},
            "list_knowledge": {"sets": [shown], "next": None, "knowledge": kb.digest},
            "diff_knowledge": comparisons.diff(kb, sets.base("lab")),
        }


def _validations() -> dict[str, Any]:
    """Return the answers about one validation; nothing is trained for them."""
    job = _JOB.document()
    over = replace(_JOB, state="cancelled", ended="2026-11-24T09:00:12.000+00:00").document()
    return {
        "submit_validation": {**job, "state": "queued"},
        "list_validations": {"validations": [job], "next": None},
        "get_validation": job,
        "cancel_validation": over,
        "get_validation_result": _VERDICT,
        "get_pools": _POOLS,
        "get_validation_evidence": {"files": {"measured.yaml": _OVERLAY}},
        "get_validation_report": "Adversarial training → evasion, measured\n...",
        "get_validation_plot": "<svg ...>",
        "get_validation_plot image/png": "\x89PNG...",
        "watch_validation": 'id: 4\nevent: trials\ndata: {"finished": 4, "trials": 10}\n\n',
    }


def _short(value: Any) -> Any:
    """Cut long lists, so that an example shows the form and not the mass."""
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value[:_SHOWN]]
    return value
