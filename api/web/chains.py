"""Chains of attacks of which each helps the next, and the effect of defenses on their links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..text import collusions as colluding
from .matrix import AttackPair, attack_pair

if TYPE_CHECKING:
    from .request import PageRequest

__all__ = ["AttackChain", "ChainLink", "LinkDefense", "attack_chain", "chain_link"]


class LinkDefense(NamedTuple):
    """Effect of a defense on a link, in words.

    Attributes
    ----------
    defense : str
        Its id.
    how, price : str
        How it works against the link; what it does besides.
    chosen : bool
        Whether it is in place.
    cuts : bool
        Whether it breaks the link whole, and helps it in no other way.
    backfires : bool
        Whether it raises the second attack itself.
    """

    defense: str
    how: str
    price: str
    chosen: bool
    cuts: bool
    backfires: bool


class ChainLink(NamedTuple):
    """One link of a chain.

    Attributes
    ----------
    document : mapping
        The answer for both attacks.
    pair : AttackPair
        The same in a few signs.
    against : sequence of LinkDefense
        The defenses that work against it.
    cut : sequence of str
        Ids of the defenses in place that break it.
    said : sequence of str
        Remaining effects of the defenses in place, in sentences.
    """

    document: Mapping[str, Any]
    pair: AttackPair
    against: Sequence[LinkDefense]
    cut: Sequence[str]
    said: Sequence[str]

    @property
    def unproven(self) -> bool:
        """Whether the expected effect was neither published nor measured."""
        return {*self.pair.published, *self.pair.measured} != {self.pair.verdict}


class AttackChain(NamedTuple):
    """A chain of attacks.

    Attributes
    ----------
    attacks : sequence of str
        Their ids.
    codes : sequence of str
        Their codes; empty where one has none.
    legs : sequence of ChainLink
        The links between them.
    clean : sequence of (str, str)
        Defenses that break a link without raising an attack that follows, and the first attack
        of that link.
    """

    attacks: Sequence[str]
    codes: Sequence[str]
    links: Sequence[ChainLink]
    clean: Sequence[tuple[str, str]]

    @property
    def broken(self) -> bool:
        """Whether a defense in place breaks a link of it."""
        return any(each.cut for each in self.links)

    @property
    def weakened(self) -> bool:
        """Whether some defense weakens a link of it without raising the attack that follows."""
        return any(
            each.how.startswith("weakens") and not each.backfires
            for link in self.links
            for each in link.against
        )

    @property
    def holds(self) -> bool:
        """Whether each attack is expected to amplify the next, and within reach."""
        return all(each.document["holds"] for each in self.links)


def attack_chain(
    page: PageRequest, links: Sequence[Mapping[str, Any]], chosen: Sequence[str]
) -> AttackChain:
    """Return the chain of one link or several.

    Parameters
    ----------
    page : PageRequest
        For the names.
    links : sequence of mapping
        The documents of each two attacks in a row.
    chosen : sequence of str
        Ids of the defenses in place.
    """
    goal = page.kb.attacks[links[-1]["second"]].risk
    clean = [
        (breaker["defense"], link["first"])
        for link in links
        for breaker in _breakers(link)
        if colluding.clean(
            _raised(breaker), goal, whole=breaker["whole"], backfires=breaker["backfires"]
        )
    ]
    attacks = [links[0]["first"], *(link["second"] for link in links)]
    return AttackChain(
        attacks,
        [page.kb.attacks[each].code or "" for each in attacks],
        [chain_link(page, link, chosen) for link in links],
        list(dict.fromkeys(clean)),
    )


def chain_link(page: PageRequest, document: Mapping[str, Any], chosen: Sequence[str]) -> ChainLink:
    """Return one link with what defenses do to it."""
    against = _together(_against(page, document, each, chosen) for each in _breakers(document))
    cut = dict.fromkeys(each.defense for each in against if each.chosen and each.cuts)
    pair = attack_pair(page.words, document)
    return ChainLink(document, pair, against, list(cut), list(_said(page, document, against)))


def _together(against: Iterable[LinkDefense]) -> list[LinkDefense]:
    """Return each defense once for all ways in which it works alike, what breaks the link first."""
    alike: dict[LinkDefense, list[str]] = {}
    for each in against:
        alike.setdefault(each._replace(how=each.how.split(" it by ")[0]), []).append(each.how)
    found = [each._replace(how=colluding.joined(ways)) for each, ways in alike.items()]
    return sorted(found, key=lambda each: not each.cuts or each.backfires)


def _breakers(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return what works against a link; there is nothing to break in one that does not hold."""
    return document["breakers"] if document["holds"] else ()


def _against(
    page: PageRequest,
    document: Mapping[str, Any],
    breaker: Mapping[str, Any],
    chosen: Sequence[str],
) -> LinkDefense:
    kb, words = page.kb, page.words
    raised = {
        risk: f"{words.inside(risk)} {kb.risks[risk].code or ''}".strip()
        for risk in _raised(breaker)
    }
    second = kb.attacks[document["second"]].risk if breaker["backfires"] else None
    return LinkDefense(
        breaker["defense"],
        colluding.way(
            breaker["how"],
            _names(page, breaker["factors"]),
            breaker["ground"],
            whole=breaker["whole"],
        ),
        colluding.price(_names(page, breaker["helps"]), raised, second),
        breaker["defense"] in chosen,
        breaker["whole"] and not breaker["helps"],
        breaker["backfires"],
    )


def _said(
    page: PageRequest, document: Mapping[str, Any], against: Sequence[LinkDefense]
) -> Iterable[str]:
    first, second = (page.words.inside(document[each], "attacks") for each in ("first", "second"))
    for each in against:
        if not each.chosen:
            continue
        name = page.words.called(each.defense)
        if not each.cuts:
            yield f"{name} {each.how}; {second} still profits from {first}"
        if each.backfires:
            yield f"{name} backfires: it raises {second} itself, the attack that follows"


def _raised(breaker: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(each["risk"] for each in breaker["raises"]))


def _names(page: PageRequest, factors: Iterable[str]) -> str:
    return ", ".join(page.words.inside(each) for each in factors)
