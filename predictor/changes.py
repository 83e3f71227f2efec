"""Changes that a scenario makes in a prediction, and the assumptions behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from .assessment import assess
from .interactions import Prediction, predict
from .scenarios import NOTHING_ASSUMED, Scenario, meets
from .signs import EFFECT

if TYPE_CHECKING:
    from crosscurrent.knowledge import ExceptionRecord, KnowledgeBase, Observation

    from .guideline import Path

__all__ = ["Change", "Reason", "what_if"]


Assumption = Literal["hold", "raise", "lower", "adversary", "given"]


class Reason(NamedTuple):
    """One assumption at work in one prediction.

    Attributes
    ----------
    assumption : str
        ``hold``, ``raise``, ``lower``, ``adversary`` or ``given``.
    subject : str
        Id of the factor, of the adversary's characteristic, or of the condition.
    effect : str
        What it speaks for; for ``hold``, and for a path or an observation that does not hold
        under what is assumed, the effect that does not count.
    text : str
        The same in a sentence.
    """

    assumption: Assumption
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
        [(path.factor.id, path.moved_by is None) for path in prediction.paths if path.conditional],
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
    counted = [path for path in after.paths if not path.conditional]
    for path in before.paths:
        if path.conditional and path.factor.id not in assumed.held:
            reasons += _met(kb, path, counted, assumed)
    records: list[tuple[Observation | ExceptionRecord, str]] = [
        (seen.record, seen.record.provenance) for seen in after.observations
    ]
    records += [(seen.record, seen.provenance) for seen in after.exceptions]
    for record, provenance in records:
        for key, needed in (record.when or {}).items():
            if key in assumed.stated:
                only = "" if meets(kb, assumed.stated, {key: needed}) else " only"
                text = f"{record.effect} {provenance} for {key}={needed}{only}"
                reasons.append(Reason(_stated(assumed, key), key, record.effect, text))
    return tuple(reasons)


def _met(
    kb: KnowledgeBase, path: Path, counted: Sequence[Path], assumed: Scenario
) -> Iterator[Reason]:
    """Yield the assumptions that settle whether a path counts which was conditional before."""
    effect, name = EFFECT[path.effect], path.factor.name.lower()
    counts = any((p.depends, p.moved_by) == (path.depends, path.moved_by) for p in counted)
    for key, needed in (path.when or {}).items():
        if key not in assumed.stated:
            continue
        met = meets(kb, assumed.stated, {key: needed})
        if met and counts:
            text = f"{name}: {effect}, as {key}={needed}"
        elif met is False:
            text = f"{name}: no {effect}, as that takes {key}={needed}"
        else:
            continue
        yield Reason(_stated(assumed, key), key, effect, text)


def _stated(assumed: Scenario, key: str) -> Assumption:
    return "given" if key in assumed.given else "adversary"
