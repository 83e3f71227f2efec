"""Chains of attacks that the adversaries of a deployment can mount, and what breaks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, permutations
from typing import TYPE_CHECKING, Final, NamedTuple

from ..chains import Breaker, Chain, breakers, chains
from ..collusion import NO_ADVERSARIES, Adversaries

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from .facts import Described, InPlace, Profile

__all__ = ["MAX_CHAINS", "Threat", "threats"]

MAX_CHAINS: Final = 3
"""As many chains as are listed for a target."""

_SEARCHED: Final = 200
_MAX_PAIRS: Final = 144


class Threat(NamedTuple):
    """A chain of attacks toward a risk that matters.

    Attributes
    ----------
    target : str
        Id of the risk that the last attack exploits.
    chain : Chain
        The attacks and the verdict on each link.
    adversaries : tuple of pair of str
        Who may mount it: names of those who attack first and last; empty where the deployment
        describes nobody.
    assumed : Adversaries
        What is assumed of the first of these pairs.
    breakers : tuple of tuple of Breaker
        For each link, the defenses that break or weaken it.
    broken_by : tuple of InPlace
        Defenses in place that break a link whole and do not backfire.
    """

    target: str
    chain: Chain
    adversaries: tuple[tuple[str, str], ...]
    assumed: Adversaries
    breakers: tuple[tuple[Breaker, ...], ...]
    broken_by: tuple[InPlace, ...]


def threats(kb: KnowledgeBase, deployment: Described) -> tuple[Threat, ...]:
    """Return the best chains toward each risk that matters, best shown first."""
    found: list[Threat] = []
    for attack in kb.attacks.values():
        if attack.risk in deployment.matters:
            found += islice(_toward(kb, deployment, attack.id), MAX_CHAINS)
    return tuple(sorted(found, key=lambda each: (each.chain.unproven, len(each.chain.links))))


def _toward(kb: KnowledgeBase, deployment: Described, target: str) -> Iterator[Threat]:
    mounted: dict[tuple[str, ...], tuple[Chain, Adversaries, list[tuple[str, str]]]] = {}
    attackers: list[Profile | None] = [*deployment.profiles] or [None]
    known_chains: dict[tuple[object, object], list[Chain]] = {}
    for first, last in islice(_pairs(attackers), _MAX_PAIRS):
        assumed = NO_ADVERSARIES
        if first is not None and last is not None:
            assumed = Adversaries(dict(first.described), dict(last.described))
        key = (frozenset(assumed.first.items()), frozenset(assumed.second.items()))
        if key not in known_chains:
            known_chains[key] = [*islice(chains(kb, target, assumed), _SEARCHED)]
        searched = known_chains[key]
        able = (chain for chain in searched if _able(chain, first, last))
        for chain in islice(able, MAX_CHAINS):
            names = tuple(each.id for each in chain.attacks)
            known = mounted.setdefault(names, (chain, assumed, []))
            if first is not None and last is not None:
                known[2].append((first.name, last.name))
    best = sorted(
        mounted.values(), key=lambda each: (each[0].unproven, len(each[0].links), each[0].reduced)
    )
    for chain, assumed, who in best:
        breaking = tuple(breakers(kb, link) for link in chain.links)
        breaks = {
            each.defense.id
            for link in breaking
            for each in link
            if each.whole and not each.backfires
        }
        yield Threat(
            chain.attacks[-1].risk,
            chain,
            tuple(who),
            assumed,
            breaking,
            tuple(each for each in deployment.defenses if each.defense in breaks),
        )


def _pairs(attackers: Sequence[Profile | None]) -> Iterator[tuple[Profile | None, Profile | None]]:
    """Yield each attacker by itself, then each two of them: so none is left out first."""
    yield from zip(attackers, attackers, strict=True)
    yield from permutations(attackers, 2)


def _able(chain: Chain, first: Profile | None, last: Profile | None) -> bool:
    """Say whether the adversaries may turn these risks into attacks."""
    if first is None or last is None:
        return True
    *before, end = chain.attacks
    return end.risk in last.risks and all(each.risk in first.risks for each in before)
