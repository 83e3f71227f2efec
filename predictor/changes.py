"""What a scenario changes in a prediction, and which assumption did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from .interactions import Prediction, predict
from .scenarios import NOTHING_ASSUMED, Scenario
from .signs import EFFECT

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

__all__ = ["Change", "Reason", "what_if"]


class Reason(NamedTuple):
    """One assumption at work in one prediction.

    Attributes
    ----------
    assumption : str
        ``hold``, ``raise``, ``lower`` or ``adversary``.
    subject : str
        Id of the factor, or of the adversary's characteristic.
    effect : str
        What it speaks for; for ``hold``, and for an observation that does not hold for this
        adversary, the effect that no longer counts.
    text : str
        The same in a sentence.
    """

    assumption: Literal["hold", "raise", "lower", "adversary"]
    subject: str
    effect: str
    text: str


class Change(NamedTuple):
    """A prediction before and after the assumptions.

    Attributes
    ----------
    before, after : Prediction
        Without any assumption, and with them.
    changed : bool
        Whether conjecture, basis, probability or the observations that apply differ.
    because : tuple of Reason
        The assumptions that reach this pair; empty if none does.
    """

    before: Prediction
    after: Prediction
    changed: bool
    because: tuple[Reason, ...]


def what_if(kb: KnowledgeBase, defense: str, risk: str, assumed: Scenario) -> Change:
    """Compare a prediction with the same under assumptions.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    defense, risk : str
        Ids or codes, in any case.
    assumed : Scenario
        See `predictor.scenarios.scenario`.

    Raises
    ------
    UnknownName
        If there is no such defense or risk.
    """
    before = predict(kb, defense, risk, NOTHING_ASSUMED)
    after = predict(kb, defense, risk, assumed)
    return Change(
        before, after, _verdict(before) != _verdict(after), _reasons(before, after, assumed)
    )


def _verdict(prediction: Prediction) -> tuple[object, ...]:
    return (
        prediction.conjecture,
        prediction.basis,
        prediction.probability_increase,
        [seen.applies for seen in prediction.observations],
        [seen.applies is True for seen in prediction.exceptions],
    )


def _reasons(before: Prediction, after: Prediction, assumed: Scenario) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    for path in before.paths:
        if path.factor.id in assumed.held:
            effect, name = EFFECT[path.effect], path.factor.name.lower()
            text = f"{name} held: its {effect} no longer counts"
            reasons.append(Reason("hold", path.factor.id, effect, text))
    for path in after.paths:
        if path.moved_by is None:
            effect, name = EFFECT[path.effect], path.factor.name.lower()
            verb: Literal["raise", "lower"] = "raise" if path.push == "+" else "lower"
            text = f"{name} {verb.rstrip('e')}ed: {effect}"
            reasons.append(Reason(verb, path.factor.id, effect, text))
    adversary = assumed.adversary
    for exception in after.exceptions:
        if exception.applies:
            effect = exception.record.effect
            for key in exception.record.when or ():
                text = f"{effect} published for {key}={adversary[key]}"
                reasons.append(Reason("adversary", key, effect, text))
    for observation in after.observations:
        when = observation.record.when or {}
        for key, needed in when.items():
            if not observation.applies and key in adversary and adversary[key] != needed:
                effect = observation.record.effect
                text = f"{effect} published for {key}={needed} only"
                reasons.append(Reason("adversary", key, effect, text))
    return tuple(reasons)
