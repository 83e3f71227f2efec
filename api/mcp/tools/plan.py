"""``plan``: which defenses to choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.joint_document_types import Plan, Plans

from ...answers import plans
from ...text.combinations import missed, outcome_words
from ..tool import Arguments, Names, RiskName, StagedDefense, Tool

__all__ = ["TOOL", "PlanArguments"]

Risks = Annotated[list[RiskName], Names]


class PlanArguments(Arguments):
    """What `crosscurrent plan` takes."""

    protect: Risks = Field(min_length=1, description="risks to cover")
    avoid: Risks = Field([], description="risks that no chosen defense may raise")
    have: Annotated[list[StagedDefense], Names] = Field(
        [], description="defenses that are there already and stay"
    )
    max: int | None = Field(None, ge=1, le=1000, description="how many defenses at most")


def _answer(kb: KnowledgeBase, asked: PlanArguments) -> Plans:
    return plans.plan(kb, asked.protect, avoid=asked.avoid, have=asked.have, most=asked.max)


def _told(kb: KnowledgeBase, document: Any) -> str:
    return "\n".join(_lines(kb, document))


def _lines(kb: KnowledgeBase, document: Plans) -> Iterator[str]:
    """Yield a line for each plan, or what stands in the way of any."""
    many = len(document["plans"])
    yield f"{many} plan{'s' * (many != 1)} to protect against {', '.join(document['protect'])}."
    for number, each in enumerate(document["plans"], 1):
        yield f"{number}. {_described(kb, each)}"
    for near in document["near_misses"]:
        misses = (missed(each["wish"], each["value"], each["instead"]) for each in near["misses"])
        yield f"Near miss ({'; '.join(misses)}): {_described(kb, near['plan'])}"
    for blocked in document["blocked"]:
        sets = f"{blocked['plans']} set{'s' * (blocked['plans'] != 1)}"
        yield f"Without {blocked['wish']} {blocked['value']} there would be {sets}."
    if not document["complete"]:
        yield "The search stopped: better sets may exist; give a smaller max."


def _described(kb: KnowledgeBase, plan: Plan) -> str:
    told = [f"covers {_named(kb, plan['covers'])}"]
    told += [f"raises {_named(kb, plan['raises'])}"] * bool(plan["raises"])
    if plan["outcome"] is not None:
        told.append(f"together: {outcome_words(plan['outcome'], ())}")
    return f"{' → '.join(plan['order'])}: {'; '.join(told)}."


def _named(kb: KnowledgeBase, effects: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(kb.risks[each["risk"]].name.lower() for each in effects))


TOOL = Tool(
    "plan",
    "Which defenses to choose",
    "Sets of defenses that cover the risks that are named and raise other risks least, of which"
    " none is better than another in every respect; if there is none, what stands in the way and"
    " what comes near.",
    PlanArguments,
    Plans,
    _answer,
    _told,
    "protect fewer risks, or give a smaller max",
)
