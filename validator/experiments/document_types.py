"""Shapes of the documents of measurements, as their builders return them.

A field that documents kept by an earlier version lack is `NotRequired`.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, final

from typing_extensions import TypedDict  # of which pydantic makes schemas before Python 3.12

from ..results.outcomes import Invalid
from ..statistics.intervals import Outcome

__all__ = [
    "Association",
    "Change",
    "Collusion",
    "CollusionUtility",
    "Combination",
    "ComparedGroups",
    "Constituent",
    "Cost",
    "Counts",
    "Draw",
    "Effectiveness",
    "FactorTrend",
    "FirstEffect",
    "Grid",
    "GroupSize",
    "Interval",
    "JudgedEffect",
    "Judgement",
    "MechanismCheck",
    "NotMeasured",
    "Order",
    "Plugin",
    "PrivacyAudit",
    "Scale",
    "SharedFactor",
    "Software",
    "Trend",
    "TrendInterval",
    "TrendRow",
    "Variation",
    "Varied",
    "Verdict",
]

Judgement = Literal["confirmed", "refuted", "inconclusive"]
Moved = Literal["as_claimed", "against", "not_moved", "inconclusive", "not_measurable"]


class Interval(TypedDict):
    """An effect with its interval; one difference for each seed."""

    estimate: float
    low: float
    high: float
    level: float
    differences: list[float]


class JudgedEffect(Interval):
    """An effect on what is judged, in the direction that is worse for the model's owner."""

    metric: str
    name: str
    worse_when: Literal["higher", "lower"]
    direction: NotRequired[Literal["increase", "decrease"] | None]
    p_value: NotRequired[float]
    q_value: NotRequired[float | None]
    smallest_effect: float


class Effectiveness(TypedDict):
    """Whether the defense was effective, by which metric."""

    metric: str
    name: str
    met: bool
    baseline: float | None
    defended: float
    needed: str


class Arms(TypedDict):
    """A metric in both arms, seed by seed."""

    baseline: list[float]
    defended: list[float]


class Utility(Interval):
    """Accuracy on test records; what is kept of it, beyond chance."""

    metric: str
    baseline: list[float]
    defended: list[float]
    chance: float
    kept: float


class PrivacyAudit(TypedDict):
    """A privacy budget ε beside what the trained models show of it.

    The bounds hold at a level for any ε that training keeps to: a lower bound above the budget is
    a fault of the training or of the accounting. That of the baseline, which keeps to no budget,
    is what the audit shows of models without noise.
    """

    accounted: float
    delta: float
    level: float
    lower_bound: float
    right: int
    guesses: int
    baseline_lower_bound: float
    baseline_right: int
    baseline_guesses: int


class Cost(TypedDict):
    """Seconds to train a model."""

    baseline_seconds: float
    defended_seconds: float
    side_by_side: bool


class Draw(TypedDict):
    """One draw of the data set, and what is judged in both arms, seed by seed."""

    digest: str
    settings: dict[str, Any]
    before: list[float]
    after: list[float]
    differences: list[float]


class Software(TypedDict):
    """What a result was judged with."""

    machine: str
    system: str
    python: str
    numpy: str
    torch: str
    kernels: str


class Plugin(TypedDict):
    """Where a defense or an attack comes from that is not built in.

    Distribution and version are null where it was named by its import path.
    """

    role: Literal["defense", "attack"]
    id: str
    path: str
    distribution: str | None
    version: str | None


class Scale(TypedDict):
    """On what and with what it was measured."""

    dataset: str
    records: int
    training_records: int
    model: str
    parameters: int
    train_accuracy: float
    one_by_one: NotRequired[str]
    """Why models of a user's own were not trained side by side."""


class VerdictSettings(TypedDict):
    """Values of all settings."""

    data: dict[str, Any]
    training: dict[str, Any]
    defense: dict[str, Any]
    attack: dict[str, Any]


class Change(Interval):
    """By how much a factor moved; null: nothing says what change matters."""

    smallest_change: float | None


