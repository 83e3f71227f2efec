"""What changed since an earlier assessment of a deployment, and whether the file or the knowledge.

Works on documents, since the earlier one was kept as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal

from .facts import ANYBODY

if TYPE_CHECKING:
    from . import check_document_types as shapes

__all__ = ["compared"]

_RAISED: Final = frozenset({"increase", "opposed"})
_LOWERED: Final = frozenset({"decrease", "opposed"})
_ROUNDING: Final = 0.01


def compared(before: shapes.Earlier, after: shapes.DeploymentCheck) -> shapes.Changes:
    """Compare a check with an earlier assessment or check.

    Parameters
    ----------
    before : document of an assessment or a check
        The earlier one.
    after : document of a check
        The present one.
    """
    known = {each["id"] for each in before["findings"]}
    found = {each["id"] for each in after["findings"]}
    statements = list(_statements_changed(before, after))
    knowledge = before["knowledge"] != after["knowledge"]
    because: list[Literal["file", "knowledge"]] = []
    if statements:
        because.append("file")
    if knowledge:
        because.append("knowledge")
    return {
        "since": before.get("today"),
        "digest": before["deployment"]["digest"],
        "knowledge": before["knowledge"],
        "because": because,
        "statements": statements,
        "risks": list(_risks_changed(before["risks"], after["risks"])),
        "new": [each["id"] for each in after["findings"] if each["id"] not in known],
        "gone": [
            {"id": each["id"], "kind": each["kind"]}
            for each in before["findings"]
            if each["id"] not in found
        ],
    }


def _statements_changed(
    before: shapes.Earlier, after: shapes.DeploymentCheck
) -> Iterator[shapes.StatementChange]:
    old, new = dict(_statements(before)), dict(_statements(after))
    if "policy" in before:
        old |= {f"policy.{key}": _plain(value) for key, value in before["policy"].items()}
        new |= {f"policy.{key}": _plain(value) for key, value in after["policy"].items()}
        old.update(_acceptances(before))
        new.update(_acceptances(after))
    for name in dict.fromkeys([*new, *old]):
        if old.get(name) != new.get(name):
            yield {"field": name, "before": old.get(name), "after": new.get(name)}


def _acceptances(document: shapes.Earlier | shapes.DeploymentCheck) -> Iterator[tuple[str, str]]:
    """Yield until when findings are accepted and by whom, as a check tells it."""
    for finding in document["findings"]:
        if entry := finding.get("acceptance"):
            yield f"accepted.{finding['id']}", f"until {entry['until']} by {entry['owner']}"
    for each in document.get("unused", ()):
        yield f"accepted.{each['finding']}", f"until {each['until']} by {each['owner']}"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _statements(document: shapes.Earlier | shapes.DeploymentCheck) -> Iterator[tuple[str, str]]:
    """Yield what a deployment states, by what it is about."""
    subject = document["deployment"]
    yield "name", subject["name"]
    offered = {
        fact.get("subject"): fact.get("assumed")
        for fact in subject["facts"]
        if fact.get("assumption") == "adversary"
    }
    for fact in (*subject["facts"], *subject["silent"]):
        yield fact["field"], fact["value"]
    for adversary in subject["adversaries"]:
        if adversary["name"] == ANYBODY and adversary["described"] == offered:
            continue  # who only has what the facts say
        name = f"adversaries.{adversary['name']}"
        everything = len(adversary["risks"]) == len(document["risks"])
        yield f"{name}.attacks", "all" if everything else ", ".join(adversary["risks"])
        for key, value in adversary["described"].items():
            yield f"{name}.{key}", value
    for defense in subject["defenses"]:
        name = f"defenses.{defense['name']}"
        yield name, "in place"
        for key, value in defense["given"].items():
            yield f"{name}.given.{key}", value
        for key, setting in defense["settings"].items():
            yield f"{name}.settings.{key}", _plain(setting)
    for risk in document["risks"]:
        if risk["matters"] is not None:
            yield f"risks.{risk['risk']}.matters", risk["matters"]


def _risks_changed(
    before: Sequence[shapes.EarlierRisk], after: Sequence[shapes.CheckedRisk]
) -> Iterator[shapes.RiskChange]:
    old, new = _outcomes(before), _outcomes(after)
    for name in dict.fromkeys([*new, *old]):
        was, now = old.get(name), new.get(name)
        if _differ(was, now):
            yield {"risk": name, "way": _way(was, now), "before": was, "after": now}


def _outcomes(
    risks: Sequence[shapes.EarlierRisk] | Sequence[shapes.CheckedRisk],
) -> dict[str, shapes.Outcome]:
    return {
        each["risk"]: {
            "expect": each["expect"],
            "grade": each["grade"],
            "likelihood": each["likelihood"],
        }
        for each in risks
    }


def _differ(was: shapes.Outcome | None, now: shapes.Outcome | None) -> bool:
    """Say whether two outcomes differ, by more than a likelihood that rounds otherwise."""
    if was is None or now is None:
        return True
    if (was["expect"], was["grade"]) != (now["expect"], now["grade"]):
        return True
    if was["likelihood"] is None or now["likelihood"] is None:
        return was["likelihood"] != now["likelihood"]
    return abs(was["likelihood"] - now["likelihood"]) >= _ROUNDING


def _way(was: shapes.Outcome | None, now: shapes.Outcome | None) -> shapes.Way:
    before, after = was["expect"] if was else "unknown", now["expect"] if now else "unknown"
    if after in _RAISED and before not in _RAISED:
        return "raises"
    if before in _LOWERED and after not in _LOWERED:
        return "no_longer_lowers"
    if after == "decrease" and before not in _LOWERED:
        return "lowers"
    if before in _RAISED and after not in _RAISED:
        return "no_longer_raises"
    return "shifts"
