"""Names of combinations and of their orders, which several commands write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, Variant

__all__ = ["chain_of", "codes"]


def chain_of(variants: Iterable[Variant]) -> str:
    """Write an order of defenses."""
    return " → ".join(variant.id for variant in variants)


def codes(records: Iterable[Combination]) -> str:
    """Name records by their codes, or ids, only one for the same defenses."""
    names: dict[frozenset[str], str] = {}
    for record in records:
        names.setdefault(frozenset(record.defenses), record.code or record.id)
    return ", ".join(names.values())
