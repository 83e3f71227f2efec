"""Compliance: which defenses a standard asks for, and which of its requirements endanger others.

The answer puts together what is known elsewhere: of defenses together (`predictor.conflicts`), and
of each defense and each risk (`predictor.expectations`). What a requirement asks for is recorded,
with what of that is interpretation. It is a help for whoever assesses, and no legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Final, NamedTuple

from .conflicts import spoiling
from .dangers import Danger, dangers
from .requirement_repairs import RequirementRepair, requirement_repairs
from .requirements import Chosen, applicable, asked, choose, joint

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Requirement, Standard, Variant

    from .conflicts import Combined, Conflict

__all__ = ["NOTICE", "Compliance", "asked", "comply"]

NOTICE: Final = (
    "This says what is known of the defenses that requirements ask for, as we read them. It is no"
    " legal advice and shows no conformity."
)
"""What is said of every answer, once."""

_MAX_PERMUTED: Final = 6
"""Of so many defenses at one stage every order is tried."""


class Compliance(NamedTuple):
    """What a standard asks for, and how that goes together.

    Attributes
    ----------
    standard : Standard
        The standard.
    level : str or None
        The level; None if it has none.
    have : tuple of Variant
        Defenses that are there already.
    requirements : tuple of Requirement
        Those of the level and of those below it.
    chosen : tuple of Chosen
        The defenses that are taken for what they ask for.
    choices_cut : bool
        Whether not all alternatives were compared.
    defenses : tuple of Variant
        All defenses, by stage: those that are taken, and those that are there.
    joint : Combined or None
        The answer of `conflicts.combine` for them, without its repairs; None for fewer than two.
    order : tuple of Variant
        The least harmful order: one without a conflict by the rule, or else one in which the
        fewest defenses lose what they use to later ones.
    spoiled : tuple of Conflict
        What they lose in that order.
    dangers : tuple of Danger
        Which requirements endanger which others.
    repairs : tuple of RequirementRepair
        What to change so that something better is to be expected.
    repairs_cut : bool
        Whether the search ended before it came to a set without a known conflict.
    knowledge : str
        Digest of the knowledge base.
    """

    standard: Standard
    level: str | None
    have: tuple[Variant, ...]
    requirements: tuple[Requirement, ...]
    chosen: tuple[Chosen, ...]
    choices_cut: bool
    defenses: tuple[Variant, ...]
    joint: Combined | None
    order: tuple[Variant, ...]
    spoiled: tuple[Conflict, ...]
    dangers: tuple[Danger, ...]
    repairs: tuple[RequirementRepair, ...]
    repairs_cut: bool
    knowledge: str

    def chosen_for(self, requirement: Requirement) -> tuple[Chosen, ...]:
        """Return what is taken for what one requirement asks for."""
        return tuple(each for each in self.chosen if requirement in each.asked.requirements)


def comply(
    kb: KnowledgeBase,
    standard: Standard,
    level: str | None = None,
    have: Iterable[Variant] = (),
) -> Compliance:
    """Say which defenses a standard asks for, and which of its requirements endanger others.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    standard : Standard
        The standard.
    level : str, optional
        One of its levels, see `requirements.asked`; None if it has none.
    have : iterable of Variant
        Defenses that are there already. One that will do is taken for what is asked, and all count
        for what is to be expected together.

    Examples
    --------
    >>> from crosscurrent.knowledge import load
    >>> kb = load()
    >>> answer = comply(kb, *asked(kb, "AISVS:3"))
    >>> answer.joint.outcome, answer.dangers[0].endangered
    ('conflict', ('aisvs.1_1_5',))
    """
    there = tuple({variant.id: variant for variant in have}.values())
    requirements = applicable(kb, standard, level)
    chosen, choices_cut = choose(kb, requirements, there)
    every = {variant.id: variant for variant in there}
    every |= {each.variant.id: each.variant for each in chosen}
    combined = joint(kb, every.values())
    defenses = combined.defenses if combined else tuple(every.values())
    order = _least_harmful(defenses, combined)
    taken = {each.variant.id for each in chosen}
    others = [variant for variant in there if variant.id not in taken]
    repairs, repairs_cut = requirement_repairs(kb, chosen, others)
    return Compliance(
        standard,
        level,
        there,
        requirements,
        chosen,
        choices_cut,
        defenses,
        combined,
        order,
        _spoiled(order),
        dangers(kb, requirements, chosen, defenses),
        repairs,
        repairs_cut,
        kb.digest,
    )


def _least_harmful(defenses: Sequence[Variant], combined: Combined | None) -> tuple[Variant, ...]:
    """Return an order, by stage, in which the fewest defenses lose what they use."""
    if combined is not None and combined.orders:
        return combined.orders[0]
    found: list[Variant] = []
    for stage in dict.fromkeys(variant.stage for variant in defenses):
        members = [variant for variant in defenses if variant.stage == stage]
        if 1 < len(members) <= _MAX_PERMUTED:
            every = (list(order) for order in permutations(members))
            members = min(every, key=lambda order: len(_spoiled(order)))
        found += members
    return tuple(found)


def _spoiled(order: Sequence[Variant]) -> tuple[Conflict, ...]:
    return tuple(
        conflict
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
        for conflict in spoiling(earlier, later)
    )
