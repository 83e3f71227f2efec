"""Wishes: what is asked of a plan, and the ways to ask for less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from crosscurrent.knowledge.errors import InputError

from .conflicts import workable
from .exclusions import trainable

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Variant

__all__ = ["Kind", "Miss", "Wish", "easings", "wish"]

Kind = Literal["protect", "avoid", "have", "max"]


class Wish(NamedTuple):
    """What is asked of a plan; ids throughout.

    Attributes
    ----------
    protect : tuple of str
        Risks to cover.
    avoid : tuple of str
        Risks that no chosen defense may raise.
    have : tuple of Variant
        Defenses that are there already, and stay.
    most : int or None
        How many defenses a set may hold, those already there included.
    """

    protect: tuple[str, ...]
    avoid: tuple[str, ...]
    have: tuple[Variant, ...]
    most: int | None


class Miss(NamedTuple):
    """A wish that is not met.

    Attributes
    ----------
    wish : {'protect', 'avoid', 'have', 'max'}
        Which kind.
    value : str
        What was asked: the id of a risk or a variant, or a number.
    instead : str or None
        What there is in its place: the id of the same defense at another stage, or how many
        defenses it takes; None if nothing.
    """

    wish: Kind
    value: str
    instead: str | None = None

    @property
    def weight(self) -> int:
        """How far from the wish that is, to tell near misses apart.

        One defense more is nearest, then a defense that moves to another stage, a risk that is
        raised after all, a defense that has to go, and a risk that stays uncovered.
        """
        return 1 if self.wish == "have" and self.instead else _WEIGHTS[self.wish]


_WEIGHTS: Final = {"max": 0, "avoid": 2, "have": 3, "protect": 4}


def wish(
    kb: KnowledgeBase,
    *,
    protect: Iterable[str],
    avoid: Iterable[str] = (),
    have: Iterable[str] = (),
    most: int | None = None,
) -> Wish:
    """Check what is asked of a plan.

    Raises
    ------
    UnknownName
        If there is no such risk or defense.
    InputError
        If nothing is to be protected, a risk is both to be protected and avoided, a defense is
        there twice, those there conflict already, cannot be trained together or are more than
        allowed.
    """
    wanted = tuple(dict.fromkeys(kb.risk(name).id for name in protect))
    unwanted = tuple(dict.fromkeys(kb.risk(name).id for name in avoid))
    there = [kb.variant(name) for name in have]
    if not wanted:
        raise InputError("nothing to protect: name at least one risk")
    for risk in wanted:
        if risk in unwanted:
            raise InputError(
                f"{risk} can't be both protected and avoided: protect it to have it lowered,"
                " avoid it to have it not raised"
            )
    for variant in there:
        if there.count(variant) > 1:
            raise InputError(f"{variant.id} is given twice: leave one out")
    see = f"see crosscurrent combine {' '.join(variant.id for variant in there)}"
    if workable(there) is None:
        raise InputError(f"these conflict already: {see}")
    if not trainable(kb, there):
        raise InputError(f"these cannot be trained together as they are: {see}")
    if most is not None and len(there) > most:
        raise InputError(f"{len(there)} defenses are there already, more than {most}")
    return Wish(wanted, unwanted, tuple(there), most)


def easings(kb: KnowledgeBase, asked: Wish, count: int) -> Iterator[tuple[tuple[Miss, ...], Wish]]:
    """Yield every way to ask for less by so many wishes, with those that are given up.

    A defense that is there is given up in several ways: it moves to another stage, or it goes.

    Parameters
    ----------
    kb : KnowledgeBase
        For the stages of defenses.
    asked : Wish
        What was asked.
    count : int
        How many wishes are given up: at least one.
    """
    options: list[Sequence[Miss]] = [[Miss("protect", risk)] for risk in asked.protect]
    options += [[Miss("avoid", risk)] for risk in asked.avoid]
    for variant in asked.have:
        others = [each.id for each in kb.stages(variant.defense).values() if each is not variant]
        options.append(
            [*(Miss("have", variant.id, other) for other in others), Miss("have", variant.id)]
        )
    if asked.most is not None:
        options.append([Miss("max", str(asked.most))])
    for chosen in combinations(options, count):
        for misses in product(*chosen):
            eased = _without(kb, asked, misses)
            if eased is not None:
                yield misses, eased


def _without(kb: KnowledgeBase, asked: Wish, misses: Iterable[Miss]) -> Wish | None:
    """Return what is left of the wishes; None if that is nothing, or cannot be."""
    gone = {(each.wish, each.value) for each in misses}
    moved = {each.value: each.instead for each in misses if each.wish == "have" and each.instead}
    have = tuple(
        kb.variants[moved.get(variant.id, variant.id)]
        for variant in asked.have
        if ("have", variant.id) not in gone or variant.id in moved
    )
    protect = tuple(risk for risk in asked.protect if ("protect", risk) not in gone)
    if not protect or workable(have) is None or not trainable(kb, have):
        return None
    return Wish(
        protect,
        tuple(risk for risk in asked.avoid if ("avoid", risk) not in gone),
        have,
        None if ("max", str(asked.most)) in gone else asked.most,
    )