class Association(TypedDict):
    """Whether the risk's changes went with the factor's."""

    agree: int
    seeds: int
    chance: float
    rank_correlation: float | None
    low: float | None
    high: float | None
    shown: bool | None


class _Factor(TypedDict):
    factor: str
    code: str | None
    name: str
    measure: str | None
    change: Change | None
    moved: Moved
    reason: str | None


class MechanismCheck(_Factor):
    """A factor on a path of the prediction, and what was measured of it."""

    defense_sign: str
    risk_sign: str
    baseline: list[float]
    defended: list[float]
    goes_with_risk: Association | None


class GroupSize(TypedDict):
    """A group by a sensitive attribute, and how many records are of it."""

    name: str
    records: int


class ComparedGroups(TypedDict):
    """The groups that an attack compares, and those with too few records for it."""

    attribute: str
    compared: list[GroupSize]
    left_out: list[GroupSize]


@final
class Verdict(TypedDict):
    """The outcome of one defense and one risk.

    What is listed by seed is listed by draw where there are several; each draw has its seeds.
    """

    id: str
    kind: NotRequired[Literal["verdict"]]
    defense: str
    risk: str
    conjecture: str
    expected: Literal["increase", "decrease", "no_change"] | None
    published: list[str]
    other_mechanism: NotRequired[list[str]]
    when: NotRequired[dict[str, str]]
    outcome: Outcome | Invalid
    void: NotRequired[str | None]
    verdict: Judgement
    effect: JudgedEffect
    effective_defense: bool | None
    effectiveness: Effectiveness | None
    baseline: list[float]
    defended: list[float]
    seeds: list[int]
    draws: NotRequired[list[Draw]]
    between_draws: NotRequired[float | None]
    near_threshold: NotRequired[bool]
    privacy: NotRequired[PrivacyAudit | None]
    seeds_to_settle: int | None
    metrics: dict[str, dict[str, Arms]]
    utility: Utility
    cost: Cost
    scale: Scale
    groups: NotRequired[ComparedGroups | None]
    settings: VerdictSettings
    factors: list[MechanismCheck]
    software: NotRequired[Software]
    command: str
    plugins: NotRequired[list[Plugin]]


@final
class NotMeasured(TypedDict):
    """A cell without a verdict, and the reason."""

    defense: str
    risk: str
    conjecture: str
    published: list[str]
    reason: str
    command: str


class Counts(TypedDict):
    """How many cells came out how."""

    cells: int
    confirmed: int
    refuted: int
    inconclusive: int
    not_measured: int
    as_published: int
    unlike_published: int
    another_mechanism: NotRequired[int]
    nothing_to_move: NotRequired[int]
    no_longer_useful: NotRequired[int]
    cannot_change: NotRequired[int]
    ineffective: NotRequired[int]
    with_outcome: NotRequired[int]
    signed: NotRequired[int]
    signed_after_correction: NotRequired[int]


class ProtocolVersion(TypedDict):
    """The protocol that a table was measured by, and the digest of its file."""

    version: int
    digest: str


class Grid(TypedDict):
    """Every defense against every risk."""

    kind: NotRequired[Literal["grid"]]
    dataset: str
    model: str
    seeds: list[int]
    draws: NotRequired[int]
    cells: list[Verdict | NotMeasured]
    counts: Counts
    knowledge: str
    protocol: NotRequired[ProtocolVersion | None]


class Varied(TypedDict):
    """The factor, and the setting that stands for it."""

    factor: str
    code: str | None
    name: str
    setting: str
    values: list[int | float | str]


class TrendInterval(Interval):
    """A change from the lowest value to the highest, and the smallest one of interest."""

    smallest_change: float


class TrendRow(TrendInterval):
    """How a number changes over the values, beside what was predicted."""

    expected: str | None
    outcome: Outcome
    verdict: Judgement
    reason: str


class FactorTrend(TypedDict):
    """The factor itself, at each value and seed; without an interval where it was not measured."""

    measure: str
    outcome: Outcome | None
    reason: str | None
    baseline: list[list[float]]
    defended: list[list[float]]
    estimate: NotRequired[float]
    low: NotRequired[float]
    high: NotRequired[float]
    level: NotRequired[float]
    differences: NotRequired[list[float]]
    smallest_change: NotRequired[float]


