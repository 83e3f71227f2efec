"""Shapes of the documents about several defenses or several attacks; see `document_types`."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from .assessment import Expect, Grade
from .collusion import Verdict
from .joint_outcomes import Ground, JointOutcome
from .signs import Sign

__all__ = [
    "Adversaries",
    "Breaker",
    "Chain",
    "Chains",
    "Collusion",
    "CollusionLink",
    "CollusionMatrix",
    "CollusionSeen",
    "CollusionSequence",
    "Collusions",
    "Combination",
    "CombinationSeen",
    "Combinations",
    "Conflict",
    "Exclusion",
    "Expected",
    "Link",
    "Miss",
    "NearMiss",
    "Plan",
    "Plans",
    "PublishedAttack",
    "PublishedAttacks",
    "Repair",
]


class Conflict(TypedDict):
    """What one defense uses and a later one mitigates."""

    earlier: str
    later: str
    risk: str
    inferred: bool


class Exclusion(TypedDict):
    """Two defenses that cannot be trained together as they are, and why not."""

    one: str
    other: str
    kind: Literal["procedures", "one_defense"]
    procedures: list[str]
    reason: str | None
    remedy: str | None
    basis: str | None
    sources: list[str]


class RepairStep(TypedDict):
    """A defense moved to another stage, exchanged or dropped."""

    kind: Literal["stage", "swap", "drop"]
    defense: str
    by: str | None


class Repair(TypedDict):
    """The nearest combination without the conflict."""

    changes: list[RepairStep]
    defenses: list[str]
    uncovered: list[str]


class Tension(TypedDict):
    """A hint from the factor graph; no verdict rests on it."""

    one: str
    other: str
    mechanism: str
    subject: str


class CombinationSeen(TypedDict):
    """A published or measured combination."""

    id: str
    code: str | None
    defenses: list[str]
    outcome: str
    tuned_outcome: str | None
    works_if: str | None
    cost: str | None
    status: str
    identified: Literal["read", "inferred"]
    datasets: list[str]
    sources: list[str]
    note: str | None
    provenance: Literal["published", "measured"]


class Combination(TypedDict):
    """Whether defenses can be combined, and in which order."""

    kind: Literal["predicted_combination"]
    defenses: list[str]
    outcome: JointOutcome
    grounds: list[Ground]
    rests_on: list[str]
    trainable: bool
    exclusions: list[Exclusion]
    effective: bool
    orders: list[list[str]]
    more_orders: bool
    conflicts: list[Conflict]
    avoid: list[Conflict]
    overlooked: list[Conflict]
    repairs: list[Repair]
    repairs_cut: bool
    tensions: list[Tension]
    observations: list[CombinationSeen]
    measured_otherwise: list[str]
    knowledge: str


class Combinations(TypedDict):
    """Every two variants of different defenses."""

    kind: Literal["predicted_combinations"]
    combinations: list[Combination]
    knowledge: str


class Expected(TypedDict):
    """What is to be expected of one defense for one risk."""

    risk: str
    defense: str
    effect: Literal["increase", "decrease", "open"]
    ground: Literal["measured", "measured_reference", "published", "conjecture", "none"]
    intended: bool
    probability_increase: float
    measured: list[str]
    measured_reference: list[str]
    expect: Expect
    likelihood: float | None
    grade: Grade


class Link(TypedDict):
    """A factor that the first attack moves and the second depends on."""

    factor: str
    code: str | None
    first_sign: Sign
    second_sign: Sign
    satisfied: bool
    partly: bool
    sources: list[str]
    notes: list[str]


class Shortfall(TypedDict):
    """Where an adversary is assumed to have less, or more, than its attack takes."""

    adversary: Literal["first", "second"]
    characteristic: str
    value: str
    least: str
    standing: Literal["below", "above"]


class CollusionSeen(TypedDict):
    """What was published or measured for the two attacks."""

    id: str
    effect: str
    status: str
    predicted: str | None
    factors: list[str]
    sources: list[str]
    note: str | None
    provenance: Literal["published", "measured"]


class Breaker(TypedDict):
    """A defense that works against a link."""

    defense: str
    how: Literal["factor", "attack", "risk"]
    factors: list[str]
    helps: list[str]
    whole: bool
    backfires: bool
    ground: str | None
    raises: list[Expected]


class Adversaries(TypedDict):
    """What is assumed of both adversaries."""

    first: dict[str, str]
    second: dict[str, str]


class CollusionLink(TypedDict):
    """Whether one attack's outcome amplifies another attack."""

    first: str
    second: str
    kind: Literal["train_test", "test_time"] | None
    verdict: Verdict
    potential: Literal["full", "reduced"] | None
    holds: bool
    factors: list[Link]
    shortfalls: list[Shortfall]
    contradicted: bool
    observations: list[CollusionSeen]
    breakers: list[Breaker]
    knowledge: str


