"""Expected effect of a defense on a risk, for decisions.

Conjecture and publication stay apart in every answer; a plan, or a defense against a chain of
attacks, needs one word. Where an effect was published for the pair that word is the publication's,
and otherwise it is the guideline's. What was measured in your own models is told beside it.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Literal, NamedTuple

from .interactions import predict

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Expected", "expected"]

Effect = Literal["increase", "decrease", "open"]
Ground = Literal["published", "conjecture", "none"]


class Expected(NamedTuple):
    """What to expect, and on what ground.

    Attributes
    ----------
    defense, risk : str
        Ids.
    effect : str
        ``increase``, ``decrease`` or ``open``: disputed, contested or unknown.
    ground : str
        ``published``, ``conjecture`` or, where the effect is open, ``none``.
    intended : bool
        Whether the defense is meant for the risk.
    probability_increase : float
        As in the prediction of that pair.
    measured : tuple of str
        Effects that were measured in your own models, each once; no ground.
    """

    defense: str
    risk: str
    effect: Effect
    ground: Ground
    intended: bool
    probability_increase: float
    measured: tuple[str, ...]


def expected(kb: KnowledgeBase, defense: str, risk: str) -> Expected:
    """Return what to expect of an effective defense for a risk.

    Effects that were published both ways, be it for different adversaries, are open.

    Raises
    ------
    UnknownName
        If there is no such defense or risk.
    """
    answer = predict(kb, defense, risk)
    seen = [(each.record.effect, each.record.provenance) for each in answer.observations]
    seen += [(each.record.effect, each.provenance) for each in answer.exceptions]
    published = {effect for effect, provenance in seen if provenance == "published"}
    effect, ground = _word(published, answer.conjecture)
    return Expected(
        answer.defense,
        answer.risk,
        effect,
        ground,
        answer.intended,
        answer.probability_increase,
        tuple(dict.fromkeys(effect for effect, provenance in seen if provenance == "measured")),
    )


def _word(published: Set[str], conjecture: str) -> tuple[Effect, Ground]:
    """Return the one word for a pair, and its ground."""
    if published:
        if published == {"increase"}:
            return "increase", "published"
        return ("decrease", "published") if published == {"decrease"} else ("open", "none")
    if conjecture == "increase":
        return "increase", "conjecture"
    return ("decrease", "conjecture") if conjecture == "decrease" else ("open", "none")
