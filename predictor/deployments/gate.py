"""The gate: which findings of an assessment fail, by the policy and by what was accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from crosscurrent.knowledge.errors import suggest

from .findings import fails

if TYPE_CHECKING:
    from crosscurrent.knowledge.deployments import Acceptance

    from .assessment import DeploymentAssessment
    from .findings import Finding

__all__ = ["Check", "Judged", "State", "Unused", "judge"]

State = Literal["passes", "fails", "accepted", "expired"]


class Judged(NamedTuple):
    """A finding, and what the gate says of it.

    Attributes
    ----------
    finding : Finding
        What was found.
    state : str
        ``passes``: the policy does not mind. ``fails``. ``accepted``: it would fail, but somebody
        answers for it until a day that has not passed. ``expired``: that day has passed, so that
        it fails again.
    acceptance : Acceptance or None
        The entry of the file that names it.
    field : str
        The field of that entry, such as ``accepted[0]``; empty without one.
    """

    finding: Finding
    state: State
    acceptance: Acceptance | None
    field: str


class Unused(NamedTuple):
    """An acceptance that names no finding of the assessment.

    Attributes
    ----------
    acceptance : Acceptance
        The entry of the file.
    field : str
        Where its finding is named: ``accepted[0].finding``.
    suggestions : tuple of str
        Findings whose ids are close, best first.
    """

    acceptance: Acceptance
    field: str
    suggestions: tuple[str, ...]


class Check(NamedTuple):
    """An assessment as a gate sees it.

    Attributes
    ----------
    found : DeploymentAssessment
        What was assessed.
    today : str
        The day of the check, as ``2027-06-30``.
    judged : tuple of Judged
        Every finding.
    unused : tuple of Unused
        Acceptances that name no finding.
    """

    found: DeploymentAssessment
    today: str
    judged: tuple[Judged, ...]
    unused: tuple[Unused, ...]

    @property
    def passes(self) -> bool:
        """Whether nothing fails."""
        return not self.failing

    @property
    def failing(self) -> tuple[Judged, ...]:
        """Findings that fail, because nobody accepted them or no longer."""
        return tuple(each for each in self.judged if each.state in ("fails", "expired"))

    @property
    def accepted(self) -> tuple[Judged, ...]:
        """Findings that would fail but are accepted."""
        return tuple(each for each in self.judged if each.state == "accepted")


def judge(found: DeploymentAssessment, today: str) -> Check:
    """Judge an assessment by the policy of its file.

    Parameters
    ----------
    found : DeploymentAssessment
        By `predictor.deployments.assessment.assess_deployment`.
    today : str
        The day, as ``2027-06-30``; an acceptance counts up to its last day and on it.
    """
    entries = {
        each.finding: (f"accepted[{index}]", each)
        for index, each in enumerate(found.deployment.file.deployment.accepted)
    }
    judged = []
    for finding in found.findings:
        field, acceptance = entries.pop(finding.id, ("", None))
        judged.append(Judged(finding, _state(found, finding, acceptance, today), acceptance, field))
    return Check(found, today, tuple(judged), tuple(_unused(found, entries)))


def _state(
    found: DeploymentAssessment, finding: Finding, acceptance: Acceptance | None, today: str
) -> State:
    if not fails(finding, found.deployment.file.deployment.policy):
        return "passes"
    if acceptance is None:
        return "fails"
    return "accepted" if today <= acceptance.until else "expired"  # days in ISO 8601 sort as text


def _unused(
    found: DeploymentAssessment, entries: dict[str, tuple[str, Acceptance]]
) -> Iterator[Unused]:
    ids = [each.id for each in found.findings]
    for field, acceptance in entries.values():
        yield Unused(acceptance, f"{field}.finding", suggest(acceptance.finding, ids))
