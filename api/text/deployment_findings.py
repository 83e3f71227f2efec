"""What an assessment finds in words: conflicts, chains, what is not said, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from . import assessments
from .combinations import chain_of, changes_of, grounds_of, missed, outcome_words, why_not
from .conditions import circumstance
from .deployments import CERTAINTY, UNMEASURED, document_of, listed, meant_for, named
from .experiments import experiment
from .names import cite, lowered, percent
from .wording import TENSIONS

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.conflicts import Combined, Repair
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import Effect
    from crosscurrent.predictor.deployments.facts import Fact
    from crosscurrent.predictor.deployments.findings import Finding
    from crosscurrent.predictor.deployments.next_steps import Better, Measurement, Unstated
    from crosscurrent.predictor.deployments.threats import Threat
    from crosscurrent.predictor.plans import Plan

__all__ = [
    "asked_again",
    "better",
    "effect_of",
    "fact",
    "finding",
    "joined",
    "measuring",
    "silent",
    "threat",
    "together",
    "unstated",
]

_MOST = 2


def together(kb: KnowledgeBase, found: DeploymentAssessment) -> list[str]:
    """Say whether the defenses go together, why not, in which order, and what to change."""
    lines = joined(kb, found)
    for tension in found.tensions:
        record_of = kb.factors.get(tension.subject) or kb.risks[tension.subject]
        words = TENSIONS[tension.mechanism].format(subject=lowered(record_of.name))
        lines.append(f"tension: {tension.one}, {tension.other}: {words}")
    return lines


def joined(kb: KnowledgeBase, found: DeploymentAssessment) -> list[str]:
    """Say what `together` does, without tensions; the first line is the outcome."""
    combined = found.combined
    if combined is None:
        return []
    lines = [_joint(combined)]
    for each in combined.exclusions:
        known = each.record
        why = why_not(known.reason if known else None)
        cited = f" ({cite(kb, known.sources)})" if known and known.sources else ""
        lines.append(f"{each.one.id} and {each.other.id}: {why}{cited}")
        if known and known.remedy:
            lines.append(f"instead: {known.remedy}")
    for conflict in combined.conflicts:
        risk = lowered(kb.risks[conflict.risk].name)
        doubt = " (inferred)" if conflict.inferred else ""
        lines.append(
            f"{conflict.earlier.id} uses {risk}, which {conflict.later.id} mitigates{doubt}"
        )
    for record in combined.judged.records:
        works = cite(kb, record.sources or record.stated_in)
        lines.append(f"{record.provenance}: {' + '.join(record.defenses)}: {works}")
        lines += [f"only if {record.works_if}"] if record.works_if else []
        lines += [f"at the cost of {record.cost}"] if record.cost else []
    if combined.orders and combined.outcome in ("shown_effective", "no_known_conflict"):
        lines.append(f"order: {chain_of(combined.orders[0])}")
    lines += [
        f"repair: {changes_of(each)}{_uncovered(kb, each)}" for each in combined.repairs[:_MOST]
    ]
    return lines


def _joint(combined: Combined) -> str:
    rests = grounds_of(combined.grounds)
    said = outcome_words(combined.outcome, combined.grounds)
    return f"{said} ({rests})" if rests else said


def _uncovered(kb: KnowledgeBase, repair: Repair) -> str:
    names = [lowered(kb.risks[risk].name) for risk in repair.uncovered]
    return f" (then uncovered: {', '.join(names)})" if names else ""


def threat(kb: KnowledgeBase, found: Threat) -> tuple[str, str]:
    """Return a chain of attacks in a line, and what breaks it."""
    steps = lowered(found.chain.attacks[0].name)
    for link in found.chain.links:
        doubt = "" if link.proven else " (not shown)"
        steps += f" → {lowered(link.second.name)}{doubt}"
    who = listed(_able(found.adversaries))
    if who:
        steps += f", by {who}"
    if found.broken_by:
        names = listed(named(kb, each) for each in found.broken_by)
        return steps, f"broken by {names}, in place"
    breaks = dict.fromkeys(
        lowered(each.defense.name)
        for link in found.breakers
        for each in link
        if each.whole and not each.backfires
    )
    if breaks:
        return steps, f"nothing in place breaks it; would: {listed([*breaks][:3])}"
    weakens = dict.fromkeys(
        lowered(each.defense.name) for link in found.breakers for each in link if not each.backfires
    )
    if weakens:
        return steps, f"nothing is known to break it; weaken it: {listed([*weakens][:3])}"
    return steps, "nothing is known to break it"


def _able(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Name who may mount a chain: alone, and those pairs of which neither can alone."""
    every = list(pairs)
    alone = [first for first, last in every if first == last]
    together = [
        f"{first} with {last}" for first, last in every if first not in alone and last not in alone
    ]
    return [*alone, *together]


def unstated(kb: KnowledgeBase, found: Unstated) -> str:
    """Say what the file leaves open, and what hangs on it."""
    answers = [
        f"{_defense_name(kb, defense)} on {lowered(kb.risks[risk].name)}"
        if defense
        else lowered(kb.risks[risk].name)
        for defense, risk in found.effects
    ]
    shown = answers[:3] + [f"{len(answers) - 3} more"] * (len(answers) > 3)
    verb = "hangs" if len(answers) == 1 else "hang"
    return f"{found.field}: {listed(shown)} {verb} on it"