class Collusion(CollusionLink):
    """The same for a pair that was asked for."""

    adversaries: Adversaries


class Collusions(TypedDict):
    """Pairs of attacks."""

    kind: Literal["predicted_collusions"]
    adversaries: Adversaries
    collusions: list[CollusionLink]
    knowledge: str


class CollusionMatrix(TypedDict):
    """Every attack with every other, whoever the adversaries are."""

    kind: Literal["predicted_collusions"]
    collusions: list[CollusionLink]
    knowledge: str


class CollusionSequence(TypedDict):
    """Three or more attacks, link by link."""

    kind: Literal["collusion_sequence"]
    attacks: list[str]
    amplifies: bool
    adversaries: Adversaries
    links: list[CollusionLink]
    knowledge: str


class Chain(TypedDict):
    """Attacks of which each amplifies the next."""

    attacks: list[str]
    unproven: int
    reduced: int
    links: list[CollusionLink]


class Chains(TypedDict):
    """Chains of attacks that end in one."""

    kind: Literal["attack_chains"]
    target: str
    first: str | None
    adversaries: Adversaries
    chains: list[Chain]
    found: int
    complete: bool
    obstacle: Literal["first", "reach", "unnecessary", "factors"] | None
    knowledge: str


class Raised(Expected):
    """An effect, and whether it is on a risk that was to be protected."""

    protected: bool


class Plan(TypedDict):
    """A set of defenses; of one alone there is no outcome.

    ``more_alternatives`` is there, and true, only if not all alternatives are listed.
    """

    defenses: list[str]
    order: list[str]
    outcome: JointOutcome | None
    alternatives: list[list[str]]
    more_alternatives: NotRequired[bool]
    observed: list[CombinationSeen]
    covers: list[Expected]
    raises: list[Raised]
    lowers: list[Expected]
    open: list[Expected]


class Blocked(TypedDict):
    """A wish without which there would be plans."""

    wish: Literal["protect", "avoid", "have", "max"]
    value: str
    plans: int


class Miss(TypedDict):
    """A wish that a set of defenses does not meet; what it has instead, if anything."""

    wish: Literal["protect", "avoid", "have", "max"]
    value: str
    instead: str | None


class NearMiss(TypedDict):
    """A set of defenses that meets all wishes but some."""

    misses: list[Miss]
    plan: Plan


class Plans(TypedDict):
    """The undominated sets of defenses."""

    kind: Literal["plans"]
    protect: list[str]
    avoid: list[str]
    have: list[str]
    max: int | None
    plans: list[Plan]
    complete: bool
    blocked: list[Blocked]
    near_misses: list[NearMiss]
    left_out: list[str]
    knowledge: str


class PublishedAttack(TypedDict):
    """An attack in the survey's catalogue."""

    id: str
    attack: str
    title: str
    year: int | None
    venue: str | None
    setting: list[str]
    adversary: list[str]
    capability: str | None
    optimization: str | None
    model_knowledge: list[str]
    interaction: list[str]
    data_knowledge: list[str]
    backdoor: bool | None
    included: bool
    printed: dict[str, str]


class PublishedAttacks(TypedDict):
    """Published attacks within an adversary's reach."""

    kind: Literal["published_attacks"]
    attack: str | None
    adversary: dict[str, str]
    attacks: list[PublishedAttack]
    knowledge: str
