"""Indexes over the sections of a knowledge base, for the questions that are asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from ._records.collusions import Attack
    from ._records.combinations import Variant
    from ._records.interactions import Correlation
    from ._records.subjects import Defense, Factor, Risk
    from ._records.unions import Edge

__all__ = ["CODED", "INDEXES", "fold"]

CODED: Final = ("factors", "defenses", "risks", "attacks")
"""The sections whose records have codes beside ids."""

_R = TypeVar("_R", bound="Factor | Defense | Risk | Attack")
_E = TypeVar("_E", bound="Edge")


def _by_factor(owner: str, edges: Mapping[str, _E]) -> dict[str, Mapping[str, _E]]:
    """Group edges by the defense, risk or attack at their other end, then by factor."""
    grouped: dict[str, dict[str, _E]] = {}
    for edge in edges.values():
        grouped.setdefault(getattr(edge, owner), {})[edge.factor] = edge
    return {name: MappingProxyType(own) for name, own in grouped.items()}


def _general(edges: Mapping[str, Correlation]) -> dict[str, Mapping[str, Correlation]]:
    """Group the edges of defenses in general, and of risks, by subject and factor."""
    return _by_factor("subject", {i: edge for i, edge in edges.items() if edge.stage is None})


def _staged(edges: Mapping[str, Correlation]) -> dict[str, Mapping[str, Any]]:
    """Group the edges of variants by subject, stage and factor, those in general among them."""
    general = _general(edges)
    grouped: dict[str, dict[str, dict[str, Correlation]]] = {}
    for edge in edges.values():
        if edge.stage is not None:
            at = grouped.setdefault(edge.subject, {})
            at.setdefault(edge.stage, {**general.get(edge.subject, {})})[edge.factor] = edge
    return {
        subject: {stage: MappingProxyType(own) for stage, own in at.items()}
        for subject, at in grouped.items()
    }


def _by_pair(one: str, other: str, records: Mapping[str, Any]) -> dict[Any, tuple[Any, ...]]:
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


def _by_stage(variants: Mapping[str, Variant]) -> dict[str, Mapping[str, Variant]]:
    grouped: dict[str, dict[str, Variant]] = {}
    for stage in ("pre", "in", "post"):
        for variant in variants.values():
            if variant.stage == stage:
                grouped.setdefault(variant.defense, {})[stage] = variant
    return {name: MappingProxyType(own) for name, own in grouped.items()}


INDEXES: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], dict[Any, Any]]]]] = {
    "_edges": ("correlations", _general),
    "_staged": ("correlations", _staged),
    "_outcomes": ("outcomes", partial(_by_factor, "attack")),
    "_prerequisites": ("prerequisites", partial(_by_factor, "attack")),
    "_observed": ("observations", partial(_by_pair, "defense", "risk")),
    "_colluded": ("collusions", partial(_by_pair, "first", "second")),
    "_stages": ("variants", _by_stage),
    **{f"_folded_{section}": (section, _by_folded_name) for section in CODED},
}
"""Each index: the section that it is over, and how it is made from the records."""


def fold(name: str) -> str:
    """Make names alike that differ only in case and in how words are joined."""
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
