"""The assessment of a deployment as a JSON document, in the shape of `document_types`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..documents import assessment_document, scenario_document, setting_document
from ..joint_documents import (
    adversaries_document,
    chain_document,
    combination_document,
    near_miss_document,
    plan_document,
)

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from . import document_types as shapes
    from .assessment import DeploymentAssessment
    from .effects import Effect, RiskOutcome
    from .facts import Described, Fact
    from .findings import Finding
    from .next_steps import Better
    from .threats import Threat

__all__ = ["deployment_document", "finding_document", "subject_document"]


def deployment_document(
    kb: KnowledgeBase, found: DeploymentAssessment
) -> shapes.DeploymentAssessment:
    """Return the document of an assessment.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    found : DeploymentAssessment
        See `predictor.deployments.assessment.assess_deployment`.
    """
    combined = found.combined
    return {
        "kind": "deployment_assessment",
        "deployment": subject_document(found.deployment),
        "risks": [_risk(kb, each) for each in found.risks],
        "combination": combination_document(combined, found.tensions) if combined else None,
        "threats": [_threat(each) for each in found.threats],
        "unstated": [
            {
                "field": each.field,
                "effects": [{"defense": defense, "risk": risk} for defense, risk in each.effects],
            }
            for each in found.unstated
        ],
        "measurements": [
            {
                "defense": each.effect.defense.name,
                "risk": each.effect.risk,
                "uncertainty": each.uncertainty,
                "worth": each.worth,
            }
            for each in found.measurements
        ],
        "better": _better(found.better) if found.better else None,
        "findings": [finding_document(found.deployment, each) for each in found.findings],
        "knowledge": found.knowledge,
    }


def finding_document(deployment: Described, each: Finding) -> shapes.Finding:
    """Return one finding, with its place in the file."""
    _, line, column, _, _ = deployment.file.problem(each.field, "")
    return {
        "id": each.id,
        "kind": each.kind,
        "risk": each.risk,
        "defenses": list(each.defenses),
        "grade": each.grade,
        "matters": each.matters,
        "field": each.field,
        "line": line,
        "column": column,
    }


def subject_document(found: Described) -> shapes.Subject:
    """Return what was assessed."""
    said = found.file.deployment
    return {
        "name": said.name,
        "purpose": said.purpose,
        "owner": said.owner,
        "file": found.file.name,
        "digest": found.file.digest,
        "facts": [_fact(each) for each in found.facts],
        "silent": [_fact(each) for each in found.silent],
        "adversaries": [
            {
                "name": each.name,
                "risks": sorted(each.risks),
                "described": dict(sorted(each.described.items())),
            }
            for each in found.profiles
        ],
        "defenses": [
            {
                "name": each.name,
                "defense": each.defense,
                "variant": each.variant.id,
                "given": dict(each.given),
                "settings": dict(each.settings),
            }
            for each in found.defenses
        ],
    }


def _fact(fact: Fact) -> shapes.Fact:
    return {
        "field": fact.field,
        "value": fact.value,
        "assumption": fact.assumption,
        "subject": fact.subject,
        "assumed": fact.assumed,
    }


def _risk(kb: KnowledgeBase, found: RiskOutcome) -> shapes.RiskOutcome:
    leading = found.leading
    return {
        "risk": found.risk,
        "matters": found.matters,
        "expect": found.expect,
        "leading": leading.defense.name if leading else None,
        "grade": leading.answer.grade if leading else None,
        "likelihood": leading.answer.likelihood if leading else None,
        "protected": found.protected,
        "reachable": found.reachable,
        "setting": setting_document(found.setting),
        "effects": [_effect(kb, each) for each in found.effects],
    }


def _effect(kb: KnowledgeBase, each: Effect) -> shapes.Effect:
    return {
        "defense": each.defense.name,
        "risk": each.risk,
        "intended": each.answer.intended,
        "adversary": each.adversary,
        "otherwise": dict(each.otherwise),
        "scenario": scenario_document(each.assumed),
        "assessment": assessment_document(kb, each.answer),
    }


def _threat(each: Threat) -> shapes.Threat:
    return {
        "target": each.target,
        "chain": chain_document(each.chain, each.breakers),
        "adversaries": [list(names) for names in each.adversaries],
        "assumed": adversaries_document(each.assumed),
        "broken_by": [defense.name for defense in each.broken_by],
    }


def _better(found: Better) -> shapes.Better:
    return {
        "protect": list(found.protect),
        "avoid": list(found.avoid),
        "kept": found.kept,
        "complete": found.complete,
        "plans": [plan_document(each, found.protect) for each in found.plans],
        "near_misses": [near_miss_document(each, found.protect) for each in found.near_misses],
    }
