"""Shapes of the documents of audits, as their builder returns them."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from ..experiments.document_types import Interval, JudgedEffect, Judgement
from ..results.outcomes import Invalid
from ..statistics.intervals import Outcome

__all__ = [
    "AskedModel",
    "Audit",
    "AuditedMetric",
    "AuditedModel",
    "Lacking",
    "Level",
    "Measured",
    "Prediction",
]


class Level(TypedDict):
    """A metric of one model, with its interval; ``chance`` is what it is by chance alone."""

    estimate: float
    low: float
    high: float
    by_run: list[float]
    chance: float | None
    above_chance: bool | None


class AuditedMetric(TypedDict):
    """A metric of the model before and after, and the change in the metric's own direction."""

    name: str
    worse_when: Literal["higher", "lower"]
    before: Level
    after: Level | None
    change: Interval | None


class Prediction(TypedDict):
    """What the knowledge base says of the defense and the risk."""

    expect: str
    likelihood: float | None
    grade: str
    published: list[str]


class Measured(TypedDict):
    """One subject of an audit: a risk, calibration or utility.

    ``outcome``, ``effect`` and ``verdict`` are None of one model alone; ``conjecture``,
    ``expected``, ``prediction`` and ``verdict`` where no defense was named, or of what the
    knowledge base says nothing.
    """

    subject: str
    risk: bool
    attribute: str | None
    metric: str
    conjecture: str | None
    expected: str | None
    prediction: Prediction | None
    outcome: Outcome | Invalid | None
    void: str | None
    verdict: Judgement | None
    effect: JudgedEffect | None
    near_threshold: bool | None
    metrics: dict[str, AuditedMetric]
    parts: list[dict[str, Any]]
    notes: list[str]


class Lacking(TypedDict):
    """What was not measured, and what it needs."""

    subject: str
    attribute: str | None
    needs: str


class AskedModel(TypedDict):
    """A model that was asked for its predictions; ``digest`` is of its file."""

    kind: str
    digest: str | None
    data: str
    attributes: int
    outputs: Literal["logits", "probabilities"]


class AuditedModel(TypedDict):
    """The predictions of one model; ``model`` is None of a file of predictions."""

    arm: Literal["before", "after"]
    file: str
    digest: str
    records: int
    members: int | None
    reference_models: int
    model: AskedModel | None


class Audit(TypedDict):
    """What predictions show of a model, or of what a change did to it."""

    id: str
    kind: Literal["audit"]
    defense: str | None
    effective_defense: bool | None
    models: list[AuditedModel]
    runs: list[str]
    classes: list[str]
    favourable: str | None
    measured: list[Measured]
    not_measured: list[Lacking]
    verdicts: dict[str, int] | None
    settings: dict[str, Any]
    knowledge: str
    software: dict[str, str]
    command: str
