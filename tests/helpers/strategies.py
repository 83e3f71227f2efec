"""Random knowledge bases, small but with every kind of edge."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from crosscurrent.knowledge import KnowledgeBase

Rows = dict[str, dict[str, dict[str, Any]]]


def random_rows(
    seed: int, *, factors: int = 5, defenses: int = 3, risks: int = 3, signs: str = "+-0?"
) -> Rows:
    """Return the rows of a random knowledge base: about half of all possible edges."""
    rng = random.Random(seed)
    rows: Rows = {
        "factors": {
            f"factor_{i}": {
                "id": f"factor_{i}",
                "name": f"Factor {i}",
                "group": rng.choice(["data", "objective", "model"]),
                "role": rng.choice(["active", "passive"]),
                "meaning": "random",
            }
            for i in range(factors)
        },
        "risks": {
            f"risk_{i}": {
                "id": f"risk_{i}",
                "name": f"Risk {i}",
                "pillar": rng.choice(["security", "privacy", "fairness"]),
                "meaning": "random",
            }
            for i in range(risks)
        },
        "defenses": {},
        "adversary": {},
        "correlations": {},
        "observations": {},
        "experiments": {},
        "references": {"work": {"id": "work", "status": "confirmed", "title": "Work"}},
    }
    for row in rows["risks"].values():
        if rng.random() < 0.2:
            row["dominant"] = _some(rng, list(rows["factors"]))
    for i in range(defenses):
        rows["defenses"][f"defense_{i}"] = {
            "id": f"defense_{i}",
            "name": f"Defense {i}",
            "pillar": "security",
            "protects_against": [rng.choice(list(rows["risks"]))],
            "meaning": "random",
        }
    for subject in (*rows["defenses"], *rows["risks"]):
        for factor in _some(rng, list(rows["factors"])):
            rows["correlations"][f"{subject}.{factor}"] = {
                "subject": subject,
                "factor": factor,
                "sign": rng.choice(signs),
                "sources": ["work"],
            }
    for defense in rows["defenses"]:
        for risk in rows["risks"]:
            if rng.random() < 0.6:
                rows["observations"][f"seen.{defense}.{risk}"] = {
                    "id": f"seen.{defense}.{risk}",
                    "defense": defense,
                    "risk": risk,
                    "effect": rng.choice(["increase", "increase", "decrease"]),
                    "kind": "empirical",
                    "sources": ["work"],
                }
    return rows


def random_findings(seed: int, **sizes: Any) -> Rows:
    """Return the rows of a random base in which works agree, disagree and take conditions."""
    rng = random.Random(seed)
    rows = random_rows(seed, **sizes)
    works = [f"work_{i}" for i in range(8)]
    for work in works:
        rows["references"][work] = {"id": work, "status": "confirmed", "title": work.capitalize()}
    for edge in rows["correlations"].values():
        edge["sources"] = rng.sample(works, rng.randint(1, 2))
    for name, ordered in (("knows", True), ("kind", False)):
        rows["adversary"][name] = {
            "id": name,
            "name": name.capitalize(),
            "ordered": ordered,
            "values": ["low", "high"],
            "meaning": "random",
        }
    rows["observations"] = {}
    for defense in rows["defenses"]:
        for risk in rows["risks"]:
            for i in range(rng.choice([0, 1, 2, 4, 6])):
                name = f"seen.{defense}.{risk}.n{i}"
                rows["observations"][name] = _finding(rng, name, defense, risk, works)
    return rows


def _finding(
    rng: random.Random, name: str, defense: str, risk: str, works: Sequence[str]
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": name,
        "defense": defense,
        "risk": risk,
        "effect": rng.choice(
            ["increase", "increase", "decrease", "decrease", "no_change", "mixed"]
        ),
        "kind": rng.choice(["empirical", "empirical", "theoretical", "conjectured"]),
        "sources": rng.sample(works, rng.choice([1, 1, 2])),
    }
    when = {key: rng.choice(["low", "high"]) for key in _some(rng, ["knows", "kind"])}
    if when and rng.random() < 0.6:
        row["when"] = when
    if rng.random() < 0.1:
        row["provenance"] = "measured"
    if rng.random() < 0.15:
        row["exceptions"] = [
            {
                "effect": rng.choice(["increase", "decrease"]),
                "sources": [rng.choice(works)],
                "when": {"knows": "high"},
            }
        ]
    return row


def random_base(seed: int, **sizes: Any) -> KnowledgeBase:
    """Return a random knowledge base."""
    return KnowledgeBase(random_rows(seed, **sizes))


def _some(rng: random.Random, items: Sequence[str]) -> list[str]:
    return [item for item in items if rng.random() < 0.5]
