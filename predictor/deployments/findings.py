"""Findings of an assessment: what speaks against a deployment, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .effects import GRADES, MATTERS, Effect, RiskOutcome
from .facts import NEVER

if TYPE_CHECKING:
    from crosscurrent.knowledge.deployments import Matters, Policy

    from ..assessment import Grade
    from ..conflicts import Combined
    from .facts import Described
    from .threats import Threat

__all__ = ["KINDS", "Finding", "Kind", "fails", "findings"]

Kind = Literal["rise", "conflict", "not_trainable", "at_a_cost", "unprotected", "chain"]

KINDS: Final[tuple[Kind, ...]] = (
    "rise",
    "conflict",
    "not_trainable",
    "at_a_cost",
    "unprotected",
    "chain",
)
"""Kinds of findings, the worst first.

``rise``: a defense in place is expected to raise a risk. ``conflict``: defenses in place conflict,
or were seen both to and not to. ``not_trainable``: they cannot be trained together as they are.
``at_a_cost``: they work together only if tuned or at a cost. ``unprotected``: no defense in place
is expected to lower a risk that matters. ``chain``: a chain of attacks toward a risk that matters
was shown, and no defense in place breaks it.
"""


class Finding(NamedTuple):
    """One thing that speaks against a deployment.

    Attributes
    ----------
    id : str
        The same for the same thing in every assessment: ``rise:evasion:group_fairness``.
    kind : str
        See `KINDS`.
    risk : str or None
        Id of the risk that it is about.
    defenses : tuple of str
        Those that it is about, as the file names them.
    grade : str or None
        How well established an expected rise is.
    matters : str or None
        How much the risk matters.
    field : str
        The field of the file that it hangs on.
    """

    id: str
    kind: Kind
    risk: str | None
    defenses: tuple[str, ...]
    grade: Grade | None
    matters: Matters | None
    field: str


def findings(
    deployment: Described,
    risks: tuple[RiskOutcome, ...],
    combined: Combined | None,
    threats: tuple[Threat, ...],
) -> tuple[Finding, ...]:
    """Return every finding, those of one kind in the order of the risks."""
    return (
        *_rises(risks),
        *_joint(deployment, combined),
        *_unprotected(deployment, risks),
        *_chains(deployment, threats),
    )


def _rises(risks: tuple[RiskOutcome, ...]) -> Iterator[Finding]:
    for outcome in risks:
        for each in outcome.moving("increase"):
            yield _rise(each, outcome)


def _rise(effect: Effect, outcome: RiskOutcome) -> Finding:
    name = effect.defense.name
    return Finding(
        f"rise:{effect.risk}:{name}",
        "rise",
        effect.risk,
        (name,),
        effect.answer.grade,
        outcome.matters,
        effect.defense.field,
    )


def _joint(deployment: Described, combined: Combined | None) -> Iterator[Finding]:
    if combined is None:
        return
    kinds: dict[str, Kind] = {
        "conflict": "conflict",
        "disputed": "conflict",
        "not_trainable": "not_trainable",
        "at_a_cost": "at_a_cost",
    }
    kind = kinds.get(combined.outcome)
    if kind is None:
        return
    untrained = {frozenset({each.one.id, each.other.id}) for each in combined.exclusions}
    groups: dict[frozenset[str], Kind] = dict.fromkeys(untrained, "not_trainable")
    joint: Kind = "conflict" if kind == "not_trainable" else kind  # to accept one excuses no other
    for each in combined.conflicts:
        groups.setdefault(frozenset({each.earlier.id, each.later.id}), joint)
    if kind != "not_trainable":
        for record in combined.judged.records:
            groups.setdefault(frozenset(record.defenses), kind)
    ordered = sorted(groups.items(), key=lambda item: (KINDS.index(item[1]), sorted(item[0])))
    for group, own in ordered:
        about = [each for each in deployment.defenses if each.variant.id in group]
        names = tuple(each.name for each in about)
        yield Finding(
            f"{own}:{':'.join(sorted(names))}", own, None, names, None, None, about[-1].field
        )


def _unprotected(deployment: Described, risks: tuple[RiskOutcome, ...]) -> Iterator[Finding]:
    for outcome in risks:
        if outcome.matters is not None and not outcome.protected:
            field = deployment.fields.get(outcome.risk, "risks")
            yield Finding(
                f"unprotected:{outcome.risk}",
                "unprotected",
                outcome.risk,
                (),
                None,
                outcome.matters,
                field,
            )


def _chains(deployment: Described, threats: tuple[Threat, ...]) -> Iterator[Finding]:
    for each in threats:
        if each.chain.unproven or each.broken_by:
            continue
        names = ":".join(attack.id for attack in each.chain.attacks)
        yield Finding(
            f"chain:{names}",
            "chain",
            each.target,
            (),
            None,
            deployment.matters[each.target],
            deployment.fields.get(each.target, "risks"),
        )


def fails(finding: Finding, policy: Policy) -> bool:
    """Say whether a finding fails a policy, accepted or not."""
    counts = finding.matters is not None and MATTERS.index(finding.matters) >= MATTERS.index(
        policy.matters
    )
    if finding.kind == "rise":
        if policy.rise_at == NEVER or not counts or finding.grade is None:
            return False
        ranks: tuple[str, ...] = GRADES
        return ranks.index(finding.grade) <= ranks.index(policy.rise_at)
    if finding.kind in ("conflict", "not_trainable"):
        return policy.conflicts
    if finding.kind == "unprotected":
        return policy.unprotected and counts
    return finding.kind == "chain" and policy.chains and counts
