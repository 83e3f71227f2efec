"""The typed records that a knowledge base is made of, by topic.

They are plain frozen dataclasses, so that answering a question imports nothing heavy; the reader
validates YAML against them with pydantic, and the published JSON Schema is generated from them.
A field's metadata holds its description and its constraints in pydantic's words.

Making a dataclass takes Python longer than answering a question, so a topic is imported when a
record of it is first asked for: what the types are called and where they are is written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .adversaries import Characteristic, Condition, PublishedAttack
    from .collusions import Attack, Collusion, Outcome, Prerequisite
    from .combinations import Combination, Variant
    from .experiments import Experiment
    from .interactions import Correlation, Observation
    from .names import Catalogue, CatalogueMapping
    from .procedures import Procedure
    from .references import Reference
    from .standards import Requirement, Standard
    from .subjects import Defense, Factor, Risk

__all__ = ["IDENTITY", "KINDS", "MODULES", "STAGED", "Sections", "kind", "singular"]

MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        name: module
        for module, names in {
            "subjects": ("Influence", "Satisfaction", "Factor", "Risk", "Defense"),
            "interactions": (
                "Correlation",
                "EvidenceMark",
                "ExceptionRecord",
                "Observation",
                "Size",
                "TableCell",
            ),
            "experiments": ("Metric", "Measurement", "Experiment"),
            "procedures": ("Exclusion", "Procedure"),
            "combinations": ("Stake", "Variant", "Combination"),
            "collusions": ("Need", "Attack", "Outcome", "Prerequisite", "Collusion"),
            "adversaries": ("Characteristic", "Condition", "PublishedAttack"),
            "references": ("MeasuredTable", "Reference"),
            "names": ("Catalogue", "CatalogueMapping"),
            "standards": ("Standard", "Wanted", "Requirement"),
            "unions": ("Edge", "Record"),
        }.items()
        for name in names
    }
)
"""The module of this package that each record type is in."""


def kind(name: str) -> Any:
    """Return the record type of that name."""
    return getattr(import_module(f".{MODULES[name]}", __name__), name)


class _Kinds(Mapping[str, type[Any]]):
    """Record types by section, each imported when it is first asked for."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def __getitem__(self, section: str) -> type[Any]:
        found: type[Any] = kind(self._names[section])
        return found

    def __contains__(self, section: object) -> bool:
        return section in self._names  # what a mapping inherits would import the type

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


KINDS: Final[Mapping[str, type[Any]]] = _Kinds(
    {
        "factors": "Factor",
        "risks": "Risk",
        "defenses": "Defense",
        "procedures": "Procedure",
        "variants": "Variant",
        "attacks": "Attack",
        "adversary": "Characteristic",
        "conditions": "Condition",
        "correlations": "Correlation",
        "outcomes": "Outcome",
        "prerequisites": "Prerequisite",
        "observations": "Observation",
        "combinations": "Combination",
        "collusions": "Collusion",
        "experiments": "Experiment",
        "published_attacks": "PublishedAttack",
        "references": "Reference",
        "catalogues": "Catalogue",
        "mappings": "CatalogueMapping",
        "standards": "Standard",
        "requirements": "Requirement",
    }
)
"""The record type behind each section of a knowledge file."""


class Sections:
    """Base class of knowledge bases: one attribute for each section, a mapping from id to record.

    A type checker reads the types here; `KINDS` says the same at run time.
    """

    __slots__ = (*KINDS,)

    factors: Mapping[str, Factor]
    risks: Mapping[str, Risk]
    defenses: Mapping[str, Defense]
    procedures: Mapping[str, Procedure]
    variants: Mapping[str, Variant]
    attacks: Mapping[str, Attack]
    adversary: Mapping[str, Characteristic]
    conditions: Mapping[str, Condition]
    correlations: Mapping[str, Correlation]
    outcomes: Mapping[str, Outcome]
    prerequisites: Mapping[str, Prerequisite]
    observations: Mapping[str, Observation]
    combinations: Mapping[str, Combination]
    collusions: Mapping[str, Collusion]
    experiments: Mapping[str, Experiment]
    published_attacks: Mapping[str, PublishedAttack]
    references: Mapping[str, Reference]
    catalogues: Mapping[str, Catalogue]
    mappings: Mapping[str, CatalogueMapping]
    standards: Mapping[str, Standard]
    requirements: Mapping[str, Requirement]


def singular(section: str) -> str:
    """Return what a record of a section is called in a sentence."""
    called = {"adversary": "characteristic"}.get(section)
    return called or section.removesuffix("s").replace("_", " ")


IDENTITY: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "variants": ("defense", "@", "stage"),
        "correlations": ("subject", ".", "factor"),
        "outcomes": ("attack", ">", "factor"),
        "prerequisites": ("factor", ">", "attack"),
    }
)
"""Sections whose records are named by two fields: those fields and what joins them."""

STAGED: Final = ("correlations",)
"""Sections of `IDENTITY` in whose records a ``stage``, where there is one, is part of the name."""
