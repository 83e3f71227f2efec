"""Reports for AVID, the AI Vulnerability Database: of an assessment, or of what was measured.

The format: https://avidml.org, as the data models of the package avidtools have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ..text import deployment_findings as points
from ..text import deployments as text
from ..text.names import lowered
from ._parts import entries, moment, works_behind

if TYPE_CHECKING:
    from datetime import datetime

    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment

__all__ = ["avid", "measured"]

_TAXONOMY: Final = "0.2"
_DOMAINS: Final[Mapping[str, str]] = MappingProxyType(
    {"S": "Security", "E": "Ethics", "P": "Performance"}
)
"""The domain of an entry of the taxonomy, by the letter that it begins with."""
_LIFECYCLE: Final[Mapping[str, str]] = MappingProxyType(
    {"pre": "L03: Data Preparation", "in": "L04: Model Development", "post": "L06: Deployment"}
)
"""Where in a model's life a defense is applied."""
_EVALUATION: Final = "L05: Evaluation"


def avid(
    kb: KnowledgeBase, found: DeploymentAssessment, at: datetime, version: str
) -> dict[str, Any]:
    """Return the report of an assessment: an advisory on its findings, without measurements.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    found : DeploymentAssessment
        What it answered.
    at : datetime
        When that was, with a time zone.
    version : str
        The version of Crosscurrent.
    """
    said = found.deployment.file.deployment
    sentences = [f"{points.finding(kb, found, each)}." for each in found.findings]
    named = {name for each in found.findings for name in each.defenses}
    stages = [each.variant.stage for each in found.deployment.defenses if each.name in named]
    risks = dict.fromkeys(each.risk for each in found.findings if each.risk is not None)
    digests = f"knowledge {found.knowledge}, deployment file {found.deployment.file.digest}"
    basis = f"By crosscurrent {version} from {digests}."
    owners = [said.owner] if said.owner else []
    return {
        "data_type": "AVID",
        "affects": {
            "developer": owners,
            "deployer": owners,
            "artifacts": [{"type": "System", "name": said.name}],
        },
        "problemtype": _problem("Advisory", text.heading(found)),
        "references": [
            {"type": "source", "label": each.cited, "url": each.address}
            for each in works_behind(kb, found)
            if each.address is not None
        ],
        "description": _english("\n".join([*sentences, basis])),
        "impact": _impact(kb, risks, dict.fromkeys(_LIFECYCLE[each] for each in stages)),
        "reported_date": moment(at)[:10],
    }


def measured(kb: KnowledgeBase, document: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Return the report of a measured pair of a defense and a risk.

    Parameters
    ----------
    kb : KnowledgeBase
        Has the names of others for risks.
    document : mapping
        As `validator.experiments.verdicts.Verdict.document` returns it.
    at : datetime
        When it was measured, with a time zone.
    """
    risk, effect, scale = document["risk"], document["effect"], document["scale"]
    defense, _, stage = document["defense"].partition("@")
    known = kb.defenses.get(defense)
    name = (known.name if known else defense) + (f" @{stage}" if stage else "")
    what = f"{name} and {lowered(kb.risks[risk].name) if risk in kb.risks else risk}"
    outcome = document["outcome"].replace("_", " ")
    return {
        "data_type": "AVID",
        "affects": {
            "developer": [],
            "deployer": [],
            "artifacts": [
                {"type": "Model", "name": scale["model"]},
                {"type": "Dataset", "name": scale["dataset"]},
            ],
        },
        "problemtype": _problem("Measurement", f"{what}: {outcome}"),
        "metrics": [
            {
                "name": effect["name"],
                "detection_method": {
                    "type": "Significance Test",
                    "name": f"{effect['level']:.0%} interval of paired differences",
                },
                "results": {
                    "baseline": document["baseline"],
                    "defended": document["defended"],
                    **{each: effect[each] for each in ("estimate", "low", "high", "level")},
                    "worse_when": effect["worse_when"],
                    "outcome": document["outcome"],
                    "conjecture": document["conjecture"],
                    "verdict": document["verdict"],
                },
            }
        ],
        "references": [],
        "description": _english(
            f"{what}: {outcome}. {effect['name']} changes by {effect['estimate']:+.4f} towards more"
            f" susceptible ({effect['level']:.0%} interval {effect['low']:+.4f} to"
            f" {effect['high']:+.4f}); measured on {scale['dataset']},"
            f" {scale['training_records']} training records. Result {document['id']}."
        ),
        "impact": _impact(kb, [risk] if risk in kb.risks else [], [_EVALUATION]),
        "reported_date": moment(at)[:10],
    }


def _problem(kind: str, sentence: str) -> dict[str, Any]:
    return {"classof": "Undefined", "type": kind, "description": _english(sentence)}


def _impact(kb: KnowledgeBase, risks: Iterable[str], lifecycle: Iterable[str]) -> dict[str, Any]:
    """Return which entries of AVID's taxonomy and of ATLAS the risks are, or nearly.

    Entries that are only related are left out: AVID says of none how near it is.
    """
    names = list(risks)
    views = _labels(kb, names, "avid", r"[SEP][0-9]{4}")
    techniques = _labels(kb, names, "mitre_atlas", r"AML\.T[0-9.]+")
    return {
        "avid": {
            "risk_domain": list(dict.fromkeys(_DOMAINS[entry[0]] for entry in views)),
            "sep_view": [f"{entry}: {label}" for entry, label in views.items()],
            "lifecycle_view": list(lifecycle),
            "taxonomy_version": _TAXONOMY,
        },
        "atlas": [
            {"technique": entry, "description": label} for entry, label in techniques.items()
        ],
    }


def _labels(
    kb: KnowledgeBase, risks: Iterable[str], catalogue: str, pattern: str
) -> dict[str, str]:
    return {
        str(each.object): str(each.label)
        for _, each in entries(kb, risks, catalogue)
        if each.predicate != "related" and re.fullmatch(pattern, str(each.object))
    }


def _english(sentence: str) -> dict[str, str]:
    return {"lang": "eng", "value": sentence}