def _defense_name(kb: KnowledgeBase, name: str) -> str:
    return lowered(kb.defenses[name.partition("@")[0]].name)


def measuring(kb: KnowledgeBase, found: Measurement) -> tuple[str, str]:
    """Return what to measure and why, and the command; empty if no experiment is built in."""
    effect = found.effect
    what = f"{named(kb, effect.defense)} on {lowered(kb.risks[effect.risk].name)}"
    command = experiment(effect.defense.name, effect.risk)
    likelihood = effect.answer.likelihood_increase
    how = "no evidence" if likelihood is None else f"{percent(likelihood)} likely to rise"
    grounds = ", ".join(dict.fromkeys([how, CERTAINTY[effect.answer.grade]]))
    known = f"{what}: {grounds}"
    return known if command else f"{known}; {UNMEASURED}", command


def better(kb: KnowledgeBase, found: Better) -> list[str]:
    """Return the nearest better sets, a line each, or why there is none."""
    lines = [f"{chain_of(each.order)}: {_costs(kb, each)}" for each in found.plans]
    for near in found.near_misses:
        misses = "; ".join(
            missed(each.wish, _wished(kb, each.value), each.instead) for each in near.misses
        )
        lines.append(f"{chain_of(near.plan.order)}: {misses}")
    if not lines:
        text = "no set near this one is better in what matters"
        return [text if found.complete else "the search for better sets was given up"]
    return lines


def asked_again(found: DeploymentAssessment) -> str:
    """Return the command that lists better sets in full."""
    wanted = found.better
    if wanted is None:
        return ""
    words = ["crosscurrent", "plan"]
    words += [word for risk in wanted.protect for word in ("--protect", risk)]
    words += [word for risk in wanted.avoid for word in ("--avoid", risk)]
    if wanted.kept:
        have = (each.variant.id for each in found.deployment.defenses)
        words += [word for name in have for word in ("--have", name)]
    return shlex.join([*words, "--max", str(len(found.deployment.defenses) + 2)])


def _costs(kb: KnowledgeBase, plan: Plan) -> str:
    raised = dict.fromkeys(lowered(kb.risks[each.risk].name) for each in plan.raises)
    return f"raises {listed(raised)}" if raised else "raises nothing known"


def _wished(kb: KnowledgeBase, value: str) -> str:
    return lowered(kb.risks[value].name) if value in kb.risks else value


def fact(kb: KnowledgeBase, found: Fact) -> str:
    """Say what a field of the file is taken to mean."""
    said = f"{found.field} {found.value}"
    if found.subject is None:
        return f"{said}: noted, nothing is assumed"
    if found.assumption in ("raise", "lower"):
        factor = kb.factors.get(found.subject)
        name = lowered(factor.name) if factor else found.subject
        return f"{said}: the setting {found.assumption}s {name}"
    return f"{said}: {circumstance(kb, {found.subject: str(found.assumed)})}"


def silent(found: Fact) -> str:
    """Say that a base knows nothing of what a field says."""
    return f"{found.field} {found.value}: this knowledge says nothing of it"


def finding(kb: KnowledgeBase, found: DeploymentAssessment, each: Finding) -> str:
    """Say what a finding is, in a sentence."""
    return _FINDINGS[each.kind](kb, found, each)


def effect_of(found: DeploymentAssessment, each: Finding) -> Effect:
    """Return the effect that a finding of an expected rise is about."""
    return next(
        effect
        for outcome in found.risks
        if outcome.risk == each.risk
        for effect in outcome.effects
        if effect.defense.name == each.defenses[0]
    )


def _rise(kb: KnowledgeBase, found: DeploymentAssessment, each: Finding) -> str:
    return assessments.spoken(kb, document_of(kb, effect_of(found, each)))


def _joined(kb: KnowledgeBase, found: DeploymentAssessment, each: Finding) -> str:
    names = " and ".join(_defense_name(kb, name) for name in each.defenses)
    words = {
        "not_trainable": "cannot be trained together as they are",
        "conflict": "conflict",
        "disputed": "were seen to work together, though a conflict was seen or is expected",
        "at_a_cost": "work together only if tuned or designed for it, or at a cost",
    }
    repairs = found.combined.repairs if found.combined else ()
    mend = f"; repair: {changes_of(repairs[0])}" if repairs else ""
    text = f"{names} {words[each.kind]}{mend}"
    return text[0].upper() + text[1:]


def _unprotected(kb: KnowledgeBase, found: DeploymentAssessment, each: Finding) -> str:
    risk = str(each.risk)
    text = f"No defense in place is expected to lower {lowered(kb.risks[risk].name)}"
    meant = [named(kb, one) for one in found.deployment.defenses if meant_for(kb, one, risk)]
    return f"{text} (meant to: {listed(meant)})" if meant else text


def _chained(kb: KnowledgeBase, found: DeploymentAssessment, each: Finding) -> str:
    chain = next(
        one
        for one in found.threats
        if each.id == "chain:" + ":".join(attack.id for attack in one.chain.attacks)
    )
    steps, breaks = threat(kb, chain)
    return f"{steps[0].upper()}{steps[1:]}: {breaks}"


_FINDINGS: Final = MappingProxyType(
    {
        "rise": _rise,
        "conflict": _joined,
        "not_trainable": _joined,
        "disputed": _joined,
        "at_a_cost": _joined,
        "unprotected": _unprotected,
        "chain": _chained,
    }
)
