"""Documents about one defense and one risk."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

__all__ = ["Backtest", "Matrix", "Prediction", "Predictions", "WhatIf"]

Sign = Literal["+", "-", "0", "?"]
Effect = Literal["increase", "decrease", "none", "unclear"]
Conjecture = Literal["increase", "decrease", "contested", "unknown"]
Basis = Literal["unanimous", "dominant", "contested", "none"]
Seen = Literal["increase", "decrease", "no_change", "unexplored"]
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


class Observation(TypedDict):
    """What was published or measured for the pair."""

    id: str
    effect: Seen
    kind: str | None
    when: When
    applies: bool | None
    sources: list[str]
    evidence: list[EvidenceMark]
    note: str | None
    provenance: Literal["published", "measured"]


class ExceptionSeen(TypedDict):
    """An effect that was seen under another adversary."""

    effect: Seen
    when: When
    applies: bool | None
    sources: list[str]
    note: str | None
    provenance: Literal["published", "measured"]


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
    knowledge: str


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
    {"raise": list[str], "lower": list[str], "hold": list[str], "adversary": dict[str, str]},
)
Scenario.__doc__ = "What is assumed."


class Reason(TypedDict):
    """An assumption at work in a prediction."""

    assumption: Literal["hold", "raise", "lower", "adversary"]
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


class Estimate(TypedDict):
    """A figure with its bootstrap interval; null where there is nothing to count."""

    value: float | None
    low: float | None
    high: float | None


class Direction(TypedDict):
    """How good a method is where the risk moved one way."""

    right: int
    decided: int
    cells: int
    accuracy: Estimate
    brier: Estimate


class Score(TypedDict):
    """How good one method is."""

    method: str
    cells: int
    right: int
    wrong: int
    contested: int
    unknown: int
    increases: Direction
    decreases: Direction
    coverage: float | None
    accuracy: Estimate
    balanced_accuracy: Estimate
    accuracy_of_all: Estimate
    balanced_accuracy_of_all: Estimate
    brier: Estimate


class Bin(TypedDict):
    """What was promised with a probability in this range, and came true."""

    low: float
    high: float
    cells: int
    mean_probability: float | None
    share_increased: float | None


class Cell(TypedDict):
    """One explored pair."""

    defense: str
    risk: str
    intended: bool
    observed: str
    conjecture: Conjecture
    basis: Basis
    probability_increase: float
    independent: bool
    answers: dict[str, str]
    probabilities: dict[str, float]


class Pair(TypedDict):
    """A defense and a risk."""

    defense: str
    risk: str


class InteractionBacktest(TypedDict):
    """How good the predictions are."""

    scores: dict[str, list[Score]]
    reliability: dict[str, list[Bin]]
    cells: list[Cell]
    disputed: list[Pair]


class Agreement(TypedDict):
    """On how many the rule equals what the paper printed."""

    same: int
    of: int


class ConflictScore(TypedDict):
    """How good one method is on combinations."""

    method: str
    cells: int
    right: int
    effective_right: int
    effective: int
    conflict_right: int
    conflict: int
    accuracy: float | None
    balanced_accuracy: float | None


class ConflictCell(TypedDict):
    """One published combination."""

    id: str
    code: str | None
    defenses: list[str]
    status: str
    measured: str
    measured_after_tuning: str
    answers: dict[str, str]


class ConflictBacktest(TypedDict):
    """How good the verdicts on combinations are."""

    scores: dict[str, list[ConflictScore]]
    agreement: Agreement
    cells: list[ConflictCell]


class CollusionScore(TypedDict):
    """How good one method is on pairs of attacks."""

    pairs: str
    method: str
    right: int
    cells: int


class Contradicted(TypedDict):
    """A pair of attacks on which rule and table differ."""

    first: str
    second: str
    verdict: str


class CollusionBacktest(TypedDict):
    """How good the verdicts on collusion are."""

    scores: list[CollusionScore]
    agreement: Agreement
    contradicted: list[Contradicted]


class Backtest(TypedDict):
    """How good the conjectures are."""

    kind: Literal["backtest"]
    interactions: InteractionBacktest
    conflicts: ConflictBacktest
    collusion: CollusionBacktest
    seed: int
    resamples: int
    knowledge: str
