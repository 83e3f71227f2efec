"""Words of the report on a deployment that no other view of it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from .combinations import outcome_words
from .names import lowered
from .wording import STAGES, TENSIONS

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.facts import InPlace, Profile
    from crosscurrent.predictor.deployments.gate import Judged

__all__ = [
    "adversary",
    "defense",
    "joint_verdict",
    "spelled",
    "standing",
    "stated",
    "tensions",
    "verdict",
]

_VARIANT: Final = r"([a-z][a-z0-9_]*)@(pre|in|post)\b"
_MOVED: Final = re.compile(rf"{_VARIANT} at stage (pre|in|post)\b")
_STAGED: Final = re.compile(rf"{_VARIANT}| @(pre|in|post)\b")

_ONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "is expected to rise",
        "decrease": "is expected to fall",
        "opposed": "is pulled both ways",
        "depends": "depends on what the file does not state",
        "no_change": "is not expected to change",
        "unknown": "is open",
    }
)
_SEVERAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "are expected to rise",
        "decrease": "are expected to fall",
        "opposed": "are pulled both ways",
        "depends": "depend on what the file does not state",
        "no_change": "are not expected to change",
        "unknown": "are open",
    }
)


def verdict(found: DeploymentAssessment) -> str:
    """Say in a sentence what becomes of the risks that matter."""
    counts: Counter[str] = Counter(each.expect for each in found.risks if each.matters is not None)
    total = sum(counts.values())
    if not total:
        return "No risk is said to matter."
    if not found.deployment.defenses:
        return "No defense is in place, so nothing is expected to change."
    parts = [
        f"{counts[expect]} {(_ONE if counts[expect] == 1 else _SEVERAL)[expect]}"
        for expect in _ONE
        if counts[expect]
    ]
    if len(parts) == 1 and total > 1:
        return f"All {total} risks that matter {parts[0].partition(' ')[2]}."
    told = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return f"Of {total} risk{'s' * (total != 1)} that matter{'s' * (total == 1)}, {told}."


def joint_verdict(found: DeploymentAssessment) -> str:
    """Say in a sentence whether the defenses go together; empty of fewer than two."""
    combined = found.combined
    if combined is None:
        return ""
    words = outcome_words(combined.outcome, combined.grounds)
    return f"The {len(combined.defenses)} defenses: {words}."


def defense(kb: KnowledgeBase, found: InPlace) -> str:
    """Name a defense in place with its stage, the conditions it meets, and how it is set up."""
    name = kb.defenses[found.defense].name
    stage = found.name.partition("@")[2]
    said = [STAGES[stage]] if stage in STAGES else []
    said += _pairs(found.given.items())
    said += _pairs(found.settings.items())
    return f"{name} ({', '.join(said)})" if said else name


def adversary(found: Profile) -> str:
    """Name an adversary with what it can, knows and has."""
    said = ", ".join(_pairs(sorted(found.described.items())))
    return f"{found.name} ({said})" if said else found.name


def spelled(kb: KnowledgeBase, line: str) -> str:
    """Return a line in which defenses at a stage are called by their names, not their ids."""

    def named(identity: str) -> str:
        return lowered(kb.defenses[identity].name) if identity in kb.defenses else identity

    def moved(match: re.Match[str]) -> str:
        identity, before, after = match.groups()
        return f"{named(identity)} {STAGES[after]} instead of {STAGES[before]}"

    def staged(match: re.Match[str]) -> str:
        identity, stage, alone = match.groups()
        return f" {STAGES[alone]}" if alone else f"{named(identity)} {STAGES[stage]}"

    return _STAGED.sub(staged, _MOVED.sub(moved, line))


def tensions(kb: KnowledgeBase, found: DeploymentAssessment) -> list[str]:
    """Say how defenses pull against each other, a line for two of them and each way of it."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for each in found.tensions:
        record = kb.factors.get(each.subject) or kb.risks[each.subject]
        groups.setdefault((each.one, each.other, each.mechanism), []).append(lowered(record.name))
    lines = []
    for (one, other, mechanism), subjects in groups.items():
        names = [kb.defenses[each.partition("@")[0]].name for each in (one, other)]
        subject = " and ".join(filter(None, [", ".join(subjects[:-1]), subjects[-1]]))
        told = TENSIONS[mechanism].format(subject=subject)
        lines.append(f"{names[0]} and {lowered(names[1])}: {told}")
    return lines


def stated(found: DeploymentAssessment, section: str) -> str:
    """Return what the file says of the data, the model or the offer, in a line."""
    facts = (*found.deployment.facts, *found.deployment.silent)
    said = {each.field: each.value for each in facts if each.field.startswith(f"{section}.")}
    return ", ".join(_pairs((field.partition(".")[2], value) for field, value in said.items()))


def standing(judged: Judged) -> str:
    """Say what the file's own policy makes of a finding, and who has accepted it."""
    entry = judged.acceptance
    if entry is None or judged.state == "passes":
        return "against the policy of the file" if judged.state == "fails" else ""
    told = f"accepted by {entry.owner} until {entry.until}: {entry.reason}"
    return told if judged.state == "accepted" else f"was {told}"


def _pairs(items: Iterable[tuple[str, object]]) -> list[str]:
    return [f"{name} {value}".replace("_", " ") for name, value in items]
