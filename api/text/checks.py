"""Checks of deployments in words, which terminal, SARIF, JUnit and Python share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from crosscurrent.predictor.deployments.findings import CONFLICTS

from . import deployment_findings as points
from . import deployments
from .names import lowered, percent

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments import check_document_types as shapes
    from crosscurrent.predictor.deployments.effects import Effect
    from crosscurrent.predictor.deployments.findings import Finding, Kind
    from crosscurrent.predictor.deployments.gate import Check

__all__ = [
    "RULES",
    "Rule",
    "Said",
    "acceptance",
    "because",
    "entry",
    "heading",
    "risk_change",
    "said",
    "statement",
    "unused",
]


class Rule(NamedTuple):
    """What a kind of findings is called, what it means, and what to do about it."""

    name: str
    short: str
    meaning: str
    to_do: str


RULES: Final[Mapping[Kind, Rule]] = MappingProxyType(
    {
        "rise": Rule(
            "RiskRises",
            "A defense in place is expected to raise a risk",
            "What is published, measured and derived of the defense, in the setting that the"
            " deployment file describes, lets expect that it raises this risk.",
            "Change the defense or its setting as its advice says, measure whether it does so here,"
            " or accept the rise with an owner, a reason and an expiry.",
        ),
        "conflict": Rule(
            "DefensesConflict",
            "Defenses in place conflict",
            "One of the defenses undoes what the other needs.",
            "Use the stages or variants that crosscurrent combine suggests, or leave one out.",
        ),
        "not_trainable": Rule(
            "DefensesNotTrainable",
            "Defenses in place cannot be trained together as they are",
            "What one of the defenses does in training leaves the other without what it needs.",
            "Use the stages or variants that crosscurrent combine suggests, or leave one out.",
        ),
        "disputed": Rule(
            "DefensesDisputed",
            "Works are divided on whether defenses in place go together",
            "The defenses were seen to work together, though a conflict was seen or is expected.",
            "Measure them together, or use the stages or variants that crosscurrent combine"
            " suggests.",
        ),
        "at_a_cost": Rule(
            "DefensesAtACost",
            "Defenses in place work together only at a cost",
            "The defenses were seen to work together only if tuned or designed for it, or at a"
            " cost.",
            "Tune them together, and measure both.",
        ),
        "unprotected": Rule(
            "RiskUnprotected",
            "No defense in place is expected to lower a risk that matters",
            "The deployment file says that the risk matters, and nothing in it lowers the risk.",
            "Choose a defense with crosscurrent plan, or measure whether those in place do.",
        ),
        "chain": Rule(
            "AttackChain",
            "A chain of attacks toward a risk that matters is not broken",
            "That the first attack amplifies the next was shown, and no defense in place breaks"
            " the chain.",
            "Choose a defense that breaks a link: crosscurrent collude --target says which do.",
        ),
    }
)
"""Rules of the gate, by the kind of findings."""

_WAYS: Final = MappingProxyType(
    {
        "raises": "raises {}",
        "no_longer_raises": "no longer raises {}",
        "lowers": "lowers {}",
        "no_longer_lowers": "no longer lowers {}",
        "shifts": "bears on {}",
    }
)


class Said(NamedTuple):
    """A finding in a sentence, and what to do about it."""

    sentence: str
    to_do: str


def heading(check: Check) -> str:
    """Return the verdict in a line."""
    name = check.found.deployment.file.deployment.name
    verdict = "passes" if check.passes else "fails"
    parts = [_count(len(check.failing), "failing finding")]
    if check.accepted:
        parts.append(f"{len(check.accepted)} accepted")
    others = len(check.judged) - len(check.failing) - len(check.accepted)
    if others:
        parts.append(f"{others} that the policy lets pass")
    return f"{name} {verdict}: {', '.join(parts)}"


def _count(many: int, what: str) -> str:
    return f"{many or 'no'} {what}{'s' * (many != 1)}"


def said(kb: KnowledgeBase, check: Check) -> dict[str, Said]:
    """Return every finding in sentences, by id."""
    found = check.found
    rows = {row.id: row.to_do for row in deployments.summary(kb, found)}
    told: dict[str, Said] = {}
    for each in check.judged:
        finding = each.finding
        sentence = f"{points.finding(kb, found, finding)}."
        if finding.kind == "rise":
            to_do = _about(kb, _effect(check, finding))
        elif finding.kind == "unprotected":
            to_do = rows[str(finding.risk)]
        elif finding.kind in CONFLICTS and not _repaired(check):
            to_do = "leave one of them out"
        else:
            to_do = ""  # the sentence says it
        told[finding.id] = Said(sentence, to_do)
    return told


def _effect(check: Check, finding: Finding) -> Effect:
    return next(
        effect
        for outcome in check.found.risks
        if outcome.risk == finding.risk
        for effect in outcome.effects
        if effect.defense.name == finding.defenses[0]
    )


def _about(kb: KnowledgeBase, effect: Effect) -> str:
    lines = deployments.advice(kb, effect)
    told = lines[0] if lines else deployments.measure(effect)
    return told if lines else f"{told[0].lower()}{told[1:]}"


def _repaired(check: Check) -> bool:
    combined = check.found.combined
    return combined is not None and bool(combined.repairs)


def acceptance(each: shapes.CheckedFinding) -> str:
    """Say who accepted a finding until when and why; empty if nobody did."""
    entry = each["acceptance"]
    if entry is None:
        return ""
    passed = ", which has passed" if each["state"] == "expired" else ""
    return f"accepted by {entry['owner']} until {entry['until']}{passed}: {entry['reason']}"


def unused(each: shapes.UnusedAcceptance) -> str:
    """Say that an acceptance names no finding."""
    close = each["suggestions"]
    hint = f"did you mean {close[0]}?" if close else "remove it"
    return f"accepted, but not found: {each['finding']} ({hint})"


def entry(finding: str) -> str:
    """Return the lines of a deployment file that accept a finding."""
    return (
        "accepted:\n"
        f"  - finding: '{finding}'\n"
        "    reason: why that is acceptable\n"
        "    owner: who answers for it\n"
        "    until: 'YYYY-MM-DD'"
    )


def because(changes: shapes.Changes) -> str:
    """Say what differs from the earlier assessment."""
    since = f" of {changes['since']}" if changes["since"] else ""
    words = {"file": "the deployment", "knowledge": "the knowledge"}
    named = " and ".join(words[each] for each in changes["because"])
    if named:
        return f"Since the accepted assessment{since}, {named} changed"
    if changes["risks"] or changes["new"] or changes["gone"]:
        return f"Since the accepted assessment{since}, neither changed, but Crosscurrent itself"
    return f"Nothing changed since the accepted assessment{since}"


def statement(change: shapes.StatementChange) -> str:
    """Say what the file states otherwise than before."""
    before, after = change["before"], change["after"]
    if before is None:
        return f"{change['field']}: {after} (new)"
    if after is None:
        return f"{change['field']}: {before} before, no longer stated"
    return f"{change['field']}: {before} before, now {after}"


def risk_change(
    kb: KnowledgeBase, change: shapes.RiskChange, cause: Iterable[str]
) -> tuple[str, str]:
    """Say what the change does to a risk, and what was expected before and is now."""
    causes = list(cause)
    subject = {
        ("file",): "This change",
        ("knowledge",): "New knowledge",
        ("file", "knowledge"): "This change, with new knowledge,",
    }.get(tuple(causes), "A newer Crosscurrent")
    risk = kb.risks.get(change["risk"])
    name = lowered(risk.name) if risk else change["risk"]
    head = f"{subject} {_likelier(change, name) or _WAYS[change['way']].format(name)}"
    return head, f"before: {_outcome(change['before'])}; now: {_outcome(change['after'])}"


def _likelier(change: shapes.RiskChange, name: str) -> str:
    """Say that what was expected before has become more or less likely, if that is all."""
    was, now = change["before"], change["after"]
    if was is None or now is None or was["expect"] != now["expect"]:
        return ""
    what = {"increase": "a rise", "opposed": "a rise", "decrease": "a fall"}.get(now["expect"])
    before, after = was["likelihood"], now["likelihood"]
    if what is None or before is None or after is None or percent(before) == percent(after):
        return ""
    return f"makes {what} of {name} {'more' if after > before else 'less'} likely"


def _outcome(found: shapes.Outcome | None) -> str:
    if found is None:
        return "not known"
    parts = [deployments.EXPECT.get(found["expect"], found["expect"])]
    if found["likelihood"] is not None and found["expect"] != "depends":
        rise = " to rise" if found["expect"] == "opposed" else ""
        parts.append(f"{percent(found['likelihood'])} likely{rise}")
    if found["grade"] is not None:
        parts.append(deployments.CERTAINTY.get(found["grade"], found["grade"]))
    return ", ".join(parts)
