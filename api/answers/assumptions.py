"""Documents of what-if questions: predictions before and after assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from crosscurrent.predictor.changes import Change
from crosscurrent.predictor.changes import what_if as compare
from crosscurrent.predictor.documents import what_if_document
from crosscurrent.predictor.interactions import settled
from crosscurrent.predictor.scenarios import Scenario, ScenarioError, scenario

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import document_types as shapes

__all__ = ["Assumed", "assume", "what_if"]


class Assumed(NamedTuple):
    """One defense before and after assumptions."""

    defense: str
    scenario: Scenario
    changes: tuple[Change, ...]


def assume(
    kb: KnowledgeBase,
    defense: str,
    risk: str | None = None,
    *,
    raise_: Iterable[str] = (),
    lower: Iterable[str] = (),
    hold: Iterable[str] = (),
    adversary: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> Assumed:
    """Compare one defense's predictions with the same under assumptions.

    Raises
    ------
    ScenarioError
        If nothing is assumed, or assumptions contradict each other.
    UnknownName
        If there is no such defense, risk, factor, characteristic or condition.
    """
    assumed = scenario(kb, raise_=raise_, lower=lower, hold=hold, adversary=adversary, given=given)
    if assumed == Scenario():
        raise ScenarioError(
            "nothing is assumed: add --raise, --lower, --hold FACTOR,"
            " --adversary or --given KEY=VALUE"
        )
    identity, stage = settled(kb, defense)
    asked = f"{identity}@{stage}" if stage else identity
    risks = list(kb.risks) if risk is None else [kb.risk(risk).id]
    changes = tuple(compare(kb, asked, each, assumed) for each in risks)
    return Assumed(identity, assumed, changes)


def what_if(
    kb: KnowledgeBase,
    defense: str,
    risk: str | None = None,
    *,
    raise_: Iterable[str] = (),
    lower: Iterable[str] = (),
    hold: Iterable[str] = (),
    adversary: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> shapes.WhatIf:
    """Answer for one defense, every risk or one, under assumptions; raises what `assume` does."""
    found = assume(
        kb,
        defense,
        risk,
        raise_=raise_,
        lower=lower,
        hold=hold,
        adversary=adversary,
        given=given,
    )
    return what_if_document(kb, found.defense, found.scenario, found.changes)
