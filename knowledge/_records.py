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
    "KINDS",
    "Cause",
    "Characteristic",
    "Correlation",
    "Defense",
    "Direction",
    "EvidenceMark",
    "ExceptionRecord",
    "Experiment",
    "Factor",
    "Influence",
    "Measurement",
    "Metric",
    "Observation",
    "Pillar",
    "Record",
    "Reference",
    "Risk",
    "Role",
    "SignText",
    "melt",
    "thaw",
]

SignText = Literal["+", "-", "0", "?"]
Direction = Literal["increase", "decrease"]
Role = Literal["active", "passive"]
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
class Factor(_Strict):
    """Something about data, objective or model that defenses move and risks depend on."""

    NESTED: ClassVar[Mapping[str, type]] = {"influences": Influence}

    id: str = field(metadata=_text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=_line("name for people", limit=120))
    group: Literal["data", "objective", "model"] = field(metadata=_about("what it is a trait of"))
    role: Role = field(
        metadata=_about("active: exploited by attacks, dominates; passive: configuration")
    )
    meaning: str = field(metadata=_text("what it is, in a sentence or two"))
    code: str | None = field(default=None, metadata=_text("short alias", limit=12, pattern=CODE))
    family: str | None = field(default=None, metadata=_text("code of its family", limit=12))
    influences: tuple[Influence, ...] = field(default=(), metadata=_many("how it moves causes"))
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
    protects_against: tuple[str, ...] = field(metadata=_many("the risks it is meant for", least=1))
    meaning: str = field(metadata=_text("what it does, in a sentence or two"))
    code: str | None = field(default=None, metadata=_text("short alias", limit=12, pattern=CODE))
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
    note: str | None = field(default=None, metadata=_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment(_Strict):
    """An experiment that tested a conjecture, with its numbers."""

    NESTED: ClassVar[Mapping[str, type]] = {"metrics": Metric, "measurements": Measurement}

    id: str = field(metadata=_text("permanent identifier", limit=200, pattern=DOTTED_ID))
    defense: str = field(metadata=_text("the defense", limit=80))
    risk: str = field(metadata=_text("the risk", limit=80))
    conjecture: Direction = field(metadata=_about("what was expected"))
    outcome: Direction = field(metadata=_about("what came out"))
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
    Factor | Risk | Defense | Correlation | Observation | Experiment | Characteristic | Reference
)

KINDS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "factors": Factor,
        "risks": Risk,
        "defenses": Defense,
        "adversary": Characteristic,
        "correlations": Correlation,
        "observations": Observation,
        "experiments": Experiment,
        "references": Reference,
    }
)
"""The record type behind each section of a knowledge file."""

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
