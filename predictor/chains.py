"""Chains of attacks toward a target, and which defenses break them.

In a chain every attack amplifies the next one (USENIX Security 2026, section 7: a sequence is
decided pair by pair). Chains are found backwards from the target, so every step of the search is
itself a chain, and best first: those with the fewest links that nobody has shown, then the fewest
links.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from heapq import heappop, heappush
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from knowledge.errors import InputError

from .collusion import NO_ADVERSARIES, Adversaries, Colluded, collude
from .expectations import Expected, expected
from .signs import multiply

if TYPE_CHECKING:
    from knowledge import Attack, Defense, KnowledgeBase

__all__ = ["MAX_CHAINS", "Breaker", "Chain", "Chains", "breakers", "chains", "chains_to"]

MAX_CHAINS: Final = 100_000
"""As many chains as a search counts before it gives up."""


class Chain(NamedTuple):
    """Attacks of which each amplifies the next.

    Attributes
    ----------
    attacks : tuple of Attack
        In order; the last one is the target.
    links : tuple of Colluded
        The verdict for each two in a row.
    unproven : int
        Links that nobody has published or measured.
    reduced : int
        Links with reduced potential.
    """

    attacks: tuple[Attack, ...]
    links: tuple[Colluded, ...]
    unproven: int
    reduced: int


class Chains(NamedTuple):
    """Chains toward a target.

    Attributes
    ----------
    target : Attack
        The last attack of all of them.
    first : Attack or None
        The first attack, where one was asked for.
    chains : tuple of Chain
        The best ones: fewest unproven links, then fewest links, then fewest reduced ones.
    found : int
        How many there are.
    complete : bool
        Whether `found` is all of them; otherwise there are more.
    knowledge : str
        Digest of the knowledge base.
    """

    target: Attack
    first: Attack | None
    chains: tuple[Chain, ...]
    found: int
    complete: bool
    knowledge: str


class Breaker(NamedTuple):
    """A defense that breaks, or weakens, a link of a chain.

    Attributes
    ----------
    defense : Defense
        The defense, taken to be effective.
    how : str
        ``factor``: it moves common factors against the first attack; ``attack``: it lowers the
        risk that the first attack exploits, so that there is less outcome to use.
    factors : tuple of str
        Ids of the factors it moves so; empty for ``attack``.
    whole : bool
        Whether no common factor is left that helps, as far as the signs say.
    ground : Expected or None
        For ``attack``, what the lowering rests on.
    raises : tuple of Expected
        Its side effects: the risks that it is expected to raise.
    """

    defense: Defense
    how: Literal["factor", "attack"]
    factors: tuple[str, ...]
    whole: bool
    ground: Expected | None
    raises: tuple[Expected, ...]


def chains(
    kb: KnowledgeBase, target: str, assumed: Adversaries = NO_ADVERSARIES
) -> Iterator[Chain]:
    """Yield every chain of different attacks that ends in a target, best first.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    target : str
        The last attack, by id or code, or by the risk it exploits.
    assumed : Adversaries, optional
        What is assumed of the adversaries: in every link, the first and the second one.

    Raises
    ------
    UnknownName
        If there is no such attack.
    """
    end = kb.attack(target)

    @cache
    def helpers(attack: str) -> tuple[Colluded, ...]:
        verdicts = (collude(kb, each, attack, assumed) for each in kb.attacks if each != attack)
        return tuple(
            each
            for each in verdicts
            if each.verdict == "amplifies"
            and not any(s.standing == "below" for s in each.shortfalls)
        )

    heap: list[tuple[int, int, int, int, tuple[Colluded, ...]]] = []
    count = 0

    def extend(links: tuple[Colluded, ...], unproven: int, reduced: int) -> None:
        nonlocal count
        start = links[0].first if links else end
        taken = {link.second.id for link in links} | {start.id}
        for link in helpers(start.id):
            if link.first.id not in taken:
                count += 1
                new = unproven + (link.seen != "amplifies")
                less = reduced + (link.potential == "reduced")
                heappush(heap, (new, len(links) + 1, less, count, (link, *links)))

    extend((), 0, 0)
    while heap:
        unproven, _, reduced, _, links = heappop(heap)
        attacks = (*(link.first for link in links), end)
        yield Chain(attacks, links, unproven, reduced)
        extend(links, unproven, reduced)


def chains_to(
    kb: KnowledgeBase,
    target: str,
    *,
    first: str | None = None,
    assumed: Adversaries = NO_ADVERSARIES,
    limit: int = 10,
) -> Chains:
    """Return the best chains to a target and how many there are.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    target : str
        The last attack, by id or code, or by the risk it exploits.
    first : str, optional
        Only chains that begin with this attack.
    assumed : Adversaries, optional
        See `chains`.
    limit : int
        How many chains to return at most.

    Raises
    ------
    UnknownName
        If there is no such attack.
    InputError
        If first and target are the same.
    """
    end = kb.attack(target)
    start = kb.attack(first) if first is not None else None
    if start is not None and start.id == end.id:
        raise InputError(f"{end.id} is both the first attack and the target: name two")
    best: list[Chain] = []
    found = searched = 0
    for chain in islice(chains(kb, end.id, assumed), MAX_CHAINS + 1):
        searched += 1
        if start is None or chain.attacks[0].id == start.id:
            found += 1
            if len(best) < limit:
                best.append(chain)
    return Chains(end, start, tuple(best), found, searched <= MAX_CHAINS, kb.digest)


def breakers(kb: KnowledgeBase, link: Colluded) -> tuple[Breaker, ...]:
    """Return the defenses that break or weaken a link, those with the fewest side effects first.

    The join of the three papers: a defense's edges to factors, the risks it lowers, and what one
    attack hands to the next.
    """
    helping = [each for each in link.unmet if each.effect == "+"]
    found: list[Breaker] = []
    for defense in kb.defenses.values():
        moved = kb.edges(defense.id)
        against = tuple(
            each.factor.id
            for each in helping
            if each.factor.id in moved
            and multiply(moved[each.factor.id].sign, each.depends.sign) == "-"
        )
        toward = expected(kb, defense.id, link.first.risk)
        if not against and toward.effect != "decrease":
            continue
        raises = tuple(
            each
            for each in (expected(kb, defense.id, risk) for risk in kb.risks)
            if each.effect == "increase"
        )
        if against:
            whole = len(against) == len(helping)
            found.append(Breaker(defense, "factor", against, whole, None, raises))
        if toward.effect == "decrease":
            found.append(Breaker(defense, "attack", (), toward.intended, toward, raises))
    return tuple(sorted(found, key=lambda each: (not each.whole, len(each.raises))))
