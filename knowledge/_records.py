"""The typed records that a knowledge base is made of.

They are plain frozen dataclasses, so that answering a question imports nothing heavy; the reader
validates YAML against them with pydantic, and the published JSON Schema is generated from them.
A field's metadata holds its description and its constraints in pydantic's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeVar

__all__ = [
    "IDENTITY",
    "KINDS",
    "Attack",
    "Cause",
    "Characteristic",
    "Collusion",
    "Combination",
    "Correlation",
    "Defense",
    "Direction",
    "Edge",
    "EvidenceMark",
    "ExceptionRecord",
    "Experiment",
    "Factor",
    "Influence",
    "Measurement",
    "Metric",
    "Need",
    "Observation",
    "Outcome",
    "Pillar",
    "Prerequisite",
    "PublishedAttack",
    "Record",
    "Reference",
    "Risk",
    "Role",
    "Satisfaction",
    "SignText",
    "Stage",
    "Stake",
    "Variant",
    "melt",
    "thaw",
]

SignText = Literal["+", "-", "0", "?"]
Direction = Literal["increase", "decrease"]
Expectation = Literal["increase", "decrease", "effective", "conflict", "amplifies", "hinders"]
Role = Literal["active", "passive", "knowledge"]
Stage = Literal["pre", "in", "post"]
Basis = Literal["read", "inferred"]
Cause = Literal["memorization", "overfitting"]
Pillar = Literal["security", "privacy", "fairness"]

ID = r"^[a-z][a-z0-9_]{0,79}$"
DOTTED_ID = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){0,7}$"
CODE = r"^[A-Z][A-Za-z]{0,7}[0-9]{0,3}(\.[0-9]{1,3})?$"


def _about(description: str, /, **constraints: Any) -> dict[str, Any]:
    return {"description": description, **constraints}


def _text(description: str, *, limit: int = 2000, **constraints: Any) -> dict[str, Any]:
    return _about(description, min_length=1, max_length=limit, **constraints)


def _line(description: str, *, limit: int) -> dict[str, Any]:
    return _text(description, limit=limit, pattern=r"^[^\r\n]+$")


def _many(description: str, *, least: int = 0) -> dict[str, Any]:
    return _about(description, min_length=least, max_length=200)


_NOTE = _text("what we think of the record: doubts, known errors, conditions")
_SOURCES = "works that support it: ids of references, each with an optional #place"
_STATED_IN = _many("where the record itself is stated, such as [duddu2024sok#table-2]")


class _Strict:
    """What every record shares: unknown fields and loose types are refused."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence(_Strict):
    """How a factor moves one of the two causes behind all risks."""

    cause: Cause = field(metadata=_about("the cause that is moved"))
    sign: SignText = field(metadata=_about("how the cause moves as the factor rises"))
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfaction(_Strict):
    """What an adversary can be so that a prerequisite of its attack holds without any help."""

    characteristic: str = field(metadata=_text("the characteristic", limit=80))
    value: str = field(metadata=_text("the value from which on it counts", limit=80))
    degree: Literal["met", "partly"] = field(metadata=_about("wholly or in part"))
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor(_Strict):
    """Something about data, objective, model or adversary's knowledge that others move or need."""

    NESTED: ClassVar[Mapping[str, type]] = {
        "influences": Influence,
        "satisfied_by": Satisfaction,
    }

    id: str = field(metadata=_text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=_line("name for people", limit=120))
    group: Literal["data", "objective", "model", "knowledge"] = field(
        metadata=_about("what it is a trait of; knowledge: of what the adversary knows")
    )
    role: Role = field(
        metadata=_about(
            "active: exploited by attacks, dominates; passive: configuration;"
            " knowledge: held by the adversary"
        )
    )
    meaning: str = field(metadata=_text("what it is, in a sentence or two"))
    code: str | None = field(default=None, metadata=_text("short alias", limit=12, pattern=CODE))
    family: str | None = field(default=None, metadata=_text("code of its family", limit=12))
    influences: tuple[Influence, ...] = field(default=(), metadata=_many("how it moves causes"))
    satisfied_by: tuple[Satisfaction, ...] = field(
        default=(), metadata=_many("adversaries for whom it holds already")
    )
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk(_Strict):
    """A way in which a deployed model fails people, and the attack of that name."""

    id: str = field(metadata=_text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=_line("name for people", limit=120))
    pillar: Pillar = field(metadata=_about("the part of trustworthiness it belongs to"))
    meaning: str = field(metadata=_text("what it is, in a sentence or two"))
    code: str | None = field(default=None, metadata=_text("short alias", limit=12, pattern=CODE))
    dominant: tuple[str, ...] | None = field(
        default=None,
        metadata=_many("factors that dominate for this attack, in place of the active ones"),
    )
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defense(_Strict):
    """A measure taken against one or more risks."""

    id: str = field(metadata=_text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=_line("name for people", limit=120))
    pillar: Pillar = field(metadata=_about("the part of trustworthiness it serves"))
    protects_against: tuple[str, ...] = field(metadata=_many("the risks it is meant for"))
    meaning: str = field(metadata=_text("what it does, in a sentence or two"))
    code: str | None = field(default=None, metadata=_text("short alias", limit=12, pattern=CODE))
    usual_stage: Stage | None = field(
        default=None, metadata=_about("the stage of its variant that the bare name stands for")
    )
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation(_Strict):
    """A signed edge between a defense or a risk and a factor.

    For a defense the sign says which way the factor moves when the defense is effective; for a
    risk, which way the risk moves when the factor rises.
    """

    subject: str = field(metadata=_text("a defense or a risk", limit=80))
    factor: str = field(metadata=_text("the factor", limit=80))
    sign: SignText = field(metadata=_about("+ rises together, - opposed, 0 none, ? unclear"))
    sources: tuple[str, ...] = field(metadata=_many(_SOURCES, least=1))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)

    @property
    def id(self) -> str:
        """The edge's identity: ``subject.factor``."""
        return f"{self.subject}.{self.factor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMark(_Strict):
    """A factor that a published effect is put down to, and the kinds of evidence for that."""

    factor: str = field(metadata=_text("the factor", limit=80))
    kinds: tuple[Literal["empirical", "theoretical", "conjectured", "own_conjecture"], ...] = field(
        metadata=_many("kinds of evidence that this factor plays a part", least=1)
    )
    printed: str | None = field(
        default=None, metadata=_text("what is printed, where that differs", limit=200)
    )
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRecord(_Strict):
    """An effect seen only under a stated adversary, against the main one."""

    effect: Direction = field(metadata=_about("what happens to the risk then"))
    sources: tuple[str, ...] = field(metadata=_many(_SOURCES, least=1))
    when: Mapping[str, str] | None = field(
        default=None,
        metadata=_about("the adversary it takes, by characteristic; absent: not stated"),
    )
    printed: str | None = field(
        default=None, metadata=_text("what is printed, where that differs", limit=200)
    )
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(_Strict):
    """What was published, or measured, for one defense and one risk."""

    NESTED: ClassVar[Mapping[str, type]] = {
        "evidence": EvidenceMark,
        "exceptions": ExceptionRecord,
    }

    id: str = field(metadata=_text("permanent identifier", limit=200, pattern=DOTTED_ID))
    defense: str = field(metadata=_text("the defense, taken to be effective", limit=80))
    risk: str = field(metadata=_text("the risk", limit=80))
    effect: Literal["increase", "decrease", "unexplored"] = field(
        metadata=_about("what happens to the risk; unexplored: the source knows of no work on it")
    )
    kind: Literal["empirical", "theoretical", "conjectured", "unspecified"] | None = field(
        default=None, metadata=_about("strongest kind of evidence; absent when unexplored")
    )
    when: Mapping[str, str] | None = field(
        default=None, metadata=_about("the adversary it takes, by characteristic; absent: any")
    )
    evidence: tuple[EvidenceMark, ...] = field(
        default=(), metadata=_many("factors that the source credits")
    )
    exceptions: tuple[ExceptionRecord, ...] = field(
        default=(), metadata=_many("effects under other adversaries")
    )
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    printed: str | None = field(
        default=None, metadata=_text("what is printed, where that differs", limit=200)
    )
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(_Strict):
    """What an experiment measured, and which way is worse for the model's owner."""

    id: str = field(metadata=_text("identifier inside the experiment", limit=80, pattern=ID))
    worse_when: Literal["higher", "lower"] = field(metadata=_about("which way is worse"))
    unit: str | None = field(default=None, metadata=_text("unit; absent: none", limit=40))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement(_Strict):
    """One printed number."""

    arm: str = field(metadata=_text("what was measured: baseline, or a variant", limit=80))
    metric: str = field(metadata=_text("a metric of the experiment", limit=80))
    mean: float = field(metadata=_about("printed mean", allow_inf_nan=False))
    spread: float | None = field(
        default=None, metadata=_about("number printed after ±", ge=0, allow_inf_nan=False)
    )
    at: Mapping[str, float] | None = field(
        default=None, metadata=_about("values of factors at which it was measured")
    )
    setting: Mapping[str, str | float] | None = field(
        default=None, metadata=_about("other settings at which it was measured, by name")
    )
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment(_Strict):
    """An experiment that tested a conjecture, with its numbers.

    It is about an interaction (defense and risk), a combination (defenses) or a collusion (first
    and second attack).
    """

    NESTED: ClassVar[Mapping[str, type]] = {"metrics": Metric, "measurements": Measurement}

    id: str = field(metadata=_text("permanent identifier", limit=200, pattern=DOTTED_ID))
    conjecture: Expectation = field(metadata=_about("what was expected"))
    outcome: Expectation = field(metadata=_about("what came out"))
    defense: str | None = field(
        default=None, metadata=_text("the defense; with risk: an interaction", limit=80)
    )
    risk: str | None = field(default=None, metadata=_text("the risk", limit=80))
    defenses: tuple[str, ...] = field(
        default=(), metadata=_many("variants of defenses that were combined, earlier ones first")
    )
    first: str | None = field(
        default=None, metadata=_text("the attack that helps; with second: a collusion", limit=80)
    )
    second: str | None = field(default=None, metadata=_text("the attack helped", limit=80))
    finding: str = field(metadata=_text("what came out, in a sentence"))
    dataset: str = field(metadata=_text("data used", limit=400))
    metrics: tuple[Metric, ...] = field(metadata=_many("what was measured", least=1))
    measurements: tuple[Measurement, ...] = field(metadata=_many("the numbers", least=1))
    common_factors: tuple[str, ...] = field(
        default=(), metadata=_many("factors shared by defense and risk")
    )
    other_factors: tuple[str, ...] = field(
        default=(), metadata=_many("further factors whose value matters")
    )
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake(_Strict):
    """A risk that a defense relies on, or takes away."""

    risk: str = field(metadata=_text("the risk", limit=80))
    basis: Basis = field(metadata=_about("read in a source, or inferred from what it implies"))
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant(_Strict):
    """A defense at one stage of the pipeline: before, in or after training."""

    NESTED: ClassVar[Mapping[str, type]] = {"uses": Stake, "mitigates": Stake}

    defense: str = field(metadata=_text("the defense", limit=80))
    stage: Stage = field(metadata=_about("before (pre), in or after (post) training"))
    meaning: str = field(metadata=_text("how it works at this stage"))
    uses: tuple[Stake, ...] = field(
        default=(), metadata=_many("risks without which it would not work")
    )
    mitigates: tuple[Stake, ...] = field(default=(), metadata=_many("risks that it takes away"))
    metric: str | None = field(
        default=None, metadata=_text("how its effectiveness is measured", limit=200)
    )
    better_when: Literal["higher", "lower"] | None = field(
        default=None, metadata=_about("which way that metric is better")
    )
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)

    @property
    def id(self) -> str:
        """The variant's identity: ``defense@stage``."""
        return f"{self.defense}@{self.stage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination(_Strict):
    """What was published, or measured, for defenses combined in one model."""

    id: str = field(metadata=_text("permanent identifier", limit=200, pattern=DOTTED_ID))
    defenses: tuple[str, ...] = field(
        metadata=_many("variants, earlier ones first; empty: the source does not say which")
    )
    outcome: Literal["effective", "conflict", "unreported"] = field(
        metadata=_about("whether each defense stayed as effective as alone, as first measured")
    )
    status: Literal["prior", "explored", "validated"] = field(
        metadata=_about("prior: collected from earlier work; explored: measured by the source")
    )
    tuned_outcome: Literal["effective", "conflict"] | None = field(
        default=None, metadata=_about("the same after hyperparameters were tuned")
    )
    predicted: Literal["effective", "conflict"] | None = field(
        default=None, metadata=_about("what the source's own rule says")
    )
    baseline: Literal["effective", "conflict"] | None = field(
        default=None, metadata=_about("what the source's naive baseline says")
    )
    code: str | None = field(default=None, metadata=_text("its number in the source", limit=12))
    identified: Basis = field(
        default="read", metadata=_about("whether the defenses were read or worked out")
    )
    candidates: tuple[str, ...] = field(
        default=(), metadata=_many("pairs it could be, each as variant+variant")
    )
    datasets: tuple[str, ...] = field(default=(), metadata=_many("data used"))
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    printed: str | None = field(
        default=None, metadata=_text("what is printed, where that differs", limit=200)
    )
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(_Strict):
    """The least that an attack takes of its adversary in one respect."""

    characteristic: str = field(metadata=_text("the characteristic", limit=80))
    value: str = field(metadata=_text("the least value", limit=80))
    more_helps: bool = field(
        default=False, metadata=_about("whether an adversary with more attacks better")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack(_Strict):
    """What an adversary does, seen as a step that may help, or need help from, another attack."""

    NESTED: ClassVar[Mapping[str, type]] = {"needs": Need}

    id: str = field(
        metadata=_text(
            "permanent identifier; may be that of the risk it exploits", limit=80, pattern=ID
        )
    )
    name: str = field(metadata=_line("name for people", limit=120))
    risk: str = field(metadata=_text("the risk that it exploits", limit=80))
    time: Literal["train", "test"] = field(metadata=_about("when it happens"))
    meaning: str = field(metadata=_text("what the adversary does and gains"))
    code: str | None = field(default=None, metadata=_text("short alias", limit=12, pattern=CODE))
    needs: tuple[Need, ...] = field(
        default=(), metadata=_many("the least that it takes of the adversary")
    )
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(_Strict):
    """A signed edge from a successful attack to a factor that it moves, or knowledge it yields."""

    attack: str = field(metadata=_text("the attack", limit=80))
    factor: str = field(metadata=_text("the factor", limit=80))
    sign: SignText = field(metadata=_about("which way a successful attack moves the factor"))
    sources: tuple[str, ...] = field(metadata=_many(_SOURCES, least=1))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)

    @property
    def id(self) -> str:
        """The edge's identity: ``attack>factor``."""
        return f"{self.attack}>{self.factor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prerequisite(_Strict):
    """A signed edge from a factor to an attack whose effectiveness depends on it."""

    attack: str = field(metadata=_text("the attack", limit=80))
    factor: str = field(metadata=_text("the factor", limit=80))
    sign: SignText = field(metadata=_about("how the attack's effectiveness moves as it rises"))
    sources: tuple[str, ...] = field(metadata=_many(_SOURCES, least=1))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)

    @property
    def id(self) -> str:
        """The edge's identity: ``factor>attack``."""
        return f"{self.factor}>{self.attack}"


