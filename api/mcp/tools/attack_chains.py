"""``attack_chains``: chains of attacks that end in one, and what breaks them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.joint_document_types import Chains

from ...answers import collusions
from ...text.collusions import no_chain
from ..tool import Adversary, Arguments, AttackName, Tool

__all__ = ["TOOL", "ChainArguments"]


class ChainArguments(Arguments):
    """What `crosscurrent collude --target` takes."""

    target: AttackName = Field(description="the attack that the chains end in: id, code or alias")
    first: AttackName | None = Field(None, description="the attack that they begin with")
    adversary: Adversary = Field({})
    limit: int = Field(collusions.CHAINS, ge=1, le=1000, description="chains to list")


def _answer(kb: KnowledgeBase, asked: ChainArguments) -> Chains:
    return collusions.chains(kb, asked.target, asked.first, asked.adversary, asked.limit)


def _told(kb: KnowledgeBase, document: Any) -> str:
    target = kb.attacks[document["target"]]
    heading = f"Chains to {target.name.lower()}"
    if not document["chains"]:
        first = document["first"] and kb.attacks[document["first"]].name
        needs = (kb.factors[name].name.lower() for name in kb.prerequisites_of(target.id))
        return f"{heading}: {no_chain(document['obstacle'], first, ', '.join(needs))}."
    many = f"{'' if document['complete'] else 'more than '}{document['found']}"
    lines = [f"{heading}: {many}, the best {len(document['chains'])}."]
    for number, chain in enumerate(document["chains"], 1):
        unproven = f" ({chain['unproven']} of its links unproven)" if chain["unproven"] else ""
        lines.append(f"{number}. {' → '.join(chain['attacks'])}{unproven}")
    return "\n".join(lines)


TOOL = Tool(
    "attack_chains",
    "Chains of attacks",
    "Chains of attacks of which each amplifies the next and the last is the target, those best"
    " shown first, with the defenses that break each link.",
    ChainArguments,
    Chains,
    _answer,
    _told,
    "list fewer (limit), or state what the adversary is",
)
