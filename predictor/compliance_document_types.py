"""Shapes of the documents about requirements of standards; see `document_types`."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from .dangers import Known
from .joint_document_types import Combination, Conflict, Exclusion, Expected
from .joint_outcomes import JointOutcome

__all__ = [
    "AskedDefense",
    "Change",
    "Compliance",
    "Danger",
    "Requirement",
    "RequirementRepair",
    "Standard",
]


class Standard(TypedDict):
    """A standard, law or framework."""

    id: str
    name: str
    edition: str
    publisher: str
    url: str
    license: str
    binding: Literal["law", "standard", "framework"]
    levels: list[str]
    note: str | None


class AskedDefense(TypedDict):
    """One defense that a requirement asks for: what will do, what might, and what was taken."""

    any_of: list[str]
    instead: list[str]
    chosen: str
    in_place: bool


class Requirement(TypedDict):
    """A requirement that applies, and what it asks for."""

    id: str
    number: str
    level: str | None
    summary: str
    asks: Literal["defenses", "measurement", "documentation", "nothing"]
    defenses: list[AskedDefense]
    risks: list[str]
    why: str | None
    basis: Literal["read", "inferred"]
    interpretation: str | None
    sources: list[str]
    note: str | None


class Danger(TypedDict):
    """What requirements do to others, and what that rests on.

    ``defenses`` is one that raises ``risk``, or two, of which the first takes away what the second
    uses unless it is ``mutual``. ``records`` are ids among the observations of ``joint``.
    """

    kind: Literal["conflict", "not_trainable", "raises"]
    by: list[str]
    endangered: list[str]
    mutual: bool
    defenses: list[str]
    risk: str | None
    known: list[Known]
    outcome: JointOutcome | None
    grounds: list[str]
    conflicts: list[Conflict]
    exclusions: list[Exclusion]
    records: list[str]
    expected: Expected | None
    works: list[str]


class Change(TypedDict):
    """What to do about one defense; ``doubtful``: whether requirements accept it is open."""

    kind: Literal["stage", "swap", "drop"]
    requirements: list[str]
    defense: str
    by: str | None
    doubtful: bool


class RequirementRepair(TypedDict):
    """Changes after which something better is to be expected of the defenses together."""

    changes: list[Change]
    defenses: list[str]
    outcome: JointOutcome | None
    unmet: list[str]
    uncovered: list[str]


class Compliance(TypedDict):
    """Which defenses a standard asks for, and which of its requirements endanger others.

    ``joint`` is what ``combine`` answers for ``defenses``, without its repairs; null for fewer than
    two.
    """

    kind: Literal["compliance"]
    standard: Standard
    level: str | None
    notice: str
    have: list[str]
    requirements: list[Requirement]
    defenses: list[str]
    joint: Combination | None
    order: list[str]
    spoiled: list[Conflict]
    dangers: list[Danger]
    repairs: list[RequirementRepair]
    choices_cut: bool
    repairs_cut: bool
    knowledge: str
