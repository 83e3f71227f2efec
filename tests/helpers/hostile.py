"""Knowledge that tries to run script wherever a page shows a text of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

__all__ = ["CALLED", "HOSTILE", "PAYLOADS", "REPEATED"]

PAYLOADS = (
    "<script>window.ran=1;alert(1)</script>",
    '"><img src=x onerror="window.ran=1;alert(2)">',
    "' autofocus onfocus=window.ran=1 x='",
    "</svg><script>window.ran=1;alert(3)</script>",
    "</title></textarea></style><svg/onload=window.ran=1>",
    "javascript:window.ran=1",
    "{{7*7}}{% raw %}${7*7}<b>",
    "&lt;script&gt;window.ran=1&lt;/script&gt;",
)
"""What must come out as the text that it is."""

CALLED = {
    "defense": f"A {PAYLOADS[0]}",
    "risk": f"B {PAYLOADS[1]}",
    "factor": f"C {PAYLOADS[3]}",
    "attack": f"D {PAYLOADS[4]}",
    "title": f"E {PAYLOADS[0]}{PAYLOADS[1]}",
}
"""How the things in it are called."""

REPEATED = " ".join(PAYLOADS)


def _record(identity: str, name: str, **more: Any) -> dict[str, Any]:
    return {"id": identity, "name": name, "meaning": REPEATED, "note": REPEATED, **more}


def _signed(subject: str, factor: str, sign: str) -> dict[str, Any]:
    more = {"sources": ["evil2026#chapter-1"], "note": REPEATED}
    return {"subject": subject, "factor": factor, "sign": sign, **more}


def _attacked(field: str) -> dict[str, Any]:
    more = {"sources": ["evil2026"], "note": REPEATED}
    return {"attack": field, "factor": "evil_factor", "sign": "+", **more}


_RECORDS: Mapping[str, Any] = {
    "references": [
        {
            "id": "evil2026",
            "status": "confirmed",
            "authors": CALLED["title"],
            "title": CALLED["title"],
            "venue": PAYLOADS[3],
            "year": 2026,
            "arxiv": "javascript:window.ran=1",
            "doi": "javascript:window.ran=1",
            "url": 'https://evil.example/"><img/src=x/onerror=window.ran=1>',
            "note": REPEATED,
        },
        {"id": "lost2026", "status": "unresolved", "topic": PAYLOADS[0],
         "author_bound": PAYLOADS[1], "note": REPEATED},
    ],
    "factors": [
        _record("evil_factor", CALLED["factor"], code="X1", role="active", group="data"),
        _record("evil_setting", f"F {PAYLOADS[2]}", code="X2", role="passive", group="data"),
    ],
    "defenses": [
        _record("evil_defense", CALLED["defense"], code="X3", pillar="security",
                protects_against=["evil_risk"], usual_stage="in"),
    ],
    "risks": [_record("evil_risk", CALLED["risk"], code="X4", pillar="privacy")],
    "attacks": [
        _record("evil_risk", CALLED["attack"], risk="evil_risk", time="test"),
        _record("evil_attack", CALLED["attack"], risk="evil_risk", time="train", code="X5"),
    ],
    "adversary": [
        _record("evil_adversary", f"G {PAYLOADS[5]}", ordered=True,
                values=["weak", "strong"]),
    ],
    "procedures": [
        {
            "id": "evil_procedure",
            "meaning": REPEATED,
            "excludes": [
                {"procedure": "evil_procedure", "reason": REPEATED, "basis": "read",
                 "remedy": REPEATED, "sources": ["evil2026"], "note": REPEATED},
            ],
            "sources": ["evil2026"],
            "note": REPEATED,
        }
    ],
    "variants": [
        {"defense": "watermarking", "stage": "pre", "action": "revise",
         "procedures": ["evil_procedure"]},
        *({
            "defense": "evil_defense",
            "stage": stage,
            "meaning": REPEATED,
            "uses": [{"risk": "evil_risk", "basis": "read", "note": REPEATED}],
            "mitigates": [{"risk": "evasion", "basis": "read", "note": REPEATED}],
            "procedures": ["evil_procedure"],
            "metric": PAYLOADS[1],
            "sources": ["evil2026"],
            "note": REPEATED,
        }
        for stage in ("in", "post")),
    ],
    "correlations": [
        _signed(subject, factor, sign)
        for factor, sign in (("evil_factor", "+"), ("evil_setting", "-"))
        for subject in ("evil_defense", "evil_risk")
    ],
    "outcomes": [_attacked("evil_attack")],
    "prerequisites": [_attacked("evil_risk")],
    "observations": [
        {
            "id": "evil.observation",
            "defense": "evil_defense",
            "risk": "evil_risk",
            "effect": "increase",
            "kind": "empirical",
            "evidence": [{"factor": "evil_factor", "kinds": ["empirical"], "note": REPEATED}],
            "exceptions": [
                {"effect": "decrease", "when": {"evil_adversary": "strong"},
                 "sources": ["evil2026"], "printed": PAYLOADS[1], "note": REPEATED},
            ],
            "sources": ["evil2026#table-1", "lost2026"],
            "printed": PAYLOADS[0],
            "note": REPEATED,
        }
    ],
    "combinations": [
        {
            "id": "evil.combination",
            "defenses": ["evil_defense@in", "watermarking@pre"],
            "outcome": "conflict",
            "tuned_outcome": "effective",
            "works_if": REPEATED,
            "cost": REPEATED,
            "status": "explored",
            "datasets": [PAYLOADS[0]],
            "sources": ["evil2026"],
            "printed": PAYLOADS[1],
            "note": REPEATED,
        }
    ],
    "collusions": [
        {
            "id": "evil.collusion",
            "first": "evil_attack",
            "second": "evil_risk",
            "effect": "amplifies",
            "status": "validated",
            "sources": ["evil2026"],
            "printed": PAYLOADS[1],
            "note": REPEATED,
        }
    ],
    "experiments": [
        {
            "id": f"evil.experiment.{number}",
            **about,
            "finding": REPEATED,
            "dataset": PAYLOADS[0],
            "metrics": [{"id": "accuracy", "worse_when": "lower", "unit": PAYLOADS[0]}],
            "measurements": [{"arm": "baseline", "metric": "accuracy", "mean": 0.5,
                              "setting": {PAYLOADS[1]: PAYLOADS[0]}, "note": REPEATED}],
            "sources": ["evil2026"],
            "note": REPEATED,
        }
        for number, about in enumerate[dict[str, Any]]((
            {"defense": "evil_defense", "risk": "evil_risk", "conjecture": "increase",
             "outcome": "increase"},
            {"defenses": ["evil_defense@in", "watermarking@pre"], "conjecture": "conflict",
             "outcome": "conflict"},
            {"first": "evil_attack", "second": "evil_risk", "conjecture": "amplifies",
             "outcome": "amplifies"},
        ))
    ],
}  # fmt: skip

HOSTILE = {
    f"{section}.yaml": yaml.safe_dump({section: records}, allow_unicode=False)
    for section, records in _RECORDS.items()
}
"""The files of it; every one is valid, for a text may be anything."""
