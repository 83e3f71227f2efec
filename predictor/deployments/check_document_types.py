"""Shapes of the documents about checks of deployments; see `predictor.document_types`."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from ..assessment import Grade
from .document_types import Finding, Matters, Subject
from .effects import Together
from .gate import State

__all__ = [
    "Acceptance",
    "Changes",
    "CheckedFinding",
    "CheckedRisk",
    "DeploymentCheck",
    "Earlier",
    "EarlierRisk",
    "Gone",
    "Outcome",
    "Policy",
    "RiskChange",
    "StatementChange",
    "UnusedAcceptance",
    "Way",
]

Way = Literal["raises", "no_longer_raises", "lowers", "no_longer_lowers", "shifts"]


class EarlierFact(TypedDict):
    """A fact, as far as it is compared."""

    field: str
    value: str
    assumption: NotRequired[str]
    subject: NotRequired[str | None]
    assumed: NotRequired[str | None]


class EarlierAdversary(TypedDict):
    """An adversary."""

    name: str
    risks: list[str]
    described: dict[str, str]


class EarlierDefense(TypedDict):
    """A defense in place."""

    name: str
    given: dict[str, str]
    settings: dict[str, str | int | float | bool]


class EarlierSubject(TypedDict):
    """What was assessed."""

    name: str
    digest: str
    facts: list[EarlierFact]
    silent: list[EarlierFact]
    adversaries: list[EarlierAdversary]
    defenses: list[EarlierDefense]


class EarlierRisk(TypedDict):
    """What was expected of a risk."""

    risk: str
    matters: str | None
    expect: str
    grade: str | None
    likelihood: float | None


class EarlierAcceptance(TypedDict):
    """Who accepted a finding, and until when."""

    owner: str
    until: str


class EarlierUnused(EarlierAcceptance):
    """An acceptance that named no finding."""

    finding: str


class EarlierFinding(TypedDict):
    """A finding; ``acceptance`` is of a check."""

    id: str
    kind: str
    acceptance: NotRequired[EarlierAcceptance | None]


class Earlier(TypedDict):
    """What is read of an earlier document: an assessment's or a check's; the rest may be there."""

    kind: Literal["deployment_assessment", "deployment_check"]
    deployment: EarlierSubject
    risks: list[EarlierRisk]
    findings: list[EarlierFinding]
    knowledge: str
    today: NotRequired[str]
    policy: NotRequired[dict[str, str | bool]]
    unused: NotRequired[list[EarlierUnused]]


class Acceptance(TypedDict):
    """Who accepted a finding, why and until when; ``line`` and ``column`` of the entry."""

    reason: str
    owner: str
    until: str
    field: str
    line: int
    column: int


class CheckedFinding(Finding):
    """A finding, and what the gate says of it."""

    state: State
    acceptance: Acceptance | None


class CheckedRisk(TypedDict):
    """What all defenses in place together let expect of a risk, as in an assessment."""

    risk: str
    matters: Matters | None
    expect: Together
    leading: str | None
    grade: Grade | None
    likelihood: float | None


class UnusedAcceptance(Acceptance):
    """An acceptance that names no finding, and findings that it may have meant."""

    finding: str
    suggestions: list[str]


class Policy(TypedDict):
    """The policy of the file."""

    rise_at: str
    matters: Matters
    conflicts: bool
    unprotected: bool
    chains: bool


class Outcome(TypedDict):
    """What is expected of a risk."""

    expect: str
    grade: str | None
    likelihood: float | None


class RiskChange(TypedDict):
    """What changed for a risk; None where the knowledge does not know it."""

    risk: str
    way: Way
    before: Outcome | None
    after: Outcome | None


class StatementChange(TypedDict):
    """A statement of the file that changed; None where it makes none."""

    field: str
    before: str | None
    after: str | None


class Gone(TypedDict):
    """A finding that is no longer there."""

    id: str
    kind: str


class Changes(TypedDict):
    """What changed since an earlier assessment.

    ``since``: the day of that check, None of an assessment. ``digest`` and ``knowledge``: its file
    and knowledge. ``because``: what differs, the file, the knowledge, or both. ``new``: ids of
    findings.
    """

    since: str | None
    digest: str
    knowledge: str
    because: list[Literal["file", "knowledge"]]
    statements: list[StatementChange]
    risks: list[RiskChange]
    new: list[str]
    gone: list[Gone]


class DeploymentCheck(TypedDict):
    """An assessment as a gate sees it."""

    kind: Literal["deployment_check"]
    passes: bool
    today: str
    deployment: Subject
    policy: Policy
    risks: list[CheckedRisk]
    findings: list[CheckedFinding]
    unused: list[UnusedAcceptance]
    changes: Changes | None
    knowledge: str
