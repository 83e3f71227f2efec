"""Shapes of the documents about backtests; see `document_types`."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from .guideline import Basis, Conjecture

__all__ = [
    "AssessmentBacktest",
    "Backtest",
    "CasesBacktest",
    "CollusionBacktest",
    "ConflictBacktest",
    "ConflictScore",
    "Direction",
    "Estimate",
    "InteractionBacktest",
    "MeasuredBacktest",
    "Score",
]


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


class VoiceScore(TypedDict):
    """How good one voice is, against every published result, which is held out."""

    voice: str
    directed: int
    decided: int
    right: int
    decreases: int
    decreases_found: int
    open: int
    open_found: int
    brier: float | None


class Promise(TypedDict):
    """What was promised of a direction with a likelihood in this range, and what came true."""

    low: float
    high: float
    cases: int
    promised: float | None
    came_true: float | None


class Tried(TypedDict):
    """How many works the factors may count for, and how good the likelihoods are then."""

    prior_works: float
    brier: float | None


class Case(TypedDict):
    """What one work saw for one pair, and what each voice says without it."""

    work: str
    defense: str
    stage: Literal["pre", "in", "post"] | None
    risk: str
    observed: str
    says: dict[str, str]
    likelihood_increase: dict[str, float]


class OwnCase(Case):
    """A case of a file, and in which line it is; its work is empty if the knowledge has it not."""

    line: int


class Unasked(TypedDict):
    """A line about what the knowledge does not have."""

    line: int
    defense: str
    risk: str
    reason: str


class CasesBacktest(TypedDict):
    """How good the answers are on cases of one's own, each with its work held out."""

    kind: Literal["cases"]
    scores: list[VoiceScore]
    reliability: list[Promise]
    cases: list[OwnCase]
    unasked: list[Unasked]
    ignored: list[str]
    knowledge: str


class AssessmentBacktest(TypedDict):
    """How good the assessments are, by what is held out: the paper or the pair."""

    scores: dict[str, list[VoiceScore]]
    reliability: dict[str, list[Promise]]
    priors: list[Tried]
    cases: dict[str, list[Case]]


class MeasuredGroup(TypedDict):
    """What was measured on one data set in reference models; data is null for models of your own.

    The work of a case is the id of its record.
    """

    data: str | None
    scores: list[VoiceScore]
    cases: list[Case]


class MeasuredBacktest(TypedDict):
    """How good each voice is on what was measured, none of which it knows."""

    scores: list[VoiceScore]
    groups: list[MeasuredGroup]


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
    assessments: AssessmentBacktest
    measured: MeasuredBacktest
    conflicts: ConflictBacktest
    collusion: CollusionBacktest
    seed: int
    resamples: int
    knowledge: str
