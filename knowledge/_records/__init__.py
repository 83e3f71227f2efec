"""The typed records that a knowledge base is made of, by topic.

They are plain frozen dataclasses, so that answering a question imports nothing heavy; the reader
validates YAML against them with pydantic, and the published JSON Schema is generated from them.
A field's metadata holds its description and its constraints in pydantic's words.

Making a dataclass takes Python longer than answering a question, so a topic is imported when a
record of it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

__all__ = ["IDENTITY", "KINDS", "MODULES", "kind"]

MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        name: module
        for module, names in {
            "subjects": ("Influence", "Satisfaction", "Factor", "Risk", "Defense"),
            "interactions": ("Correlation", "EvidenceMark", "ExceptionRecord", "Observation"),
            "experiments": ("Metric", "Measurement", "Experiment"),
            "combinations": ("Stake", "Variant", "Combination"),
            "collusions": ("Need", "Attack", "Outcome", "Prerequisite", "Collusion"),
            "adversaries": ("Characteristic", "PublishedAttack"),
            "references": ("Reference",),
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
        "variants": "Variant",
        "attacks": "Attack",
        "adversary": "Characteristic",
        "correlations": "Correlation",
        "outcomes": "Outcome",
        "prerequisites": "Prerequisite",
        "observations": "Observation",
        "combinations": "Combination",
        "collusions": "Collusion",
        "experiments": "Experiment",
        "published_attacks": "PublishedAttack",
        "references": "Reference",
    }
)
"""The record type behind each section of a knowledge file."""

IDENTITY: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "variants": ("defense", "@", "stage"),
        "correlations": ("subject", ".", "factor"),
        "outcomes": ("attack", ">", "factor"),
        "prerequisites": ("factor", ">", "attack"),
    }
)
"""Sections whose records are named by two fields: those fields and what joins them."""
