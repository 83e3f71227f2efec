"""The check of a deployment as a JSON document, in the shape of `check_document_types`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .comparison import compared
from .documents import finding_document, subject_document

if TYPE_CHECKING:
    from crosscurrent.knowledge.deployments import Acceptance

    from . import check_document_types as shapes
    from .effects import RiskOutcome
    from .facts import Described
    from .gate import Check, Judged, Unused

__all__ = ["check_document"]


def check_document(check: Check, before: shapes.Earlier | None = None) -> shapes.DeploymentCheck:
    """Return the document of a check.

    Parameters
    ----------
    check : Check
        See `predictor.deployments.gate.judge`.
    before : document of an assessment or a check, optional
        An earlier one to compare it with.
    """
    deployment = check.found.deployment
    policy = deployment.file.deployment.policy
    document: shapes.DeploymentCheck = {
        "kind": "deployment_check",
        "passes": check.passes,
        "today": check.today,
        "deployment": subject_document(deployment),
        "policy": {
            "rise_at": policy.rise_at,
            "matters": policy.matters,
            "conflicts": policy.conflicts,
            "unprotected": policy.unprotected,
            "chains": policy.chains,
        },
        "risks": [_risk(each) for each in check.found.risks],
        "findings": [_finding(deployment, each) for each in check.judged],
        "unused": [_unused(deployment, each) for each in check.unused],
        "changes": None,
        "knowledge": check.found.knowledge,
    }
    if before is not None:
        document["changes"] = compared(before, document)
    return document


def _risk(found: RiskOutcome) -> shapes.CheckedRisk:
    leading = found.leading
    return {
        "risk": found.risk,
        "matters": found.matters,
        "expect": found.expect,
        "leading": leading.defense.name if leading else None,
        "grade": leading.answer.grade if leading else None,
        "likelihood": leading.answer.likelihood if leading else None,
    }


def _finding(deployment: Described, each: Judged) -> shapes.CheckedFinding:
    entry = each.acceptance
    return {
        **finding_document(deployment, each.finding),
        "state": each.state,
        "acceptance": None if entry is None else _acceptance(deployment, entry, each.field),
    }


def _unused(deployment: Described, each: Unused) -> shapes.UnusedAcceptance:
    return {
        **_acceptance(deployment, each.acceptance, each.field),
        "finding": each.acceptance.finding,
        "suggestions": list(each.suggestions),
    }


def _acceptance(deployment: Described, entry: Acceptance, field: str) -> shapes.Acceptance:
    _, line, column, _, _ = deployment.file.problem(field, "")
    return {
        "reason": entry.reason,
        "owner": entry.owner,
        "until": entry.until,
        "field": field,
        "line": line,
        "column": column,
    }
