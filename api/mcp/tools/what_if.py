"""``what_if``: what assumptions change in predictions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.document_types import WhatIf

from ...answers import assumptions
from ...text import assessments
from ..tool import (
    Adversary,
    Arguments,
    Conditions,
    FactorName,
    Names,
    RiskName,
    StagedDefense,
    Tool,
)

__all__ = ["TOOL", "WhatIfArguments"]

Factors = Annotated[list[FactorName], Names]


class WhatIfArguments(Arguments):
    """What `crosscurrent what-if` takes."""

    defense: StagedDefense
    risk: RiskName | None = Field(None, description="by default every risk: a long answer")
    raise_: Factors = Field([], alias="raise", description="factors that the context raises")
    lower: Factors = Field([], description="factors that the context lowers, such as D1: less data")
    hold: Factors = Field([], description="factors that are kept constant by other means")
    adversary: Adversary = Field({})
    given: Conditions = Field({})


def _answer(kb: KnowledgeBase, asked: WhatIfArguments) -> WhatIf:
    if not (asked.raise_ or asked.lower or asked.hold or asked.adversary or asked.given):
        raise InputError("nothing is assumed: give raise, lower, hold, adversary or given")
    return assumptions.what_if(
        kb,
        asked.defense,
        asked.risk,
        raise_=asked.raise_,
        lower=asked.lower,
        hold=asked.hold,
        adversary=asked.adversary,
        given=asked.given,
    )


def _told(kb: KnowledgeBase, document: Any) -> str:
    """Say what changes, and that the rest stays."""
    lines = []
    for each in document["predictions"]:
        after = assessments.spoken(kb, each["after"])
        if not each["changed"]:
            lines.append(f"As without the assumptions: {after}")
            continue
        lines.append(f"Before: {assessments.spoken(kb, each['before'])}")
        lines.append(f"Assumed: {after}")
        lines += [f"  {reason['text']}" for reason in each["because"]]
        lines += filter(None, [assessments.setting_told(kb, each["after"])])
    return "\n".join(lines)


TOOL = Tool(
    "what_if",
    "What assumptions change",
    "How the predictions of one defense change if factors are raised, lowered or held constant"
    " (little data, a long tail, a larger model), or if something is known of the adversary or of"
    " the conditions (a pretrained model, a strict privacy budget). Each prediction comes before"
    " and after, with the reasons of a change.",
    WhatIfArguments,
    WhatIf,
    _answer,
    _told,
    "name one risk",
)
