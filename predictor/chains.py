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

from crosscurrent.knowledge.errors import InputError

from .budget import spend
from .collusion import NO_ADVERSARIES, Adversaries, Colluded, collude
from .expectations import Expected, expected
from .signs import Sign, multiply

if TYPE_CHECKING:
    from crosscurrent.knowledge import Attack, Defense, KnowledgeBase

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
    obstacle : str or None
        If there is none, why: ``first`` (those there are begin otherwise), ``reach`` (each takes
        more than its adversaries are assumed to have), ``unnecessary`` (the target's adversary
        has all that another attack could give) or ``factors`` (no attack amplifies the target).
    knowledge : str
        Digest of the knowledge base.
    """

    target: Attack
    first: Attack | None
    chains: tuple[Chain, ...]
    found: int
    complete: bool
    obstacle: Literal["first", "reach", "unnecessary", "factors"] | None
    knowledge: str


class Breaker(NamedTuple):
    """A defense that breaks, weakens or may deter a link of a chain.

    Attributes
    ----------
    defense : Defense
        The defense, taken to be effective.
    how : str
        ``factor``: it moves common factors against the first attack. ``attack``: it lowers the
        first attack, so that there is less outcome to use. ``risk``: it lowers the risk behind
        the first attack, which is another thing than the attack and may go on: whoever can prove
        that a model was extracted has not kept it from being extracted.
    factors : tuple of str
        Ids of the factors it moves so; empty unless `how` is ``factor``.
    helps : tuple of str
        Ids of the common factors that it moves as the first attack does.
    whole : bool
        Whether no common factor is left that helps, as far as the signs say.
    backfires : bool
        Whether it is expected to raise the very risk that the second attack exploits.
    ground : Expected or None
        Unless `how` is ``factor``, what the lowering rests on.
    raises : tuple of Expected
        Its side effects: the risks that it is expected to raise.
    """

    defense: Defense
    how: Literal["factor", "attack", "risk"]
    factors: tuple[str, ...]
    helps: tuple[str, ...]
    whole: bool
    backfires: bool
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
        The last attack, by id, code or alias, or by the risk it exploits.
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
        return tuple(each for each in verdicts if each.holds)

    heap: list[tuple[int, int, int, int, tuple[Colluded, ...]]] = []
    count = 0

    def extend(links: tuple[Colluded, ...], unproven: int, reduced: int) -> None:
        nonlocal count
        start = links[0].first if links else end
        taken = {link.second.id for link in links} | {start.id}
        for link in helpers(start.id):
            if link.first.id not in taken:
                spend()
                count += 1
                new = unproven + (not link.proven)
                less = reduced + (link.potential == "reduced")
                heappush(heap, (new, len(links) + 1, less, count, (link, *links)))

    extend((), 0, 0)
    while heap:
        spend()
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
        The last attack, by id, code or alias, or by the risk it exploits.
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
    obstacle = None
    if not found and searched <= MAX_CHAINS:
        obstacle = "first" if searched else _obstacle(kb, end, assumed)
    return Chains(end, start, tuple(best), found, searched <= MAX_CHAINS, obstacle, kb.digest)


def _obstacle(
    kb: KnowledgeBase, end: Attack, assumed: Adversaries
) -> Literal["reach", "unnecessary", "factors"]:
    """Say why no attack can come before the last one."""
    verdicts = {collude(kb, each, end.id, assumed).verdict for each in kb.attacks if each != end.id}
    if "amplifies" in verdicts:
        return "reach"
    return "unnecessary" if "unnecessary" in verdicts else "factors"


def breakers(kb: KnowledgeBase, link: Colluded) -> tuple[Breaker, ...]:
    """Return the defenses that break or weaken a link.

    First come those that do not raise the second attack, nor help the link otherwise; of these,
    those that break it whole; and then those with the fewest side effects. The join of the three
    papers: a defense's edges to factors, the risks it lowers, and what one attack hands to the
    next.
    """
    helping = [each for each in link.unmet if each.effect == "+"]
    found: list[Breaker] = []
    for defense in kb.defenses.values():
        moved = {name: e for name, e in kb.edges(defense.id).items() if e.when is None}
        toward: dict[Sign, list[str]] = {"+": [], "-": [], "?": [], "0": []}
        for each in helping:
            if each.factor.id in moved:
                sign = multiply(moved[each.factor.id].sign, each.depends.sign)
                toward[sign].append(each.factor.id)
        against, helps = tuple(toward["-"]), tuple(toward["+"])
        lowering = expected(kb, defense.id, link.first.risk)
        if not against and lowering.effect != "decrease":
            continue  # most do nothing here, and what else they do need not be known
        raises = tuple(
            each
            for each in (expected(kb, defense.id, risk) for risk in kb.risks)
            if each.effect == "increase"
        )
        backfires = link.second.risk in {each.risk for each in raises}
        if against:
            whole = len(against) == len(helping)
            found.append(Breaker(defense, "factor", against, helps, whole, backfires, None, raises))
        if lowering.effect == "decrease":
            itself = link.first.id == link.first.risk
            how: Literal["attack", "risk"] = "attack" if itself else "risk"
            whole = itself and lowering.intended and not helps
            found.append(Breaker(defense, how, (), helps, whole, backfires, lowering, raises))
    return tuple(
        sorted(
            found,
            key=lambda each: (each.backfires, bool(each.helps), not each.whole, len(each.raises)),
        )
    )
