"""An assessment of a deployment as a CycloneDX 1.7 bill of materials with a model card (ML-BOM).

The format: https://cyclonedx.org/docs/1.7/json/. What is to be expected of the model's risks is
under ``modelCard.considerations``; what was measured is not: an assessment holds no metrics.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from crosscurrent.predictor.deployments.findings import JOINT

from ..text import deployment_findings as points
from ..text import deployments as text
from ..text.assessments import spoken
from ..text.names import cite
from ._parts import identifier, moment, works_behind, works_of

if TYPE_CHECKING:
    from datetime import datetime

    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import Effect

__all__ = ["cyclonedx"]

_MODEL = "model"
_DATA = "training-data"


def cyclonedx(
    kb: KnowledgeBase, found: DeploymentAssessment, at: datetime, version: str
) -> dict[str, Any]:
    """Return the bill of materials: the model with its card, and its data as far as known.

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
    data = _data(found)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{_serial(found, at)}",
        "version": 1,
        "metadata": {
            "timestamp": moment(at),
            "tools": {
                "components": [{"type": "application", "name": "crosscurrent", "version": version}]
            },
            "component": {"type": "application", "bom-ref": "system", "name": said.name},
        },
        "components": [
            {
                "type": "machine-learning-model",
                "bom-ref": _MODEL,
                "name": said.name,
                **({"description": said.purpose} if said.purpose else {}),
                "modelCard": {
                    **_parameters(found, described=bool(data)),
                    "considerations": _considerations(kb, found),
                },
                **_references(kb, found),
                "properties": _properties(found),
            },
            *data,
        ],
        "dependencies": [
            {"ref": "system", "dependsOn": [_MODEL]},
            {"ref": _MODEL, **({"dependsOn": [_DATA]} if data else {})},
        ],
    }


def _serial(found: DeploymentAssessment, at: datetime) -> str:
    return identifier("cyclonedx", found.deployment.file.digest, found.knowledge, moment(at))


def _parameters(found: DeploymentAssessment, *, described: bool) -> dict[str, Any]:
    said = found.deployment.file.deployment
    parts = {
        "modelArchitecture": said.model.kind,
        "datasets": [{"ref": _DATA}] if described else None,
        "inputs": [{"format": said.data.modality}] if said.data.modality else None,
        "outputs": [{"format": said.offered.answers}] if said.offered.answers else None,
    }
    known = {name: part for name, part in parts.items() if part}
    return {"modelParameters": known} if known else {}


def _data(found: DeploymentAssessment) -> list[dict[str, Any]]:
    """Return the training data as a component; nothing if the file says nothing of it."""
    said = found.deployment.file.deployment
    facts = [
        _property(each.field.removeprefix("data."), each.value)
        for each in dict.fromkeys(
            each._replace(assumption="noted", subject=None, assumed=None)
            for each in (*found.deployment.facts, *found.deployment.silent)
            if each.field.startswith("data.")
        )
    ]
    if not facts:
        return []
    name = f"Training data of {said.name}"
    contents: dict[str, Any] = {"type": "dataset", "name": name, "contents": {"properties": facts}}
    if said.data.sensitive_attributes:
        contents["sensitiveData"] = list(said.data.sensitive_attributes)
    return [{"type": "data", "bom-ref": _DATA, "name": name, "data": [contents]}]


def _considerations(kb: KnowledgeBase, found: DeploymentAssessment) -> dict[str, Any]:
    said = found.deployment.file.deployment
    parts = {
        "useCases": [said.purpose] if said.purpose else [],
        "technicalLimitations": list(_limitations(kb, found)),
        "performanceTradeoffs": list(_tradeoffs(kb, found)),
        "ethicalConsiderations": list(_risks(kb, found)),
        "fairnessAssessments": list(_fairness(kb, found)),
    }
    return {name: part for name, part in parts.items() if part}


def _limitations(kb: KnowledgeBase, found: DeploymentAssessment) -> Iterator[str]:
    """Say what is not known: what the file leaves open, and effects without evidence."""
    for each in found.unstated:
        yield f"Not stated: {points.unstated(kb, each)}."
    for outcome in found.risks:
        if outcome.matters is not None:
            for effect in outcome.effects:
                if effect.answer.grade == "none":
                    yield text.told(kb, effect).headline


def _tradeoffs(kb: KnowledgeBase, found: DeploymentAssessment) -> Iterator[str]:
    """Say what the defenses cost each other, and which risks they raise and lower."""
    for each in found.findings:
        if each.kind in JOINT:
            yield f"{points.finding(kb, found, each)}."
    for outcome in found.risks:
        if kb.risks[outcome.risk].pillar != "fairness":
            rising = outcome.moving("increase")
            falling = outcome.moving("decrease") if outcome.matters is not None else ()
            for effect in (*rising, *falling):
                yield _cited(kb, effect)


def _risks(kb: KnowledgeBase, found: DeploymentAssessment) -> Iterator[dict[str, str]]:
    """Say of every risk that matters what to expect, and what to do about it."""
    for row in text.summary(kb, found):
        if row.matters:
            told = (f"{row.risk} ({row.matters}): {text.EXPECT[row.expect]}", row.likely)
            name = "; ".join(filter(None, [*told, row.certainty]))
            yield {"name": name, "mitigationStrategy": row.to_do}


def _fairness(kb: KnowledgeBase, found: DeploymentAssessment) -> Iterator[dict[str, str]]:
    named = found.deployment.file.deployment.data.sensitive_attributes
    groups = (
        f"groups by {' and by '.join(named)}" if named else "groups that the file does not name"
    )
    to_do = {row.id: row.to_do for row in text.summary(kb, found)}
    for outcome in found.risks:
        if kb.risks[outcome.risk].pillar == "fairness" and outcome.effects:
            parts = {
                "groupAtRisk": groups,
                "benefits": " ".join(_cited(kb, each) for each in outcome.moving("decrease")),
                "harms": " ".join(_cited(kb, each) for each in outcome.moving("increase")),
                "mitigationStrategy": to_do[outcome.risk],
            }
            yield {name: part for name, part in parts.items() if part}


def _cited(kb: KnowledgeBase, effect: Effect) -> str:
    """Return what is expected of an effect in a sentence, with the works that say so."""
    works = [each.id for each in works_of(kb, effect) if each.says == effect.answer.expect]
    by = f" ({cite(kb, works)})" if works else ""
    return f"{spoken(kb, text.document_of(kb, effect)).rstrip('.')}{by}."


def _references(kb: KnowledgeBase, found: DeploymentAssessment) -> dict[str, Any]:
    listed = [
        {"type": "evidence", "url": each.address, "comment": each.cited}
        for each in works_behind(kb, found)
        if each.address is not None
    ]
    return {"externalReferences": listed} if listed else {}


def _properties(found: DeploymentAssessment) -> list[dict[str, str]]:
    """Return the digests of what was asked and of the knowledge, and what the file says."""
    said = found.deployment.file
    listed = [
        ("knowledge", found.knowledge),
        ("deployment", said.digest),
        ("deployment:file", os.path.basename(said.name)),
        *([("deployment:owner", said.deployment.owner)] if said.deployment.owner else []),
        *(("defense", each.variant.id) for each in found.deployment.defenses),
        *(("finding", each.id) for each in found.findings),
    ]
    return [_property(name, value) for name, value in listed]


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"crosscurrent:{name}", "value": value}
