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


def random_base(seed: int, **sizes: Any) -> KnowledgeBase:
    """Return a random knowledge base."""
    return KnowledgeBase(random_rows(seed, **sizes))


def _some(rng: random.Random, items: Sequence[str]) -> list[str]:
    return [item for item in items if rng.random() < 0.5]
