"""A deployment file in text, changed as a test needs it, and its check."""

from __future__ import annotations

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.deployment_files import read_deployment_text
from crosscurrent.predictor.deployments.assessment import assess_deployment
from crosscurrent.predictor.deployments.gate import Check, judge

__all__ = ["ACCEPTED", "FAIRNESS", "TODAY", "checked", "deployment"]

TODAY = "2027-01-15"
FAIRNESS = "rise:discriminatory_behavior:differential_privacy"
"""What differential privacy is known to do."""

ACCEPTED = f"""\
accepted:
  - finding: {FAIRNESS}
    reason: measured each month
    owner: fairness officer
    until: '2027-06-30'
"""


def deployment(
    more: str = "", defenses: tuple[str, ...] = ("PD1",), risks: str = "P1: high, F: high"
) -> str:
    """Return a deployment file with these defenses and risks, and more of its sections."""
    lines = ["deployment: 1", "name: Loan applications", "data: {modality: tabular}"]
    if defenses:
        lines += ["defenses:", *(f"  - {{defense: {name}}}" for name in defenses)]
    lines.append("risks:")
    for each in risks.split(", "):
        name, matters = each.split(": ")
        lines.append(f"  - {{risk: {name}, matters: {matters}}}")
    return "\n".join([*lines, more])


def checked(kb: KnowledgeBase, text: str, today: str = TODAY) -> Check:
    """Check the text of a deployment file on a day."""
    file = read_deployment_text(text.encode(), "deployment.yaml")
    return judge(assess_deployment(kb, file), today)
