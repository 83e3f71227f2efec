"""Dangers: which requirements endanger which others, and what that rests on.

A requirement endangers another one if its defense takes away what the other's uses, if the two were
seen to conflict or to work only at a cost, if they cannot be trained together, or if its defense is
expected to raise a risk that the other wants low or measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from .expectations import Expected, expected
from .requirements import grade_of, joint

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase, Requirement, Variant

    from .conflicts import Combined, Conflict
    from .exclusions import Exclusion
    from .joint_outcomes import JointOutcome
    from .requirements import Chosen

__all__ = ["Danger", "Known", "dangers"]

Known = Literal["expected", "published", "measured"]
"""How a danger is known: from the rule, the graph or what defenses do in training; as published; as
measured in your own models or in reference models."""

_KNOWN: dict[str, Known] = {
    "rule": "expected",
    "procedures": "expected",
    "conjecture": "expected",
    "published": "published",
    "measured": "measured",
    "measured_reference": "measured",
}


class Danger(NamedTuple):
    """What requirements do to others.

    Attributes
    ----------
    kind : str
        ``conflict`` (of two defenses), ``not_trainable`` (together) or ``raises`` (a risk).
    by, endangered : tuple of str
        Ids of requirements. Empty where a defense is in place and none asks for it. If `mutual`,
        nobody said which defense suffers, and both are in both.
    mutual : bool
        Whether it goes both ways.
    defenses : tuple of Variant
        One that raises a risk; or two, of which the first takes away what the second uses, if
        it is not mutual.
    risk : str or None
        Id of the risk that is raised.
    outcome : str or None
        What is to be expected of two defenses together.
    grounds : tuple of str
        What that rests on: those of `joint_outcomes.Ground`, or that of `expectations.Ground`.
    conflicts : tuple of Conflict
        What the rule says of two defenses.
    exclusions : tuple of Exclusion
        Why two defenses cannot be trained together.
    records : tuple of Combination
        Observations of two defenses that it rests on.
    expected : Expected or None
        What is expected for the risk that is raised.
    works : tuple of str
        Works that say so, each once: ids of references.
    """

    kind: Literal["conflict", "not_trainable", "raises"]
    by: tuple[str, ...]
    endangered: tuple[str, ...]
    mutual: bool
    defenses: tuple[Variant, ...]
    risk: str | None
    outcome: JointOutcome | None
    grounds: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    exclusions: tuple[Exclusion, ...]
    records: tuple[Combination, ...]
    expected: Expected | None
    works: tuple[str, ...]

    @property
    def known(self) -> tuple[Known, ...]:
        """How it is known, each once."""
        return tuple(dict.fromkeys(_KNOWN[each] for each in self.grounds))


def dangers(
    kb: KnowledgeBase,
    requirements: Sequence[Requirement],
    chosen: Sequence[Chosen],
    variants: Sequence[Variant],
) -> tuple[Danger, ...]:
    """Return what defenses do to requirements: the worst of two defenses first, then risks raised.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    requirements : sequence of Requirement
        Those that apply.
    chosen : sequence of Chosen
        What is taken for what they ask for.
    variants : sequence of Variant
        All defenses: those that are taken, and others that are there.
    """
    asking: dict[str, tuple[str, ...]] = {variant.id: () for variant in variants}
    for each in chosen:
        asking[each.variant.id] = tuple(dict.fromkeys((*asking[each.variant.id], *each.asked.ids)))
    pairs = sorted(_pairs(kb, variants, asking), key=lambda each: -grade_of(each.outcome))
    return (*pairs, *_raises(kb, requirements, variants, asking))


def _pairs(
    kb: KnowledgeBase, variants: Sequence[Variant], asking: dict[str, tuple[str, ...]]
) -> Iterator[Danger]:
    whole = joint(kb, variants)
    doubtful = whole.overlooked if whole else ()
    for one, other in combinations(whole.defenses if whole else (), 2):
        pair = joint(kb, (one, other))
        if pair is None:
            continue
        passed = tuple(each for each in doubtful if {each.earlier, each.later} == {one, other})
        if grade_of(pair.outcome) > grade_of("no_known_conflict"):
            yield _of_two(kb, pair, asking)
        elif passed:
            ruled = pair._replace(
                conflicts=passed,
                judged=pair.judged._replace(outcome="conflict", grounds=("rule",), records=()),
            )
            yield _of_two(kb, ruled, asking)


def _of_two(kb: KnowledgeBase, pair: Combined, asking: dict[str, tuple[str, ...]]) -> Danger:
    later = {each.later.id: each.later for each in pair.conflicts}
    one, other = pair.defenses
    mutual = len(later) != 1
    if not mutual and other.id in later:
        one, other = other, one  # what takes away comes first
    named = asking[one.id], asking[other.id]
    both = tuple(dict.fromkeys((*named[0], *named[1])))
    seen = [source for each in pair.judged.records for source in each.sources or each.stated_in]
    reasons = [each.record for each in pair.exclusions if each.record is not None]
    works = (*seen, *(source for each in reasons for source in each.sources))
    return Danger(
        "conflict" if pair.trainable else "not_trainable",
        both if mutual else named[0],
        both if mutual else named[1],
        mutual,
        (one, other),
        None,
        pair.outcome,
        pair.grounds,
        pair.conflicts,
        pair.exclusions,
        pair.judged.records,
        None,
        _works(kb, works),
    )


def _raises(
    kb: KnowledgeBase,
    requirements: Sequence[Requirement],
    variants: Sequence[Variant],
    asking: dict[str, tuple[str, ...]],
) -> Iterator[Danger]:
    about: dict[str, list[str]] = {}
    for requirement in requirements:
        for risk in requirement.risks:
            about.setdefault(risk, []).append(requirement.id)
    for variant in variants:
        for risk, endangered in about.items():
            found = expected(kb, variant.id, risk)
            if found.effect == "increase":
                yield Danger(
                    "raises",
                    asking[variant.id],
                    tuple(endangered),
                    False,
                    (variant,),
                    risk,
                    None,
                    (found.ground,),
                    (),
                    (),
                    (),
                    found,
                    _works(kb, _behind(found)),
                )


def _behind(found: Expected) -> Iterator[str]:
    """Yield the works that say that the risk rises; of a conjecture those behind its paths."""
    assessed = found.assessment
    if found.ground == "conjecture":
        yield from (source for path in assessed.mechanism.toward for source in path.sources)
        return
    seen = assessed.evidence
    for finding in (*(each for tier in seen.tiers for each in tier), *seen.open, *seen.tables):
        if finding.effect == "increase":
            yield finding.work


def _works(kb: KnowledgeBase, sources: Iterable[str]) -> tuple[str, ...]:
    """Return the references among sources, without places, each once."""
    bare = (source.partition("#")[0] for source in sources)
    return tuple(dict.fromkeys(each for each in bare if each in kb.references))
