"""Shapes of the documents of pooled effects, as their builders return them.

Builders import this for type checkers alone, since `typing_extensions`, which pydantic needs before
Python 3.12, takes long to import.
"""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

__all__ = ["Heterogeneity", "LeftOut", "Pool", "PooledEffect", "Pools", "Range", "Result", "Study"]


class Result(TypedDict):
    """One result; the label tells it from the others of its pool."""

    result: str
    label: str
    dataset: str
    model: str
    data: dict[str, Any]
    draws: int
    seeds: int
    outcome: str
    estimate: float
    low: float
    high: float


class Study(Result):
    """A result that counts, with its share of the mean."""

    standard_error: float
    weight: float


class LeftOut(Result):
    """A result that does not count, and why."""

    reason: str


class PooledEffect(TypedDict):
    """The mean effect, towards more susceptible, with its interval; of one study its own."""

    estimate: float
    low: float
    high: float
    level: float
    standard_error: float


class Range(TypedDict):
    """Where the effect on another data set, or of another model, lies with 95 %."""

    low: float
    high: float


class Heterogeneity(TypedDict):
    """How much the effects differ beyond their own errors."""

    tau: float
    tau_squared: float
    i_squared: float
    q: float
    degrees_of_freedom: int
    p_value: float


class Pool(TypedDict):
    """One cell over several data sets or models; null: it takes more of them."""

    over: Literal["data", "model"]
    defense: str
    risk: str
    conjecture: str
    metric: str
    name: str
    worse_when: Literal["higher", "lower"]
    smallest_effect: float
    common: dict[str, Any]
    differing: list[str]
    studies: list[Study]
    left_out: list[LeftOut]
    effect: PooledEffect | None
    prediction: Range | None
    heterogeneity: Heterogeneity | None
    outcome: Literal["increase", "decrease", "no_change", "inconclusive"] | None


class Pools(TypedDict):
    """Cells over several data sets or models; defense and risk: what was asked for."""

    kind: Literal["pools"]
    over: Literal["data", "model"]
    defense: str | None
    risk: str | None
    pools: list[Pool]
    knowledge: str
