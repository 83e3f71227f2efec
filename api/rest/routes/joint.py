"""Questions about several defenses or attacks: conflicts, collusions, plans, published attacks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from crosscurrent.api.answers import attacks, collusions, combinations, plans
from crosscurrent.api.answers.adversaries import adversary_pairs
from crosscurrent.knowledge.errors import InputError

from ..responses import answered
from ..service import Ask, Asked
from ..shapes.joint import (
    Chains,
    Collusion,
    Collusions,
    CollusionSequence,
    Combination,
    Combinations,
    Plans,
    PublishedAttacks,
)

__all__ = ["router"]

router = APIRouter(prefix="/v1")

Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]
_ADVERSARY = "what the adversary is, KEY=VALUE; may be repeated"


class Combined(Asked):
    """What `crosscurrent combine` takes."""

    defense: Names = Field(
        [], description="id or code of a defense, with its @stage; repeated; none: every two"
    )
    tensions: bool = Field(False, description="also hints from the factor graph")


class Colluding(Asked):
    """What `crosscurrent collude` takes."""

    attack: Names = Field(
        [],
        description="id or code of an attack; none: all pairs, one: against all others, two: that"
        " pair, more: link by link",
    )
    adversary: Names = Field([], description=_ADVERSARY)


class Chained(Asked):
    """What `crosscurrent collude --target` takes."""

    target: Name = Field(description="the attack that the chains end in")
    first: Name | None = Field(None, description="the attack that they begin with")
    adversary: Names = Field([], description=_ADVERSARY)
    limit: int = Field(collusions.CHAINS, ge=1, le=1000, description="chains to list")


class Planned(Asked):
    """What `crosscurrent plan` takes."""

    protect: Names = Field(min_length=1, description="a risk to cover; repeated")
    avoid: Names = Field([], description="a risk that no chosen defense may raise; repeated")
    have: Names = Field([], description="a defense that is there already and stays; repeated")
    max: int | None = Field(None, ge=1, le=1000, description="how many defenses at most")


class Reaching(Asked):
    """What `crosscurrent attacks` takes."""

    risk: Name | None = Field(None, description="only attacks on this risk")
    capability: Name | None = None
    optimization: Name | None = None
    model_knowledge: Name | None = None
    output: Name | None = None
    interaction: Name | None = None
    data_knowledge: Name | None = None
    blindness: Name | None = None


@router.get(
    "/conflicts",
    operation_id="get_conflicts",
    summary="Whether defenses can be combined, in which order, and if not, what to change",
    tags=["conflicts"],
    responses=answered(Combination | Combinations, "The combination; all pairs if none is named."),
)
def get_conflicts(ask: Ask, asked: Annotated[Combined, Query()]) -> Response:
    """Answer as `crosscurrent combine --json` does, or `crosscurrent matrix combinations`."""
    if not asked.defense:
        if asked.tensions:
            raise InputError("tensions are of defenses that are named: add defense=NAME")
        return ask.answer(asked.knowledge, combinations.combinations)
    return ask.answer(
        asked.knowledge,
        combinations.combination,
        defenses=asked.defense,
        tensions=asked.tensions,
    )


@router.get(
    "/collusions",
    operation_id="get_collusions",
    summary="Which attacks amplify which",
    tags=["collusions"],
    responses=answered(
        Collusion | CollusionSequence | Collusions,
        "A pair if two attacks are named, a sequence if more are, many pairs otherwise.",
    ),
)
def get_collusions(ask: Ask, asked: Annotated[Colluding, Query()]) -> Response:
    """Answer as `crosscurrent collude --json` does."""
    return ask.answer(
        asked.knowledge,
        collusions.collude,
        attacks=asked.attack,
        adversary=adversary_pairs(asked.adversary, "adversary"),
    )


@router.get(
    "/collusions/chains",
    operation_id="get_chains",
    summary="Chains of attacks that end in one, and what breaks them",
    tags=["collusions"],
    responses=answered(Chains, "The chains that are best shown first."),
)
def get_chains(ask: Ask, asked: Annotated[Chained, Query()]) -> Response:
    """Answer as `crosscurrent collude --target --json` does."""
    return ask.answer(
        asked.knowledge,
        collusions.chains,
        target=asked.target,
        first=asked.first,
        adversary=adversary_pairs(asked.adversary, "adversary"),
        limit=asked.limit,
    )


@router.get(
    "/plans",
    operation_id="get_plans",
    summary="Which defenses to choose",
    tags=["plans"],
    responses=answered(Plans, "Sets of defenses of which none is better in every respect."),
)
def get_plans(ask: Ask, asked: Annotated[Planned, Query()]) -> Response:
    """Answer as `crosscurrent plan --json` does."""
    return ask.answer(
        asked.knowledge,
        plans.plan,
        protect=asked.protect,
        avoid=asked.avoid,
        have=asked.have,
        most=asked.max,
    )


@router.get(
    "/published-attacks",
    operation_id="get_published_attacks",
    summary="The published attacks that an adversary can mount",
    tags=["attacks"],
    responses=answered(PublishedAttacks, "Attacks that need no more than the adversary has."),
)
def get_published_attacks(ask: Ask, asked: Annotated[Reaching, Query()]) -> Response:
    """Answer as `crosscurrent attacks --json` does."""
    stated = {key: value for key in attacks.SCALES if (value := getattr(asked, key)) is not None}
    return ask.answer(asked.knowledge, attacks.attacks, risk=asked.risk, adversary=stated)
