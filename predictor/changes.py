"""Changes that a scenario makes in a prediction, and the assumptions behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from .assessment import assess
from .interactions import Prediction, predict
from .scenarios import NOTHING_ASSUMED, Scenario, meets
from .signs import EFFECT

if TYPE_CHECKING:
    from crosscurrent.knowledge import ExceptionRecord, KnowledgeBase, Observation

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
        Whether conjecture, basis, probability, what is expected, its grade or the observations
        that apply differ.
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
        Ids, codes or aliases, in any case.
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
        before,
        after,
        _verdict(kb, before) != _verdict(kb, after),
        _reasons(kb, before, after, assumed),
    )


def _verdict(kb: KnowledgeBase, prediction: Prediction) -> tuple[object, ...]:
    answer = assess(kb, prediction)
    return (
        answer.expect,
        answer.grade,
        prediction.conjecture,
        prediction.basis,
        prediction.probability_increase,
        [seen.applies for seen in prediction.observations],
        [seen.applies is True for seen in prediction.exceptions],
    )


_GONE = {"+": "increase", "-": "decrease", "0": "lack of effect", "?": "unclear effect"}


def _reasons(
    kb: KnowledgeBase, before: Prediction, after: Prediction, assumed: Scenario
) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    for path in before.paths:
        if path.factor.id in assumed.held:
            effect, name = EFFECT[path.effect], path.factor.name.lower()
            text = f"{name} held: its {_GONE[path.effect]} no longer counts"
            reasons.append(Reason("hold", path.factor.id, effect, text))
    for path in after.paths:
        if path.moved_by is None:
            effect, name = EFFECT[path.effect], path.factor.name.lower()
            verb: Literal["raise", "lower"] = "raise" if path.push == "+" else "lower"
            text = f"{name} {verb.rstrip('e')}ed: {effect}"
            reasons.append(Reason(verb, path.factor.id, effect, text))
    records: list[tuple[Observation | ExceptionRecord, str]] = [
        (seen.record, seen.record.provenance) for seen in after.observations
    ]
    records += [(seen.record, seen.provenance) for seen in after.exceptions]
    for record, provenance in records:
        for key, needed in (record.when or {}).items():
            if key in assumed.adversary:
                only = "" if meets(kb, assumed.adversary, {key: needed}) else " only"
                text = f"{record.effect} {provenance} for {key}={needed}{only}"
                reasons.append(Reason("adversary", key, record.effect, text))
    return tuple(reasons)
