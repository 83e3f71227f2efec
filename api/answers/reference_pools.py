"""Reference pools: what our own tables show of a pair over data sets."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.results import pool_types as shapes

__all__ = ["FILE", "reference_pools"]

FILE: Final = "reference_pools.json.gz"
"""Pools of the tables that are kept in docs/tables; docs/measured_layer.py writes it."""
_TABLES: Final = "crosscurrent_tables"


def reference_pools(kb: KnowledgeBase, defense: str, risk: str) -> Sequence[shapes.Pool]:
    """Return what was measured of a pair in reference models, pooled over data sets.

    Parameters
    ----------
    kb : KnowledgeBase
        If our tables are not among what it knows, there are none.
    defense, risk : str
        Ids; the defense is meant at its usual stage.
    """
    if _TABLES not in kb.references:
        return []
    return _read().get(f"{defense} {risk}", [])


@cache
def _read() -> dict[str, list[shapes.Pool]]:
    packed = files(__package__).joinpath(FILE).read_bytes()
    found: dict[str, list[shapes.Pool]] = {}
    pools: list[shapes.Pool] = json.loads(gzip.decompress(packed))
    for each in pools:
        found.setdefault(f"{each['defense']} {each['risk']}", []).append(each)
    return found
