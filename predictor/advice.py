"""Advice: what to do about an effect, from knowledge alone.

A condition under which the defense was seen not to do it, the same defense at another stage, or
another defense with the same purpose that is not expected to do it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .assessment import Assessment, Grade
from .evidence import heard, outcomes
from .expectations import outlook

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Advice", "advise"]

_BETTER: Final = ("decrease", "no_change")
_CHOSEN: Final = frozenset(
    {
        "answers",
        "explanation_use",
        "fit",
        "group_share",
        "initialization",
        "learning",
        "masking",
        "perturbation_budget",
        "privacy_budget",
        "records",
        "smoothing_factor",
        "tuning",
    }
)
"""Conditions that are up to whoever trains or serves the model; others are up to the adversary."""

_GIVEN: Final = frozenset({"modality"})
"""Conditions that are nobody's choice: the advice is for those whom they fit."""

_MOST: Final = 3
_RANK: Final[tuple[Grade, ...]] = (
    "measured_here",
    "replicated",
    "published_once",
    "measured_reference",
    "derived_active",
    "disputed",
    "derived_passive",
    "none",
)


class Advice(NamedTuple):
    """One thing to do.

    Attributes
    ----------
    kind : str
        ``condition`` (keep to it), ``avoid`` (a condition to keep away from), ``stage`` (the same
        defense elsewhere in the pipeline) or ``defense`` (another one).
    subject : str or None
        Id of the variant or the defense.
    when : mapping from str to str
        The condition.
    effect : str
        What is seen then, or expected.
    works : tuple of str
        Ids of the works behind it.
    grade : str or None
        For another defense, how well established that is.
    """

    kind: Literal["condition", "avoid", "stage", "defense"]
    subject: str | None
    when: Mapping[str, str]
    effect: str
    works: tuple[str, ...]
    grade: Grade | None


def advise(kb: KnowledgeBase, answer: Assessment) -> tuple[Advice, ...]:
    """Return what to do about an effect; nothing where none is expected or known.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    answer : Assessment
        See `predictor.assessment.assess`.
    """
    if answer.expect == "unknown":
        return ()
    if answer.expect in _BETTER:
        return tuple(_to_avoid(answer))
    return (*_conditions(answer), *_stages(answer), *_others(kb, answer))


def _conditions(answer: Assessment) -> Iterator[Advice]:
    """Yield conditions of the defender's own choice under which it was seen otherwise."""
    for each in answer.depends_on:
        if each.effect in _BETTER and _chosen(each.when):
            yield Advice("condition", None, each.when, each.effect, each.works, None)


def _to_avoid(answer: Assessment) -> Iterator[Advice]:
    for each in answer.depends_on:
        harm = each.effect == "increase" or (answer.intended and each.effect == "no_change")
        if harm and _chosen(each.when):
            yield Advice("avoid", None, each.when, each.effect, each.works, None)


def _chosen(when: Mapping[str, str]) -> bool:
    chosen = when.keys() - _GIVEN
    return bool(chosen) and chosen <= _CHOSEN


def _stages(answer: Assessment) -> Iterator[Advice]:
    for stage, findings in answer.evidence.elsewhere.items():
        said = outcomes(findings)
        effects = set(said.values())
        if len(effects) == 1 and effects.issubset(_BETTER):
            subject = f"{answer.defense}@{stage}"
            yield Advice("stage", subject, {}, effects.pop(), tuple(said), None)


def _others(kb: KnowledgeBase, answer: Assessment) -> Iterator[Advice]:
    """Yield other defenses meant for the same risks of which this effect is not expected."""
    purpose = set(kb.defenses[answer.defense].protects_against)
    if answer.intended:
        purpose = {answer.risk}
    found = [
        outlook(kb, other.id, answer.risk)
        for other in kb.defenses.values()
        if other.id != answer.defense
        and not other.when
        and not purpose.isdisjoint(other.protects_against)
    ]
    fit = [each for each in found if each.expect in _BETTER]
    fit.sort(key=lambda each: (_RANK.index(each.grade), -(each.likelihood or 0.0)))
    for each in fit[:_MOST]:
        said = outcomes(finding for tier in heard(each.evidence).tiers for finding in tier)
        works = tuple(work for work, effect in said.items() if effect == each.expect)
        yield Advice("defense", each.defense, {}, each.expect, works, each.grade)
