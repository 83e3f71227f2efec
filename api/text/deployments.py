"""Assessments of deployments in words, which terminal, Markdown, HTML and the page share.

All functions read the predictor's result; what they return is plain text.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from crosscurrent.predictor.documents import prediction_document

from . import assessments
from .combinations import chain_of, grounds_of, missed, outcome_words, why_not
from .conditions import circumstance
from .experiments import experiment
from .names import cite, lowered, percent
from .wording import TENSIONS

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import document_types as shapes
    from crosscurrent.predictor.conflicts import Combined, Repair
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import Effect, RiskOutcome
    from crosscurrent.predictor.deployments.facts import Fact, InPlace
    from crosscurrent.predictor.deployments.findings import Finding
    from crosscurrent.predictor.deployments.next_steps import Better, Measurement, Unstated
    from crosscurrent.predictor.deployments.threats import Threat
    from crosscurrent.predictor.plans import Plan

__all__ = [
    "CERTAINTY",
    "EXPECT",
    "Row",
    "Told",
    "advice",
    "asked_again",
    "better",
    "command",
    "document_of",
    "effect_of",
    "fact",
    "finding",
    "heading",
    "joined",
    "measure",
    "measuring",
    "setting",
    "silent",
    "summary",
    "threat",
    "together",
    "told",
    "unstated",
]

EXPECT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "rises",
        "decrease": "falls",
        "no_change": "does not change",
        "opposed": "pulled both ways",
        "depends": "depends",
        "unknown": "unknown",
    }
)
"""What is expected of a risk, of all defenses in place together."""

CERTAINTY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "measured_here": "measured in your own models",
        "replicated": "replicated in publications",
        "published_once": "published once",
        "measured_reference": "measured in reference models",
        "disputed": "disputed among publications",
        "derived_active": "derived from what attacks exploit",
        "derived_passive": "derived from few or passive factors",
        "none": "no evidence",
    }
)
"""How well established what is expected is, at length."""

_MOST = 2
_UNMEASURED: Final = "no experiment for it is built in"


class Row(NamedTuple):
    """A row of the summary of findings.

    Attributes
    ----------
    id, risk : str
        Id and name of the risk.
    matters : str
        How much it matters; empty if the deployment leaves it out.
    expect : str
        ``increase``, ``decrease``, ``no_change``, ``opposed``, ``depends`` or ``unknown``.
    likely : str
        How likely, and by which defense; empty without evidence.
    certainty : str
        How well established that is.
    known : str
        Both in a line, each likelihood with its certainty.
    to_do : str
        What to do about it.
    """

    id: str
    risk: str
    matters: str
    expect: str
    likely: str
    certainty: str
    known: str
    to_do: str

    @property
    def glyph(self) -> str:
        """The effect whose glyph and colour it has."""
        return "contested" if self.expect == "opposed" else self.expect


class Told(NamedTuple):
    """One effect in sentences: what to expect, how well established, why, and the command."""

    effect: Effect
    headline: str
    established: str
    reason: str
    otherwise: str
    advice: tuple[str, ...]
    command: str


def heading(found: DeploymentAssessment) -> str:
    """Return the assessment in a line."""
    many = len(found.deployment.defenses)
    matters = len(found.deployment.matters)
    return (
        f"{found.deployment.file.deployment.name}: {many} defense{'s' * (many != 1)} in place,"
        f" {matters} risk{'s' * (matters != 1)} that matter{'s' * (matters == 1)},"
        f" {len(found.findings)} finding{'s' * (len(found.findings) != 1)}"
    )


def document_of(kb: KnowledgeBase, effect: Effect) -> shapes.Prediction:
    """Return the document of the prediction behind an effect."""
    return prediction_document(kb, effect.prediction)


def summary(kb: KnowledgeBase, found: DeploymentAssessment) -> list[Row]:
    """Return the summary of findings: a row for each risk, those that matter most first."""
    return [
        Row(
            each.risk,
            kb.risks[each.risk].name,
            each.matters or "",
            each.expect,
            "; ".join(filter(None, _likely(kb, each))),
            "; ".join(dict.fromkeys(_certainty(each))),
            _known(kb, each),
            _to_do(kb, found, each),
        )
        for each in found.risks
    ]


def _named(kb: KnowledgeBase, defense: InPlace) -> str:
    name = lowered(kb.defenses[defense.defense].name)
    stage = defense.name.partition("@")[2]
    return f"{name} @{stage}" if stage else name


def _leading(outcome: RiskOutcome) -> list[Effect]:
    """Return the effects that a row names: the best established in each direction."""
    ways = [outcome.moving(expect)[:1] for expect in ("increase", "decrease")]
    found = [each for way in ways for each in way]
    return found or ([outcome.leading] if outcome.leading else [])


def _likely(kb: KnowledgeBase, outcome: RiskOutcome) -> list[str]:
    """Return how likely each leading effect is; empty without evidence."""
    several = len(outcome.effects) > 1
    parts = []
    for each in _leading(outcome):
        answer = each.answer
        if answer.likelihood is None:
            parts.append("")
            continue
        verb = {"increase": "to rise", "decrease": "to fall", "no_change": "not to change"}
        what = verb.get(answer.expect, "to rise")
        by = f" by {_named(kb, each.defense)}" if several else ""
        parts.append(f"{percent(answer.likelihood)} likely {what}{by}")
    return parts


def _certainty(outcome: RiskOutcome) -> list[str]:
    grades = [each.answer.grade for each in _leading(outcome)]
    return [CERTAINTY[grade] for grade in grades] or [CERTAINTY["none"]]


def _known(kb: KnowledgeBase, outcome: RiskOutcome) -> str:
    parts = zip(_likely(kb, outcome) or [""], _certainty(outcome), strict=True)
    return "; ".join(f"{likely or EXPECT[outcome.expect]}, {how}" for likely, how in parts)


def _to_do(kb: KnowledgeBase, found: DeploymentAssessment, outcome: RiskOutcome) -> str:
    rising = outcome.moving("increase")
    for place, each in enumerate(rising):
        if lines := advice(kb, each):
            return f"Of {_named(kb, each.defense)}: {lines[0]}" if place else lines[0]
    if rising:
        return measure(rising[0])
    if outcome.expect == "decrease":
        lowering = outcome.moving("decrease")[0]
        lines = advice(kb, lowering)
        return lines[0] if lines else f"Keep {_named(kb, lowering.defense)}."
    for each in outcome.effects:
        if each.answer.expect == "depends" and (lines := advice(kb, each)):
            return lines[0]
    meant = [
        _named(kb, each) for each in found.deployment.defenses if _meant(kb, each, outcome.risk)
    ]
    if meant:
        return f"Measure whether {_list(meant)} work{'s' * (len(meant) == 1)} here."
    covers = any(outcome.risk in each.protects_against for each in kb.defenses.values())
    if not covers:
        return "No defense against it is known."
    return f"Choose a defense: crosscurrent plan --protect {outcome.risk}"


def _meant(kb: KnowledgeBase, defense: InPlace, risk: str) -> bool:
    return risk in kb.defenses[defense.defense].protects_against


def advice(kb: KnowledgeBase, effect: Effect) -> list[str]:
    """Return what to do about an effect, a sentence each."""
    return assessments.advised(kb, document_of(kb, effect)) if effect.advice else []


def told(kb: KnowledgeBase, effect: Effect, more: str = "") -> Told:
    """Return an effect in sentences.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    effect : Effect
        The effect.
    more : str
        Options with which a further command asks the same knowledge.
    """
    document = document_of(kb, effect)
    otherwise = ""
    if effect.adversary is not None and effect.otherwise:
        others = "; ".join(
            f"{EXPECT[expect]} against {name}" for name, expect in effect.otherwise.items()
        )
        otherwise = f"Said of {effect.adversary}; {others}."
    return Told(
        effect,
        assessments.headline(kb, document),
        assessments.established(kb, document),
        assessments.reason(kb, document),
        otherwise,
        tuple(assessments.advised(kb, document)),
        command(effect) + more,
    )


def command(effect: Effect) -> str:
    """Return the command that answers for an effect alone."""
    assumed = effect.assumed
    words = ["crosscurrent", "what-if", effect.defense.name, effect.risk]
    for option, factors in (("--raise", assumed.raised), ("--lower", assumed.lowered)):
        words += [word for factor in sorted(factors) for word in (option, factor)]
    for option, stated in (("--adversary", assumed.adversary), ("--given", assumed.given)):
        words += [w for key, value in sorted(stated.items()) for w in (option, f"{key}={value}")]
    if len(words) == 4:
        words[1] = "predict"
    return shlex.join(words)


def setting(kb: KnowledgeBase, outcome: RiskOutcome) -> str:
    """Say what the setting by itself does to a risk; empty where it moves nothing."""
    found = outcome.setting
    if found is None:
        return ""
    risk = lowered(kb.risks[outcome.risk].name)
    verb = {"increase": "raises", "decrease": "lowers"}.get(found.effect, "moves either way")
    names = _list(dict.fromkeys(lowered(kb.factors[path.factor.id].name) for path in found.paths))
    return f"The setting by itself {verb} {risk}, by {names}."


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
        f"repair: {_changes(each)}{_uncovered(kb, each)}" for each in combined.repairs[:_MOST]
    ]
    return lines


def _joint(combined: Combined) -> str:
    rests = grounds_of(combined.grounds)
    said = outcome_words(combined.outcome, combined.grounds)
    return f"{said} ({rests})" if rests else said


def _changes(repair: Repair) -> str:
    words = []
    for kind, old, new in repair.changes:
        if new is None:
            words.append(f"drop {old.id}")
        elif kind == "stage":
            words.append(f"{old.id} at stage {new.stage}")
        else:
            words.append(f"{new.id} for {old.id}")
    return ", ".join(words)


def _uncovered(kb: KnowledgeBase, repair: Repair) -> str:
    names = [lowered(kb.risks[risk].name) for risk in repair.uncovered]
    return f" (then uncovered: {', '.join(names)})" if names else ""


def threat(kb: KnowledgeBase, found: Threat) -> tuple[str, str]:
    """Return a chain of attacks in a line, and what breaks it."""
    steps = lowered(found.chain.attacks[0].name)
    for link in found.chain.links:
        doubt = "" if link.proven else " (not shown)"
        steps += f" → {lowered(link.second.name)}{doubt}"
    who = _list(_able(found.adversaries))
    if who:
        steps += f", by {who}"
    if found.broken_by:
        names = _list(_named(kb, each) for each in found.broken_by)
        return steps, f"broken by {names}, in place"
    breaks = dict.fromkeys(
        lowered(each.defense.name)
        for link in found.breakers
        for each in link
        if each.whole and not each.backfires
    )
    if breaks:
        return steps, f"nothing in place breaks it; would: {_list([*breaks][:3])}"
    weakens = dict.fromkeys(
        lowered(each.defense.name) for link in found.breakers for each in link if not each.backfires
    )
    if weakens:
        return steps, f"nothing is known to break it; weaken it: {_list([*weakens][:3])}"
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
    return f"{found.field}: {_list(shown)} {verb} on it"


def _defense_name(kb: KnowledgeBase, name: str) -> str:
    return lowered(kb.defenses[name.partition("@")[0]].name)


def measuring(kb: KnowledgeBase, found: Measurement) -> tuple[str, str]:
    """Return what to measure and why, and the command; empty if no experiment is built in."""
    effect = found.effect
    what = f"{_named(kb, effect.defense)} on {lowered(kb.risks[effect.risk].name)}"
    command = experiment(effect.defense.name, effect.risk)
    likelihood = effect.answer.likelihood_increase
    how = "no evidence" if likelihood is None else f"{percent(likelihood)} likely to rise"
    grounds = ", ".join(dict.fromkeys([how, CERTAINTY[effect.answer.grade]]))
    known = f"{what}: {grounds}"
    return known if command else f"{known}; {_UNMEASURED}", command


def measure(effect: Effect) -> str:
    """Return how to measure an effect: by a command, or by means of one's own."""
    command = experiment(effect.defense.name, effect.risk)
    return f"Measure it: {command}" if command else f"Measure it yourself: {_UNMEASURED}"


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
    return f"raises {_list(raised)}" if raised else "raises nothing known"


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
    mend = f"; repair: {_changes(repairs[0])}" if repairs else ""
    text = f"{names} {words[each.kind]}{mend}"
    return text[0].upper() + text[1:]


def _unprotected(kb: KnowledgeBase, found: DeploymentAssessment, each: Finding) -> str:
    risk = str(each.risk)
    text = f"No defense in place is expected to lower {lowered(kb.risks[risk].name)}"
    meant = [_named(kb, one) for one in found.deployment.defenses if _meant(kb, one, risk)]
    return f"{text} (meant to: {_list(meant)})" if meant else text


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


def _list(items: Iterable[str]) -> str:
    names = list(items)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
