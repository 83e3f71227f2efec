"""Findings of an assessment: what speaks against a deployment, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from ..conflicts import combine
from .effects import GRADES, MATTERS, Effect, RiskOutcome
from .facts import NEVER

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.knowledge.deployments import Matters, Policy

    from ..assessment import Grade
    from ..conflicts import Combined
    from .facts import Described
    from .threats import Threat

__all__ = ["CONFLICTS", "JOINT", "KINDS", "Finding", "Kind", "fails", "findings"]

Kind = Literal["rise", "conflict", "not_trainable", "disputed", "at_a_cost", "unprotected", "chain"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""Kinds of findings, the worst first.

``rise``: a defense in place is expected to raise a risk. ``conflict``: defenses in place conflict.
``not_trainable``: they cannot be trained together as they are. ``disputed``: they were seen to work
together, though a conflict was seen or is expected. ``at_a_cost``: they work together only if tuned
or at a cost. These are what `predictor.conflicts.combine` says of those defenses by themselves.
``unprotected``: no defense in place is expected to lower a risk that matters. ``chain``: a chain of
attacks toward a risk that matters was shown, and no defense in place breaks it.
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


CONFLICTS: Final[tuple[Kind, ...]] = ("conflict", "not_trainable", "disputed")
"""Kinds that say that defenses do not go together as they are."""

JOINT: Final[tuple[Kind, ...]] = (*CONFLICTS, "at_a_cost")
"""Kinds about defenses together, called as `predictor.conflicts.combine` calls the outcome."""


def findings(
    kb: KnowledgeBase,
    deployment: Described,
    risks: tuple[RiskOutcome, ...],
    combined: Combined | None,
    threats: tuple[Threat, ...],
) -> tuple[Finding, ...]:
    """Return every finding, those of one kind in the order of the risks."""
    return (
        *_rises(risks),
        *_joint(kb, deployment, combined),
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


def _joint(
    kb: KnowledgeBase, deployment: Described, combined: Combined | None
) -> Iterator[Finding]:
    """Yield what speaks against defenses together, each group judged by itself as combine does."""
    if combined is None:
        return
    groups = {frozenset({each.one.id, each.other.id}) for each in combined.exclusions}
    groups |= {frozenset({each.earlier.id, each.later.id}) for each in combined.conflicts}
    groups |= {frozenset(each.defenses) for each in combined.observations}
    found: list[Finding] = []
    known: dict[frozenset[str], Kind] = {}
    for group in sorted(groups, key=lambda each: (len(each), sorted(each))):
        about = [each for each in deployment.defenses if each.variant.id in group]
        outcome = combine(kb, [each.variant.id for each in about], repairing=False).outcome
        kind = next((each for each in JOINT if each == outcome), None)
        told = any(part < group and own == kind for part, own in known.items())
        if kind is not None and not told:
            known[group] = kind
            names = tuple(each.name for each in about)
            identity = f"{kind}:{':'.join(sorted(names))}"
            found.append(Finding(identity, kind, None, names, None, None, about[-1].field))
    yield from sorted(found, key=lambda each: (KINDS.index(each.kind), each.id))


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
    if finding.kind in CONFLICTS:
        return policy.conflicts
    if finding.kind == "unprotected":
        return policy.unprotected and counts
    return finding.kind == "chain" and policy.chains and counts