Trend = TypedDict(
    "Trend",
    {
        "verdict": Judgement,
        "reason": str,
        "baseline": TrendRow | None,
        "defended": TrendRow | None,
        "effect": TrendRow | None,
        "raise": TrendRow | None,
        "lower": TrendRow | None,
        "factor": FactorTrend | None,
    },
)
Trend.__doc__ = "How effect, susceptibility and factor change; null: some value was not measured."


class Variation(TypedDict):
    """One pair at several values of a factor."""

    kind: NotRequired[Literal["variation"]]
    defense: str
    risk: str
    vary: Varied
    cells: list[Verdict | NotMeasured]
    trend: Trend
    scenario: dict[str, Any] | None
    knowledge: str


class Constituent(TypedDict):
    """One defense of a combination, beside what it is alone."""

    defense: str
    metric: str
    name: str
    effective_alone: bool
    needed: str
    alone: list[float]
    combined: list[float]
    drop: Interval
    smallest_drop: float
    outcome: Literal["kept", "drops", "inconclusive"]


class Order(TypedDict):
    """Defenses applied in one order."""

    order: list[str]
    alike: list[list[str]]
    proposed: bool
    outcome: Literal["effective", "conflict", "inconclusive"] | Invalid
    void: NotRequired[str | None]
    verdict: Judgement
    constituents: list[Constituent]
    accuracy: list[float]


class CombinationSettings(TypedDict):
    """Values of all settings, those of defenses and attacks by name."""

    data: dict[str, Any]
    training: dict[str, Any]
    defenses: dict[str, dict[str, Any]]
    attacks: dict[str, dict[str, Any]]


class Combination(TypedDict):
    """Defenses together, in each order that differs."""

    id: str
    kind: Literal["combination"]
    defenses: list[str]
    conjecture: Literal["effective", "conflict"]
    proposed: list[list[str]]
    conflicts: list[dict[str, str]]
    published: list[dict[str, str]]
    outcome: Literal["effective", "conflict", "inconclusive"] | Invalid
    verdict: Judgement
    orders: list[Order]
    accuracy: dict[str, list[float]]
    seeds: list[int]
    draws: NotRequired[int]
    scale: Scale
    settings: CombinationSettings
    command: str
    plugins: NotRequired[list[Plugin]]


class FirstEffect(TypedDict):
    """Whether the first attack was effective."""

    metric: str
    name: str
    met: bool
    in_vain: float
    measured: float
    needed: str


WithAndWithout = TypedDict("WithAndWithout", {"without": list[float], "with": list[float]})
WithAndWithout.__doc__ = "A metric without the first attack and with it, seed by seed."


class CollusionUtility(Interval, WithAndWithout):
    """Accuracy on test records."""

    metric: str


class SharedFactor(_Factor, WithAndWithout):
    """A factor that both attacks have in common, and what was measured of it."""

    first_sign: str
    second_sign: str
    goes_with_second: Association | None


class CollusionSettings(TypedDict):
    """Values of all settings."""

    data: dict[str, Any]
    training: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]


class Collusion(WithAndWithout):
    """One attack after another."""

    id: str
    kind: Literal["collusion"]
    first: str
    second: str
    conjecture: str
    expected: Literal["increase", "no_increase"] | None
    published: list[str]
    outcome: Outcome | Invalid
    void: NotRequired[str | None]
    verdict: Judgement
    effect: JudgedEffect
    first_effective: bool
    first_effect: FirstEffect
    seeds: list[int]
    draws: NotRequired[list[Draw]]
    between_draws: NotRequired[float | None]
    near_threshold: NotRequired[bool]
    seeds_to_settle: int | None
    metrics: dict[str, WithAndWithout]
    first_metrics: dict[str, list[float]]
    utility: CollusionUtility
    scale: Scale
    settings: CollusionSettings
    factors: list[SharedFactor]
    software: NotRequired[Software]
    command: str
    plugins: NotRequired[list[Plugin]]
