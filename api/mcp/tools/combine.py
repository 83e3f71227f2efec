"""``combine``: whether defenses can be combined, in which order, and if not, what to change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.joint_document_types import Combination

from ...answers import combinations
from ...text.combinations import grounds_of, outcome_words, why_not
from ...text.names import cite
from ..tool import Arguments, Names, StagedDefense, Tool

__all__ = ["TOOL", "CombineArguments"]

_SHOWN = 4


class CombineArguments(Arguments):
    """What `crosscurrent combine` takes."""

    defenses: Annotated[list[StagedDefense], Names] = Field(
        min_length=1, description="the defenses that one model is to have"
    )
    tensions: bool = Field(
        False, description="also hints from the factor graph; no verdict rests on them"
    )


def _answer(kb: KnowledgeBase, asked: CombineArguments) -> Combination:
    return combinations.combination(kb, asked.defenses, tensions=asked.tensions)


def _told(kb: KnowledgeBase, document: Any) -> str:
    return "\n".join(_lines(kb, document))


def _lines(kb: KnowledgeBase, document: Combination) -> Iterator[str]:
    """Yield the verdict, what it rests on, and orders or repairs."""
    ground = grounds_of(document["grounds"])
    words = outcome_words(document["outcome"], document["grounds"])
    yield f"{' + '.join(document['defenses'])}: {words}{f' ({ground})' if ground else ''}."
    for exclusion in document["exclusions"]:
        by = f" ({cite(kb, exclusion['sources'])})" if exclusion["sources"] else ""
        both = f"{exclusion['one']} and {exclusion['other']}"
        instead = f"; instead: {exclusion['remedy']}" if exclusion["remedy"] else ""
        yield f"{both}: {why_not(exclusion['reason'])}{by}{instead}."
    for conflict in document["conflicts"]:
        risk = kb.risks[conflict["risk"]].name.lower()
        yield f"{conflict['earlier']} uses {risk}, which {conflict['later']} mitigates."
    for order in document["orders"][:_SHOWN]:
        yield f"Order: {' → '.join(order)}."
    if document["more_orders"] or len(document["orders"]) > _SHOWN:
        yield "There are further orders."
    for repair in document["repairs"][:_SHOWN]:
        yield f"Repair: {' + '.join(repair['defenses'])}."


TOOL = Tool(
    "combine",
    "Whether defenses can be combined",
    "Whether several ML defenses can be combined in one model, in which order, and if they conflict"
    " what the smallest change is that mends it: another stage, another defense, or one fewer. Says"
    " whether that was shown or follows by a rule.",
    CombineArguments,
    Combination,
    _answer,
    _told,
    "name fewer defenses, or some at other stages: DEFENSE@STAGE",
)
