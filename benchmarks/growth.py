"""Larger knowledge bases, grown from the built-in one by a seeded generator.

Two directions. `wide`: more subjects, each with as many factors as before; factors are chosen as
works are cited, the popular ones more often, so that a pair keeps about as many common factors.
`dense`: the same subjects; every factor splits into finer ones, so that a pair has more of them
in common.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

__all__ = ["Rows", "added", "dense", "plain", "wide"]

Row = dict[str, Any]
Rows = dict[str, dict[str, Row]]

_UNCLEAR = 0.04
"""Share of new edges whose sign is ``?`` or ``0``, so that the whole sign algebra is used."""

_TURNED = 0.2
"""Share of finer factors that an edge moves, or follows, against the coarse one's sign."""


def wide(base: Mapping[str, Mapping[str, Any]], times: int, seed: int) -> Rows:
    """Return rows with so many times the defenses, risks, edges and observations.

    Factors grow with the cube root of that: most new subjects are about what is known already.
    """
    rng = random.Random(seed)
    rows = _copy(base)
    signs = [edge["sign"] for edge in base["correlations"].values()]
    urn = [edge["factor"] for edge in base["correlations"].values()]
    for block in range(2, times + 1):
        while len(rows["factors"]) < round(len(base["factors"]) * block ** (1 / 3)):
            template = base["factors"][rng.choice(list(base["factors"]))]
            identity = _factor(rows, template, len(rows["factors"]))
            urn.append(identity)
        for section in ("risks", "defenses"):
            for name, template in base[section].items():
                row = _renamed(template, block)
                if "protects_against" in row:
                    row["protects_against"] = [f"{r}_{block}" for r in row["protects_against"]]
                rows[section][row["id"]] = row
                edges = base["correlations"].values()
                degree = len({edge["factor"] for edge in edges if edge["subject"] == name})
                chosen: dict[str, None] = {}
                while len(chosen) < degree:
                    chosen[rng.choice(urn)] = None
                for factor in chosen:
                    unclear = rng.random() < _UNCLEAR
                    sign = rng.choice("?0") if unclear else rng.choice(signs)
                    _edge(rows, rng, row["id"], factor, sign)
                urn += chosen
        for template in base["observations"].values():
            row = {key: template[key] for key in ("effect", "kind", "sources") if key in template}
            row["defense"], row["risk"] = (f"{template[k]}_{block}" for k in ("defense", "risk"))
            row["id"] = f"grown.{row['defense']}.{row['risk']}"
            rows["observations"][row["id"]] = row
    return rows


def dense(base: Mapping[str, Mapping[str, Any]], times: int, seed: int) -> Rows:
    """Return rows with so many times the factors and edges, between the same subjects."""
    rng = random.Random(seed)
    rows = _copy(base)
    turned = {"+": "-", "-": "+"}
    for name, template in base["factors"].items():
        for finer in range(2, times + 1):
            identity = _factor(rows, template, finer)
            for edge in base["correlations"].values():
                if edge["factor"] == name:
                    sign = edge["sign"]
                    if rng.random() < _TURNED:
                        sign = turned.get(sign, sign)
                    _edge(rows, rng, edge["subject"], identity, sign)
    return rows


def added(base: Mapping[str, Mapping[str, Any]], rows: Rows) -> dict[str, list[Row]]:
    """Return the records that are not in the built-in base, as an overlay file holds them."""
    return {
        section: [row for identity, row in named.items() if identity not in base[section]]
        for section, named in rows.items()
        if len(named) > len(base[section])
    }


def plain(base: Mapping[str, Mapping[str, Any]]) -> Rows:
    """Return rows without what only the predictor knows: edges under conditions or at a stage."""
    rows = _copy(base)
    rows["correlations"] = {
        identity: edge
        for identity, edge in base["correlations"].items()
        if edge.get("when") is None and edge.get("stage") is None
    }
    return rows


def _copy(base: Mapping[str, Mapping[str, Any]]) -> Rows:
    return {section: dict(named) for section, named in base.items()}


def _renamed(template: Mapping[str, Any], number: int) -> Row:
    row = {key: value for key, value in template.items() if key not in ("code", "aliases")}
    row["id"] = f"{template['id']}_{number}"
    row["name"] = f"{template['name']} {number}"
    return row


def _factor(rows: Rows, template: Mapping[str, Any], number: int) -> str:
    row = _renamed(template, number)
    identity: str = row["id"]
    rows["factors"][identity] = row
    return identity


def _edge(rows: Rows, rng: random.Random, subject: str, factor: str, sign: str) -> None:
    sources = rng.sample(list(rows["references"]), rng.choice((1, 1, 2, 3)))
    rows["correlations"][f"{subject}.{factor}"] = {
        "subject": subject,
        "factor": factor,
        "sign": sign,
        "sources": sources,
    }
