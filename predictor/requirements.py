"""Requirements of a standard that apply, and the defenses that are taken for what they ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING, Final, NamedTuple

from crosscurrent.knowledge.errors import InputError, clip

from .budget import spend
from .conflicts import combine
from .expectations import expected
from .joint_outcomes import GRADES

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Requirement, Standard, Variant, Wanted

    from .conflicts import Combined
    from .joint_outcomes import JointOutcome

__all__ = [
    "MAX_CHOICES",
    "Asked",
    "Chosen",
    "applicable",
    "asked",
    "choose",
    "grade_of",
    "joint",
    "options",
]

MAX_CHOICES: Final = 400
"""As many ways to choose among alternatives as are compared."""


_Way = tuple[tuple[int, ...], tuple["Variant", ...]]
"""One way to choose: the place of each among its alternatives, and the defenses."""


class Asked(NamedTuple):
    """One defense that requirements ask for, and who asks.

    Attributes
    ----------
    requirements : tuple of Requirement
        Those that ask for it in the same words.
    wanted : Wanted
        What they ask for.
    """

    requirements: tuple[Requirement, ...]
    wanted: Wanted

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the requirements."""
        return tuple(each.id for each in self.requirements)


class Chosen(NamedTuple):
    """The defense that is taken for what is asked.

    Attributes
    ----------
    asked : Asked
        What is asked, and by whom.
    variant : Variant
        What is taken for it.
    in_place : bool
        Whether it was said to be there already.
    """

    asked: Asked
    variant: Variant
    in_place: bool


def asked(kb: KnowledgeBase, name: str, level: str | None = None) -> tuple[Standard, str | None]:
    """Return the standard and the level that are meant.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    name : str
        Id or alias of a standard, alone or followed by ``:`` and a level: ``AISVS:3``.
    level : str, optional
        The level, if the name does not say it. Without any, the most demanding one is meant.

    Raises
    ------
    UnknownName
        If there is no such standard.
    InputError
        If it has no such level, the name says another one, or no standards are known at all.
    """
    if not kb.standards:
        raise InputError("this knowledge holds no standards: those built in are in its literature")
    which, colon, written = name.partition(":")
    standard = kb.standard(which)
    if colon and level is not None and written.strip() != level:
        raise InputError(f"{clip(name)} says another level than {clip(level)}: give one")
    told = written.strip() if colon else level
    if told is None:
        return standard, standard.levels[-1] if standard.levels else None
    if not standard.levels:
        raise InputError(f"{standard.name} has no levels: write {standard.id}")
    plain = told.strip().casefold().removeprefix("l")
    for each in standard.levels:
        if plain == each.casefold():
            return standard, each
    known = ", ".join(standard.levels)
    raise InputError(f"{standard.name} has no level {clip(repr(told))}: the levels are {known}")


def applicable(kb: KnowledgeBase, standard: Standard, level: str | None) -> tuple[Requirement, ...]:
    """Return the requirements of a level and of those below it; all if there are no levels."""
    every = kb.requirements_of(standard.id)
    if level is None:
        return every
    reached = standard.levels[: standard.levels.index(level) + 1]
    return tuple(each for each in every if each.level in reached)


def _asked_for(requirements: Iterable[Requirement]) -> tuple[Asked, ...]:
    """Return each defense that is asked for, with all requirements that ask in the same words."""
    by_words: dict[Wanted, list[Requirement]] = {}
    for requirement in requirements:
        for each in requirement.defenses:
            by_words.setdefault(each, []).append(requirement)
    return tuple(Asked(tuple(who), what) for what, who in by_words.items())


def options(kb: KnowledgeBase, names: Iterable[str]) -> tuple[Variant, ...]:
    """Return the variants that will do, each once: of a defense without a stage those at any."""
    found: dict[str, Variant] = {}
    for name in names:
        first = kb.variant(name)
        others = () if "@" in name else kb.stages(first.defense).values()
        found |= {variant.id: variant for variant in (first, *others)}
    return tuple(found.values())


def joint(kb: KnowledgeBase, variants: Iterable[Variant]) -> Combined | None:
    """Return the answer of `combine`, without repairs; None for fewer than two defenses."""
    names = sorted({variant.id for variant in variants})
    return combine(kb, names, repairing=False) if len(names) > 1 else None


def grade_of(outcome: JointOutcome | None) -> int:
    """Return how bad an outcome is, from 0; that of one defense alone is none."""
    return 0 if outcome is None else GRADES.index(outcome)


def choose(
    kb: KnowledgeBase, requirements: Sequence[Requirement], have: Sequence[Variant]
) -> tuple[tuple[Chosen, ...], bool]:
    """Choose a defense for each one that is asked for.

    One that is there already is taken where it will do. Of the others that set is taken of which
    together the best is expected, then the one with the fewest pairs that conflict or cannot be
    trained together, then the one that raises the fewest risks that requirements are about, then
    the one that is nearest to the usual reading.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    requirements : sequence of Requirement
        Those that apply.
    have : sequence of Variant
        Defenses that are there already; they count for what is to be expected together.

    Returns
    -------
    chosen : tuple of Chosen
        One for each that is asked for.
    cut : bool
        Whether there were more than `MAX_CHOICES` ways, of which the rest were not compared.
    """
    asking = _asked_for(requirements)
    risks = tuple(dict.fromkeys(risk for each in requirements for risk in each.risks))
    offered = [tuple(_offered(kb, each.wanted, have)) for each in asking]
    ways: list[_Way] = []
    every = product(*(range(len(each)) for each in offered))
    for places in islice(every, MAX_CHOICES):
        spend()
        taken = tuple(own[place] for own, place in zip(offered, places, strict=True))
        ways.append((places, taken))
    cut = next(every, None) is not None

    def rank(way: _Way) -> tuple[int, int, int, tuple[int, ...]]:
        places, taken = way
        together = {variant.id: variant for variant in (*have, *taken)}
        combined = joint(kb, together.values())
        raised = sum(
            expected(kb, name, risk).effect == "increase" for name in together for risk in risks
        )
        pairs = len(combined.exclusions) + len(combined.conflicts) if combined else 0
        return grade_of(combined and combined.outcome), pairs, raised, places

    _, best = min(ways, key=rank)
    there = {variant.id for variant in have}
    chosen = tuple(
        Chosen(what, variant, variant.id in there)
        for what, variant in zip(asking, best, strict=True)
    )
    return chosen, cut


def _offered(kb: KnowledgeBase, what: Wanted, have: Sequence[Variant]) -> Iterator[Variant]:
    """Yield what will do: what is there already, if any of it will, or else what is asked for.

    A defense that is asked for without a stage may be there at any.
    """
    for name in (*what.any_of, *what.instead):
        for variant in have:
            if variant.id == name or variant.defense == name:
                yield variant
                return
    yield from {variant.id: variant for variant in map(kb.variant, what.any_of)}.values()
