"""What an assessment adds to the drafts for the AI Act: effects in it, and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .deployment_findings import finding
from .deployments import heading, summary
from .markup import escaped
from .wording import GLYPHS

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment

__all__ = ["decisions", "effects"]


def effects(kb: KnowledgeBase, found: DeploymentAssessment) -> str:
    """Return what the measures in place are expected to do to each risk, for Article 9(4)."""
    named = escaped(heading(found))
    lines = [f"In this deployment ({named}; file `{found.deployment.file.digest}`):", ""]
    lines += [
        f"- {escaped(row.risk)}: {GLYPHS[row.glyph]} {escaped(row.known)}."
        for row in summary(kb, found)
    ]
    return "\n".join(lines)


def decisions(kb: KnowledgeBase, found: DeploymentAssessment, today: str) -> str:
    """Return what was found and what was decided on it, for Annex IV(2)(b).

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    found : DeploymentAssessment
        What it answered.
    today : str
        The day, as ``2027-06-30``: what was accepted until an earlier one is not decided on.
    """
    accepted = {each.finding: each for each in found.deployment.file.deployment.accepted}
    lines = ["Found in this deployment, and what was decided:", ""]
    for each in found.findings:
        lines.append(f"- {escaped(finding(kb, found, each))}.")
        entry = accepted.get(each.id)
        if entry is not None:
            passed = "" if today <= entry.until else ", which has passed,"
            told = f"Accepted until {entry.until}{passed} by {entry.owner}: {entry.reason}"
            lines.append(f"  - {escaped(told)}")
    valid = {name for name, each in accepted.items() if today <= each.until}
    undecided = sum(each.id not in valid for each in found.findings)
    lines += ["", f"Not decided on: {undecided} of {len(found.findings)}."]
    return "\n".join(lines) if found.findings else "Nothing speaks against this deployment."
