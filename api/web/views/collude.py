"""View of collusions: pairs and chains of attacks, and the defenses that break them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import APIRouter, Response

from crosscurrent.api.answers import collusions as answers
from crosscurrent.api.text import collusions as colluding
from crosscurrent.knowledge.errors import InputError, clip
from crosscurrent.predictor.collusion import adversaries, idle

from ..chains import AttackChain, attack_chain
from ..drawings.chain_map import chain_map
from ..matrix import attack_pair
from ..measurements.summaries import OwnFindings
from ..names import is_measured
from ..rendering import sentence
from ..request import PageRequest, PageRequestDep

if TYPE_CHECKING:
    from crosscurrent.knowledge import Attack, Defense

__all__ = ["router"]

router = APIRouter()

_FIRST = "first."
_LIMITS = (5, 10, 20, 50)
"""Numbers of chains to choose from; any up to the last is taken."""


class _CollusionQuery(NamedTuple):
    """The query, whether or not it can be answered."""

    target: str | None
    first: str | None
    attacks: Sequence[str]
    chosen: Sequence[str]
    adversary: dict[str, str]
    limit: str | None


@router.get("/collude")
def collude(page: PageRequestDep, findings: OwnFindings) -> Response:
    """Show chains to a target, a pair or sequence of attacks, or one attack with all others."""
    scales = [*page.kb.adversary, *(_FIRST + key for key in page.kb.adversary)]
    page.expect("target", "first", "attack", "with", "limit", *scales)
    wish = _wish(page, scales)
    wrong, found = None, {}
    try:
        found = _found(page, wish, scales)
    except InputError as error:  # what was chosen stays, so that it can be corrected
        wrong = str(error)
    chains: Sequence[AttackChain] = found.get("chains", ())
    return page.render(
        "collude.html",
        422 if wrong else 200,
        view="collude",
        wish=wish,
        wrong=wrong,
        found=found,
        chains=[(each, _drawings(page, each)) for each in chains],
        broken=sum(each.broken for each in chains),
        useless=_useless(wish.chosen, chains),
        first_of=_FIRST,
        limits=_LIMITS,
        default=answers.CHAINS,
        toggled=lambda defense: _toggled(page, wish, defense),
        keeping=lambda *query: [*query, *_kept(wish)],
        is_measured=is_measured,
        found_by_job=findings.of_attacks,
        examples=_examples(page),
        command=_command(wish),
    )


def _wish(page: PageRequest, scales: Sequence[str]) -> _CollusionQuery:
    adversary = {key: value for key in scales if (value := page.one(key))}
    attacks = _ids(page.kb.attack, page.every("attack"))
    target, first = (
        next(iter(_ids(page.kb.attack, page.many(name)[-1:])), None) for name in ("target", "first")
    )
    chosen = list(dict.fromkeys(_ids(page.kb.defense, page.many("with"))))
    return _CollusionQuery(target, first, attacks, chosen, adversary, page.one("limit"))


def _ids(find: Callable[[str], Attack | Defense], names: Sequence[str]) -> list[str]:
    """Return ids for names; a name that is none stays, to be told and corrected."""

    def one(name: str) -> str:
        try:
            return find(name).id
        except InputError:
            return name

    return [one(name) for name in names]


def _found(page: PageRequest, wish: _CollusionQuery, scales: Sequence[str]) -> dict[str, Any]:
    """Return the answer, its chains, and what else templates say of it."""
    for each in wish.chosen:
        page.kb.defense(each)
    for key in scales:
        if len(values := page.many(key)) > 1:
            raise InputError(f"{key} is given twice: {' and '.join(map(clip, values))}")
    ignored = idle(page.kb, adversaries(page.kb, wish.adversary))
    if ignored:
        page.notices.append(f"{sentence(colluding.IDLE.format(', '.join(ignored)))}.")
    if wish.attacks and (wish.target or wish.first):
        raise InputError(
            "name the target of chains, with or without the first attack, or attacks in order;"
            " not both"
        )
    if wish.attacks:
        return _sequence(page, wish)
    if wish.target:
        return _chains(page, wish, wish.target)
    if wish.first:
        raise InputError("name the target too: the attack in which the chains end")
    return {}


def _chains(page: PageRequest, wish: _CollusionQuery, target: str) -> dict[str, Any]:
    limit = wish.limit or str(answers.CHAINS)
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= _LIMITS[-1]):
        raise InputError(f"limit={clip(limit)}: it should be a number from 1 to {_LIMITS[-1]}")
    document = answers.chains(page.kb, target, wish.first, wish.adversary, int(limit))
    chains = [attack_chain(page, chain["links"], wish.chosen) for chain in document["chains"]]
    first, end = document["first"], document["target"]
    needs = ", ".join(page.words.inside(each) for each in page.kb.prerequisites_of(end))
    absent = colluding.no_chain(
        document["obstacle"], page.words.called(first, "attacks") if first else None, needs
    )
    return {"kind": "chains", "document": document, "chains": chains, "absent": absent}


def _sequence(page: PageRequest, wish: _CollusionQuery) -> dict[str, Any]:
    if wish.limit:
        page.notices.append("“limit” counts chains, so it was left out here.")
    document: Mapping[str, Any] = answers.collude(page.kb, wish.attacks, wish.adversary)
    if len(wish.attacks) == 1:
        pairs = [attack_pair(page.words, each) for each in document["collusions"]]
        return {"kind": "one", "document": document, "pairs": pairs}
    links = document.get("links", [document])
    found = attack_chain(page, links, wish.chosen)
    reasons = [
        colluding.reason(
            each["verdict"],
            factors=bool(each["factors"]),
            reduced=each["potential"] == "reduced",
        )
        for each in links
    ]
    return {
        "kind": "sequence",
        "document": document,
        "chains": [found],
        "reasons": reasons,
        "shortfalls": [[colluding.shortfall(**s) for s in each["shortfalls"]] for each in links],
        "weak": next((each for each in links if not each["holds"]), None),
        "experiments": [
            [
                each
                for each in page.kb.experiments.values()
                if (each.first, each.second) == (link["first"], link["second"])
            ]
            for link in links
        ],
    }


def _drawings(page: PageRequest, each: AttackChain) -> list[Any]:
    return [chain_map(page.words, each, page.link, narrow=narrow) for narrow in (False, True)]


def _useless(chosen: Sequence[str], chains: Sequence[AttackChain]) -> list[str]:
    """Return the defenses in place that do nothing against what is shown."""
    working = {each.defense for found in chains for link in found.links for each in link.against}
    return [each for each in chosen if chains and each not in working]


def _toggled(page: PageRequest, wish: _CollusionQuery, defense: str) -> str:
    """Return the address of the same with a defense more, or less."""
    chosen = [each for each in wish.chosen if each != defense]
    if len(chosen) == len(wish.chosen):
        chosen.append(defense)
    return page.link(
        "/collude",
        [
            ("target", wish.target),
            ("first", wish.first),
            *(("attack", each) for each in wish.attacks),
            ("limit", wish.limit),
            *_kept(wish._replace(chosen=chosen)),
        ],
    )


def _kept(wish: _CollusionQuery) -> list[tuple[str, str]]:
    """Return what another question of the same adversaries and defenses takes along."""
    return [*wish.adversary.items(), *(("with", each) for each in wish.chosen)]


def _examples(page: PageRequest) -> list[Any]:
    """Return the pairs that a survey has tested itself."""
    return [
        each
        for each in page.kb.collusions.values()
        if each.status == "validated" and not each.measured
    ]


def _command(wish: _CollusionQuery) -> str:
    """Return the command line that asks the same."""
    words = ["crosscurrent", "collude", *wish.attacks]
    if wish.target:
        words += [wish.first] if wish.first else []
        words += ["--target", wish.target]
    for pair in wish.adversary.items():
        words += ["--adversary", "=".join(pair)]
    if wish.target and wish.limit:
        words += ["--limit", wish.limit]
    return shlex.join(words)
