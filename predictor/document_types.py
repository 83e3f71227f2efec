"""Shapes of the documents about one defense and one risk, as their builders return them.

Builders import this for type checkers alone: `typing_extensions`, which pydantic needs before
Python 3.12, would cost a start of the command line a fifth of its time.
"""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from .assessment import Expect, Grade
from .guideline import Basis, Conjecture
from .signs import Effect, Sign

__all__ = [
    "Advice",
    "Assessment",
    "Change",
    "Dependence",
    "Differences",
    "ExceptionSeen",
    "Matrix",
    "Mechanism",
    "Modifier",
    "Moved",
    "Observation",
    "Path",
    "Prediction",
    "PredictionChange",
    "Predictions",
    "Scenario",
    "Setting",
    "Size",
    "TableCell",
    "Voice",
    "WhatIf",
]

Seen = Literal["increase", "decrease", "no_change", "mixed", "unexplored"]
When = dict[str, str] | None


class Path(TypedDict):
    """A way from the defense, or the context, over a factor to the risk."""

    factor: str
    code: str | None
    role: Literal["active", "passive", "knowledge"]
    origin: Literal["defense", "context"]
    defense_sign: Sign | None
    context_sign: Sign | None
    risk_sign: Sign
    effect: Effect
    dominant: bool
    decisive: bool
    sources: list[str]
    notes: list[str]
    when: When
    conditional: bool


class Modifier(TypedDict):
    """A factor that only the risk depends on."""

    factor: str
    code: str | None
    role: Literal["active", "passive", "knowledge"]
    risk_sign: Sign
    sources: list[str]
    note: str


class EvidenceMark(TypedDict):
    """What a source gives as evidence for a factor's part."""

    factor: str
    kinds: list[str]
    note: str | None


class Size(TypedDict):
    """How large an effect was: a measure without the defense and with it."""

    metric: str
    before: float
    after: float


class TableCell(TypedDict):
    """The cell of a table, measured in reference models, that an observation was taken from."""

    dataset: str
    draws: int
    seeds: int
    result: str


class Observation(TypedDict):
    """What was published or measured for the pair; own models have no table."""

    id: str
    effect: Seen
    kind: str | None
    when: When
    applies: bool | None
    conditional: bool
    sources: list[str]
    evidence: list[EvidenceMark]
    note: str | None
    provenance: Literal["published", "measured"]
    stage: Literal["pre", "in", "post"] | None
    basis: Literal["read", "known", "inferred"] | None
    setting: str | None
    data: list[str]
    size: Size | None
    table: TableCell | None


class ExceptionSeen(TypedDict):
    """An effect that was seen under another adversary."""

    effect: Seen
    when: When
    applies: bool | None
    sources: list[str]
    note: str | None
    provenance: Literal["published", "measured"]


class Dependence(TypedDict):
    """What is seen otherwise under conditions that were not stated."""

    when: dict[str, str]
    effect: str
    works: list[str]


class Moved(TypedDict):
    """A factor that the defense moves, and which way the risk goes as it rises."""

    factor: str
    defense_sign: Sign
    risk_sign: Sign


class Mechanism(TypedDict):
    """The factors that explain what is expected, and those that speak against it."""

    toward: list[Moved]
    against: list[Moved]


class Setting(TypedDict):
    """What the assumed context does to the risk without the defense."""

    effect: Conjecture
    factors: list[Moved]


class Advice(TypedDict):
    """One thing to do."""

    kind: Literal["condition", "avoid", "stage", "defense"]
    subject: str | None
    when: dict[str, str]
    effect: str
    works: list[str]
    grade: Grade | None


class Voice(TypedDict):
    """What one kind of evidence says by itself."""

    voice: Literal["guideline", "model", "published", "measured", "measured_reference"]
    says: str | None
    likelihood_increase: float | None
    works: dict[str, list[str]]
    disagrees: bool


class Assessment(TypedDict):
    """The one answer: what to expect, how well established that is, why, and what to do."""

    expect: Expect
    likelihood: float | None
    likelihood_increase: float | None
    grade: Grade
    depends_on: list[Dependence]
    dissent: dict[str, str]
    mechanism: Mechanism
    setting: Setting | None
    advice: list[Advice]
    voices: list[Voice]


class Prediction(TypedDict):
    """What one effective defense does to one risk."""

    kind: Literal["prediction"]
    defense: str
    risk: str
    intended: bool
    conjecture: Conjecture
    basis: Basis
    probability_increase: float
    opposed: bool
    paths: list[Path]
    modifiers: list[Modifier]
    observations: list[Observation]
    exceptions: list[ExceptionSeen]
    assessment: Assessment
    knowledge: str
    stage: Literal["pre", "in", "post"] | None


class Predictions(TypedDict):
    """What one effective defense does to every risk."""

    kind: Literal["predictions"]
    defense: str
    predictions: list[Prediction]


class Matrix(TypedDict):
    """What every defense does to every risk."""

    kind: Literal["matrix"]
    predictions: list[Prediction]
    knowledge: str


Scenario = TypedDict(
    "Scenario",
    {
        "raise": list[str],
        "lower": list[str],
        "hold": list[str],
        "adversary": dict[str, str],
        "given": dict[str, str],
    },
)
Scenario.__doc__ = "What is assumed."


class Reason(TypedDict):
    """An assumption at work in a prediction."""

    assumption: Literal["hold", "raise", "lower", "adversary", "given"]
    subject: str
    effect: str
    text: str


class Change(TypedDict):
    """A prediction before and after the assumptions."""

    risk: str
    before: Prediction
    after: Prediction
    changed: bool
    because: list[Reason]


class WhatIf(TypedDict):
    """What assumptions change in the predictions of one defense."""

    kind: Literal["what_if"]
    defense: str
    scenario: Scenario
    predictions: list[Change]


class FieldChange(TypedDict):
    """A field's value before and after; null where absent."""

    before: Any
    after: Any


class RecordChanges(TypedDict):
    """Records by section."""

    added: dict[str, list[str]]
    revised: dict[str, dict[str, dict[str, FieldChange]]]
    retracted: dict[str, list[str]]


class PredictionChange(TypedDict):
    """A prediction in both bases; null in a base that does not know the pair."""

    defense: str | None
    risk: str | None
    before: Prediction | None
    after: Prediction | None


class Shift(TypedDict):
    """A pair of which only the probability differs."""

    defense: str
    risk: str
    before: float
    after: float


class Differences(TypedDict):
    """What one knowledge base says differently from another."""

    kind: Literal["differences"]
    before: str
    after: str
    records: RecordChanges
    predictions: list[PredictionChange]
    shifted: list[Shift]