Edge = Correlation | Outcome | Prerequisite
"""A signed, cited edge that ends in a factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collusion(_Strict):
    """What was published, or measured, for one attack whose outcome serves another."""

    id: str = field(metadata=_text("permanent identifier", limit=200, pattern=DOTTED_ID))
    first: str = field(metadata=_text("the attack whose outcome is used", limit=80))
    second: str = field(metadata=_text("the attack that uses it", limit=80))
    effect: Literal["amplifies", "hinders", "unexplored"] = field(
        metadata=_about("what was seen; unexplored: the source knows of no work on it")
    )
    status: Literal["prior", "validated", "unexplored"] = field(
        metadata=_about("seen by earlier work, tested by the source, or neither")
    )
    predicted: Literal["amplifies", "hinders"] | None = field(
        default=None, metadata=_about("what the source's own table says")
    )
    factors: tuple[str, ...] = field(
        default=(), metadata=_many("the common factors as the source prints them")
    )
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    printed: str | None = field(
        default=None, metadata=_text("what is printed, where that differs", limit=200)
    )
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAttack(_Strict):
    """One published attack and the adversary that it takes; several values: it has variants."""

    id: str = field(metadata=_text("permanent identifier", limit=200, pattern=DOTTED_ID))
    attack: str = field(metadata=_text("the attack it is an instance of", limit=80))
    title: str = field(metadata=_line("title of the work", limit=400))
    year: int = field(metadata=_about("year published", ge=1900, le=2100))
    venue: str = field(metadata=_line("where published", limit=200))
    setting: tuple[str, ...] = field(metadata=_many("kinds of model and of training", least=1))
    adversary: tuple[str, ...] = field(metadata=_many("who the adversary is", least=1))
    capability: str = field(metadata=_text("value on the scale of that name", limit=80))
    optimization: str = field(metadata=_text("value on the scale of that name", limit=80))
    model_knowledge: tuple[str, ...] = field(
        metadata=_many("values of model_knowledge, each with an optional .output", least=1)
    )
    interaction: tuple[str, ...] = field(metadata=_many("values of that scale", least=1))
    data_knowledge: tuple[str, ...] = field(
        metadata=_many("values of data_knowledge, each with an optional .blindness", least=1)
    )
    backdoor: bool = field(default=False, metadata=_about("whether poisoning plants a backdoor"))
    included: bool = field(
        default=True, metadata=_about("whether the survey counts it in its final version")
    )
    printed: Mapping[str, str] | None = field(
        default=None, metadata=_about("what the source has, by field, where that differs")
    )
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic(_Strict):
    """Something an adversary can be, know or do, with its possible values."""

    id: str = field(metadata=_text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=_line("name for people", limit=120))
    ordered: bool = field(metadata=_about("whether values run from weak to strong"))
    values: tuple[str, ...] = field(metadata=_many("possible values", least=2))
    meaning: str = field(metadata=_text("what it is, in a sentence or two"))
    sources: tuple[str, ...] = field(default=(), metadata=_many(_SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=_STATED_IN)
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(_Strict):
    """A cited work, and how sure we are that it is the one meant."""

    id: str = field(metadata=_text("permanent identifier", limit=80, pattern=ID))
    status: Literal["confirmed", "deduced", "unresolved"] = field(
        metadata=_about("confirmed: a source ties it; deduced: worked out; unresolved: unknown")
    )
    authors: str | None = field(default=None, metadata=_line("family names", limit=400))
    title: str | None = field(default=None, metadata=_line("title", limit=400))
    venue: str | None = field(default=None, metadata=_line("where published", limit=200))
    year: int | None = field(default=None, metadata=_about("year published", ge=1900, le=2100))
    arxiv: str | None = field(default=None, metadata=_text("arXiv identifier", limit=40))
    doi: str | None = field(default=None, metadata=_text("DOI", limit=200))
    url: str | None = field(
        default=None, metadata=_text("address", limit=400, pattern=r"^https?://\S+$")
    )
    number: int | None = field(
        default=None, metadata=_about("its number in the S&P 2024 paper, camera-ready", ge=1)
    )
    preprint_number: int | None = field(
        default=None, metadata=_about("its number in that paper's first preprint", ge=1)
    )
    cited_as: Mapping[str, int] | None = field(
        default=None, metadata=_about("its number in other papers, by the id of their reference")
    )
    preprint_number_interpolated: bool = field(
        default=False, metadata=_about("that number was worked out from its neighbours")
    )
    confidence: Literal["high", "medium", "low"] | None = field(
        default=None, metadata=_about("how sure a deduction is")
    )
    basis: tuple[
        Literal[
            "alphabetical_order",
            "companion_page",
            "experiment_code",
            "same_group",
            "subject_fit",
            "talk",
            "text",
        ],
        ...,
    ] = field(default=(), metadata=_many("what the identification rests on"))
    identifier: Literal["seen", "title_and_venue_seen", "from_memory"] | None = field(
        default=None, metadata=_about("whether arXiv id, DOI or address were seen in a source")
    )
    author_bound: str | None = field(
        default=None, metadata=_text("where its author must fall, if unresolved", limit=200)
    )
    topic: str | None = field(
        default=None, metadata=_text("what it must be about, if unresolved", limit=200)
    )
    candidates: tuple[str, ...] = field(default=(), metadata=_many("other works that it could be"))
    note: str | None = field(default=None, metadata=_NOTE)


Record = (
    Factor
    | Risk
    | Defense
    | Variant
    | Attack
    | Characteristic
    | Correlation
    | Outcome
    | Prerequisite
    | Observation
    | Combination
    | Collusion
    | Experiment
    | PublishedAttack
    | Reference
)

KINDS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "factors": Factor,
        "risks": Risk,
        "defenses": Defense,
        "variants": Variant,
        "attacks": Attack,
        "adversary": Characteristic,
        "correlations": Correlation,
        "outcomes": Outcome,
        "prerequisites": Prerequisite,
        "observations": Observation,
        "combinations": Combination,
        "collusions": Collusion,
        "experiments": Experiment,
        "published_attacks": PublishedAttack,
        "references": Reference,
    }
)
"""The record type behind each section of a knowledge file."""

IDENTITY: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "variants": ("defense", "@", "stage"),
        "correlations": ("subject", ".", "factor"),
        "outcomes": ("attack", ">", "factor"),
        "prerequisites": ("factor", ">", "attack"),
    }
)
"""Sections whose records are named by two fields: those fields and what joins them."""

_R = TypeVar("_R")


def melt(record: Any) -> dict[str, Any]:
    """Return a record's JSON form without defaults, as `thaw` takes it."""
    row: dict[str, Any] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if each.default is MISSING or value != each.default:
            row[each.name] = _plain(value)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return melt(value) if isinstance(value, _Strict) else value


def thaw(record_type: type[_R], row: Mapping[str, Any]) -> _R:
    """Build a record from its JSON form, frozen all the way down."""
    nested: Mapping[str, type] = getattr(record_type, "NESTED", {})
    values: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list):
            inner = nested.get(name)
            values[name] = tuple(thaw(inner, v) for v in value) if inner else tuple(value)
        elif isinstance(value, dict):
            values[name] = MappingProxyType(dict(value))
        else:
            values[name] = value
    return record_type(**values)
