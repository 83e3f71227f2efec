"""Shapes of the documents about deployments; see `predictor.document_types`."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from ..assessment import Grade
from ..document_types import Assessment, Scenario, Setting
from ..joint_document_types import Adversaries, Chain, Combination, NearMiss, Plan
from .effects import Together
from .facts import Assumption
from .findings import Kind

__all__ = [
    "Better",
    "DefenseInPlace",
    "DeploymentAssessment",
    "Effect",
    "Fact",
    "Finding",
    "Measurement",
    "RiskOutcome",
    "Subject",
    "Threat",
    "Unstated",
]

Matters = Literal["low", "medium", "high"]


class Fact(TypedDict):
    """What a field of the deployment file is taken to mean; without a subject, it is only noted."""

    field: str
    value: str
    assumption: Assumption
    subject: str | None
    assumed: str | None


class DefenseInPlace(TypedDict):
    """A defense in place; ``name`` is as ``predict`` takes it, ``variant`` as ``combine`` does."""

    name: str
    defense: str
    variant: str
    given: dict[str, str]
    settings: dict[str, Any]


class Adversary(TypedDict):
    """Somebody who may attack, the risks that it may turn into attacks, and what it has."""

    name: str
    risks: list[str]
    described: dict[str, str]


class Subject(TypedDict):
    """What was assessed."""

    name: str
    purpose: str | None
    owner: str | None
    file: str
    digest: str
    facts: list[Fact]
    silent: list[Fact]
    adversaries: list[Adversary]
    defenses: list[DefenseInPlace]


class Effect(TypedDict):
    """What one defense in place does to one risk, against the adversary with the worst answer.

    ``assessment`` is that of ``what-if`` under the scenario.
    """

    defense: str
    risk: str
    intended: bool
    adversary: str | None
    otherwise: dict[str, str]
    scenario: Scenario
    assessment: Assessment


class RiskOutcome(TypedDict):
    """What all defenses in place together let expect of a risk; ``leading`` names the defense."""

    risk: str
    matters: Matters | None
    expect: Together
    leading: str | None
    grade: Grade | None
    likelihood: float | None
    protected: bool
    reachable: bool
    setting: Setting | None
    effects: list[Effect]


class Threat(TypedDict):
    """A chain of attacks toward a risk that matters."""

    target: str
    chain: Chain
    adversaries: list[list[str]]
    assumed: Adversaries
    broken_by: list[str]


class Unstated(TypedDict):
    """A fact that the file does not state, and the answers that hang on it."""

    field: str
    effects: list[dict[str, str | None]]


class Measurement(TypedDict):
    """An effect worth measuring: uncertainty in bits, worth from 0 to 3."""

    defense: str
    risk: str
    uncertainty: float
    worth: float


class Better(TypedDict):
    """Sets of defenses near the one in place."""

    protect: list[str]
    avoid: list[str]
    kept: bool
    complete: bool
    plans: list[Plan]
    near_misses: list[NearMiss]


class Finding(TypedDict):
    """One thing that speaks against a deployment; ``line`` and ``column`` of what it hangs on."""

    id: str
    kind: Kind
    risk: str | None
    defenses: list[str]
    grade: Grade | None
    matters: Matters | None
    field: str
    line: int
    column: int


class DeploymentAssessment(TypedDict):
    """What to expect of a deployment."""

    kind: Literal["deployment_assessment"]
    deployment: Subject
    risks: list[RiskOutcome]
    combination: Combination | None
    threats: list[Threat]
    unstated: list[Unstated]
    measurements: list[Measurement]
    better: Better | None
    findings: list[Finding]
    knowledge: str
