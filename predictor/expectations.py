"""Expected effect of a defense on a risk, for decisions.

Conjecture and publication stay apart in every answer; a plan, or a defense against a chain of
attacks, needs one word. Where an effect was published for the pair that word is the publication's,
and otherwise it is the guideline's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from .interactions import predict

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Expected", "expected"]


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
    """

    defense: str
    risk: str
    effect: Literal["increase", "decrease", "open"]
    ground: Literal["published", "conjecture", "none"]
    intended: bool
    probability_increase: float


def expected(kb: KnowledgeBase, defense: str, risk: str) -> Expected:
    """Return what to expect of an effective defense for a risk.

    Effects that were published both ways, be it for different adversaries, are open.

    Raises
    ------
    UnknownName
        If there is no such defense or risk.
    """
    answer = predict(kb, defense, risk)
    pair = (answer.defense, answer.risk)
    rest = (answer.intended, answer.probability_increase)
    seen = {each.record.effect for each in answer.observations}
    seen |= {each.record.effect for each in answer.exceptions}
    if seen in ({"increase"}, {"decrease"}):
        return Expected(*pair, "increase" if "increase" in seen else "decrease", "published", *rest)
    if not seen and answer.conjecture in ("increase", "decrease"):
        effect: Literal["increase", "decrease"] = (
            "increase" if answer.conjecture == "increase" else "decrease"
        )
        return Expected(*pair, effect, "conjecture", *rest)
    return Expected(*pair, "open", "none", *rest)
