"""Requirements of standards in sentences: what they ask for, what endangers them, what to change.

All functions read the JSON document, so that the command line, Python and reports say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from .assessments import GRADES
from .combinations import grounds_of, outcome_words, why_not
from .names import cite, lowered
from .wording import OUTCOMES

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import compliance_document_types as shapes

__all__ = [
    "asked_of",
    "change_words",
    "danger_words",
    "endangers",
    "evidence_words",
    "headline",
    "joint_words",
    "measured",
    "numbers",
    "order_words",
    "read_by_us",
    "repair_words",
    "unanswered",
]

_KNOWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rule": "expected by the rule",
        "procedures": "expected by what they do in training",
        "conjecture": "expected by the factor graph",
        "published": "published",
        "measured": "measured in your own models",
        "measured_reference": "measured in reference models",
    }
)
_SHOWN_WORKS: Final = 3


def headline(document: shapes.Compliance) -> str:
    """Name the standard, its level, and how many of its requirements apply."""
    standard, many = document["standard"], len(document["requirements"])
    level = f", level {document['level']}" if document["level"] else ""
    return f"{standard['name']} {standard['edition']}{level}: {many} requirements"


def numbers(document: shapes.Compliance, ids: Iterable[str]) -> str:
    """Name requirements by the numbers that the standard prints; none: a defense in place."""
    by_id = {each["id"]: each["number"] for each in document["requirements"]}
    named = [by_id[each] for each in ids]
    joiner = "; " if any("," in each for each in named) else ", "
    return joiner.join(named) or "in place"


def asked_of(requirement: shapes.Requirement) -> str:
    """Say which defenses are taken for what a requirement asks, and from which choice."""
    parts = []
    for each in requirement["defenses"]:
        taken = (each["chosen"], each["chosen"].partition("@")[0])
        others, further = (
            ", ".join(name for name in names if name not in taken)
            for names in (each["any_of"], each["instead"])
        )
        text = each["chosen"] + ", in place" * each["in_place"]
        text += f" (or {others})" if others else ""
        text += f"; might do: {further}" if further else ""
        parts.append(text)
    return " and ".join(parts) + read_by_us(requirement)


def unanswered(document: shapes.Compliance) -> dict[str, list[str]]:
    """Return the numbers of requirements of which nothing can be said, by why not.

    Where it is our reading which risks they are about, those are named.
    """
    found: dict[str, list[str]] = {}
    for each in document["requirements"]:
        if each["why"] is not None:
            about = f" (about {', '.join(each['risks'])}{read_by_us(each)})"
            name = each["number"] + about * (each["basis"] == "inferred")
            found.setdefault(each["why"], []).append(name)
    return found


def measured(document: shapes.Compliance) -> list[tuple[str, str]]:
    """Return the numbers of requirements that ask for measurements, and of which risks."""
    return [
        (each["number"], f"{', '.join(each['risks'])}{read_by_us(each)}")
        for each in document["requirements"]
        if each["asks"] == "measurement"
    ]


def read_by_us(requirement: shapes.Requirement) -> str:
    """Return what is added to what a requirement asks for, if its text does not name that."""
    return ", our reading" if requirement["basis"] == "inferred" else ""


def endangers(document: shapes.Compliance, danger: shapes.Danger) -> str:
    """Name the requirements that endanger others, and those."""
    if danger["mutual"]:
        return f"{numbers(document, danger['by'])}: each other"
    by, others = numbers(document, danger["by"]), numbers(document, danger["endangered"])
    return f"{by} → {others}"


def danger_words(kb: KnowledgeBase, danger: shapes.Danger) -> str:
    """Say what defenses do to what others ask for."""
    if danger["risk"] is not None:
        return f"{danger['defenses'][0]} raises {lowered(kb.risks[danger['risk']].name)}"
    one, other = danger["defenses"]
    if danger["exclusions"]:
        found = danger["exclusions"][0]
        text = f"{one} and {other} cannot be trained together: {why_not(found['reason'])}"
        return text + (f"; instead: {found['remedy']}" if found["remedy"] else "")
    if danger["conflicts"] and not danger["mutual"]:
        risks = dict.fromkeys(lowered(kb.risks[c["risk"]].name) for c in danger["conflicts"])
        doubt = " (inferred)" if all(each["inferred"] for each in danger["conflicts"]) else ""
        text = f"{one} takes away {' and '.join(risks)}, which {other} uses{doubt}"
    else:
        text = f"{one} and {other} together"
    return f"{text}: {(danger['outcome'] or '').replace('_', ' ')}"


def evidence_words(kb: KnowledgeBase, danger: shapes.Danger) -> str:
    """Say how that is known, how well, and by which works."""
    expected = danger["expected"]
    told = ", ".join(_KNOWN[ground] for ground in danger["grounds"])
    if expected is not None and expected["ground"] == "published":
        grade = GRADES[expected["grade"]]
        told = grade if grade.startswith(told) else f"{told}, {grade}"
    works = danger["works"]
    if not works:
        return told
    more = len(works) - _SHOWN_WORKS
    named = cite(kb, works[:_SHOWN_WORKS]) + (f"; {more} more" if more > 0 else "")
    return f"{told}: {named}"


def order_words(document: shapes.Compliance) -> str:
    """Write the least harmful order."""
    return " → ".join(document["order"])


def change_words(change: shapes.Change) -> str:
    """Say what to do about one defense."""
    if change["by"] is None:
        return f"leave out {change['defense']}"
    doubt = " (whether that is accepted is open)" if change["doubtful"] else ""
    return f"{change['by']} in place of {change['defense']}{doubt}"


def repair_words(document: shapes.Compliance, repair: shapes.RequirementRepair) -> Iterator[str]:
    """Say what to change, what is then to be expected, and what is left unmet."""
    yield "; ".join(
        f"{numbers(document, each['requirements'])}: {change_words(each)}"
        for each in repair["changes"]
    )
    outcome = repair["outcome"]
    text = "then: " + (OUTCOMES[outcome] if outcome else "one defense alone is left")
    if repair["unmet"]:
        text += f"; unmet: {numbers(document, repair['unmet'])}"
    if repair["uncovered"]:
        text += f"; uncovered: {', '.join(repair['uncovered'])}"
    yield text


def joint_words(document: shapes.Compliance) -> Sequence[str]:
    """Say what is to be expected of all defenses together, and on what ground."""
    joint = document["joint"]
    if joint is None:
        return ()
    words = [outcome_words(joint["outcome"], joint["grounds"])]
    if joint["grounds"]:
        words.append(grounds_of(joint["grounds"]))
    return words
