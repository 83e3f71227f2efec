"""``collude``: which attacks amplify which, and what breaks that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.joint_document_types import (
    Collusion,
    CollusionLink,
    Collusions,
    CollusionSequence,
)

from ...answers import collusions
from ...text.collusions import reason, shortfall
from ..tool import Adversary, Arguments, AttackName, Names, Tool

__all__ = ["TOOL", "ColludeArguments"]


class ColludeArguments(Arguments):
    """What `crosscurrent collude` takes."""

    attacks: Annotated[list[AttackName], Names] = Field(
        [],
        description="none: all pairs, one: against all others, two: that pair, more: link by link",
    )
    adversary: Adversary = Field({})


def _answer(
    kb: KnowledgeBase, asked: ColludeArguments
) -> Collusions | Collusion | CollusionSequence:
    return collusions.collude(kb, asked.attacks, asked.adversary)


def _told(kb: KnowledgeBase, document: Any) -> str:
    return "\n".join(_lines(kb, document))


def _lines(kb: KnowledgeBase, document: Any) -> Iterator[str]:
    """Yield a sentence for each link, with what breaks it if it holds; of many those that hold."""
    if "collusions" in document:
        holding = [each for each in document["collusions"] if each["holds"]]
        many = f"{len(holding)} of {len(document['collusions'])} pairs"
        yield f"In {many} the first attack amplifies the second."
        yield from (f"{_pair(kb, each)}: {each['verdict']}." for each in holding)
        return
    for link in document.get("links", [document]):
        factors = bool(link["factors"])
        why = reason(link["verdict"], factors=factors, reduced=link["potential"] == "reduced")
        yield f"{_pair(kb, link)}: {link['verdict']}: {why}."
        for each in link["shortfalls"]:
            who, what, value = each["adversary"], each["characteristic"], each["value"]
            yield f"{shortfall(who, what, value, each['least'], each['standing']).capitalize()}."
        breaking = [
            kb.defenses[each["defense"]].name.lower() for each in link["breakers"] if each["whole"]
        ]
        if link["holds"]:
            yield f"Broken by: {', '.join(breaking) or 'no defense that is known'}."


def _pair(kb: KnowledgeBase, link: CollusionLink) -> str:
    return f"{kb.attacks[link['first']].name} → {kb.attacks[link['second']].name}"


TOOL = Tool(
    "collude",
    "Which attacks amplify which",
    "Whether the outcome of one attack on an ML pipeline amplifies another attack, over which"
    " common factors, whether that was published, and which defenses break it at what price.",
    ColludeArguments,
    Collusion | CollusionSequence | Collusions,
    _answer,
    _told,
    "name two attacks",
)
