"""Random knowledge bases, small but with every kind of edge."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from crosscurrent.knowledge import KnowledgeBase

Rows = dict[str, dict[str, dict[str, Any]]]


SCALES = {
    "budget": (True, ["loose", "moderate", "strict"]),
    "modality": (False, ["image", "text", "tabular"]),
    "knowledge": (True, ["unaware", "aware"]),
}
"""Conditions, and one characteristic of the adversary: whether ordered, and the values."""


def random_rows(
    seed: int,
    *,
    factors: int = 5,
    defenses: int = 3,
    risks: int = 3,
    signs: str = "+-0?",
    conditions: bool = False,
) -> Rows:
    """Return the rows of a random knowledge base: about half of all possible edges.

    With `conditions`, a part of edges, observations and exceptions takes some, or is of a variant.
    """
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
    if conditions:
        _under_conditions(random.Random(f"conditions {seed}"), rows)
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


def random_when(rng: random.Random) -> dict[str, str]:
    """Return values of some scales; often of none."""
    return {key: rng.choice(values) for key, (_, values) in SCALES.items() if rng.random() < 0.4}


def _under_conditions(rng: random.Random, rows: Rows) -> None:
    """Have a part of the records take conditions, or a stage."""
    rows["conditions"] = {}
    for key, (ordered, values) in SCALES.items():
        section = "adversary" if key == "knowledge" else "conditions"
        scale = {"id": key, "name": key.title(), "ordered": ordered, "values": values}
        rows[section][key] = {**scale, "meaning": "random"}
    rows["variants"] = {
        f"{defense}@{stage}": {"defense": defense, "stage": stage, "meaning": "random"}
        for defense in rows["defenses"]
        for stage in ("pre", "in", "post")
    }
    for defense in rows["defenses"].values():
        defense["usual_stage"] = rng.choice(["pre", "in", "post"])
    for name, edge in list(rows["correlations"].items()):
        if edge["subject"] in rows["defenses"] and rng.random() < 0.4:
            stage = rng.choice(["pre", "in", "post"])
            own = {**edge, "stage": stage, "sign": rng.choice("+-0?")}
            rows["correlations"][name.replace(".", f"@{stage}.", 1)] = own
    for section in ("correlations", "observations"):
        for row in rows[section].values():
            if when := random_when(rng):
                row["when"] = when
    for row in rows["observations"].values():
        if rng.random() < 0.4:
            row["stage"] = rng.choice(["pre", "in", "post"])
        if rng.random() < 0.3:
            row["size"] = {"metric": "accuracy", "before": rng.random(), "after": rng.random()}
        if rng.random() < 0.3:
            exception = {"effect": "increase", "sources": ["work"], "when": random_when(rng)}
            row["exceptions"] = [exception]


def random_base(seed: int, **sizes: Any) -> KnowledgeBase:
    """Return a random knowledge base."""
    return KnowledgeBase(random_rows(seed, **sizes))


def _some(rng: random.Random, items: Sequence[str]) -> list[str]:
    return [item for item in items if rng.random() < 0.5]
