"""Indexes over the sections of a knowledge base, for the questions that are asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from ._records.collusions import Attack
    from ._records.combinations import Variant
    from ._records.interactions import Correlation, Observation
    from ._records.names import CatalogueMapping
    from ._records.procedures import Exclusion, Procedure
    from ._records.standards import Requirement, Standard
    from ._records.subjects import Defense, Factor, Risk
    from ._records.unions import Edge

__all__ = ["ALIASED", "CODED", "INDEXES", "LOOKED_UP", "fold"]

CODED: Final = ("factors", "defenses", "risks", "attacks")
"""The sections whose records have codes beside ids."""

LOOKED_UP: Final = (*CODED, "standards")
"""The sections whose records are found by any of their names, however written."""

ALIASED: Final = (*LOOKED_UP, "variants")
"""The sections whose records have other names, their aliases."""

_R = TypeVar("_R", bound="Factor | Defense | Risk | Attack | Standard")
_E = TypeVar("_E", bound="Edge")


def _by_factor(owner: str, edges: Mapping[str, _E]) -> dict[str, Mapping[str, _E]]:
    """Group edges by the defense, risk or attack at their other end, then by factor."""
    grouped: dict[str, dict[str, _E]] = {}
    for edge in edges.values():
        grouped.setdefault(getattr(edge, owner), {})[edge.factor] = edge
    return {name: MappingProxyType(own) for name, own in grouped.items()}


def _staged(edges: Mapping[str, Correlation]) -> dict[str, Mapping[str, Any]]:
    """Group the edges of defenses that have some at a stage, by subject, stage and factor.

    Those in general are among those of each stage, and alone under no stage (``""``).
    """
    general = _by_factor("subject", {i: e for i, e in edges.items() if e.stage is None})
    grouped: dict[str, dict[str, dict[str, Correlation]]] = {}
    for edge in edges.values():
        if edge.stage is not None:
            own = general.get(edge.subject, {})
            at = grouped.setdefault(edge.subject, {"": {**own}})
            at.setdefault(edge.stage, {**own})[edge.factor] = edge
    return {
        subject: {stage: MappingProxyType(own) for stage, own in at.items()}
        for subject, at in grouped.items()
    }


def _usual(
    edges: Mapping[str, Correlation], defenses: Mapping[str, Defense]
) -> dict[str, Mapping[str, Correlation]]:
    """Group edges by subject and factor, of a defense those at its usual stage."""
    found = _by_factor("subject", {i: e for i, e in edges.items() if e.stage is None})
    for subject, at in _staged(edges).items():
        stage = defenses[subject].usual_stage
        if stage is not None and stage in at:
            found[subject] = at[stage]
    return found


def _usually(
    seen: Mapping[str, Observation], defenses: Mapping[str, Defense]
) -> dict[Any, tuple[Any, ...]]:
    """Group observations by defense and risk: those in general and at its usual stage."""
    kept = {
        name: each
        for name, each in seen.items()
        if each.stage is None or each.stage == defenses[each.defense].usual_stage
    }
    return _by_pair("defense", "risk", kept)


def _by_pair(one: str, other: str, records: Mapping[str, Any]) -> dict[Any, tuple[Any, ...]]:
    """Group records by the two others that they are about, what was published before the rest."""
    grouped: dict[tuple[str, str], tuple[Any, ...]] = {}
    for record in sorted(records.values(), key=lambda each: each.measured):
        pair = (getattr(record, one), getattr(record, other))
        grouped[pair] = (*grouped.get(pair, ()), record)
    return grouped


def _by_folded_name(records: Mapping[str, _R]) -> dict[str, str]:
    return {
        fold(name): identity
        for identity, record in records.items()
        for name in (identity, getattr(record, "code", None))
        if name is not None
    }


def _by_alias(records: Mapping[str, _R | Variant]) -> dict[str, str]:
    return {
        fold(alias): identity for identity, record in records.items() for alias in record.aliases
    }


def _by_subject(mappings: Mapping[str, CatalogueMapping]) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, tuple[CatalogueMapping, ...]] = {}
    for mapping in mappings.values():
        grouped[mapping.subject] = (*grouped.get(mapping.subject, ()), mapping)
    return grouped


def _by_standard(requirements: Mapping[str, Requirement]) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, tuple[Requirement, ...]] = {}
    for requirement in requirements.values():
        grouped[requirement.standard] = (*grouped.get(requirement.standard, ()), requirement)
    return grouped


def _by_stage(variants: Mapping[str, Variant]) -> dict[str, Mapping[str, Variant]]:
    grouped: dict[str, dict[str, Variant]] = {}
    for stage in ("pre", "in", "post"):
        for variant in variants.values():
            if variant.stage == stage:
                grouped.setdefault(variant.defense, {})[stage] = variant
    return {name: MappingProxyType(own) for name, own in grouped.items()}


def _by_excluded_pair(
    procedures: Mapping[str, Procedure],
) -> dict[tuple[str, str], Exclusion]:
    """Return exclusions by the two procedures, both ways round."""
    found: dict[tuple[str, str], Exclusion] = {}
    for procedure in procedures.values():
        for exclusion in procedure.excludes:
            found.setdefault((procedure.id, exclusion.procedure), exclusion)
            found.setdefault((exclusion.procedure, procedure.id), exclusion)
    return found


INDEXES: Final[Mapping[str, tuple[str, Callable[..., dict[Any, Any]]]]] = {
    "_edges": ("correlations defenses", _usual),
    "_staged": ("correlations", _staged),
    "_outcomes": ("outcomes", partial(_by_factor, "attack")),
    "_prerequisites": ("prerequisites", partial(_by_factor, "attack")),
    "_observed": ("observations defenses", _usually),
    "_seen": ("observations", partial(_by_pair, "defense", "risk")),
    "_colluded": ("collusions", partial(_by_pair, "first", "second")),
    "_stages": ("variants", _by_stage),
    "_mapped": ("mappings", _by_subject),
    "_required": ("requirements", _by_standard),
    "_excluded": ("procedures", _by_excluded_pair),
    **{f"_folded_{section}": (section, _by_folded_name) for section in LOOKED_UP},
    **{f"_aliases_{section}": (section, _by_alias) for section in ALIASED},
}
"""Each index: the sections that it is over, and how it is made from their records."""


def fold(name: str) -> str:
    """Make names alike that differ only in case and in how words are joined."""
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
