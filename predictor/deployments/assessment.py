"""Assessment of a deployment: all that the single questions say of it, put together once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..conflicts import Combined, combine
from ..tensions import Tension, tensions
from .effects import RiskOutcome, outcomes
from .facts import Described, described
from .findings import Finding, findings
from .next_steps import (
    Better,
    Measurement,
    Unstated,
    better_sets,
    measurements,
    unstated,
)
from .threats import Threat, threats

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.knowledge.deployment_files import DeploymentFile

__all__ = ["DeploymentAssessment", "assess_deployment"]


class DeploymentAssessment(NamedTuple):
    """What to expect of a deployment.

    Attributes
    ----------
    deployment : Described
        The deployment as the base understands it.
    risks : tuple of RiskOutcome
        Every risk: those that matter most first.
    combined : Combined or None
        Whether the defenses go together; None of fewer than two.
    tensions : tuple of Tension
        Hints from the factor graph on pairs of them.
    threats : tuple of Threat
        Chains of attacks toward risks that matter.
    unstated : tuple of Unstated
        What the file does not say, and what hangs on it.
    measurements : tuple of Measurement
        What to measure next, most worth first.
    better : Better or None
        The nearest better sets of defenses.
    findings : tuple of Finding
        What speaks against the deployment.
    knowledge : str
        Digest of the knowledge base.
    """

    deployment: Described
    risks: tuple[RiskOutcome, ...]
    combined: Combined | None
    tensions: tuple[Tension, ...]
    threats: tuple[Threat, ...]
    unstated: tuple[Unstated, ...]
    measurements: tuple[Measurement, ...]
    better: Better | None
    findings: tuple[Finding, ...]
    knowledge: str


def assess_deployment(kb: KnowledgeBase, file: DeploymentFile) -> DeploymentAssessment:
    """Assess a deployment.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    file : DeploymentFile
        See `crosscurrent.knowledge.deployment_files`.

    Raises
    ------
    BrokenDeployment
        If the file names what is not known, or contradicts itself.
    """
    deployment = described(kb, file)
    risks = outcomes(kb, deployment)
    variants = [each.variant.id for each in deployment.defenses]
    combined = combine(kb, variants) if len(variants) > 1 else None
    chains = threats(kb, deployment)
    return DeploymentAssessment(
        deployment,
        risks,
        combined,
        tensions(kb, combined.defenses) if combined else (),
        chains,
        unstated(kb, deployment, risks),
        measurements(risks),
        better_sets(kb, deployment, risks),
        findings(kb, deployment, risks, combined, chains),
        kb.digest,
    )
