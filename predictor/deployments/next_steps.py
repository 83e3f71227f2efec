"""Next steps: what is not said, what to measure first, and which sets of defenses are better."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import TYPE_CHECKING, Final, NamedTuple

from crosscurrent.knowledge.errors import InputError

from ..budget import Budget, TooCostly
from ..expectations import expected
from ..plans import NearMiss, Plan, plan, wish
from .effects import MATTERS, Effect, RiskOutcome
from .facts import FIELDS

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Variant

    from .facts import Described

__all__ = ["Better", "Measurement", "Unstated", "better_sets", "measurements", "unstated"]

_MOST: Final = 3
_MORE: Final = 2
_STEPS: Final = 20_000


class Unstated(NamedTuple):
    """A fact that the file does not state, and what hangs on it.

    Attributes
    ----------
    field : str
        The field that would state it.
    effects : tuple of tuple
        Defense and risk of the answers that differ in some case, each once; the defense is None
        where the setting by itself would move the risk.
    """

    field: str
    effects: tuple[tuple[str | None, str], ...]


class Measurement(NamedTuple):
    """An effect worth measuring.

    Attributes
    ----------
    effect : Effect
        The effect.
    uncertainty : float
        Entropy in bits of whether the risk rises, from 0 (sure) to 1; 1 without any evidence.
    worth : float
        Uncertainty times how much the risk matters (low 1, medium 2, high 3).
    """

    effect: Effect
    uncertainty: float
    worth: float


class Better(NamedTuple):
    """Sets of defenses near the one in place.

    Attributes
    ----------
    protect, avoid : tuple of str
        What was wished for: risks to cover, and risks that nothing may raise.
    plans : tuple of Plan
        Sets that do all that, with everything in place kept where that is possible.
    near_misses : tuple of NearMiss
        If there is none: those that miss the fewest wishes.
    kept : bool
        Whether the defenses in place were asked to stay; they cannot where they conflict already.
    complete : bool
        Whether the search came to its end.
    """

    protect: tuple[str, ...]
    avoid: tuple[str, ...]
    plans: tuple[Plan, ...]
    near_misses: tuple[NearMiss, ...]
    kept: bool
    complete: bool


def unstated(
    kb: KnowledgeBase, deployment: Described, risks: Sequence[RiskOutcome]
) -> tuple[Unstated, ...]:
    """Return what the file does not state, that on which most hangs first."""
    hanging: dict[str, dict[tuple[str | None, str], None]] = {}
    for outcome in risks:
        for effect in outcome.effects:
            for case in effect.answer.depends_on:
                if case.effect != effect.answer.expect:
                    for key in case.when.keys() - effect.assumed.stated.keys():
                        where = hanging.setdefault(_field(kb, key), {})
                        where[effect.defense.name, effect.risk] = None
    named = {fact.field for fact in deployment.facts}
    for subject, field in FIELDS.items():
        if subject in kb.factors and field not in named:
            moved = [each for each in deployment.matters if subject in kb.edges(each)]
            if moved:
                hanging.setdefault(field, {}).update(((None, risk), None) for risk in moved)
    found = [Unstated(field, tuple(effects)) for field, effects in hanging.items()]
    return tuple(sorted(found, key=lambda each: (-len(each.effects), each.field)))


def _field(kb: KnowledgeBase, subject: str) -> str:
    if subject in kb.adversary:
        return f"adversaries[].given.{subject}"
    return FIELDS.get(subject, f"given.{subject}")


def measurements(risks: Sequence[RiskOutcome]) -> tuple[Measurement, ...]:
    """Return the effects on risks that matter that were not measured here, most worth first."""
    found = [
        Measurement(effect, unsure, round(unsure * (1 + MATTERS.index(outcome.matters)), 4))
        for outcome in risks
        if outcome.matters is not None
        for effect in outcome.effects
        if effect.answer.grade != "measured_here"
        for unsure in [_entropy(effect.answer.likelihood_increase)]
    ]
    return tuple(sorted(found, key=lambda each: -each.worth))


def _entropy(likelihood: float | None) -> float:
    if likelihood is None:
        return 1.0
    return round(-sum(p * log2(p) for p in (likelihood, 1 - likelihood) if p > 0), 4)


def better_sets(
    kb: KnowledgeBase, deployment: Described, risks: Sequence[RiskOutcome]
) -> Better | None:
    """Return sets that cover what matters most and raise nothing else that matters.

    The defenses in place stay where they can. The sets are those of `crosscurrent plan`, which
    assumes nothing of the setting; one is better if fewer risks that matter stay without a defense
    that is expected to lower them, or are raised. None where no risk matters or can be covered.
    """
    protect = _wanted(kb, risks)
    if not protect:
        return None
    avoid = tuple(
        each.risk
        for each in risks
        if each.matters in ("medium", "high") and each.risk not in protect
    )
    have = [each.variant.id for each in deployment.defenses]
    most = len(have) + _MORE
    kept = True
    try:
        asked = wish(kb, protect=protect, avoid=avoid, have=have, most=most)
    except InputError:  # what is in place conflicts
        kept = False
        asked = wish(kb, protect=protect, avoid=avoid, most=most)
    try:
        with Budget(steps=_STEPS):
            found = plan(kb, asked)
    except TooCostly:
        return Better(protect, avoid, (), (), kept, False)
    wanted = (*protect, *avoid)
    now = _burden(kb, [each.defense for each in deployment.defenses], protect, wanted)

    def is_better(order: Sequence[Variant]) -> bool:
        return _burden(kb, [each.defense for each in order], protect, wanted) < now

    plans = [each for each in found.plans if is_better(each.order)]
    near = [each for each in found.near_misses if is_better(each.plan.order)]
    return Better(protect, avoid, tuple(plans[:_MOST]), tuple(near[:_MOST]), kept, found.complete)


def _wanted(kb: KnowledgeBase, risks: Sequence[RiskOutcome]) -> tuple[str, ...]:
    """Return the risks that matter most among those that some defense is meant for."""
    meant = {risk for each in kb.defenses.values() for risk in each.protects_against}
    for least in ("high", "medium", "low"):
        found = tuple(each.risk for each in risks if each.matters == least and each.risk in meant)
        if found:
            return found
    return ()


def _burden(
    kb: KnowledgeBase, defenses: Sequence[str], protect: Sequence[str], wanted: Sequence[str]
) -> int:
    """Count the risks that nothing lowers though it should, and those that something raises."""
    effects = {
        risk: {expected(kb, defense, risk).effect for defense in defenses} for risk in wanted
    }
    bare = sum("decrease" not in effects[risk] for risk in protect)
    return bare + sum("increase" in found for found in effects.values())
