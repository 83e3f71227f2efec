"""The answers about requirements of standards as JSON documents.

The same contract as `predictor.documents`, in the shapes of `predictor.compliance_document_types`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .budget import spend
from .compliance import NOTICE
from .joint_documents import (
    combination_document,
    conflict_document,
    exclusion_document,
    expected_document,
)

if TYPE_CHECKING:
    from crosscurrent.knowledge import Requirement, Standard

    from . import compliance_document_types as shapes
    from .compliance import Compliance
    from .dangers import Danger
    from .requirement_repairs import RequirementRepair

__all__ = ["compliance_document"]


def compliance_document(answer: Compliance) -> shapes.Compliance:
    """Return the document for a standard."""
    spend()
    return {
        "kind": "compliance",
        "standard": _standard(answer.standard),
        "level": answer.level,
        "notice": NOTICE,
        "have": [variant.id for variant in answer.have],
        "requirements": [_requirement(answer, each) for each in answer.requirements],
        "defenses": [variant.id for variant in answer.defenses],
        "joint": combination_document(answer.joint) if answer.joint else None,
        "order": [variant.id for variant in answer.order],
        "spoiled": [conflict_document(each) for each in answer.spoiled],
        "dangers": [_danger(each) for each in answer.dangers],
        "repairs": [_repair(each) for each in answer.repairs],
        "choices_cut": answer.choices_cut,
        "repairs_cut": answer.repairs_cut,
        "knowledge": answer.knowledge,
    }


def _standard(standard: Standard) -> shapes.Standard:
    return {
        "id": standard.id,
        "name": standard.name,
        "edition": standard.edition,
        "publisher": standard.publisher,
        "url": standard.url,
        "license": standard.license,
        "binding": standard.binding,
        "levels": list(standard.levels),
        "note": standard.note,
    }


def _requirement(answer: Compliance, requirement: Requirement) -> shapes.Requirement:
    return {
        "id": requirement.id,
        "number": requirement.number,
        "level": requirement.level,
        "summary": requirement.summary,
        "asks": requirement.asks,
        "defenses": [
            {
                "any_of": list(each.asked.wanted.any_of),
                "instead": list(each.asked.wanted.instead),
                "chosen": each.variant.id,
                "in_place": each.in_place,
            }
            for each in answer.chosen_for(requirement)
        ],
        "risks": list(requirement.risks),
        "why": requirement.why,
        "basis": requirement.basis,
        "interpretation": requirement.interpretation,
        "sources": list(requirement.sources),
        "note": requirement.note,
    }


def _danger(danger: Danger) -> shapes.Danger:
    return {
        "kind": danger.kind,
        "by": list(danger.by),
        "endangered": list(danger.endangered),
        "mutual": danger.mutual,
        "defenses": [variant.id for variant in danger.defenses],
        "risk": danger.risk,
        "known": list(danger.known),
        "outcome": danger.outcome,
        "grounds": list(danger.grounds),
        "conflicts": [conflict_document(each) for each in danger.conflicts],
        "exclusions": [exclusion_document(each) for each in danger.exclusions],
        "records": [record.id for record in danger.records],
        "expected": expected_document(danger.expected) if danger.expected else None,
        "works": list(danger.works),
    }


def _repair(repair: RequirementRepair) -> shapes.RequirementRepair:
    return {
        "changes": [
            {
                "kind": change.kind,
                "requirements": list(change.asked.ids),
                "defense": change.old.id,
                "by": change.new.id if change.new else None,
                "doubtful": change.doubtful,
            }
            for change in repair.changes
        ],
        "defenses": [variant.id for variant in repair.defenses],
        "outcome": repair.outcome,
        "unmet": list(repair.unmet),
        "uncovered": list(repair.uncovered),
    }
