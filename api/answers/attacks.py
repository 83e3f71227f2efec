"""Published attacks within an adversary's reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from crosscurrent.predictor.collusion import adversaries
from crosscurrent.predictor.joint_documents import published_attacks_document
from crosscurrent.predictor.published import within_reach

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, PublishedAttack
    from crosscurrent.predictor import joint_document_types as shapes

__all__ = ["SCALES", "Reach", "attacks", "reach"]

SCALES = (
    "capability",
    "optimization",
    "model_knowledge",
    "output",
    "interaction",
    "data_knowledge",
    "blindness",
)
"""The scales on which an adversary may be described."""


class Reach(NamedTuple):
    """The attacks on one risk, or on all, that need no more than an adversary has."""

    attack: str | None
    adversary: Mapping[str, str]
    found: tuple[PublishedAttack, ...]


def reach(kb: KnowledgeBase, risk: str | None, stated: Mapping[str, str]) -> Reach:
    """Find published attacks within an adversary's reach.

    Raises
    ------
    UnknownName
        If there is no such attack, characteristic or value.
    """
    attack = None if risk is None else kb.attack(risk).id
    adversary = adversaries(kb, stated).second
    return Reach(attack, adversary, tuple(within_reach(kb, attack, adversary)))


def attacks(
    kb: KnowledgeBase, risk: str | None = None, adversary: Mapping[str, str] | None = None
) -> shapes.PublishedAttacks:
    """Answer with the published attacks within an adversary's reach."""
    found = reach(kb, risk, adversary or {})
    return published_attacks_document(found.attack, found.adversary, found.found, kb.digest)
