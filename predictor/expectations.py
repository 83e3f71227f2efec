"""Expected effect of a defense on a risk, for decisions.

A plan, or a defense against a chain of attacks, needs one word for a pair: that of its assessment
where it has a direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from weakref import WeakKeyDictionary

from .assessment import Assessment, Grade, assess
from .interactions import Prediction, predict, settled

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["UNSURE", "Expected", "expected", "outlook"]

Effect = Literal["increase", "decrease", "open"]
Ground = Literal["measured", "measured_reference", "published", "conjecture", "none"]

UNSURE: Final[tuple[Ground, ...]] = ("conjecture", "measured_reference")
"""Grounds that nobody's publication and none of your own models stands behind."""

_GROUNDS: Final[dict[Grade, Ground]] = {
    "measured_here": "measured",
    "replicated": "published",
    "published_once": "published",
    "measured_reference": "measured_reference",
    "disputed": "published",
    "derived_active": "conjecture",
    "derived_passive": "conjecture",
    "none": "none",
}


class Expected(NamedTuple):
    """What to expect, and on what ground.

    Attributes
    ----------
    defense, risk : str
        Ids.
    effect : str
        ``increase``, ``decrease`` or ``open``: it depends, is disputed, unknown or no change.
    ground : str
        ``measured`` (in your own models), ``published``, ``measured_reference`` (in reference
        models), ``conjecture`` or, where the effect is open, ``none``.
    intended : bool
        Whether the defense is meant for the risk.
    probability_increase : float
        As in the prediction of that pair.
    measured : tuple of str
        Effects that were measured in your own models, each once.
    measured_reference : tuple of str
        The same in reference models.
    assessment : Assessment
        The whole answer for that pair.
    """

    defense: str
    risk: str
    effect: Effect
    ground: Ground
    intended: bool
    probability_increase: float
    measured: tuple[str, ...]
    measured_reference: tuple[str, ...]
    assessment: Assessment


def expected(kb: KnowledgeBase, defense: str, risk: str) -> Expected:
    """Return what to expect of an effective defense for a risk.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    defense : str
        Id, code or alias, with a stage as ``watermarking@post``; a bare one is at its usual stage.
    risk : str
        Id, code or alias.

    Raises
    ------
    UnknownName
        If there is no such defense or risk.
    InputError
        If the defense has no variant at that stage.
    """
    name, stage = settled(kb, defense)
    at = name if stage is None else f"{name}@{stage}"
    answer, assessed = _known(kb, at, kb.risk(risk).id)
    effect: Effect = "open"
    if assessed.expect in ("increase", "decrease"):
        effect = assessed.expect
    seen = [each.record for each in answer.observations if each.record.measured]
    own = [each.effect for each in seen if each.own]
    own += [each.record.effect for each in answer.exceptions if each.provenance == "measured"]
    return Expected(
        answer.defense,
        answer.risk,
        effect,
        "none" if effect == "open" else _GROUNDS[assessed.grade],
        answer.intended,
        answer.probability_increase,
        tuple(dict.fromkeys(own)),
        tuple(dict.fromkeys(each.effect for each in seen if not each.own)),
        assessed,
    )


def outlook(kb: KnowledgeBase, defense: str, risk: str) -> Assessment:
    """Return the assessment of a pair, by ids, with nothing assumed."""
    return _known(kb, defense, risk)[1]


_OUTLOOKS: WeakKeyDictionary[
    KnowledgeBase, dict[tuple[str, str], tuple[Prediction, Assessment]]
] = WeakKeyDictionary()


def _known(kb: KnowledgeBase, defense: str, risk: str) -> tuple[Prediction, Assessment]:
    """Return what is said of a pair, kept as long as the base is: plans ask for it often."""
    known = _OUTLOOKS.setdefault(kb, {})
    pair = (defense, risk)
    if pair not in known:
        answer = predict(kb, defense, risk)
        known[pair] = answer, assess(kb, answer)
    return known[pair]
