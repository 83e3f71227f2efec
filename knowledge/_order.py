"""The papers' order of records, and the name of their content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ._records import KINDS

__all__ = ["digest_of", "in_order"]

Rows = Mapping[str, Mapping[str, Mapping[str, Any]]]

_RANKS: Final = ("data", "objective", "model", "knowledge", "security", "privacy", "fairness")
_STAGES: Final[Mapping[str, int]] = {"pre": 1, "in": 2, "post": 3}


def in_order(rows: Rows) -> Rows:
    """Order records by what they are rather than by where they were written."""
    place: dict[str, int] = {}
    for section in ("factors", "defenses", "risks"):
        for identity in sorted(rows[section], key=lambda i: _rank(i, rows[section][i])):
            place[identity] = len(place)
    attacks = rows.get("attacks", {})
    place |= {i: place[row["risk"]] for i, row in attacks.items() if row["risk"] in place}
    ends = ("defense", "subject", "attack", "first", "risk", "factor", "second")

    def order(row: Mapping[str, Any], identity: str) -> tuple[Any, ...]:
        names = (identity, *(row.get(name, "") for name in ends))
        at = _STAGES.get(row.get("stage") or "", 0)
        return (*(place.get(name, -1) for name in names), at, _numbered(identity))

    return {
        section: {
            i: rows[section][i]
            for i in sorted(rows.get(section, {}), key=lambda i: order(rows[section][i], i))
        }
        for section in KINDS
    }


def _rank(identity: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    kind = row.get("group") or row.get("pillar")
    code = row.get("code") or "~"  # sorts after all letters: without a code comes last
    return (_RANKS.index(kind), _numbered(code), identity)


def _numbered(text: str) -> tuple[tuple[int, str], ...]:
    """Make numbers inside a name count as numbers: RD2 comes before RD10."""
    return tuple((int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", text) if p)


def digest_of(rows: Rows) -> str:
    """Name content: the same for the same records, in whatever order they are.

    A section without records is no content: a base keeps its name when kinds of records are added.
    """
    said = {section: own for section, own in rows.items() if own}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
