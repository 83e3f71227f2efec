"""What an assessment adds to the drafts for the AI Act: effects in it, and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .deployments import finding, heading, summary
from .wording import GLYPHS

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment

__all__ = ["decisions", "effects"]


def effects(kb: KnowledgeBase, found: DeploymentAssessment) -> str:
    """Return what the measures in place are expected to do to each risk, for Article 9(4)."""
    lines = [f"In this deployment ({heading(found)}; file `{found.deployment.file.digest}`):", ""]
    lines += [f"- {row.risk}: {GLYPHS[row.glyph]} {row.known}." for row in summary(kb, found)]
    return "\n".join(lines)


def decisions(kb: KnowledgeBase, found: DeploymentAssessment) -> str:
    """Return what was found and what was decided on it, for Annex IV(2)(b)."""
    accepted = {each.finding: each for each in found.deployment.file.deployment.accepted}
    lines = ["Found in this deployment, and what was decided:", ""]
    for each in found.findings:
        lines.append(f"- {finding(kb, found, each)}.")
        reason = accepted.get(each.id)
        if reason is not None:
            lines.append(f"  - Accepted until {reason.until} by {reason.owner}: {reason.reason}")
    undecided = sum(each.id not in accepted for each in found.findings)
    lines += ["", f"Not decided on: {undecided} of {len(found.findings)}."]
    return "\n".join(lines) if found.findings else "Nothing speaks against this deployment."
