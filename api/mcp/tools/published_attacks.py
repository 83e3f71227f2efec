"""``published_attacks``: the published attacks that an adversary can mount."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.joint_document_types import PublishedAttacks

from ...answers import attacks
from ..tool import Adversary, Arguments, AttackName, Tool

__all__ = ["TOOL", "PublishedAttackArguments"]

_SHOWN = 5


class PublishedAttackArguments(Arguments):
    """What `crosscurrent attacks` takes."""

    attack: AttackName = Field(description="the attack, or the risk behind it: id, code or alias")
    adversary: Adversary = Field({})


def _answer(kb: KnowledgeBase, asked: PublishedAttackArguments) -> PublishedAttacks:
    return attacks.attacks(kb, asked.attack, asked.adversary)


def _told(kb: KnowledgeBase, document: Any) -> str:
    whom = ", ".join(f"{key}={value}" for key, value in document["adversary"].items())
    name, count = kb.attacks[document["attack"]].name, len(document["attacks"])
    lines = [f"{name}: {count} published ones need no more than {whom or 'any adversary'}."]
    lines += [f"{each['year']}: {each['title']}" for each in document["attacks"][:_SHOWN]]
    return "\n".join([*lines, *["..."] * (count > _SHOWN)])


TOOL = Tool(
    "published_attacks",
    "Published attacks within reach",
    "The published attacks of one kind that need no more than an adversary has, from the catalogue"
    " of a survey: title, year, venue and what each takes.",
    PublishedAttackArguments,
    PublishedAttacks,
    _answer,
    _told,
    "state what the adversary is",
)
