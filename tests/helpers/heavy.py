"""Small knowledge sets about which a question would compute for minutes: every file is valid."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["entangled", "numerous", "staged"]

_SOURCES = ["song2019privacy"]


def numerous(count: int) -> Mapping[str, str]:
    """Return as many defenses as risks: a matrix of that many rows and columns."""
    names = range(count)
    return _files(
        risks=[_named(f"risk_{i}", pillar="privacy") for i in names],
        defenses=[_defense(i, []) for i in names],
        correlations=[
            {"subject": f"{what}_{i}", "factor": "tail_length", "sign": "+", "sources": _SOURCES}
            for what in ("risk", "defense")
            for i in names
        ],
    )


def staged(count: int) -> Mapping[str, str]:
    """Return risks with one defense each that has a variant at every stage: 3^count orders."""
    return _files(
        risks=[_named(f"risk_{i}", pillar="privacy") for i in range(count)],
        defenses=[_defense(i, [f"risk_{i}"]) for i in range(count)],
        variants=[
            _variant(i, stage, uses=[], mitigates=[])
            for i in range(count)
            for stage in ("pre", "in", "post")
        ],
    )


def entangled(count: int) -> Mapping[str, str]:
    """Return defenses of one stage in two camps, where no two of a camp may be neighbours.

    One camp has two more than the other, so no order works; a search goes through 2^count sets.
    """
    small = range(count // 2 - 1)
    camps = [list(small), [i for i in range(count) if i not in small]]
    return _files(
        risks=[_named(f"risk_{i}", pillar="privacy") for i in range(count)],
        defenses=[_defense(i, [f"risk_{i}"]) for i in range(count)],
        variants=[
            _variant(i, "in", uses=[i], mitigates=[j for j in camp if j != i])
            for camp in camps
            for i in camp
        ],
    )


def _named(identity: str, **more: Any) -> dict[str, Any]:
    return {"id": identity, "name": identity, "meaning": "none", **more}


def _defense(number: int, risks: list[str]) -> dict[str, Any]:
    return _named(f"defense_{number}", pillar="security", usual_stage="in", protects_against=risks)


def _variant(
    number: int, stage: str, uses: Iterable[int], mitigates: Iterable[int]
) -> dict[str, Any]:
    return {
        "defense": f"defense_{number}",
        "stage": stage,
        "meaning": "none",
        "uses": [{"risk": f"risk_{i}", "basis": "read"} for i in uses],
        "mitigates": [{"risk": f"risk_{i}", "basis": "read"} for i in mitigates],
        "sources": _SOURCES,
    }


def _files(**sections: Any) -> Mapping[str, str]:
    return {f"{name}.yaml": json.dumps({name: rows}) for name, rows in sections.items()}
