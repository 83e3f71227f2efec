"""Deployments: what a team says of the system that it runs, in one file.

No knowledge: a deployment is what a question is about. Its names of factors, risks, defenses and
values are looked up by `crosscurrent.predictor.deployments`, which knows the base that is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar, Literal

from ._records.fields import Strict, about, line, many, record, text

__all__ = [
    "DATE",
    "Acceptance",
    "AdversaryEntry",
    "Data",
    "DefenseEntry",
    "Deployment",
    "Matters",
    "Model",
    "Offer",
    "Policy",
    "ResultEntry",
    "RiskEntry",
]

Matters = Literal["low", "medium", "high"]

DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
"""How the file writes a day."""


def _name(meaning: str, *, limit: int = 120) -> dict[str, Any]:
    return line(meaning, limit=limit)


def _scale(meaning: str) -> Any:
    return field(default=None, metadata=text(meaning, limit=80))


def _given(meaning: str) -> Any:
    return field(default=None, metadata=about(meaning, max_length=50))


@record
class Data(Strict):
    """The data that the model is trained on."""

    records: int | None = field(
        default=None, metadata=about("how many records; for the report, nothing is assumed", ge=1)
    )
    attributes: int | None = field(
        default=None, metadata=about("how many attributes; for the report alone", ge=1)
    )
    modality: str | None = _scale("tabular, image, text or graph: the condition of that name")
    size: Literal["small", "usual", "large"] | None = field(
        default=None,
        metadata=about("training records, compared with what is usual for such a task"),
    )
    dimensionality: Literal["low", "usual", "high"] | None = field(
        default=None, metadata=about("attributes, compared with what is usual for such a task")
    )
    tail: Literal["short", "usual", "long"] | None = field(
        default=None, metadata=about("rare, atypical records, compared with what is usual")
    )
    groups: str | None = _scale("balanced or small_groups: the condition group_share")
    sensitive_attributes: tuple[str, ...] = field(
        default=(), metadata=many("attributes that must not be inferred or discriminated by")
    )


@record
class Model(Strict):
    """The model, before any defense."""

    kind: str | None = field(
        default=None, metadata=_name("what it is; for the report, nothing is assumed", limit=200)
    )
    capacity: Literal["small", "usual", "large"] | None = field(
        default=None, metadata=about("its capacity, compared with what is usual for such a task")
    )
    initialization: str | None = _scale("from_scratch or pretrained: the condition of that name")
    fit: str | None = _scale("generalizes or overfitted: the condition of that name")
    learning: str | None = _scale("central or federated: the condition of that name")


@record
class Offer(Strict):
    """What whoever asks the model gets."""

    answers: str | None = _scale(
        "label_only, scores or explanations: the condition of that name, and what an adversary"
        " sees of the output unless it says otherwise itself"
    )
    interaction: str | None = _scale(
        "how often one may ask, from no_access to unlimited, unless an adversary says otherwise"
    )
    explanation_use: str | None = _scale("released or internal: the condition of that name")


@record
class AdversaryEntry(Strict):
    """Somebody who may attack."""

    name: str = field(metadata=_name("what the report calls it"))
    attacks: tuple[str, ...] = field(
        default=(), metadata=many("risks that it may turn into attacks; absent: all")
    )
    given: Mapping[str, str] | None = _given(
        "what it can, knows and has, by characteristic: model_knowledge: blackbox"
    )


@record
class DefenseEntry(Strict):
    """A defense that is in place."""

    defense: str = field(metadata=_name("the defense, with its @stage where that is not usual"))
    given: Mapping[str, str] | None = _given("conditions that it meets: privacy_budget: strict")
    settings: Mapping[str, str | int | float | bool] | None = field(
        default=None,
        metadata=about("how it is set up; for the report, nothing is assumed", max_length=50),
    )


@record
class RiskEntry(Strict):
    """A risk, and how much it matters."""

    risk: str = field(metadata=_name("the risk"))
    matters: Matters = field(default="medium", metadata=about("how much it matters"))


@record
class ResultEntry(Strict):
    """What was measured of this system before."""

    evidence: str | None = field(
        default=None, metadata=_name("a folder that results export wrote", limit=1000)
    )
    result: str | None = field(
        default=None, metadata=text("id of a stored result", limit=64, pattern=r"^[0-9a-f]{4,64}$")
    )


@record
class Acceptance(Strict):
    """A finding that somebody has accepted, for how long and why."""

    finding: str = field(metadata=_name("id of the finding, as check prints it", limit=300))
    reason: str = field(metadata=text("why that is acceptable"))
    owner: str = field(metadata=_name("who answers for it"))
    until: str = field(
        metadata=text("the last day on which it counts, as '2027-06-30'", limit=10, pattern=DATE)
    )


@record
class Policy(Strict):
    """What fails a check."""

    rise_at: str = field(
        default="published_once",
        metadata=text(
            "the weakest grade at which an expected increase of a risk fails; never: none does",
            limit=80,
        ),
    )
    matters: Matters = field(
        default="medium", metadata=about("the least that a risk must matter to count")
    )
    conflicts: bool = field(
        default=True,
        metadata=about(
            "whether defenses fail that conflict, are disputed, or cannot be trained together"
        ),
    )
    unprotected: bool = field(
        default=False, metadata=about("whether a risk that no defense is expected to lower fails")
    )
    chains: bool = field(
        default=False,
        metadata=about("whether a shown chain of attacks that no defense breaks fails"),
    )


@record
class Deployment(Strict):
    """A system as it is deployed."""

    NESTED: ClassVar[Mapping[str, type]] = {
        "data": Data,
        "model": Model,
        "offered": Offer,
        "adversaries": AdversaryEntry,
        "defenses": DefenseEntry,
        "risks": RiskEntry,
        "results": ResultEntry,
        "policy": Policy,
        "accepted": Acceptance,
    }

    deployment: Literal[1] = field(metadata=about("version of this format: 1"))
    name: str = field(metadata=_name("what the system is called"))
    purpose: str | None = field(default=None, metadata=text("what it is for"))
    owner: str | None = field(default=None, metadata=_name("who answers for it"))
    data: Data = field(default=Data(), metadata=about("the training data"))
    model: Model = field(default=Model(), metadata=about("the model before any defense"))
    offered: Offer = field(default=Offer(), metadata=about("what the service answers"))
    given: Mapping[str, str] | None = _given(
        "further conditions that hold: perturbation_norm: linf"
    )
    adversaries: tuple[AdversaryEntry, ...] = field(default=(), metadata=many("who may attack"))
    defenses: tuple[DefenseEntry, ...] = field(default=(), metadata=many("defenses in place"))
    risks: tuple[RiskEntry, ...] = field(
        default=(), metadata=many("risks that matter; absent: all, medium")
    )
    results: tuple[ResultEntry, ...] = field(default=(), metadata=many("what was measured"))
    policy: Policy = field(default=Policy(), metadata=about("what fails a check"))
    accepted: tuple[Acceptance, ...] = field(default=(), metadata=many("accepted findings"))
