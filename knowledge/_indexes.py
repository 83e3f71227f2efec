"""Indexes over the sections of a knowledge base, for the questions that are asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from ._base import KnowledgeBase
    from ._records.collusions import Attack
    from ._records.combinations import Variant
    from ._records.subjects import Defense, Factor, Risk
    from ._records.unions import Edge

__all__ = ["CODED", "INDEXES", "fold"]

CODED: Final = ("factors", "defenses", "risks", "attacks")
"""The sections whose records have codes beside ids."""

_R = TypeVar("_R", bound="Factor | Defense | Risk | Attack")
_E = TypeVar("_E", bound="Edge")


def _by_factor(edges: Mapping[str, _E], owner: str) -> dict[str, Mapping[str, _E]]:
    """Group edges by the defense, risk or attack at their other end, then by factor."""
    grouped: dict[str, dict[str, _E]] = {}
    for edge in edges.values():
        grouped.setdefault(getattr(edge, owner), {})[edge.factor] = edge
    return {name: MappingProxyType(own) for name, own in grouped.items()}


def _by_pair(records: Mapping[str, Any], one: str, other: str) -> dict[Any, tuple[Any, ...]]:
    """Group records by the two others that they are about."""
    grouped: dict[tuple[str, str], tuple[Any, ...]] = {}
    for record in records.values():
        pair = (getattr(record, one), getattr(record, other))
        grouped[pair] = (*grouped.get(pair, ()), record)
    return grouped


def _by_folded_name(records: Mapping[str, _R]) -> dict[str, str]:
    return {
        fold(name): identity
        for identity, record in records.items()
        for name in (identity, record.code)
        if name is not None
    }


def _by_stage(kb: KnowledgeBase) -> dict[str, Mapping[str, Variant]]:
    grouped: dict[str, dict[str, Variant]] = {}
    for stage in ("pre", "in", "post"):
        for variant in kb.variants.values():
            if variant.stage == stage:
                grouped.setdefault(variant.defense, {})[stage] = variant
    return {name: MappingProxyType(own) for name, own in grouped.items()}


INDEXES: Final[Mapping[str, Callable[[KnowledgeBase], dict[Any, Any]]]] = {
    "_edges": lambda kb: _by_factor(kb.correlations, "subject"),
    "_outcomes": lambda kb: _by_factor(kb.outcomes, "attack"),
    "_prerequisites": lambda kb: _by_factor(kb.prerequisites, "attack"),
    "_observed": lambda kb: _by_pair(kb.observations, "defense", "risk"),
    "_colluded": lambda kb: _by_pair(kb.collusions, "first", "second"),
    "_stages": _by_stage,
    "_folded_factors": lambda kb: _by_folded_name(kb.factors),
    "_folded_defenses": lambda kb: _by_folded_name(kb.defenses),
    "_folded_risks": lambda kb: _by_folded_name(kb.risks),
    "_folded_attacks": lambda kb: _by_folded_name(kb.attacks),
}
"""How each index is made from a knowledge base."""


def fold(name: str) -> str:
    """Make names alike that differ only in case and in how words are joined."""
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
